//! A key has one effect, however often and for however long it is sent.

use std::time::Duration;

use harness::{Client, Response, TestApp, absent_id, eventually, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{balances_of, entries_of, members, partner, unlimited};
use crate::given;

const TIMES: usize = 100;

#[test]
fn a_key_sent_a_hundred_times_at_once_posts_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let (client, member) = account(&app, "at-once").await;
        let award = json!({ "memberId": member, "amount": 70, "reason": "a gift", "idempotencyKey": "one" });
        let entry = at_once(&client, "PointsAward", &award, "entry").await;
        assert_eq!(balances_of(&client, &member).await.available, 70);
        let deduct = json!({ "memberId": member, "amount": 20, "reason": "a mistake", "idempotencyKey": "one" });
        at_once(&client, "PointsDeduct", &deduct, "entry").await;
        let hold = json!({ "memberId": member, "amount": 30, "reason": "an order", "idempotencyKey": "one" });
        let hold = at_once(&client, "PointsHoldCreate", &hold, "hold").await;
        let capture = json!({ "holdId": hold, "amount": 10, "idempotencyKey": "one" });
        at_once(&client, "PointsHoldCapture", &capture, "hold").await;
        let reverse = json!({ "entryId": entry, "reason": "a mistake", "idempotencyKey": "one" });
        let answer = send(&client, "PointsReverse", &reverse).await;
        assert_eq!(answer.user_errors("pointsReverse"), ["INSUFFICIENT_POINTS at entryId"]);

        let kinds: Vec<_> = entries_of(&client, &member).await.iter().map(|entry| entry["kind"].clone()).collect();
        assert_eq!(kinds[..3], ["AWARD", "DEDUCT", "HOLD"]);
        let mut closed: Vec<_> = kinds[3..].iter().filter_map(Value::as_str).collect();
        closed.sort_unstable();
        assert_eq!(closed, ["CAPTURE", "RELEASE"]);
        let now = balances_of(&client, &member).await;
        assert_eq!((now.available, now.held, now.redeemed, now.revoked), (40, 0, 10, 20));
    });
}

#[test]
fn a_key_with_another_input_is_refused_and_posts_nothing() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let (client, member) = account(&app, "other-input").await;
        let award = json!({ "memberId": member, "amount": 70, "reason": "a gift", "idempotencyKey": "one" });
        send(&client, "PointsAward", &award).await.payload("pointsAward");
        for changes in [
            json!({ "amount": 71 }),
            json!({ "reason": "another" }),
            json!({ "reference": "order-1" }),
            json!({ "expiresOn": "2099-12-31" }),
            json!({ "source": "CAMPAIGN" }),
            json!({ "memberId": absent_id("mbr") }),
        ] {
            let other = given::with(award.clone(), changes);
            let answer = send(&client, "PointsAward", &other).await;
            assert_eq!(answer.error_codes(), ["IDEMPOTENCY_KEY_REUSED"], "{other}: {}", answer.raw);
        }
        assert_eq!(entries_of(&client, &member).await.len(), 1);
        assert_eq!(balances_of(&client, &member).await.available, 70);
        // A number and its digits are the same amount.
        let spelt = given::with(award, json!({ "amount": "70" }));
        let answer = send(&client, "PointsAward", &spelt).await;
        answer.payload("pointsAward");
        assert_eq!(answer.body["extensions"]["idempotentReplay"], true);
    });
}

#[test]
fn a_deduction_that_was_refused_stays_refused_under_its_key() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let (client, member) = account(&app, "stays-refused").await;
        let deduct = json!({ "memberId": member, "amount": 50, "reason": "a mistake", "idempotencyKey": "one" });
        let refused = ["INSUFFICIENT_POINTS at amount"];
        assert_eq!(send(&client, "PointsDeduct", &deduct).await.user_errors("pointsDeduct"), refused);
        let award = json!({ "memberId": member, "amount": 90, "reason": "a gift", "idempotencyKey": "one" });
        send(&client, "PointsAward", &award).await.payload("pointsAward");
        for _ in 0..2 {
            let again = send(&client, "PointsDeduct", &deduct).await;
            assert_eq!(again.user_errors("pointsDeduct"), refused);
            assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        }
        assert_eq!(balances_of(&client, &member).await.available, 90);
        let anew = given::with(deduct, json!({ "idempotencyKey": "two" }));
        send(&client, "PointsDeduct", &anew).await.payload("pointsDeduct");
        assert_eq!(balances_of(&client, &member).await.available, 40);
    });
}

#[test]
fn nothing_is_posted_without_a_key() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let (client, member) = account(&app, "keyless").await;
        let award = json!({ "memberId": member, "amount": 70, "reason": "a gift", "idempotencyKey": "one" });
        let entry = send(&client, "PointsAward", &award).await.payload("pointsAward")["entry"]["id"].clone();
        let hold = json!({ "memberId": member, "amount": 20, "reason": "an order", "idempotencyKey": "one" });
        let hold = send(&client, "PointsHoldCreate", &hold).await.payload("pointsHoldCreate")["hold"]["id"].clone();
        let before = balances_of(&client, &member).await;
        let row = json!({ "memberId": member, "amount": 1, "reason": "x" });
        for (operation, input) in [
            ("PointsAward", row.clone()),
            ("PointsAwardBulk", json!({ "awards": [row] })),
            ("PointsDeduct", row.clone()),
            ("PointsHoldCreate", row.clone()),
            ("PointsReverse", json!({ "entryId": entry, "reason": "x" })),
            ("PointsHoldCapture", json!({ "holdId": hold })),
            ("PointsHoldRelease", json!({ "holdId": hold })),
        ] {
            for key in [json!({}), json!({ "idempotencyKey": null })] {
                let answer = send(&client, operation, &given::with(input.clone(), key)).await;
                answer.expect_request_error("VALIDATION_FAILED");
            }
        }
        assert_eq!(balances_of(&client, &member).await, before);
        assert_eq!(entries_of(&client, &member).await.len(), 2);
    });
}

#[test]
fn a_key_of_the_ledger_is_remembered_when_others_of_its_age_are_forgotten() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let (client, member) = account(&app, "for-ever").await;
        let award = json!({ "memberId": member, "amount": 70, "reason": "a gift", "idempotencyKey": "one" });
        let first = send(&client, "PointsAward", &award).await.payload("pointsAward")["entry"].clone();
        let deduct = json!({ "memberId": member, "amount": 80, "reason": "a mistake", "idempotencyKey": "one" });
        let refused = ["INSUFFICIENT_POINTS at amount"];
        assert_eq!(send(&client, "PointsDeduct", &deduct).await.user_errors("pointsDeduct"), refused);
        let other = json!({ "input": { "displayName": "Han", "idempotencyKey": "one" } });
        client.run("MemberCreate", other).await.payload("memberCreate");

        let database = app.database().await;
        app.server().kill9();
        let aged = "UPDATE idempotency_records SET created_at = '2020-01-01T00:00:00+00:00'";
        assert!(database.execute(aged).await > 0);
        app.server().start_again().await;
        let others = "SELECT count(*) FROM idempotency_records WHERE operation = 'memberCreate'";
        eventually("others are forgotten", Duration::from_secs(20), || async { database.number(others).await == 0 })
            .await;

        let again = send(&client, "PointsAward", &award).await;
        assert_eq!(again.payload("pointsAward")["entry"]["id"], first["id"]);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        let more = json!({ "memberId": member, "amount": 50, "reason": "a gift", "idempotencyKey": "two" });
        send(&client, "PointsAward", &more).await.payload("pointsAward");
        assert_eq!(send(&client, "PointsDeduct", &deduct).await.user_errors("pointsDeduct"), refused);
        let changed = given::with(award, json!({ "amount": 71 }));
        assert_eq!(send(&client, "PointsAward", &changed).await.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        assert_eq!(balances_of(&client, &member).await.available, 120);
        assert_eq!(entries_of(&client, &member).await.len(), 2);
    });
}

/// A partner of a new tenant, and one member there.
async fn account(app: &TestApp, name: &str) -> (Client, String) {
    let owner = app.tenant(name).await.owner().await;
    let member = members(&owner, 1).await.remove(0);
    (partner(&owner, json!({})).await, member)
}

async fn send(client: &Client, operation: &str, input: &Value) -> Response {
    client.run(operation, json!({ "input": input })).await
}

/// Sends the same many times at once. One does it, the others are told what it did or that it is under way; gives the
/// id of what was made.
async fn at_once(client: &Client, operation: &'static str, input: &Value, made: &str) -> Value {
    let mut requests = JoinSet::new();
    for _ in 0..TIMES {
        let (client, input) = (client.clone(), input.clone());
        requests.spawn(async move { send(&client, operation, &input).await });
    }
    let field = format!("p{}", &operation[1..]);
    let (mut ids, mut fresh) = (Vec::new(), 0);
    for answer in requests.join_all().await {
        if answer.error_codes() == ["IDEMPOTENCY_IN_FLIGHT"] {
            continue;
        }
        ids.push(answer.payload(&field)[made]["id"].clone());
        fresh += usize::from(answer.body["extensions"]["idempotentReplay"] != true);
    }
    println!("{operation}: {} of {TIMES} were told what was done", ids.len());
    assert_eq!(fresh, 1, "{operation} was done {fresh} times");
    ids.dedup();
    assert_eq!(ids.len(), 1, "{operation}: {ids:?}");
    ids.remove(0)
}
