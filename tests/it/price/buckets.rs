//! What callers may spend, and what they are told when it is spent.

use std::time::{Duration, Instant};

use harness::{Client, Response, TestApp, run};
use serde_json::json;

const REPORT: &str = "{ survivalReport { cohort } }";

/// A server on which little may be spent: ten reports at once, and one more every two seconds.
async fn frugal() -> TestApp {
    TestApp::with()
        .env("SHEQUN_COST_LIMIT", "150")
        .env("SHEQUN_COST_MAXIMUM", "200")
        .env("SHEQUN_COST_PER_SECOND", "10")
        .start()
        .await
}

fn available(answer: &Response) -> u64 {
    let throttle = &answer.body["extensions"]["cost"]["throttle"];
    throttle["available"].as_u64().unwrap_or_else(|| panic!("no throttle: {}", answer.raw))
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Spends until it is refused; gives the refusal.
async fn spend_all(client: &Client) -> Response {
    for _ in 0..15 {
        let answer = client.query(REPORT, json!({})).await;
        if answer.status == 429 {
            return answer;
        }
        answer.data("survivalReport.cohort");
    }
    panic!("the bucket has no bottom");
}

#[test]
fn an_empty_bucket_throttles_and_says_when_to_come_back() {
    run(async {
        let app = frugal().await;
        let (tenant, other) = (app.tenant("spends").await, app.tenant("saves").await);
        let (owner, other) = (tenant.owner().await, other.owner().await);
        let refused = spend_all(&owner).await;
        refused.expect_request_error("THROTTLED");
        let wait: u64 = header(&refused, "retry-after").parse().unwrap();
        assert!((1..=2).contains(&wait), "{wait}");
        assert_eq!(refused.body["errors"][0]["extensions"]["retryAfterSeconds"], wait);
        assert!(available(&refused) < 20, "{}", refused.raw);
        assert_eq!(refused.body["extensions"]["cost"]["requested"], 20);
        // What is cheap goes again before long, and another tenant does not notice.
        tokio::time::sleep(Duration::from_millis(300)).await;
        owner.query("{ viewer { role } }", json!({})).await.data("viewer.role");
        assert!(available(&other.query(REPORT, json!({})).await) >= 175);
        tokio::time::sleep(Duration::from_millis(wait * 1_000 + 300)).await;
        owner.query(REPORT, json!({})).await.data("survivalReport.cohort");
    });
}

#[test]
fn a_key_spends_out_of_a_bucket_of_its_own() {
    run(async {
        let app = frugal().await;
        let owner = app.tenant("own-bucket").await.owner().await;
        let key = |name: &'static str| {
            crate::partner_keys::key(&owner, json!({ "name": name, "scopes": ["communities:read"] }))
        };
        let (one, other) = (key("Shop").await, key("Robot").await);
        spend_all(&owner.with_token(&one.secret)).await.expect_request_error("THROTTLED");
        assert!(available(&owner.with_token(&other.secret).query(REPORT, json!({})).await) >= 175);
        owner.query(REPORT, json!({})).await.data("survivalReport.cohort");
    });
}

#[test]
fn callers_who_are_not_signed_in_share_the_bucket_of_their_address() {
    run(async {
        let app = TestApp::with()
            .env("SHEQUN_COST_LIMIT", "150")
            .env("SHEQUN_COST_MAXIMUM", "200")
            .env("SHEQUN_COST_PER_SECOND", "1")
            .env("SHEQUN_TRUSTED_PROXIES", "127.0.0.1")
            .start()
            .await;
        let from = |address: &str| {
            let request = app.anonymous().request(reqwest::Method::POST, "/graphql").header("x-forwarded-for", address);
            let body = json!({ "query": "mutation { sessionRefresh(input: { refreshToken: \"none\" }) { userErrors { code } } }" });
            request.header("content-type", "application/json").body(body.to_string())
        };
        let client = app.anonymous();
        let mut refusals = 0;
        for _ in 0..21 {
            refusals += u32::from(client.send(from("203.0.113.9")).await.status == 429);
        }
        assert!((1..=2).contains(&refusals), "{refusals}");
        assert_eq!(client.send(from("203.0.113.10")).await.status, 200);
        assert_eq!(client.send(from("2001:db8::1")).await.status, 200);
    });
}

#[test]
fn what_was_not_there_is_put_back_at_once() {
    run(async {
        let app = frugal().await;
        let owner = app.tenant("refunds").await.owner().await;
        let start = Instant::now();
        for _ in 0..12 {
            let answer = owner.query("{ communities(first: 100) { nodes { name } } }", json!({})).await;
            assert_eq!(super::cost(&answer), (101, 1));
            assert!(available(&answer) >= 185, "{}", answer.raw);
            // Other processes see it as soon as Redis has it.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "too slow to show anything: {:?}", start.elapsed());
    });
}

#[test]
fn every_priced_answer_says_what_is_left() {
    run(async {
        let owner = TestApp::shared().await.tenant("says").await.owner().await;
        let answer =
            owner.query("{ communities(first: 100) { nodes { members(first: 20) { nodes { id } } } } }", json!({}));
        let answer = answer.await;
        let cost = &answer.body["extensions"]["cost"];
        assert_eq!(cost["throttle"]["maximum"], 20_000);
        assert_eq!(cost["throttle"]["restoreRate"].as_f64(), Some(1_000.0));
        assert_eq!(header(&answer, "ratelimit-policy"), "\"cost\";q=20000;w=20;qu=\"points\"");
        let left = available(&answer);
        let reset = (20_000 - left).div_ceil(1_000);
        assert_eq!(header(&answer, "ratelimit"), format!("\"cost\";r={left};t={reset}"));

        let refused =
            owner.query("{ communities(first: 100) { nodes { members(first: 90) { nodes { id } } } } }", json!({}));
        let refused = refused.await;
        refused.expect_request_error("COST_TOO_HIGH");
        assert!(header(&refused, "ratelimit").starts_with("\"cost\";r="));
    });
}

#[test]
fn a_limit_that_no_bucket_could_pay_is_no_setting() {
    run(async {
        let installation = TestApp::with().env("SHEQUN_COST_LIMIT", "30000").install().await;
        let ended = installation.cli(&["serve"], &[]).await;
        assert_ne!(ended.code, Some(0));
        assert!(ended.stderr.contains("SHEQUN_COST_LIMIT"), "{ended:?}");
    });
}
