//! What is refused, by which field, and what that leaves.

use std::time::Duration;

use harness::{Client, TestApp, absent_id, run, uuid_of};
use serde_json::{Value, json};

use super::super::{members, partner, transfer};
use super::Circle;
use crate::given;
use crate::partner_keys::key;

const FIELD: &str = "pointsTransfer";

async fn policy(owner: &Client, fields: Value) -> Value {
    let input = given::with(json!({ "idempotencyKey": absent_id("key") }), fields);
    let answer = owner.run("PointsPolicyUpdate", json!({ "input": input })).await;
    answer.payload("pointsPolicyUpdate")["pointsPolicy"].clone()
}

#[test]
fn members_give_each_other_nothing_unless_the_tenant_lets_them() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("transfers-off").await.owner().await;
        let client = partner(&owner, json!({})).await;
        let members = members(&owner, 2).await;
        let circle = Circle { owner: owner.clone(), client, members };
        circle.award(0, 50, json!({})).await;
        let enabled = async || {
            owner.run("PointsPolicy", json!({})).await.data("pointsPolicy.transfersEnabled").as_bool().unwrap()
        };
        assert!(!enabled().await);
        assert_eq!(circle.give((0, 1), 5).await.user_errors(FIELD), ["NOT_ENABLED at null"]);
        assert_eq!(circle.available(0).await, 50);

        // Each of the policy's parts is left as it is by who changes the other.
        policy(&owner, json!({ "transfersEnabled": true })).await;
        policy(&owner, json!({ "approvalAbove": 1000 })).await;
        let both = policy(&owner, json!({})).await;
        assert_eq!((&both["transfersEnabled"], &both["approvalAbove"]), (&json!(true), &json!("1000")));
        let points = json!({ "points": { "lifetimeMonths": 3, "source": "Ours" } });
        owner.run("TenantPolicyUpdate", json!({ "input": points })).await.payload("tenantPolicyUpdate");
        assert!(enabled().await);
        let sent = circle.given((0, 1), 5).await["sent"]["id"].clone();

        policy(&owner, json!({ "transfersEnabled": false })).await;
        assert_eq!(circle.give((0, 1), 5).await.user_errors(FIELD), ["NOT_ENABLED at null"]);
        assert_eq!((circle.available(0).await, circle.available(1).await), (45, 5));
        // What was given before can be taken back.
        circle.reverse(&sent).await.payload("pointsReverse");
        assert_eq!((circle.available(0).await, circle.available(1).await), (50, 0));
    });
}

#[test]
fn everything_that_is_wrong_with_a_transfer_is_named_by_its_field_and_changes_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("transfer-wrong").await;
        let circle = Circle::open(&tenant, 3).await;
        circle.award(0, 50, json!({})).await;
        let later = json!({ "availableAt": "2040-01-01T00:00:00Z", "expiresOn": "2041-01-01" });
        circle.award(0, 500, later).await;
        let hold = json!({ "memberId": circle.members[0], "amount": 10, "reason": "A pot" });
        circle.send("PointsHoldCreate", hold).await.payload("pointsHoldCreate");
        let database = app.database().await;
        let before = database.snapshot(tenant.uuid(&database).await).await;

        let short: &[&str] = &["INSUFFICIENT_POINTS at amount"];
        let absent = absent_id("mbr");
        let cases: [(Value, &[&str]); 12] = [
            (
                json!({ "toMemberId": circle.members[0], "amount": "0", "reason": " ", "reference": "x".repeat(129) }),
                &["INVALID at toMemberId", "INVALID at amount", "REQUIRED at reason", "TOO_LONG at reference"],
            ),
            (json!({ "toMemberId": circle.members[0] }), &["INVALID at toMemberId"]),
            (json!({ "amount": "1000000001" }), &["INVALID at amount"]),
            (json!({ "amount": -1 }), &["INVALID at amount"]),
            (json!({ "reason": "x".repeat(201) }), &["TOO_LONG at reason"]),
            (json!({ "fromMemberId": "mbr_" }), &["INVALID at fromMemberId"]),
            (json!({ "toMemberId": circle.members[1].replace("mbr_", "com_") }), &["INVALID at toMemberId"]),
            (json!({ "fromMemberId": absent }), &["NOT_FOUND at fromMemberId"]),
            (json!({ "toMemberId": absent }), &["NOT_FOUND at toMemberId"]),
            // Neither what is pending nor what is held.
            (json!({ "amount": 41 }), short),
            (json!({ "amount": 1_000_000_000 }), short),
            // Who was never given anything.
            (json!({ "fromMemberId": circle.members[1], "toMemberId": circle.members[2] }), short),
        ];
        for (changes, expected) in cases {
            let input = given::with(circle.present((0, 1), 5), changes);
            let answer = circle.send("PointsTransfer", input.clone()).await;
            assert_eq!(answer.user_errors(FIELD), expected, "{input}");
            assert_eq!(answer.data("pointsTransfer.transfer"), &Value::Null);
            assert_eq!(answer.data("pointsTransfer.approval"), &Value::Null);
        }
        let after = database.snapshot(tenant.uuid(&database).await).await;
        let but = |snapshot: harness::Snapshot| snapshot.without("idempotency_records").without("audit_events");
        // A key that is used is written down.
        but(after).without("partner_keys").must_equal(&but(before).without("partner_keys"));
        circle.given((0, 1), 40).await;
        assert_eq!((circle.available(0).await, circle.available(1).await), (0, 40));
    });
}

#[test]
fn who_has_left_gives_what_they_had_and_is_given_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("transfer-left").await, 2).await;
        circle.award(0, 50, json!({})).await;
        let archive = json!({ "input": { "id": circle.members[0] } });
        circle.owner.run("MemberArchive", archive).await.payload("memberArchive");
        let sent = circle.given((0, 1), 50).await["sent"]["id"].clone();
        assert_eq!(circle.give((1, 0), 5).await.user_errors(FIELD), ["ARCHIVED at toMemberId"]);
        assert_eq!((circle.available(0).await, circle.available(1).await), (0, 50));
        // A mistake is undone all the same.
        circle.reverse(&sent).await.payload("pointsReverse");
        assert_eq!((circle.available(0).await, circle.available(1).await), (50, 0));
    });
}

#[test]
fn an_account_that_is_frozen_gives_nothing_and_is_given_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("transfer-frozen").await, 3).await;
        circle.award(0, 50, json!({})).await;
        let transfer = circle.given((0, 1), 20).await;
        let database = app.database().await;
        let id = database.literal(uuid_of(&circle.members[1]));
        let freeze = async |at: &str| {
            let sql = format!("UPDATE points_accounts SET frozen_at = {at} WHERE member_id = {id}");
            assert_eq!(database.execute(&sql).await, 1);
        };
        freeze("posted_at").await;
        assert_eq!(circle.give((0, 1), 5).await.user_errors(FIELD), ["ACCOUNT_FROZEN at toMemberId"]);
        assert_eq!(circle.give((1, 2), 5).await.user_errors(FIELD), ["ACCOUNT_FROZEN at fromMemberId"]);
        for entry in [&transfer["sent"], &transfer["received"][0]] {
            let refused = circle.reverse(&entry["id"]).await;
            assert_eq!(refused.user_errors("pointsReverse"), ["ACCOUNT_FROZEN at entryId"]);
        }
        let now = [circle.available(0).await, circle.available(1).await, circle.available(2).await];
        assert_eq!(now, [30, 20, 0]);
        freeze("NULL").await;
        circle.given((0, 1), 5).await;
        circle.reverse(&transfer["sent"]["id"]).await.payload("pointsReverse");
        assert_eq!((circle.available(0).await, circle.available(1).await), (45, 5));
    });
}

#[test]
fn only_who_may_move_points_does_and_people_with_a_fresh_proof_only() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let circle = Circle::open(&app.tenant("transfer-fresh").await, 2).await;
        circle.award(0, 50, json!({})).await;
        let (giver, receiver) = (&circle.members[0], &circle.members[1]);
        transfer(&circle.owner, (giver, receiver), 5, "fresh").await.payload(FIELD);
        let reads = key(&circle.owner, json!({ "scopes": ["points:read", "members:read"] })).await;
        let denied = transfer(&circle.owner.with_token(&reads.secret), (giver, receiver), 5, "reads").await;
        assert_eq!(denied.error_codes(), ["FORBIDDEN"]);
        assert_eq!(denied.body["errors"][0]["extensions"]["requiredScopes"], json!(["points:write"]));
        app.installation().advance_clock(Duration::from_secs(6 * 60));
        let stale = transfer(&circle.owner, (giver, receiver), 5, "stale").await;
        assert_eq!(stale.error_codes(), ["STEP_UP_REQUIRED"]);
        circle.given((0, 1), 5).await;
        assert_eq!((circle.available(0).await, circle.available(1).await), (40, 10));
    });
}
