//! A key has one effect: what was given under it is given once, and what was refused stays refused.

use harness::{Client, Response, TestApp, absent_id, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::{entries_of, unlimited};
use super::Circle;
use crate::given;

const FIELD: &str = "pointsTransfer";
const TIMES: usize = 20;

async fn send(client: &Client, operation: &str, input: &Value) -> Response {
    client.run(operation, json!({ "input": input })).await
}

/// Sends the same many times at once. One does it; gives what all the others are told that it made.
async fn at_once(client: &Client, (operation, field): (&'static str, &str), input: &Value, made: &str) -> Value {
    let mut requests = JoinSet::new();
    for _ in 0..TIMES {
        let (client, input) = (client.clone(), input.clone());
        requests.spawn(async move { send(&client, operation, &input).await });
    }
    let (mut ids, mut fresh) = (Vec::new(), 0);
    for answer in requests.join_all().await {
        if answer.error_codes() == ["IDEMPOTENCY_IN_FLIGHT"] {
            continue;
        }
        ids.push(answer.payload(field).pointer(made).cloned().unwrap_or_default());
        fresh += usize::from(answer.body["extensions"]["idempotentReplay"] != true);
    }
    assert_eq!(fresh, 1, "{operation} was done {fresh} times");
    ids.dedup();
    assert_eq!(ids.len(), 1, "{operation}: {ids:?}");
    assert!(ids[0].is_string(), "{operation}: {ids:?}");
    ids.remove(0)
}

#[test]
fn a_key_sent_twenty_times_at_once_gives_once_and_takes_back_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let circle = Circle::open(&app.tenant("give-at-once").await, 2).await;
        circle.award(0, 100, json!({})).await;
        let client = &circle.client;
        let give = given::with(circle.present((0, 1), 30), json!({ "idempotencyKey": "one" }));
        let sent = at_once(client, ("PointsTransfer", FIELD), &give, "/transfer/sent/id").await;
        assert_eq!((circle.available(0).await, circle.available(1).await), (70, 30));
        let undo = json!({ "entryId": sent, "reason": "Oops", "idempotencyKey": "one" });
        at_once(client, ("PointsReverse", "pointsReverse"), &undo, "/entry/id").await;
        assert_eq!((circle.available(0).await, circle.available(1).await), (100, 0));
        for (place, expected) in [(0, 3), (1, 2)] {
            assert_eq!(entries_of(client, &circle.members[place]).await.len(), expected);
        }
        // The key still tells what it did, and that it was done.
        let told = send(client, "PointsTransfer", &give).await;
        assert_eq!(told.payload(FIELD)["transfer"]["sent"]["id"], sent);
        assert_eq!(told.body["extensions"]["idempotentReplay"], true);
        assert_eq!(circle.available(0).await, 100);
    });
}

#[test]
fn a_key_that_gave_gives_nothing_else_and_one_that_was_refused_stays_refused() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("give-again").await, 3).await;
        let client = &circle.client;
        let refused = given::with(circle.present((0, 1), 60), json!({ "idempotencyKey": "too much" }));
        let too_little = ["INSUFFICIENT_POINTS at amount"];
        assert_eq!(send(client, "PointsTransfer", &refused).await.user_errors(FIELD), too_little);
        circle.award(0, 100, json!({})).await;
        for _ in 0..2 {
            let again = send(client, "PointsTransfer", &refused).await;
            assert_eq!(again.user_errors(FIELD), too_little);
            assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        }
        let give = given::with(circle.present((0, 1), 60), json!({ "idempotencyKey": "one" }));
        send(client, "PointsTransfer", &give).await.payload(FIELD);
        for changes in [
            json!({ "amount": 61 }),
            json!({ "reason": "Coffee" }),
            json!({ "reference": "gift-1" }),
            json!({ "toMemberId": circle.members[2] }),
            json!({ "fromMemberId": absent_id("mbr") }),
        ] {
            let other = given::with(give.clone(), changes);
            let answer = send(client, "PointsTransfer", &other).await;
            assert_eq!(answer.error_codes(), ["IDEMPOTENCY_KEY_REUSED"], "{other}: {}", answer.raw);
        }
        for key in [json!({}), json!({ "idempotencyKey": null })] {
            let keyless = given::with(circle.present((0, 1), 1), key);
            send(client, "PointsTransfer", &keyless).await.expect_request_error("VALIDATION_FAILED");
        }
        // A number and its digits are the same amount.
        let spelt = given::with(give, json!({ "amount": "60" }));
        let answer = send(client, "PointsTransfer", &spelt).await;
        answer.payload(FIELD);
        assert_eq!(answer.body["extensions"]["idempotentReplay"], true);
        let now = [circle.available(0).await, circle.available(1).await, circle.available(2).await];
        assert_eq!(now, [40, 60, 0]);
    });
}
