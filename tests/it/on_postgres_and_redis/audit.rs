//! What PostgreSQL itself keeps anybody from doing to the audit trail, and what a restore does to its sealer and to the counts.

use std::time::Duration;

use harness::{Storage, TestApp, eventually, run};
use serde_json::json;

use crate::given;

const TABLES: [&str; 3] = ["audit_events", "audit_links", "audit_checkpoints"];

#[test]
fn neither_role_of_the_application_changes_or_deletes_what_is_in_the_trail() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let tenant = app.tenant("append-only").await;
        given::community(&tenant.owner().await, "Readers").await;
        let database = app.database().await;
        database.trail_is_sealed().await;
        let id = tenant.uuid(&database).await;
        let before = database.number("SELECT count(*) FROM audit_events").await;
        for table in TABLES {
            for role in ["shequn_app", "shequn_system"] {
                for change in [
                    format!("UPDATE {table} SET tenant_id = tenant_id"),
                    format!("DELETE FROM {table}"),
                    format!("TRUNCATE {table}"),
                ] {
                    let enter = format!("SET LOCAL ROLE {role}; SELECT set_config('app.tenant_id', '{id}', true);");
                    let refusal = database.refusal(&format!("{enter} {change}")).await;
                    assert!(refusal.contains("permission denied"), "{role}: {change}: {refusal}");
                }
            }
            // The login that owns the tables may say it, and row security leaves it no row.
            let owner = "SET ROLE shequn_owner";
            for change in [format!("UPDATE {table} SET tenant_id = tenant_id"), format!("DELETE FROM {table}")] {
                database.execute(&format!("{owner}; {change}; RESET ROLE")).await;
            }
        }
        assert_eq!(database.number("SELECT count(*) FROM audit_events").await, before);
        let verify = ["verify", "audit", "--tenant", tenant.slug()];
        app.installation().cli(&verify, &[]).await.expect_success();
    });
}

#[test]
fn another_tenants_trail_cannot_be_written_to_or_read() {
    run(async {
        let app = TestApp::start().await;
        let (one, other) = (app.tenant("one").await, app.tenant("other").await);
        given::community(&one.owner().await, "Readers").await;
        let database = app.database().await;
        database.trail_is_sealed().await;
        let (one, other) = (one.uuid(&database).await, other.uuid(&database).await);
        let enter = format!("SET LOCAL ROLE shequn_app; SELECT set_config('app.tenant_id', '{other}', true);");
        let columns = "tenant_id, id, occurred_at, actor_kind, address, operation, changed_fields, request_id, outcome, codes, mac";
        let copy = format!(
            "INSERT INTO audit_events ({columns}) SELECT '{one}', gen_random_uuid(), now(), 'SYSTEM', '', '', '[]', '', 'FAILED', '[]', ''"
        );
        let refusal = database.refusal(&format!("{enter} {copy}")).await;
        assert!(refusal.contains("row-level security"), "{refusal}");
        for table in ["audit_links", "audit_heads", "audit_checkpoints", "audit_cursors"] {
            let refusal = database.refusal(&format!("{enter} INSERT INTO {table} DEFAULT VALUES")).await;
            assert!(refusal.contains("permission denied"), "{table}: {refusal}");
        }
        for table in ["audit_events", "audit_links", "audit_heads", "audit_checkpoints"] {
            let seen = format!("{enter} SELECT 1 / (count(*) FILTER (WHERE tenant_id = '{one}') - 0) FROM {table}");
            let refusal = database.refusal(&seen).await;
            assert!(refusal.contains("division by zero"), "{table} shows another tenant's rows: {refusal}");
        }
    });
}

#[test]
fn a_database_restored_into_another_cluster_is_sealed_on_without_a_double() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("restored").await;
        let owner = tenant.owner().await;
        given::community(&owner, "Before").await;
        let database = app.database().await;
        database.trail_is_sealed().await;
        // As if the events had been written in a cluster that has counted far more transactions.
        app.server().kill9();
        database
            .execute(
                "UPDATE audit_events SET xid = '9000000000000000'; UPDATE audit_cursors SET xid = 9000000000000000",
            )
            .await;
        app.server().start_again().await;
        given::community(&owner, "After").await;
        database.trail_is_sealed().await;
        let verify = ["verify", "audit", "--tenant", tenant.slug()];
        app.installation().cli(&verify, &[]).await.expect_success();
    });
}

#[test]
fn member_counts_go_on_after_a_restore_into_another_cluster_and_are_right() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("recounted").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let members = [given::member(&owner, "An").await, given::member(&owner, "Bo").await];
        let count = async || {
            let document = "query($id: ID!) { community(id: $id) { memberCount } }";
            owner.query(document, json!({ "id": community["id"] })).await.data("community.memberCount").clone()
        };
        given::joined(&owner, &community, &members[0], "CORE").await;
        eventually("one is counted", Duration::from_secs(5), || async { count().await == 1 }).await;
        let database = app.database().await;
        // As if the events had been written in a cluster that has counted far more transactions, and one not read.
        app.server().kill9();
        database.execute("UPDATE outbox SET xid = '9000000000000000'").await;
        database.execute("UPDATE outbox_cursors SET xid = 9000000000000000, seq = 0").await;
        database.execute("UPDATE communities SET member_count = 0").await;
        app.server().start_again().await;
        eventually("it is counted anew", Duration::from_secs(5), || async { count().await == 1 }).await;
        given::joined(&owner, &community, &members[1], "CORE").await;
        eventually("counting goes on", Duration::from_secs(5), || async { count().await == 2 }).await;
        assert_eq!(database.number("SELECT count(*) FROM outbox WHERE xid >= '9000000000000000'").await, 0);
        assert_eq!(app.server().log().matches("outbox.started_over_after_restore").count(), 1);
    });
}
