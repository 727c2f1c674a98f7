//! What counts towards the limit, and what does not.

use std::time::Duration;

use harness::{Client, Response, Role, TestApp, absent_id, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::{balances_of, entries_of, members, partner, proof, unlimited};
use super::{approved, asked, award, by_hand, decided, limited, shown};
use crate::given;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// How many requests there are about the member, in this state.
async fn waiting(client: &Client, member: &str, state: &str) -> Value {
    let filter = json!({ "filter": { "memberId": member, "states": [state] } });
    client.run("PointsApprovalList", filter).await.data("pointsApprovals.totalCount").clone()
}

#[test]
fn splitting_does_not_help_also_not_at_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("split").await;
        let (owner, other) = (tenant.owner().await, tenant.staff(Role::Admin).await);
        let ids = members(&owner, 3).await;
        limited(&owner, json!(100)).await;
        // The first ones of all, so that there is no account yet, and by two people.
        let mut calls = JoinSet::new();
        for number in 0..10 {
            let client = if number % 2 == 0 { owner.clone() } else { other.clone() };
            let member = ids[0].clone();
            calls.spawn(async move { award(&client, &member, 30, &format!("s{number}")).await });
        }
        let given = calls.join_all().await.iter().filter(|answer| answer.user_errors("pointsAward").is_empty()).count();
        assert_eq!(given, 3);
        assert_eq!(balances_of(&owner, &ids[0]).await.available, 90);
        assert_eq!(waiting(&owner, &ids[0], "PENDING").await, 7);
        // Ten more still fit, and then none.
        award(&owner, &ids[0], 10, "ten").await.payload("pointsAward");
        asked(&owner, &ids[0], 1, "one").await;

        let row = |member: &str, amount: i64| json!({ "memberId": member, "amount": amount, "reason": "Campaign" });
        let rows =
            [row(&ids[1], 60), row(&ids[1], 60), row(&ids[2], 100), row(&ids[1], 40), row(&absent_id("mbr"), 999)];
        let document = "mutation($input: PointsAwardBulkInput!) { pointsAwardBulk(input: $input) {
            outcomes { entryId approval { id amount state } userErrors { field code } } userErrors { code } } }";
        let input = json!({ "input": { "awards": rows, "idempotencyKey": "bulk" } });
        let first = owner.query(document, input.clone()).await;
        let outcomes = first.payload("pointsAwardBulk")["outcomes"].as_array().unwrap();
        let codes: Vec<_> = outcomes.iter().map(|outcome| outcome["userErrors"][0]["code"].clone()).collect();
        assert_eq!(codes, [Value::Null, json!("APPROVAL_REQUIRED"), Value::Null, Value::Null, json!("NOT_FOUND")]);
        let kept: Vec<_> = outcomes.iter().map(|outcome| outcome["approval"]["amount"].clone()).collect();
        assert_eq!(kept, [Value::Null, json!("60"), Value::Null, Value::Null, Value::Null]);
        let again = owner.query(document, input).await;
        assert_eq!(again.payload("pointsAwardBulk")["outcomes"], first.payload("pointsAwardBulk")["outcomes"]);
        assert_eq!(waiting(&owner, &ids[1], "PENDING").await, 1);
        // What is taken counts apart.
        let take = |amount: i64, key: &str| json!({ "amount": amount, "idempotencyKey": key });
        by_hand(&owner, "pointsDeduct", &ids[1], take(70, "t1")).await.payload("pointsDeduct");
        let answer = by_hand(&owner, "pointsDeduct", &ids[1], take(31, "t2")).await;
        assert_eq!(answer.user_errors("pointsDeduct"), ["APPROVAL_REQUIRED at amount"]);
        proof(&owner).await;
    });
}

#[test]
fn what_a_day_has_passed_over_or_was_undone_counts_no_more_and_requests_lapse_after_seven_days() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let tenant = app.tenant("window").await;
        let owner = tenant.owner().await;
        let client = partner(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        limited(&owner, json!(100)).await;
        award(&client, &member, 100, "first").await.payload("pointsAward");
        let lapsing = asked(&client, &member, 1, "second").await;
        app.installation().advance_clock(23 * HOUR);
        asked(&client, &member, 1, "third").await;
        app.installation().advance_clock(2 * HOUR);
        let whole = award(&client, &member, 100, "fourth").await;
        let undo =
            json!({ "entryId": whole.payload("pointsAward")["entry"]["id"], "reason": "No", "idempotencyKey": "u" });
        client.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");
        award(&client, &member, 99, "fifth").await.payload("pointsAward");

        assert_eq!(waiting(&client, &member, "PENDING").await, 2);
        app.installation().advance_clock(6 * 24 * HOUR - 2 * HOUR);
        assert_eq!(shown(&client, &lapsing).await["state"], "PENDING");
        app.installation().advance_clock(HOUR + HOUR);
        assert_eq!(shown(&client, &lapsing).await["state"], "LAPSED");
        assert_eq!(waiting(&client, &member, "PENDING").await, 1);
        assert_eq!(waiting(&client, &member, "LAPSED").await, 1);
        let answer = approved(&tenant.staff(Role::Admin).await, &lapsing, "late").await;
        assert_eq!(answer.user_errors("pointsApprovalApprove"), ["CLOSED at approvalId"]);
        let answer = decided(&client, "Withdraw", &lapsing, "late").await;
        assert_eq!(answer.user_errors("pointsApprovalWithdraw"), ["CLOSED at approvalId"]);
        proof(&client).await;
    });
}

/// A rule that pays for an event from now on.
async fn pays(owner: &Client, event: &str, points: i64) {
    let definition = json!({ "source": "CAMPAIGN", "points": points });
    let rule = json!({ "name": event, "event": event, "definition": definition, "idempotencyKey": event });
    let made = owner.run("EarningRuleCreate", json!({ "input": rule })).await;
    let id = made.payload("earningRuleCreate")["rule"]["id"].clone();
    let active = json!({ "ruleId": id, "state": "ACTIVE", "idempotencyKey": event });
    owner.run("EarningRuleStateSet", json!({ "input": active })).await.payload("earningRuleStateSet");
}

async fn recorded(client: &Client, member: &str, event: &str, reference: &str) -> Response {
    let event = json!({ "memberId": member, "event": event, "reference": reference, "idempotencyKey": reference });
    client.run("EarningEventRecord", json!({ "input": event })).await
}

#[test]
fn what_keys_record_and_holds_are_not_by_hand() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("not-by-hand").await.owner().await;
        let key = partner(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        limited(&owner, json!(10)).await;
        pays(&owner, "SHARE", 500).await;
        recorded(&key, &member, "SHARE", "s-1").await.payload("earningEventRecord");
        assert_eq!(balances_of(&owner, &member).await.available, 500);
        let hold = json!({ "memberId": member, "amount": 400, "reason": "An order", "idempotencyKey": "hold" });
        let held = owner.run("PointsHoldCreate", json!({ "input": hold })).await;
        let capture = json!({ "holdId": held.payload("pointsHoldCreate")["hold"]["id"], "idempotencyKey": "capture" });
        owner.run("PointsHoldCapture", json!({ "input": capture })).await.payload("pointsHoldCapture");
        // Neither counts towards what is.
        award(&owner, &member, 10, "ten").await.payload("pointsAward");
        let take = json!({ "amount": 10, "idempotencyKey": "take" });
        by_hand(&owner, "pointsDeduct", &member, take).await.payload("pointsDeduct");
        asked(&owner, &member, 1, "one").await;
    });
}

#[test]
fn what_a_person_records_counts_as_given_by_hand_also_at_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("recorded-by-hand").await.owner().await;
        let ids = members(&owner, 3).await;
        limited(&owner, json!(100)).await;
        for (event, points) in [("READ", 30), ("SHARE", 101)] {
            pays(&owner, event, points).await;
        }
        let refused = ["APPROVAL_REQUIRED at event"];
        for _ in 0..2 {
            let answer = recorded(&owner, &ids[0], "SHARE", "share").await;
            assert_eq!(answer.user_errors("earningEventRecord"), refused, "also when it is asked again");
        }
        let mut calls = JoinSet::new();
        for number in 0..6 {
            let (client, member) = (owner.clone(), ids[0].clone());
            calls.spawn(async move { recorded(&client, &member, "READ", &format!("r-{number}")).await });
        }
        let answers = calls.join_all().await;
        let paid = answers.iter().filter(|answer| answer.user_errors("earningEventRecord").is_empty()).count();
        assert_eq!(paid, 3);
        assert_eq!(balances_of(&owner, &ids[0]).await.available, 90);
        award(&owner, &ids[0], 10, "ten").await.payload("pointsAward");
        asked(&owner, &ids[0], 1, "one").await;
        recorded(&owner, &ids[0], "LOOK", "nothing is paid for it").await.payload("earningEventRecord");

        let event = |member: &str, event: &str, reference: &str| json!({ "memberId": member, "event": event, "reference": reference });
        let bulk = async |events: Value, key: &str| {
            let input = json!({ "events": events, "idempotencyKey": key });
            owner.run("EarningEventRecordBulk", json!({ "input": input })).await
        };
        let over = json!([event(&ids[1], "READ", "b-1"), event(&ids[2], "SHARE", "b-2")]);
        let answer = bulk(over, "over").await;
        assert_eq!(answer.user_errors("earningEventRecordBulk"), ["APPROVAL_REQUIRED at events.1.event"]);
        for member in &ids[1..] {
            assert_eq!(balances_of(&owner, member).await.available, 0);
        }
        let fits = json!([event(&ids[1], "READ", "b-1"), event(&ids[2], "READ", "b-2")]);
        bulk(fits, "fits").await.payload("earningEventRecordBulk");
        assert_eq!(balances_of(&owner, &ids[2]).await.available, 30);
        proof(&owner).await;
    });
}

#[test]
fn what_the_program_records_at_a_persons_desk_and_what_was_taken_back_counts_not() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("at-a-desk").await.owner().await;
        let ids = members(&owner, 2).await;
        limited(&owner, json!(100)).await;
        for (event, points) in [("CHECK_IN", 90), ("READ", 100)] {
            pays(&owner, event, points).await;
        }
        let checked = owner.run("CheckIn", json!({ "input": { "memberId": ids[0], "idempotencyKey": "in" } })).await;
        checked.payload("checkIn");
        assert_eq!(balances_of(&owner, &ids[0]).await.available, 90);
        award(&owner, &ids[0], 100, "whole").await.payload("pointsAward");
        asked(&owner, &ids[0], 1, "more").await;

        recorded(&owner, &ids[1], "READ", "r-1").await.payload("earningEventRecord");
        let again = recorded(&owner, &ids[1], "READ", "r-2").await;
        assert_eq!(again.user_errors("earningEventRecord"), ["APPROVAL_REQUIRED at event"]);
        let entry = entries_of(&owner, &ids[1]).await[0]["id"].clone();
        let undo = json!({ "entryId": entry, "reason": "No", "idempotencyKey": "undo" });
        owner.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");
        recorded(&owner, &ids[1], "READ", "r-3").await.payload("earningEventRecord");
        proof(&owner).await;
    });
}

#[test]
fn only_owners_and_admins_set_the_limit_and_other_changes_of_the_policy_leave_it() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let tenant = app.tenant("limit").await;
        let owner = tenant.owner().await;
        let set = async |client: &Client, fields: Value, key: &str| {
            let input = given::with(fields, json!({ "idempotencyKey": key }));
            client.run("PointsPolicyUpdate", json!({ "input": input })).await
        };
        let now = async || owner.run("PointsPolicy", json!({})).await.data("pointsPolicy.approvalAbove").clone();
        assert_eq!(now().await, Value::Null);
        for (number, (limit, fits)) in
            [(0, true), (1_000_000_000, true), (-1, false), (1_000_000_001_i64, false)].into_iter().enumerate()
        {
            let answer = set(&owner, json!({ "approvalAbove": limit }), &format!("a{number}")).await;
            let expected: &[&str] = if fits { &[] } else { &["INVALID at approvalAbove"] };
            assert_eq!(answer.user_errors("pointsPolicyUpdate"), expected);
        }
        let admin = tenant.staff(Role::Admin).await;
        set(&admin, json!({ "approvalAbove": 300 }), "admin").await.payload("pointsPolicyUpdate");
        set(&owner, json!({}), "nothing").await.payload("pointsPolicyUpdate");
        let input = json!({ "points": { "lifetimeMonths": 3, "source": "Ours" } });
        owner.run("TenantPolicyUpdate", json!({ "input": input })).await.payload("tenantPolicyUpdate");
        assert_eq!(now().await, "300");
        for role in [Role::Finance, Role::Operator, Role::Moderator, Role::Analyst] {
            let answer = set(&tenant.staff(role).await, json!({ "approvalAbove": null }), "no").await;
            assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{}", role.name());
        }
        let key = partner(&owner, json!({})).await;
        assert_eq!(set(&key, json!({ "approvalAbove": null }), "no").await.error_codes(), ["FORBIDDEN"]);
        assert_eq!(now().await, "300");
        app.installation().advance_clock(Duration::from_secs(6 * 60));
        let answer = set(&owner, json!({ "approvalAbove": null }), "stale").await;
        assert_eq!(answer.error_codes(), ["STEP_UP_REQUIRED"]);
        given::proved_anew(&owner).await;
        set(&owner, json!({ "approvalAbove": null }), "fresh").await.payload("pointsPolicyUpdate");
        assert_eq!(now().await, Value::Null);
        let trail = owner.query("{ auditEvents(first: 3) { nodes { operation outcome } } }", json!({})).await;
        let newest = trail.data("auditEvents.nodes").as_array().unwrap().clone();
        assert!(newest.iter().any(|event| event["operation"] == "pointsPolicyUpdate"), "{newest:?}");
    });
}
