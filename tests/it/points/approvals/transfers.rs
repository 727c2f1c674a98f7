//! What members give each other by somebody's hand waits for a second person as well, by who gives it.

use std::time::Duration;

use harness::{Client, Response, Role, TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::{balances_of, entries_of, let_transfer, members, partner, proof, text, unlimited, verify};
use super::{APPROVAL, approved, award, by_hand, decided, limited, shown};

const FIELD: &str = "pointsTransfer";
const OVER: [&str; 1] = ["APPROVAL_REQUIRED at amount"];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn give(client: &Client, (from, to): (&str, &str), amount: i64, key: &str) -> Response {
    let document = format!(
        "mutation($input: PointsTransferInput!) {{ pointsTransfer(input: $input) {{
            transfer {{ sent {{ id }} }} approval {{ {APPROVAL} toMemberId }} userErrors {{ field code }} }} }}"
    );
    let input = json!({ "fromMemberId": from, "toMemberId": to, "amount": amount, "reason": "Tea",
        "reference": "gift-1", "idempotencyKey": key });
    client.query(&document, json!({ "input": input })).await
}

/// The id of a request for a transfer; fails where it was posted at once.
async fn asked(client: &Client, who: (&str, &str), amount: i64, key: &str) -> String {
    let answer = give(client, who, amount, key).await;
    assert_eq!(answer.user_errors(FIELD), OVER, "{}", answer.raw);
    text(answer.data("pointsTransfer.approval.id"))
}

async fn available(client: &Client, member: &str) -> i64 {
    balances_of(client, member).await.available
}

#[test]
fn over_the_limit_a_transfer_waits_and_is_posted_by_a_second_person() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("transfer-waits").await;
        let (owner, other) = (tenant.owner().await, tenant.staff(Role::Finance).await);
        let_transfer(&owner).await;
        let ids = members(&owner, 2).await;
        award(&owner, &ids[0], 500, "first").await.payload("pointsAward");
        limited(&owner, json!(100)).await;
        let mut seen = Vec::new();
        for place in 0..3 {
            let answer = give(&owner, (&ids[0], &ids[1]), 101, "one").await;
            assert_eq!(answer.user_errors(FIELD), OVER);
            assert_eq!(answer.data("pointsTransfer.transfer"), &Value::Null);
            assert_eq!(answer.body["extensions"]["idempotentReplay"] == true, place > 0, "{}", answer.raw);
            seen.push(answer.data("pointsTransfer.approval").clone());
        }
        assert!(seen.iter().all(|approval| approval == &seen[0]), "{seen:?}");
        let approval = &seen[0];
        for (field, value) in [
            ("state", json!("PENDING")),
            ("kind", json!("TRANSFER_OUT")),
            ("memberId", json!(ids[0])),
            ("toMemberId", json!(ids[1])),
            ("amount", json!("101")),
            ("source", Value::Null),
            ("reason", json!("Tea")),
            ("reference", json!("gift-1")),
            ("decidedById", Value::Null),
        ] {
            assert_eq!(approval[field], value, "{field}");
        }
        assert_eq!((available(&owner, &ids[0]).await, available(&owner, &ids[1]).await), (500, 0));
        // An award has no other member.
        let gift = award(&owner, &ids[0], 101, "second").await;
        let gift = shown(&owner, &text(gift.data("pointsAward.approval.id"))).await;
        assert_eq!(gift["toMemberId"], Value::Null);

        let id = text(&approval["id"]);
        let own = approved(&owner, &id, "own").await;
        assert_eq!(own.user_errors("pointsApprovalApprove"), ["SELF_APPROVAL at approvalId"]);
        let answer = approved(&other, &id, "yes").await;
        let posted = answer.payload("pointsApprovalApprove")["approval"].clone();
        assert_eq!((&posted["state"], &posted["entry"]["kind"]), (&json!("APPROVED"), &json!("TRANSFER_OUT")));
        assert_eq!((available(&owner, &ids[0]).await, available(&owner, &ids[1]).await), (399, 101));
        let sent = entries_of(&owner, &ids[0]).await.pop().unwrap();
        assert_eq!((&sent["id"], &sent["reference"]), (&posted["entry"]["id"], &json!("gift-1")));
        let got = &entries_of(&owner, &ids[1]).await[0];
        assert_eq!((&got["kind"], &got["transferId"]), (&json!("TRANSFER_IN"), &sent["id"]));
        let late = approved(&other, &id, "again").await;
        assert_eq!(late.user_errors("pointsApprovalApprove"), ["CLOSED at approvalId"]);
        let told = give(&owner, (&ids[0], &ids[1]), 101, "one").await;
        assert_eq!(told.data("pointsTransfer.approval.state"), "APPROVED");
        proof(&owner).await;
        verify(&app).await;
    });
}

#[test]
fn what_one_member_gives_within_a_day_counts_together_and_nothing_else_does() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let tenant = app.tenant("transfer-day").await;
        let owner = tenant.owner().await;
        let_transfer(&owner).await;
        let client = partner(&owner, json!({})).await;
        let ids = members(&owner, 3).await;
        let [one, two, three] = [0, 1, 2].map(|place| ids[place].as_str());
        award(&client, one, 1_000, "a").await.payload("pointsAward");
        award(&client, two, 1_000, "b").await.payload("pointsAward");
        limited(&owner, json!(100)).await;
        // Whoever gets them: splitting does not help.
        give(&client, (one, two), 60, "c").await.payload(FIELD);
        asked(&client, (one, three), 41, "d").await;
        let whole = give(&client, (one, three), 40, "e").await;
        let whole = whole.payload(FIELD)["transfer"]["sent"]["id"].clone();
        asked(&client, (one, two), 1, "f").await;
        // Who gets points can give as many, and what staff takes or gives counts for itself.
        give(&client, (two, one), 100, "g").await.payload(FIELD);
        let take = json!({ "amount": 100, "idempotencyKey": "h" });
        by_hand(&client, "pointsDeduct", one, take).await.payload("pointsDeduct");
        award(&client, three, 100, "i").await.payload("pointsAward");
        // What was undone does not.
        let undo = json!({ "entryId": whole, "reason": "No", "idempotencyKey": "j" });
        client.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");
        give(&client, (one, two), 40, "k").await.payload(FIELD);
        asked(&client, (one, two), 1, "l").await;
        app.installation().advance_clock(DAY + Duration::from_secs(60));
        give(&client, (one, two), 100, "m").await.payload(FIELD);
        asked(&client, (one, two), 1, "n").await;
        proof(&client).await;
    });
}

#[test]
fn splitting_a_transfer_does_not_help_also_not_at_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("transfer-split").await;
        let owner = tenant.owner().await;
        let_transfer(&owner).await;
        let ids = members(&owner, 11).await;
        award(&owner, &ids[0], 1_000, "first").await.payload("pointsAward");
        limited(&owner, json!(100)).await;
        let mut calls = JoinSet::new();
        // To ten others, who have no account yet.
        for to in &ids[1..] {
            let (client, from, to) = (owner.clone(), ids[0].clone(), to.clone());
            calls.spawn(async move { give(&client, (&from, &to), 30, &to).await });
        }
        let answers = calls.join_all().await;
        let (given, kept): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.user_errors(FIELD).is_empty());
        assert_eq!((given.len(), kept.len()), (3, 7));
        assert!(kept.iter().all(|answer| answer.user_errors(FIELD) == OVER));
        assert_eq!(available(&owner, &ids[0]).await, 910);
        proof(&owner).await;
        verify(&app).await;
    });
}

#[test]
fn what_is_refused_when_it_is_approved_leaves_the_request_and_the_ledger_as_they_were() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("transfer-today").await;
        let (owner, other) = (tenant.owner().await, tenant.staff(Role::Owner).await);
        let_transfer(&owner).await;
        let ids = members(&owner, 2).await;
        award(&owner, &ids[0], 50, "first").await.payload("pointsAward");
        limited(&owner, json!(0)).await;
        let who = (&*ids[0], &*ids[1]);
        let (much, little) = (asked(&owner, who, 51, "much").await, asked(&owner, who, 20, "little").await);
        let is_refused = async |approval: &str, expected: &str| {
            let answer = approved(&other, approval, &format!("{approval} {expected}")).await;
            assert_eq!(answer.user_errors("pointsApprovalApprove"), [format!("{expected} at approvalId")]);
            assert_eq!(shown(&owner, approval).await["state"], "PENDING");
            assert_eq!((available(&owner, who.0).await, available(&owner, who.1).await), (50, 0));
        };
        is_refused(&much, "INSUFFICIENT_POINTS").await;
        let receiver = json!({ "input": { "id": ids[1] } });
        owner.run("MemberArchive", receiver.clone()).await.payload("memberArchive");
        is_refused(&little, "ARCHIVED").await;
        owner.run("MemberRestore", receiver).await.payload("memberRestore");
        for (enabled, key) in [(false, "off"), (true, "on")] {
            let input = json!({ "transfersEnabled": enabled, "idempotencyKey": key });
            owner.run("PointsPolicyUpdate", json!({ "input": input })).await.payload("pointsPolicyUpdate");
            if !enabled {
                is_refused(&little, "NOT_ENABLED").await;
            }
        }
        approved(&other, &little, "yes").await.payload("pointsApprovalApprove");
        let rejected = decided(&other, "Reject", &much, "no").await;
        assert_eq!(rejected.payload("pointsApprovalReject")["approval"]["state"], "REJECTED");
        assert_eq!((available(&owner, who.0).await, available(&owner, who.1).await), (30, 20));
        proof(&owner).await;
    });
}
