//! A key has one effect, however often it is sent.

use harness::{Client, TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{editor, insist, marks, rule, shown, spent, submit, submitted};
use crate::given;
use crate::points::{balances_of, entries_of, members, unlimited, verify};

const TIMES: usize = 20;

#[test]
fn each_step_under_one_key_is_taken_once_by_twenty_at_a_time() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("sub-at-once").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        let work = json!({ "memberId": member, "kind": "TEXT", "title": "A walk", "body": "Up.", "reference": "one",
            "idempotencyKey": "one" });
        let made = at_once(&client, "SubmissionCreate", work).await;
        let listed = client.run("SubmissionList", json!({})).await;
        assert_eq!(listed.data("submissions.totalCount"), 1);
        let of = |fields: Value| given::with(json!({ "submissionId": made["id"], "idempotencyKey": "one" }), fields);
        let revised = at_once(&client, "SubmissionRevise", of(json!({ "title": "Two walks", "body": "Down." }))).await;
        assert_eq!(revised["revision"], 2);
        let verdict = of(json!({ "revision": 2, "decision": "APPROVE", "marks": marks([80; 3]) }));
        let approved = at_once(&client, "SubmissionReview", verdict).await;
        assert_eq!((&approved["pointsPaid"], balances_of(&client, &member).await.issued), (&json!("80"), 80));
        let opened = at_once(&client, "SubmissionReopen", of(json!({ "reason": "Copied" }))).await;
        assert_eq!((&opened["state"], balances_of(&client, &member).await.issued), (&json!("SUBMITTED"), 0));
        let gone = at_once(&client, "SubmissionWithdraw", of(json!({}))).await;
        assert_eq!((&gone["state"], gone["reviews"].as_array().unwrap().len()), (&json!("WITHDRAWN"), 2));
        assert_eq!(entries_of(&client, &member).await.len(), 2);
        verify(&app).await;
    });
}

#[test]
fn a_key_is_for_one_input_and_a_refusal_stays_one_under_it() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-keys").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        let work =
            json!({ "memberId": member, "kind": "TEXT", "title": "A walk", "body": "Up.", "idempotencyKey": "a" });
        let send = async |operation: &str, input: &Value| client.run(operation, json!({ "input": input })).await;
        let first = send("SubmissionCreate", &work).await.payload("submissionCreate")["submission"].clone();
        let again = send("SubmissionCreate", &work).await;
        assert_eq!(again.payload("submissionCreate")["submission"]["id"], first["id"]);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        for changes in
            [json!({ "title": "Another" }), json!({ "kind": "VIDEO" }), json!({ "links": ["https://a.example"] })]
        {
            let answer = send("SubmissionCreate", &given::with(work.clone(), changes)).await;
            assert_eq!(answer.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        }
        let keyless = given::with(work.clone(), json!({ "idempotencyKey": null }));
        send("SubmissionCreate", &keyless).await.expect_request_error("VALIDATION_FAILED");

        // What could not be taken back is not taken back later under the same key, whatever the member has by then.
        let done = super::approved(&client, &first, 80).await;
        spent(&client, &member, 10).await;
        let order = json!({ "submissionId": done["id"], "reason": "Copied", "idempotencyKey": "b" });
        let refused = ["INSUFFICIENT_POINTS at submissionId"];
        assert_eq!(send("SubmissionReopen", &order).await.user_errors("submissionReopen"), refused);
        super::given_by_hand(&client, &member, 10).await;
        let again = send("SubmissionReopen", &order).await;
        assert_eq!(again.user_errors("submissionReopen"), refused);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        assert_eq!(shown(&client, &done).await, done);
        super::reopen(&client, &done).await.payload("submissionReopen");
    });
}

#[test]
fn a_reference_is_handed_in_once_in_the_tenant_also_by_many_at_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("sub-reference").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let mut requests = JoinSet::new();
        for number in 0..TIMES {
            let (client, member) = (client.clone(), ids[number % 2].clone());
            requests.spawn(async move {
                submit(&client, &member, json!({ "reference": "post-1" })).await.user_errors("submissionCreate")
            });
        }
        let answers = requests.join_all().await;
        assert_eq!(answers.iter().filter(|errors| errors.is_empty()).count(), 1, "{answers:?}");
        let refused = answers.iter().filter(|errors| **errors == ["ALREADY_EXISTS at reference"]).count();
        assert_eq!(refused, TIMES - 1, "{answers:?}");
        assert_eq!(client.run("SubmissionList", json!({})).await.data("submissions.totalCount"), 1);
        // Elsewhere it is another one.
        let other = app.tenant("sub-reference-2").await.owner().await;
        let theirs = members(&other, 1).await.remove(0);
        submitted(&editor(&other, json!({})).await, &theirs, json!({ "reference": "post-1" })).await;
    });
}

/// Sends the same many times at once; gives the submission as it is then. Only one of them did it.
async fn at_once(client: &Client, operation: &'static str, input: Value) -> Value {
    let mut requests = JoinSet::new();
    for _ in 0..TIMES {
        let (client, input) = (client.clone(), input.clone());
        requests.spawn(async move { insist(&client, operation, input).await });
    }
    let field = format!("s{}", &operation[1..]);
    let (mut seen, mut fresh) = (Vec::new(), 0);
    for answer in requests.join_all().await {
        seen.push(answer.payload(&field)["submission"].clone());
        fresh += usize::from(answer.body["extensions"]["idempotentReplay"] != true);
    }
    assert_eq!(fresh, 1, "{operation} was done {fresh} times");
    seen.dedup();
    assert_eq!(seen.len(), 1, "{operation}: {seen:?}");
    seen.remove(0)
}
