//! What the edge costs: CPU time of the server for a request that asks for nothing, in steps.
//!
//! `/livez` is the HTTP server alone. `{ __typename }` of nobody adds the endpoint: reading, the document's guards,
//! price and bucket, execution. With a session it adds finding the caller; the rest up to a look-up is the
//! statement and its transaction. Audit has no part in reads.

use harness::{Client, TestApp};
use reqwest::Method;
use serde_json::json;

const REQUESTS: u32 = 4_000;
/// Requests before the measurement, which fill caches and pools.
const WARM_UP: u32 = 500;

/// What is asked, and the server's CPU time for one, in microseconds.
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) micros: f64,
}

pub(crate) async fn steps() -> Vec<Step> {
    let app = TestApp::with()
        .env("SHEQUN_COST_MAXIMUM", "1000000000")
        .env("SHEQUN_COST_PER_SECOND", "1000000000")
        .env("SHEQUN_LOG", "warn")
        .start()
        .await;
    let owner = app.tenant("edge").await.owner().await;
    let anonymous = app.anonymous();
    let absent = harness::absent_id("mbr");
    let nothing = json!({ "query": "{ __typename }" }).to_string();
    let look_up = json!({ "query": format!("{{ member(by: {{ id: \"{absent}\" }}) {{ displayName }} }}") }).to_string();
    let mut steps = Vec::new();
    for (what, client, body) in [
        ("/livez", &anonymous, None),
        ("{ __typename } of nobody", &anonymous, Some(&nothing)),
        ("{ __typename } with a session", &owner, Some(&nothing)),
        ("a look-up with a session", &owner, Some(&look_up)),
    ] {
        send(client, body, WARM_UP).await;
        let before = cpu_micros(app.server().pid());
        send(client, body, REQUESTS).await;
        steps.push(Step { what, micros: (cpu_micros(app.server().pid()) - before) / f64::from(REQUESTS) });
    }
    steps
}

async fn send(client: &Client, body: Option<&String>, times: u32) {
    for _ in 0..times {
        let request = match body {
            None => client.request(Method::GET, "/livez"),
            Some(body) => {
                client.request(Method::POST, "/graphql").header("content-type", "application/json").body(body.clone())
            }
        };
        assert_eq!(client.send(request).await.status, 200);
    }
}

/// User and system time of a process, from `/proc`; a tick is a hundredth of a second.
fn cpu_micros(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the server runs");
    let (_, fields) = stat.rsplit_once(") ").expect("the name ends");
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
    ticks as f64 * 10_000.0
}
