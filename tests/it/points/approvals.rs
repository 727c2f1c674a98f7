//! Points by hand over the tenant's limit: nothing is posted until a second person says so, and then once.

mod limits;
mod people;
mod transfers;

use harness::{Client, Response, Role, TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{balances_of, entries_of, members, proof, verify};
use crate::given;

/// All of a request that a payload shows.
const APPROVAL: &str = "id state kind memberId amount source reason reference availableAt expiresOn askedById askedAt
    lapsesAt decidedById decidedAt decision";

/// Sets the limit.
async fn limited(owner: &Client, above: Value) {
    let key = format!("limit {above}");
    let input = json!({ "approvalAbove": above, "idempotencyKey": key });
    owner.run("PointsPolicyUpdate", json!({ "input": input })).await.payload("pointsPolicyUpdate");
}

/// Gives points to the member, or takes them; `operation` is `pointsAward` or `pointsDeduct`.
async fn by_hand(client: &Client, operation: &str, member: &str, fields: Value) -> Response {
    let input = given::with(json!({ "memberId": member, "reason": "A gift" }), fields);
    let kind = format!("P{}Input", &operation[1..]);
    let document = format!(
        "mutation($input: {kind}!) {{ {operation}(input: $input) {{
            entry {{ id }} approval {{ {APPROVAL} }} userErrors {{ field code }} }} }}"
    );
    client.query(&document, json!({ "input": input })).await
}

async fn award(client: &Client, member: &str, amount: i64, key: &str) -> Response {
    by_hand(client, "pointsAward", member, json!({ "amount": amount, "idempotencyKey": key })).await
}

/// The id of a request for an award; fails where it was given at once.
async fn asked(client: &Client, member: &str, amount: i64, key: &str) -> String {
    let answer = award(client, member, amount, key).await;
    assert_eq!(answer.user_errors("pointsAward"), ["APPROVAL_REQUIRED at amount"], "{}", answer.raw);
    super::text(answer.data("pointsAward.approval.id"))
}

/// Approves, rejects or withdraws; gives the answer and the name of its field.
async fn decided(client: &Client, verb: &str, approval: &str, key: &str) -> Response {
    let reason = if verb == "Reject" { json!({ "reason": "Too many" }) } else { json!({}) };
    let input = given::with(json!({ "approvalId": approval, "idempotencyKey": key }), reason);
    client.run(&format!("PointsApproval{verb}"), json!({ "input": input })).await
}

async fn approved(client: &Client, approval: &str, key: &str) -> Response {
    decided(client, "Approve", approval, key).await
}

/// The request as it is now.
async fn shown(client: &Client, approval: &str) -> Value {
    client.run("PointsApprovalGet", json!({ "id": approval })).await.data("pointsApproval").clone()
}

#[test]
fn over_the_limit_nothing_is_posted_and_the_same_key_asks_once() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("asks-once").await;
        let owner = tenant.owner().await;
        let member = members(&owner, 1).await.remove(0);
        // Without a limit, whatever the amount.
        assert_eq!(award(&owner, &member, 1_000, "free").await.data("pointsAward.approval"), &Value::Null);
        let entry = entries_of(&owner, &member).await.remove(0);
        let undo = json!({ "entryId": entry["id"], "reason": "A mistake", "idempotencyKey": "free" });
        owner.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");

        limited(&owner, json!(100)).await;
        let wishes = json!({ "amount": 101, "source": "CAMPAIGN", "reference": "fair-1", "idempotencyKey": "one",
            "availableAt": "2999-01-01T00:00:00Z", "expiresOn": null });
        let answer = by_hand(&owner, "pointsAward", &member, wishes).await;
        assert_eq!(answer.user_errors("pointsAward"), ["INVALID at availableAt", "INVALID at availableAt"]);
        let wishes = json!({ "amount": 101, "source": "CAMPAIGN", "reference": "fair-1", "idempotencyKey": "two",
            "expiresOn": "2030-06-30" });
        let mut seen = Vec::new();
        for place in 0..3 {
            let answer = by_hand(&owner, "pointsAward", &member, wishes.clone()).await;
            assert_eq!(answer.user_errors("pointsAward"), ["APPROVAL_REQUIRED at amount"]);
            assert_eq!(answer.data("pointsAward.entry"), &Value::Null);
            assert_eq!(answer.body["extensions"]["idempotentReplay"] == true, place > 0, "{}", answer.raw);
            seen.push(answer.data("pointsAward.approval").clone());
        }
        assert!(seen.iter().all(|approval| approval == &seen[0]), "{seen:?}");
        let approval = &seen[0];
        for (field, value) in [
            ("state", json!("PENDING")),
            ("kind", json!("AWARD")),
            ("memberId", json!(member)),
            ("amount", json!("101")),
            ("source", json!("CAMPAIGN")),
            ("reason", json!("A gift")),
            ("reference", json!("fair-1")),
            ("expiresOn", json!("2030-06-30")),
            ("availableAt", Value::Null),
            ("decidedById", Value::Null),
        ] {
            assert_eq!(approval[field], value, "{field}");
        }
        let deduct = json!({ "amount": 101, "idempotencyKey": "three" });
        let answer = by_hand(&owner, "pointsDeduct", &member, deduct).await;
        assert_eq!(answer.user_errors("pointsDeduct"), ["APPROVAL_REQUIRED at amount"]);
        assert_eq!(answer.data("pointsDeduct.approval.kind"), "DEDUCT");
        let list = owner.run("PointsApprovalList", json!({ "filter": { "memberId": member } })).await;
        assert_eq!(list.data("pointsApprovals.totalCount"), 2);
        assert_eq!(list.data("pointsApprovals.edges.1.node.id"), &approval["id"]);
        assert_eq!(balances_of(&owner, &member).await.available, 0);
        assert_eq!(entries_of(&owner, &member).await.len(), 2);
    });
}

#[test]
fn of_many_who_approve_at_once_one_posts_and_the_entry_names_both_people() {
    run(async {
        let app = super::unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("two-people").await;
        let owner = tenant.owner().await;
        let mut others = Vec::new();
        for role in [Role::Admin, Role::Finance, Role::Owner] {
            others.push(tenant.staff(role).await);
        }
        let ids = members(&owner, 2).await;
        let member = ids[0].clone();
        limited(&owner, json!(100)).await;
        let approval = asked(&owner, &member, 500, "ask").await;
        let mut calls = JoinSet::new();
        for number in 0..12 {
            let (client, approval) = (others[number % 3].clone(), approval.clone());
            calls.spawn(async move { approved(&client, &approval, &format!("a{number}")).await });
        }
        let answers = calls.join_all().await;
        let refused: Vec<_> =
            answers.iter().filter(|answer| !answer.user_errors("pointsApprovalApprove").is_empty()).collect();
        assert_eq!(refused.len(), 11);
        assert!(refused.iter().all(|answer| answer.user_errors("pointsApprovalApprove") == ["CLOSED at approvalId"]));

        let entries = entries_of(&owner, &member).await;
        assert_eq!(entries.len(), 1);
        let document = "query($id: ID!) { pointsEntry(id: $id) { amount approval { id state askedById decidedById
            entry { id } } } }";
        let answer = owner.query(document, json!({ "id": entries[0]["id"] })).await;
        let on_entry = answer.data("pointsEntry.approval");
        assert_eq!((&on_entry["id"], &on_entry["state"]), (&json!(approval), &json!("APPROVED")));
        assert_eq!(on_entry["entry"]["id"], entries[0]["id"]);
        assert_ne!(on_entry["askedById"], on_entry["decidedById"]);
        assert_eq!(entries[0]["actorId"], on_entry["askedById"]);
        assert_eq!(balances_of(&owner, &member).await.available, 500);
        // What was given without is nobody's approval.
        let small = award(&owner, &ids[1], 5, "small").await;
        let id = small.data("pointsAward.entry.id");
        assert_eq!(owner.query(document, json!({ "id": id })).await.data("pointsEntry.approval"), &Value::Null);
        proof(&owner).await;
        verify(&app).await;
    });
}

#[test]
fn an_approval_under_the_same_key_is_the_same_and_awards_are_good_as_of_the_approval() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("approve-again").await;
        let (owner, other) = (tenant.owner().await, tenant.staff(Role::Finance).await);
        let member = members(&owner, 1).await.remove(0);
        limited(&owner, json!(0)).await;
        let approval = asked(&owner, &member, 1, "ask").await;
        let first = approved(&other, &approval, "same").await.payload("pointsApprovalApprove")["approval"].clone();
        let again = approved(&other, &approval, "same").await;
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        assert_eq!(again.payload("pointsApprovalApprove")["approval"], first);
        assert_eq!(first["entry"]["amount"], "1");
        // The first asker's key still tells of the same request, decided by now.
        let told = award(&owner, &member, 1, "ask").await;
        assert_eq!(told.user_errors("pointsAward"), ["APPROVAL_REQUIRED at amount"]);
        assert_eq!(told.data("pointsAward.approval.state"), "APPROVED");
        let entry = &entries_of(&owner, &member).await[0];
        assert_eq!((&entry["kind"], &entry["reason"]), (&json!("AWARD"), &json!("A gift")));
        assert!(entry["lots"][0]["expiresOn"].is_string(), "{entry}");
        // A deduction, too; and a short way to take it back.
        let deduct = json!({ "amount": 1, "idempotencyKey": "take" });
        let answer = by_hand(&owner, "pointsDeduct", &member, deduct).await;
        let taking = super::text(answer.data("pointsDeduct.approval.id"));
        approved(&other, &taking, "take").await.payload("pointsApprovalApprove");
        assert_eq!(balances_of(&owner, &member).await.revoked, 1);
        let undo =
            json!({ "entryId": shown(&owner, &taking).await["entry"]["id"], "reason": "No", "idempotencyKey": "u" });
        owner.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");
        assert_eq!(balances_of(&owner, &member).await.available, 1);
    });
}

#[test]
fn what_the_ledger_refuses_today_leaves_the_request_and_the_ledger_as_they_were() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("refused-today").await;
        let (owner, other) = (tenant.owner().await, tenant.staff(Role::Owner).await);
        let member = members(&owner, 1).await.remove(0);
        award(&owner, &member, 50, "first").await.payload("pointsAward");
        limited(&owner, json!(0)).await;
        let deduct = json!({ "amount": 60, "idempotencyKey": "take" });
        let answer = by_hand(&owner, "pointsDeduct", &member, deduct).await;
        let taking = super::text(answer.data("pointsDeduct.approval.id"));
        let giving = asked(&owner, &member, 20, "give").await;
        let database = app.database().await;
        let is_refused = async |approval: &str, key: &str, expected: &str| {
            let before = database.snapshot(tenant.uuid(&database).await).await;
            let answer = approved(&other, approval, key).await;
            assert_eq!(answer.user_errors("pointsApprovalApprove"), [format!("{expected} at approvalId")]);
            let after = database.snapshot(tenant.uuid(&database).await).await;
            let but = |snapshot: harness::Snapshot| snapshot.without("idempotency_records").without("audit_events");
            but(after).must_equal(&but(before));
            assert_eq!(shown(&owner, approval).await["state"], "PENDING");
        };
        is_refused(&taking, "a", "INSUFFICIENT_POINTS").await;
        owner.run("MemberArchive", json!({ "input": { "id": member } })).await.payload("memberArchive");
        is_refused(&giving, "b", "ARCHIVED").await;
        owner.run("MemberRestore", json!({ "input": { "id": member } })).await.payload("memberRestore");
        let id = database.literal(harness::uuid_of(&member));
        let frozen = |at: &str| format!("UPDATE points_accounts SET frozen_at = {at} WHERE member_id = {id}");
        database.execute(&frozen("posted_at")).await;
        is_refused(&giving, "c", "ACCOUNT_FROZEN").await;
        database.execute(&frozen("NULL")).await;
        // Each under a key of its own: a refusal is remembered, too.
        approved(&other, &giving, "d").await.payload("pointsApprovalApprove");
        approved(&other, &taking, "e").await.payload("pointsApprovalApprove");
        let now = balances_of(&owner, &member).await;
        assert_eq!((now.issued, now.available, now.revoked), (70, 10, 60));
        proof(&owner).await;
    });
}
