//! How long a session lasts, and how many one may have.

use std::time::{Duration, Instant};

use harness::{PASSWORD, TestApp, run};
use serde_json::json;
use tokio::task::JoinSet;

use super::{assert_refused, assert_signed_out, refreshed};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_session_that_nobody_refreshes_for_14_days_is_over() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("idle").await;
        let (used, forgotten) = (tenant.owner().await, tenant.owner().await);
        app.installation().advance_clock(DAY * 14 - MINUTE);
        let used = refreshed(&used).await;
        app.installation().advance_clock(MINUTE);
        assert_refused(&forgotten).await;
        let list = used.run("SessionList", json!({})).await;
        assert_eq!(list.data("viewer.sessions").as_array().unwrap().len(), 1, "{}", list.raw);
        app.installation().advance_clock(DAY * 14);
        assert_refused(&used).await;
    });
}

#[test]
fn a_session_is_over_after_90_days_however_often_it_is_refreshed() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let mut client = app.tenant("absolute").await.owner().await;
        for _ in 0..8 {
            app.installation().advance_clock(DAY * 11);
            client = refreshed(&client).await;
        }
        app.installation().advance_clock(DAY * 2 - MINUTE);
        let last = refreshed(&client).await;
        last.run("Viewer", json!({})).await.data("viewer.role");
        app.installation().advance_clock(MINUTE);
        assert_refused(&last).await;
    });
}

#[test]
fn a_session_is_forgotten_a_month_after_its_time() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("forgotten").await;
        let database = app.database().await;
        tenant.owner().await;
        for (days, left) in [(119, 2), (2, 2)] {
            app.installation().advance_clock(DAY * days);
            tenant.owner().await;
            assert_eq!(database.number("SELECT count(*) FROM sessions").await, left);
        }
    });
}

#[test]
fn a_request_of_a_session_that_is_known_to_live_reads_no_session() {
    run(async {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant("hot-path").await.owner().await;
        let start = Instant::now();
        for _ in 0..30 {
            owner.run("Viewer", json!({})).await.data("viewer.role");
        }
        // What is known is asked for again after four seconds.
        let expected = 1 + start.elapsed().as_secs() / 4;
        let reads = app.server().log().matches(r#"FROM \"sessions\" INNER JOIN"#).count();
        assert!(reads > 0 && reads as u64 <= expected, "{reads} reads, {expected} expected");
    });
}

#[test]
fn an_access_token_is_refused_after_ten_minutes() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let owner = app.tenant("ten-minutes").await.owner().await;
        app.installation().advance_clock(MINUTE * 10 - Duration::from_secs(20));
        owner.run("Viewer", json!({})).await.data("viewer.role");
        app.installation().advance_clock(Duration::from_secs(20));
        assert_signed_out(&owner).await;
        refreshed(&owner).await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn the_eleventh_session_ends_the_one_least_recently_used() {
    run(async {
        let app = TestApp::start().await;
        let (acme, beta) = (app.tenant("ten").await, app.tenant("ten-elsewhere").await);
        beta.join(acme.owner_email(), harness::Role::Owner).await;
        let elsewhere = beta.sign_in(acme.owner_email()).await;
        let mut sessions = Vec::new();
        for _ in 0..10 {
            sessions.push(acme.owner().await);
        }
        let oldest = refreshed(&sessions[0]).await;
        let eleventh = acme.owner().await;
        assert_refused(&sessions[1]).await;
        assert_signed_out(&sessions[1]).await;
        for client in sessions[2..].iter().chain([&oldest, &eleventh, &elsewhere]) {
            client.run("Viewer", json!({})).await.data("viewer.role");
        }
        let reasons =
            app.database().await.texts("SELECT revoke_reason FROM sessions WHERE revoked_at IS NOT NULL").await;
        assert_eq!(reasons, ["TOO_MANY"]);
    });
}

#[test]
fn of_20_sign_ins_at_once_ten_sessions_are_left() {
    run(async {
        // None of them is a guess, but at once they look like a guesser's.
        let app = TestApp::with().env("SHEQUN_SIGN_INS_PER_ACCOUNT", "100/1").start().await;
        let tenant = app.tenant("twenty").await;
        let mut sign_ins = JoinSet::new();
        for _ in 0..20 {
            let (client, variables) = (app.anonymous(), tenant.credentials(tenant.owner_email(), PASSWORD));
            sign_ins.spawn(async move {
                loop {
                    let answer = client.run("SignIn", variables.clone()).await;
                    // A busy machine may be too slow for twenty; who is told so comes again.
                    if answer.status != 503 {
                        return client.with_session(answer.payload("signIn"));
                    }
                }
            });
        }
        let clients = sign_ins.join_all().await;
        assert_eq!(clients.len(), 20);
        let database = app.database().await;
        assert_eq!(database.number("SELECT count(*) FROM sessions").await, 20);
        assert_eq!(database.number("SELECT count(*) FROM sessions WHERE revoked_at IS NULL").await, 10);
        let mut live = 0;
        for client in &clients {
            live += usize::from(client.run("Viewer", json!({})).await.status == 200);
        }
        assert_eq!(live, 10);
    });
}
