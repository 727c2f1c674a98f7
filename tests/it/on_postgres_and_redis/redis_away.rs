//! Redis stops, hangs, forgets, or runs as a cluster; and what several processes share through it.

use std::time::{Duration, Instant};

use harness::{Client, PASSWORD, REDIS_PASSWORD, Server, Storage, TestApp, eventually, run};
use serde_json::json;

use super::outages::within_a_second;
use crate::given;
use crate::session::assert_signed_out;
use crate::sign_in_limits::{assert_throttled, guess_at_once, metric, password_checks};

/// How soon after its return Redis is used again.
const RECOVERY: Duration = Duration::from_secs(5);

#[test]
fn three_processes_share_the_limits_of_sign_in_and_the_end_of_sessions() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().own_redis().start().await;
        let (second, third) = (app.second_server().await, app.second_server().await);
        let clients = [app.anonymous(), second.anonymous(), third.anonymous()];
        assert_sessions_end_everywhere(&app, &[&second, &third]).await;
        assert_ten_guesses_in_all(&app, &clients).await;
    });
}

#[test]
fn a_cluster_serves_like_one_server() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().redis_cluster().start().await;
        let second = app.second_server().await;
        for _ in 0..3 {
            assert_sessions_end_everywhere(&app, &[&second]).await;
            assert_ten_guesses_in_all(&app, &[app.anonymous(), second.anonymous()]).await;
        }
        // Where a key lies is chance, and so many meet every node.
        for number in 0..30 {
            let input = json!({ "tenant": "nobody", "email": format!("{number}@a.example"), "password": PASSWORD });
            app.anonymous().run("SignIn", json!({ "input": input })).await.data("signIn");
        }
        for node in app.installation().redis() {
            assert_ne!(node.command("DBSIZE").await, ":0\r\n", "{} was left out", node.address());
        }
        assert!(is_redis_up(&app.anonymous()).await && is_redis_up(&second.anonymous()).await);
    });
}

#[test]
fn a_node_of_a_cluster_that_hangs_makes_no_request_take_a_second() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().redis_cluster().start().await;
        let mut tenants = Vec::new();
        for _ in 0..4 {
            let tenant = app.tenant("cluster-hangs").await;
            tenants.push((tenant.owner().await, tenant));
        }
        let node = &app.installation().redis()[1];
        node.freeze();
        for round in 0..3 {
            for (owner, tenant) in &tenants {
                within_a_second("a read", owner.run("CommunityList", json!({}))).await.data("communities");
                let input = json!({ "input": given::community_input(&format!("Readers {round}")) });
                within_a_second("a write", owner.run("CommunityCreate", input)).await.payload("communityCreate");
                within_a_second("a sign-in", tenant.owner()).await;
            }
        }
        node.thaw();
        assert_recovers(&app.anonymous(), &tenants[0].0).await;
        assert_sessions_end_everywhere(&app, &[]).await;
    });
}

#[test]
fn a_redis_that_hangs_or_stops_is_used_again_within_five_seconds_of_its_return() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().own_redis().start().await;
        let second = app.second_server().await;
        let tenant = app.tenant("comes-back").await;
        let (stays, leaves, later) = (tenant.owner().await, tenant.owner().await, tenant.owner().await);
        for client in [&stays, &leaves, &later] {
            client.at(&second).run("Viewer", json!({})).await.data("viewer.role");
        }
        let redis = &app.installation().redis()[0];

        redis.freeze();
        for _ in 0..5 {
            within_a_second("a read", stays.run("CommunityList", json!({}))).await.data("communities");
        }
        assert!(!is_redis_up(&stays).await, "nobody noticed");
        within_a_second("a sign-out", leaves.run("SignOut", json!({ "input": {} }))).await.payload("signOut");
        assert_signed_out(&leaves).await;
        // The other process may have been told that it lives, a few seconds ago.
        eventually("the other process has seen it", Duration::from_secs(5), || async {
            leaves.at(&second).run("CommunityList", json!({})).await.error_codes() == ["UNAUTHENTICATED"]
        })
        .await;
        redis.thaw();
        assert_recovers(&stays, &stays).await;
        assert_signed_out(&leaves.at(&second)).await;

        redis.kill9();
        for _ in 0..5 {
            within_a_second("a read", stays.run("CommunityList", json!({}))).await.data("communities");
            within_a_second("a refusal", leaves.run("CommunityList", json!({})))
                .await
                .expect_request_error("UNAUTHENTICATED");
        }
        redis.start_again().await;
        assert_recovers(&stays, &stays).await;
        assert_recovers(&stays.at(&second), &stays.at(&second)).await;
        // It is shared again: the other process sees this at once.
        later.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        assert_signed_out(&later.at(&second)).await;
        for server in [app.server(), &second] {
            assert!(!server.log().contains(REDIS_PASSWORD), "a password is in the log");
        }
    });
}

#[test]
fn the_limit_of_sign_ins_stands_while_redis_is_away_and_when_it_has_forgotten() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().own_redis().start().await;
        let tenant = app.tenant("guessed-on").await;
        let client = app.anonymous();
        let before = password_checks(&client).await;
        for _ in 0..5 {
            client.run("SignIn", tenant.credentials(tenant.owner_email(), "not the password 1")).await;
        }
        let redis = &app.installation().redis()[0];
        redis.flush().await;
        guess_at_once(std::slice::from_ref(&client), &tenant, 10).await;
        redis.kill9();
        guess_at_once(std::slice::from_ref(&client), &tenant, 10).await;
        redis.start_again().await;
        assert_recovers(&client, &client).await;
        guess_at_once(std::slice::from_ref(&client), &tenant, 10).await;
        let checked = password_checks(&client).await - before;
        assert!(checked <= 10, "{checked} passwords were checked");
        let rightly = client.run("SignIn", tenant.credentials(tenant.owner_email(), PASSWORD)).await;
        assert_throttled(&rightly, 90);
    });
}

/// A new tenant: who signs out at the first process is signed out at all within a second.
async fn assert_sessions_end_everywhere(app: &TestApp, others: &[&Server]) {
    let owner = app.tenant("ends-everywhere").await.owner().await;
    for other in others {
        owner.at(other).run("Viewer", json!({})).await.data("viewer.role");
    }
    owner.run("SignOut", json!({ "input": {} })).await.payload("signOut");
    assert_signed_out(&owner).await;
    for other in others {
        assert_signed_out(&owner.at(other)).await;
    }
}

/// A new tenant: a thousand guesses round the processes check ten passwords together.
async fn assert_ten_guesses_in_all(app: &TestApp, clients: &[Client]) {
    for _ in 0..5 {
        let tenant = app.tenant("guessed-everywhere").await;
        let before = (sum(clients, "password_checks_total").await, sum(clients, "redis_failures_total").await);
        guess_at_once(clients, &tenant, 50).await;
        let checked = sum(clients, "password_checks_total").await - before.0;
        if checked <= 10 {
            return;
        }
        // Then each process has its own ten: a machine too busy to answer within 200 ms proves nothing.
        let failures = sum(clients, "redis_failures_total").await - before.1;
        assert!(failures > 0, "{checked} passwords were checked");
    }
    panic!("Redis was never there for the time of a thousand guesses");
}

/// A number of all processes together.
async fn sum(clients: &[Client], name: &str) -> u64 {
    let mut sum = 0;
    for client in clients {
        sum += metric(client, name).await;
    }
    sum
}

/// Requests go on meanwhile, as they do.
async fn assert_recovers(metrics: &Client, user: &Client) {
    let start = Instant::now();
    eventually("Redis is used again", RECOVERY, || async {
        user.run("Viewer", json!({})).await;
        is_redis_up(metrics).await
    })
    .await;
    println!("Redis was used again after {:?}", start.elapsed());
}

async fn is_redis_up(client: &Client) -> bool {
    metric(client, "redis_up").await == 1
}
