//! Refresh tokens: one is good at a time, and an old one that comes back ends the session.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::{Client, TestApp, run};
use serde_json::json;
use tokio::task::JoinSet;

use super::{assert_refused, assert_signed_out, refreshed};

#[test]
fn a_session_lives_through_100_generations_and_an_old_token_of_any_of_them_ends_it() {
    run(async {
        let app = TestApp::shared().await;
        let mut generations = vec![app.tenant("generations").await.owner().await];
        for _ in 0..100 {
            generations.push(refreshed(generations.last().unwrap()).await);
        }
        let tokens: BTreeSet<_> = generations.iter().map(|client| client.session().refresh_token).collect();
        assert_eq!(tokens.len(), 101);
        let newest = generations.last().unwrap();
        newest.run("Viewer", json!({})).await.data("viewer.role");
        assert_refused(&generations[57]).await;
        assert_refused(newest).await;
        assert_signed_out(newest).await;
    });
}

#[test]
fn of_50_refreshes_of_one_token_at_once_one_branch_is_left() {
    run(async {
        let app = TestApp::start().await;
        let first = app.tenant("at-once").await.owner().await;
        let mut refreshes = JoinSet::new();
        for _ in 0..50 {
            let first = first.clone();
            refreshes.spawn(async move { refreshed(&first).await });
        }
        let second = refreshes.join_all().await;
        let tokens: BTreeSet<_> = second.iter().map(|client| client.session().refresh_token).collect();
        assert_eq!(tokens.len(), 1, "all get the same successor");
        let database = app.database().await;
        assert_eq!(database.number("SELECT CAST(generation AS bigint) FROM sessions").await, 2);

        let third = refreshed(&second[0]).await;
        third.run("Viewer", json!({})).await.data("viewer.role");
        assert_refused(&first).await;
        assert_refused(&third).await;
        for client in second.iter().take(3).chain([&first, &third]) {
            assert_signed_out(client).await;
        }
    });
}

#[test]
fn a_replay_ends_the_session_even_if_the_server_dies_right_after_its_answer() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("replay-and-crash").await;
        let (first, bystander) = (tenant.owner().await, tenant.owner().await);
        let third = refreshed(&refreshed(&first).await).await;
        assert_refused(&first).await;
        app.server().kill9();
        app.server().start_again().await;
        assert_refused(&third).await;
        assert_signed_out(&third).await;
        bystander.run("Viewer", json!({})).await.data("viewer.role");
        let reasons =
            app.database().await.texts("SELECT revoke_reason FROM sessions WHERE revoked_at IS NOT NULL").await;
        assert_eq!(reasons, ["REFRESH_TOKEN_REUSED"]);
    });
}

#[test]
fn for_30_seconds_the_predecessor_gets_the_same_bytes_and_after_31_it_ends_the_session() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("window").await;
        let (first, prompt) = (tenant.owner().await, tenant.owner().await);
        let second = refreshed(&first).await;
        let prompt_second = refreshed(&prompt).await;
        app.installation().advance_clock(Duration::from_secs(27));
        let again = refreshed(&prompt).await;
        assert_eq!(again.session().refresh_token, prompt_second.session().refresh_token);

        app.installation().advance_clock(Duration::from_secs(4));
        assert_refused(&first).await;
        assert_refused(&second).await;
        assert_signed_out(&second).await;
        refreshed(&prompt_second).await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_successor_that_was_used_ends_the_window_of_its_predecessor() {
    run(async {
        let app = TestApp::shared().await;
        let first = app.tenant("used").await.owner().await;
        let third: Client = refreshed(&refreshed(&first).await).await;
        assert_refused(&first).await;
        assert_refused(&third).await;
    });
}
