//! What only several processes on PostgreSQL and Redis can show.

mod audit;
mod growth;
mod leaderboards;
mod mail_off;
mod outages;
mod points;
mod redis_away;

use std::time::Duration;

use harness::{PASSWORD, Role, Storage, TestApp, eventually, flush_redis, run};
use serde_json::json;

use crate::given;
use crate::partner_keys;
use crate::session::list::own_id;
use crate::session::{assert_signed_out, refreshed};

#[test]
fn a_sign_out_at_one_process_is_seen_by_the_other() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let second = app.second_server().await;
        let owner = app.tenant("two-processes").await.owner().await;
        let there = owner.at(&second);
        there.run("Viewer", json!({})).await.data("viewer.role");
        owner.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        assert_signed_out(&there).await;
    });
}

#[test]
fn an_ended_session_another_password_and_another_role_are_seen_by_the_other_process_within_a_second() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let second = app.second_server().await;
        let tenant = app.tenant("all-processes").await;
        let person = tenant.invite(Role::Admin).await;
        let (here, revoked, outdated) = (tenant.owner().await, tenant.owner().await, tenant.owner().await);
        let demoted = tenant.sign_in(&person).await;
        // Each is known to live there.
        for client in [&here, &revoked, &outdated, &demoted] {
            client.at(&second).run("Viewer", json!({})).await.data("viewer.role");
        }
        let id = own_id(&revoked).await;
        here.run("SessionRevoke", json!({ "input": { "id": id } })).await.payload("sessionRevoke");
        assert_signed_out(&revoked.at(&second)).await;

        let input = json!({ "currentPassword": PASSWORD, "newPassword": "heron lantern 12 moss" });
        let changed = here.run("PasswordChange", json!({ "input": input })).await;
        let after = here.with_session(changed.payload("passwordChange"));
        after.at(&second).run("Viewer", json!({})).await.data("viewer.role");
        assert_signed_out(&outdated.at(&second)).await;
        assert_signed_out(&here.at(&second)).await;

        let command = ["tenant", "role", "--tenant", tenant.slug(), "--email", &person, "--role", "ANALYST"];
        app.installation().cli(&command, &[]).await.expect_success();
        assert_signed_out(&demoted.at(&second)).await;
        let demoted = refreshed(&demoted.at(&second)).await;
        assert_eq!(demoted.run("Viewer", json!({})).await.data("viewer.role"), "ANALYST");
    });
}

#[test]
fn a_key_that_is_switched_off_at_one_process_is_refused_by_the_other_within_a_second() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let second = app.second_server().await;
        let owner = app.tenant("kill-switch").await.owner().await;
        let made = partner_keys::key(&owner, json!({})).await;
        let (here, there) = (owner.with_token(&made.secret), owner.with_token(&made.secret).at(&second));
        for _ in 0..3 {
            partner_keys::works(&there).await;
            partner_keys::works(&here).await;
            partner_keys::switched(&owner, "PartnerKeyDisable", &made.id).await;
            eventually("the key is refused", Duration::from_secs(1), || async {
                there.run("MemberList", json!({})).await.error_codes() == ["UNAUTHENTICATED"]
            })
            .await;
            flush_redis().await;
            partner_keys::refused(&there, "UNAUTHENTICATED").await;
            partner_keys::switched(&owner.at(&second), "PartnerKeyEnable", &made.id).await;
        }
        partner_keys::works(&here).await;
    });
}

#[test]
fn an_emptied_redis_signs_nobody_in_again_and_nobody_out() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let second = app.second_server().await;
        let tenant = app.tenant("flushed").await;
        let leaves = tenant.owner().await;
        let stays = tenant.owner().await;
        leaves.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        flush_redis().await;
        assert_signed_out(&leaves).await;
        assert_signed_out(&leaves.at(&second)).await;
        stays.run("Viewer", json!({})).await.data("viewer.role");
        stays.at(&second).run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn what_ends_while_redis_is_away_is_over_everywhere_within_5_seconds_of_its_return() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().through_proxies().start().await;
        let second = app.second_server().await;
        let (leaves, stays) = {
            let tenant = app.tenant("unsaid").await;
            (tenant.owner().await, tenant.owner().await)
        };
        // Redis says that both live, and says so again when it is back.
        for client in [&leaves, &stays] {
            client.at(&second).run("Viewer", json!({})).await.data("viewer.role");
        }
        let way = app.installation().to_redis();
        way.cut().await;
        stays.run("SessionRevokeOthers", json!({})).await.payload("sessionRevokeOthers");
        way.restore().await;
        eventually("the other process refuses it", Duration::from_secs(5), || async {
            leaves.at(&second).run("CommunityList", json!({})).await.error_codes() == ["UNAUTHENTICATED"]
        })
        .await;
        stays.at(&second).run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_change_at_one_process_is_read_at_the_other() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let second = app.second_server().await;
        let owner = app.tenant("read-there").await.owner().await;
        let community = crate::given::community(&owner, "Readers").await;
        let there = owner.at(&second).run("CommunityGet", json!({ "id": community["id"] })).await;
        assert_eq!(there.data("community.name"), "Readers");
    });
}

#[test]
fn the_schema_is_shown_to_the_signed_in_only() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::shared().await;
        let document = "{ __schema { queryType { name } } }";
        let answer = app.anonymous().query(document, json!({})).await;
        assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"], "{}", answer.raw);
        let owner = app.tenant("introspects").await.owner().await;
        assert_eq!(owner.query(document, json!({})).await.data("__schema.queryType.name"), "Query");
    });
}

#[test]
fn counts_wait_for_an_older_transaction_of_their_own_database_and_of_no_other() {
    run(async {
        Storage::PostgresRedis.must_be();
        const OPEN: &str = "BEGIN; SELECT pg_current_xact_id()";
        let app = TestApp::start().await;
        let owner = app.tenant("horizon").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let count = || async {
            let answer = owner.run("CommunityGet", json!({ "id": community["id"] })).await;
            answer.data("community.memberCount").as_i64()
        };

        let elsewhere = TestApp::with().install().await.database().await;
        elsewhere.execute(OPEN).await;
        given::joined(&owner, &community, &given::member(&owner, "Li Lei").await, "ORDINARY").await;
        eventually("the first is counted", Duration::from_secs(5), || async { count().await == Some(1) }).await;

        let here = app.database().await;
        here.execute(OPEN).await;
        given::joined(&owner, &community, &given::member(&owner, "Han Meimei").await, "ORDINARY").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(count().await, Some(1), "an event was read that an older one could still precede");
        here.execute("ROLLBACK").await;
        eventually("the second is counted", Duration::from_secs(5), || async { count().await == Some(2) }).await;
        elsewhere.execute("ROLLBACK").await;
    });
}
