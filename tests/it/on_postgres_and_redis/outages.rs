//! PostgreSQL or Redis stops, hangs or is slow, and comes back.

use std::time::{Duration, Instant};

use harness::{Client, Storage, TestApp, eventually, run};
use reqwest::Method;
use serde_json::json;

use crate::connections::nothing_is_left_open;
use crate::given;

#[test]
fn without_postgres_requests_get_503_and_it_serves_again_within_5_seconds() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().through_proxies().start().await;
        let owner = app.tenant("postgres-stops").await.owner().await;
        let anonymous = app.anonymous();
        given::community(&owner, "Before").await;
        let way = app.installation().to_postgres();

        way.cut().await;
        let read = owner.run("CommunityList", json!({})).await;
        let write = owner.run("CommunityCreate", json!({ "input": given::community_input("Lost") })).await;
        let sign_in = json!({ "input": { "tenant": "nobody", "email": "a@b.example", "password": "no matter 1" } });
        for answer in [read, write, anonymous.run("SignIn", sign_in).await] {
            assert_eq!(answer.status, 503, "{}", answer.raw);
            assert!(answer.headers.contains_key("retry-after"), "{:?}", answer.headers);
            answer.expect_request_error("UNAVAILABLE");
        }
        assert_eq!((health(&anonymous, "/livez").await, health(&anonymous, "/readyz").await), (200, 503));
        let no_database_needed = anonymous.query("{ __typename }", json!({})).await;
        assert_eq!(no_database_needed.data("__typename"), "Query");

        way.restore().await;
        let back = Instant::now();
        eventually("it serves again", Duration::from_secs(5), || async {
            owner.run("CommunityList", json!({})).await.status == 200 && health(&anonymous, "/readyz").await == 200
        })
        .await;
        assert!(back.elapsed() < Duration::from_secs(5), "it took {:?}", back.elapsed());
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 1);
        given::community(&owner, "After").await;
        assert!(app.server().is_running());
    });
}

#[test]
fn a_postgres_that_was_away_for_a_moment_is_not_noticed_by_the_next_request() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().through_proxies().start().await;
        let owner = app.tenant("postgres-blinks").await.owner().await;
        for number in 0..3 {
            let way = app.installation().to_postgres();
            // All idle connections are dead now, and the pool does not know.
            way.cut().await;
            way.restore().await;
            given::community(&owner, &format!("Readers {number}")).await;
        }
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 3);
    });
}

#[test]
fn a_begin_that_nobody_waited_for_swallows_no_later_write() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().env("SHEQUN_DATABASE_CONNECTIONS", "2").through_proxies().start().await;
        let owner = app.tenant("begin").await.owner().await;
        let anonymous = app.anonymous();
        let way = app.installation().to_postgres();
        for round in 0..3 {
            // Readiness gives up after a second, with its BEGIN on the wire.
            way.freeze();
            let start = Instant::now();
            assert_eq!(health(&anonymous, "/readyz").await, 503);
            assert!(start.elapsed() < Duration::from_secs(2), "it took {:?}", start.elapsed());
            assert_eq!(health(&anonymous, "/livez").await, 200);
            // Slow from here on, so that what was given up is still under way when the writes come.
            way.thaw(Duration::from_millis(5));
            for number in 0..5 {
                given::community(&owner, &format!("Round {round} {number}")).await;
            }
        }
        way.thaw(Duration::ZERO);
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 15);
        nothing_is_left_open(&app.database().await).await;
    });
}

#[test]
fn a_frozen_redis_makes_no_request_take_a_second_and_signs_nobody_in_again() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().through_proxies().start().await;
        let tenant = app.tenant("redis-hangs").await;
        let (leaves, stays) = (tenant.owner().await, tenant.owner().await);
        leaves.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        stays.run("Viewer", json!({})).await.data("viewer.role");
        let way = app.installation().to_redis();

        way.freeze();
        for round in 0..5 {
            within_a_second("a read", stays.run("CommunityList", json!({}))).await.data("communities");
            let input = json!({ "input": given::community_input(&format!("Readers {round}")) });
            within_a_second("a write", stays.run("CommunityCreate", input)).await.payload("communityCreate");
            let refused = within_a_second("a revoked session", leaves.run("CommunityList", json!({}))).await;
            assert_eq!(refused.error_codes(), ["UNAUTHENTICATED"], "{}", refused.raw);
        }
        let session = within_a_second("a sign-in", tenant.owner()).await;
        within_a_second("a sign-out", session.run("SignOut", json!({ "input": {} }))).await.payload("signOut");
        // Redis is named as away but not needed.
        assert_eq!(within_a_second("readiness", health(&app.anonymous(), "/readyz")).await, 200);

        way.thaw(Duration::ZERO);
        let refused = session.run("CommunityList", json!({})).await;
        assert_eq!(refused.error_codes(), ["UNAUTHENTICATED"], "{}", refused.raw);
        stays.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_stopped_redis_makes_no_request_take_a_second() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().through_proxies().start().await;
        let owner = app.tenant("redis-stops").await.owner().await;
        let way = app.installation().to_redis();
        way.cut().await;
        for _ in 0..5 {
            within_a_second("a read", owner.run("CommunityList", json!({}))).await.data("communities");
        }
        way.restore().await;
        owner.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        crate::session::assert_signed_out(&owner).await;
    });
}

async fn health(client: &Client, path: &str) -> u16 {
    client.send(client.request(Method::GET, path)).await.status
}

pub async fn within_a_second<T>(what: &str, request: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let answer = request.await;
    assert!(start.elapsed() < Duration::from_secs(1), "{what} took {:?}", start.elapsed());
    answer
}
