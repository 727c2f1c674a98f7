//! What is deleted for its age, however much of it there is.

use std::time::Duration;

use harness::{TestApp, eventually, run};
use serde_json::json;

use crate::given;

/// More than two pieces.
const COPIES: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)";
const LONG_AGO: &str = "'2020-01-01T00:00:00+00:00'";

#[test]
fn old_events_and_old_idempotency_records_are_deleted_and_young_ones_stay() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("old").await;
        let owner = tenant.owner().await;
        let make = async |name: &str| {
            let input = given::with(given::community_input(name), json!({ "idempotencyKey": name }));
            let answer = owner.run("CommunityCreate", json!({ "input": input })).await;
            answer.payload("communityCreate")["community"].clone()
        };
        let community = make("young").await;
        let member = given::member(&owner, "An").await;
        given::joined(&owner, &community, &member, "CORE").await;
        let database = app.database().await;
        app.server().kill9();
        let event = "aggregate_type, aggregate_id, 'test.old', payload";
        for copy in [
            format!(
                "{COPIES} INSERT INTO outbox (tenant_id, id, aggregate_type, aggregate_id, kind, payload, created_at) \
                 SELECT tenant_id, id, {event}, {LONG_AGO} FROM (SELECT * FROM outbox LIMIT 1) o CROSS JOIN n"
            ),
            format!(
                "{COPIES} INSERT INTO idempotency_records \
                 SELECT tenant_id, actor, operation, key || '-' || i, input_hash, outcome, {LONG_AGO}, is_lasting \
                 FROM (SELECT * FROM idempotency_records LIMIT 1) r CROSS JOIN n"
            ),
        ] {
            assert_eq!(database.execute(&copy).await, 25_000);
        }
        app.server().start_again().await;
        for (table, young) in [("outbox", 1), ("idempotency_records", 1)] {
            let count = format!("SELECT count(*) FROM {table}");
            eventually("old rows are gone", Duration::from_secs(20), || async {
                database.number(&count).await == young
            })
            .await;
        }
        assert_eq!(make("young").await["id"], community["id"], "what is remembered is replayed");
        assert!(!app.server().log().contains("retention.trim_failed"));
    });
}
