//! The chain is made behind the calls: by one process at a time, without a gap or a double, whatever dies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Client, TestApp, eventually, operation, run};
use reqwest::Method;
use serde_json::{Value, json};

use super::trail::Trail;
use crate::chance::Chance;
use crate::given;

#[test]
fn an_event_is_in_the_chain_about_a_second_later() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("soon").await;
        let (database, owner) = (app.database().await, tenant.owner().await);
        database.trail_is_sealed().await;
        let _no_other = crate::import::LONG_TRANSACTION.lock().await;
        for number in 0..5 {
            given::community(&owner, &format!("Readers {number}")).await;
            let sealed = || async {
                database.number("SELECT (SELECT count(*) FROM audit_events) - (SELECT count(*) FROM audit_links)").await
                    == 0
            };
            eventually("the event is sealed", Duration::from_secs(2), sealed).await;
        }
    });
}

#[test]
fn a_server_killed_again_and_again_has_an_event_of_each_acknowledged_call_and_a_whole_chain() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("killed").await;
        let owner = tenant.owner().await;
        let mut chance = Chance::new("a_server_killed_again_and_again_has_an_event");
        let is_over = AtomicBool::new(false);
        let callers = async {
            let done =
                tokio::join!(calls(&owner, "a", &is_over), calls(&owner, "b", &is_over), calls(&owner, "c", &is_over));
            [done.0, done.1, done.2].concat()
        };
        let killer = async {
            for _ in 0..4 {
                tokio::time::sleep(chance.millis(200, 900)).await;
                app.server().kill9();
                app.server().start_again().await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            is_over.store(true, Ordering::Relaxed);
        };
        let (mut acknowledged, ()) = tokio::join!(callers, killer);
        let database = app.database().await;
        database.trail_is_sealed().await;
        let trail = Trail { tenant: tenant.uuid(&database).await, database };
        let made = trail.rows().await.into_iter().filter(|row| row.operation == "communityCreate");
        let mut recorded: Vec<String> = made.map(|row| row.object_id.unwrap()).collect();
        println!("{} calls", acknowledged.len());
        assert!(acknowledged.len() > 8, "{}", acknowledged.len());
        acknowledged.sort();
        recorded.sort();
        assert_eq!(recorded, acknowledged);
        let verdict =
            app.installation().cli(&["verify", "audit", "--tenant", tenant.slug()], &[]).await.expect_success();
        assert!(verdict.stdout.contains(&format!("{} events", trail.count().await)), "{verdict:?}");
    });
}

/// Makes communities, each until it is acknowledged; gives their ids.
async fn calls(owner: &Client, name: &str, is_over: &AtomicBool) -> Vec<String> {
    let mut made = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let key = json!({ "idempotencyKey": format!("{name}-{}", made.len()) });
        let input = given::with(given::community_input(name), key);
        made.push(acknowledged(owner, json!({ "input": input })).await);
    }
    made
}

async fn acknowledged(owner: &Client, variables: Value) -> String {
    let body = json!({ "query": operation("CommunityCreate"), "variables": variables }).to_string();
    loop {
        let request = owner.request(Method::POST, "/graphql").header("content-type", "application/json");
        if let Ok(answer) = request.body(body.clone()).timeout(Duration::from_secs(10)).send().await {
            let answer: Value = serde_json::from_str(&answer.text().await.unwrap_or_default()).unwrap_or_default();
            if let Some(id) = answer["data"]["communityCreate"]["community"]["id"].as_str() {
                return id.to_owned();
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn two_processes_seal_one_chain() {
    run(async {
        let app = TestApp::start().await;
        let other = app.second_server().await;
        let tenant = app.tenant("two").await;
        let here = tenant.owner().await;
        let there = here.at(&other);
        let make = async |client: &Client| {
            for number in 0..40 {
                given::community(client, &format!("Readers {number}")).await;
            }
        };
        tokio::join!(make(&here), make(&there), make(&here), make(&there));
        app.database().await.trail_is_sealed().await;
        let verify = ["verify", "audit", "--tenant", tenant.slug()];
        let verdict = app.installation().cli(&verify, &[]).await.expect_success();
        assert!(verdict.stdout.contains("162 events"), "{verdict:?}");
        for server in [app.server(), &other] {
            assert!(!server.log().contains("audit.sealing_failed"), "{}", server.log());
        }
    });
}

#[test]
fn a_head_that_is_gone_stops_its_own_tenant_only_and_verifying_names_it() {
    run(async {
        let app = TestApp::start().await;
        let (broken, whole) = (app.tenant("broken").await, app.tenant("whole").await);
        let (database, owners) = (app.database().await, (broken.owner().await, whole.owner().await));
        database.trail_is_sealed().await;
        let mine = database.literal(broken.uuid(&database).await);
        database.execute(&format!("DELETE FROM audit_heads WHERE tenant_id = {mine}")).await;
        given::community(&owners.0, "Readers").await;
        given::community(&owners.1, "Readers").await;
        let unsealed = "SELECT count(*) FROM audit_events e WHERE NOT EXISTS \
            (SELECT 1 FROM audit_links l WHERE l.tenant_id = e.tenant_id AND l.event_id = e.id)";
        let others = format!("{unsealed} AND tenant_id <> {mine}");
        eventually("the other is sealed", Duration::from_secs(10), || async { database.number(&others).await == 0 })
            .await;
        assert_eq!(database.number(unsealed).await, 1);
        assert!(!app.server().log().contains("audit.sealing_failed"));
        let all = app.installation().cli(&["verify", "audit"], &[]).await;
        assert!(all.stdout.contains("the sealer would go on from position 0"), "{all:?}");

        let head = format!(
            "INSERT INTO audit_heads (tenant_id, position, mac, sealed_at, signed_position, signed_at) \
             SELECT tenant_id, position, mac, '2026-01-01T00:00:00+00:00', position, '2026-01-01T00:00:00+00:00' \
             FROM audit_links WHERE tenant_id = {mine} ORDER BY position DESC LIMIT 1"
        );
        database.execute(&head).await;
        database.execute("UPDATE audit_cursors SET xid = 0, seq = 0").await;
        database.trail_is_sealed().await;
        app.installation().cli(&["verify", "audit"], &[]).await.expect_success();
    });
}
