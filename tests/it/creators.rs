//! Creators: what members make is marked by people, paid for by its score, and makes their level.

mod idempotency;
mod levels;
mod life;
mod lists;
mod payment;
mod people;
mod programme;
mod races;
mod refusals;
mod reopening;
mod stats;

use std::time::{Duration, Instant};

use harness::{Client, Response, TestApp, absent_id};
use serde_json::{Value, json};

use crate::given;
use crate::points::{partner, text};

/// All that an editor's system needs which takes work in, has it reviewed and pays for it.
const SCOPES: [&str; 9] = [
    "creators:read",
    "submissions:write",
    "submissions:review",
    "points:read",
    "points:write",
    "points:rules",
    "members:read",
    "members:write",
    "communities:read",
];

/// The criteria of the default programme.
const CRITERIA: [&str; 3] = ["ORIGINALITY", "USEFULNESS", "PRESENTATION"];

/// A partner system that does; a key needs no fresh proof as people do.
async fn editor(owner: &Client, changes: Value) -> Client {
    partner(owner, given::with(json!({ "scopes": SCOPES }), changes)).await
}

/// Sends the same until it is answered: where many come at once, some are told to come again.
async fn insist(client: &Client, operation: &str, input: Value) -> Response {
    let start = Instant::now();
    loop {
        let answer = client.run(operation, json!({ "input": input })).await;
        let is_busy = |code: &&str| ["IDEMPOTENCY_IN_FLIGHT", "TIMEOUT", "UNAVAILABLE"].contains(code);
        if !answer.error_codes().iter().any(is_busy) {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{operation} is not done: {}", answer.raw);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Under a key of its own, unless these bring one.
fn keyed(input: Value, changes: Value) -> Value {
    given::with(given::with(input, json!({ "idempotencyKey": absent_id("key") })), changes)
}

/// A text by the member, but for these changes.
async fn submit(client: &Client, member: &str, changes: Value) -> Response {
    let work = json!({ "memberId": member, "kind": "TEXT", "title": "A walk", "body": "Up the hill." });
    insist(client, "SubmissionCreate", keyed(work, changes)).await
}

/// The same, which is not refused; gives the submission.
async fn submitted(client: &Client, member: &str, changes: Value) -> Value {
    submit(client, member, changes).await.payload("submissionCreate")["submission"].clone()
}

async fn revise(client: &Client, submission: &Value, changes: Value) -> Response {
    let work = json!({ "submissionId": submission["id"], "title": "A walk", "body": "Up the hill, and down." });
    insist(client, "SubmissionRevise", keyed(work, changes)).await
}

async fn withdraw(client: &Client, submission: &Value) -> Response {
    insist(client, "SubmissionWithdraw", keyed(json!({ "submissionId": submission["id"] }), json!({}))).await
}

/// A decision on the revision that was read; `verdict` is APPROVE, REQUEST_CHANGES or REJECT.
async fn review(client: &Client, submission: &Value, verdict: &str, changes: Value) -> Response {
    let of = json!({ "submissionId": submission["id"], "revision": submission["revision"], "decision": verdict });
    insist(client, "SubmissionReview", keyed(of, changes)).await
}

/// Of the default programme's criteria, in their order.
fn marks(of: [i64; 3]) -> Value {
    let mark = |(criterion, mark): (&&str, i64)| json!({ "criterion": criterion, "mark": mark });
    CRITERIA.iter().zip(of).map(mark).collect()
}

/// Every criterion is marked the same, which is the score.
async fn approve(client: &Client, submission: &Value, score: i64) -> Response {
    review(client, submission, "APPROVE", json!({ "marks": marks([score; 3]) })).await
}

/// The same, which is not refused; gives the submission.
async fn approved(client: &Client, submission: &Value, score: i64) -> Value {
    approve(client, submission, score).await.payload("submissionReview")["submission"].clone()
}

/// Something else by the member, approved with this score; gives the submission.
async fn another(client: &Client, member: &str, score: i64) -> Value {
    approved(client, &submitted(client, member, json!({})).await, score).await
}

async fn reopen(client: &Client, submission: &Value) -> Response {
    let order = json!({ "submissionId": submission["id"], "reason": "Copied" });
    insist(client, "SubmissionReopen", keyed(order, json!({}))).await
}

/// The submission as it is now.
async fn shown(client: &Client, submission: &Value) -> Value {
    client.run("SubmissionGet", json!({ "id": submission["id"] })).await.data("submission").clone()
}

/// Where the member stands as a creator.
async fn creator(client: &Client, member: &str) -> Value {
    client.run("MemberCreator", json!({ "by": { "id": member } })).await.data("member.creator").clone()
}

/// Their level's code.
async fn level(client: &Client, member: &str) -> String {
    text(&creator(client, member).await["level"]["code"])
}

/// A rule in force that pays a point for each of the score, but for these changes; gives its id.
async fn rule(client: &Client, changes: Value) -> String {
    let definition = json!({ "source": "CONTENT", "points": 0, "perUnit": { "quantity": 1, "points": 1 } });
    let input = json!({ "name": "Good work", "event": "SUBMISSION_APPROVED",
        "definition": given::with(definition, changes) });
    let made = client.run("EarningRuleCreate", json!({ "input": keyed(input, json!({})) })).await;
    let id = text(&made.payload("earningRuleCreate")["rule"]["id"]);
    let input = keyed(json!({ "ruleId": id, "state": "ACTIVE" }), json!({}));
    client.run("EarningRuleStateSet", json!({ "input": input })).await.payload("earningRuleStateSet");
    id
}

/// The programme as it is now.
async fn programme(client: &Client) -> Value {
    client.run("CreatorProgramme", json!({})).await.data("creatorProgramme").clone()
}

/// Asks for the programme as it is now, but for these changes.
async fn update(client: &Client, changes: Value) -> Response {
    let input = keyed(programme(client).await, changes);
    client.run("CreatorProgrammeUpdate", json!({ "input": input })).await
}

/// A level of a programme.
fn step(code: &str, (approved, average): (i64, i64), percent: i64) -> Value {
    json!({ "code": code, "name": code.to_lowercase(), "minApproved": approved, "minAverageScore": average,
        "percent": percent })
}

/// So many points by hand, so that there is an account.
async fn given_by_hand(client: &Client, member: &str, amount: i64) {
    let award = json!({ "memberId": member, "amount": amount, "reason": "To begin with" });
    client.run("PointsAward", json!({ "input": keyed(award, json!({})) })).await.payload("pointsAward");
}

/// Takes points, as a member spends them.
async fn spent(client: &Client, member: &str, amount: i64) {
    let order = json!({ "memberId": member, "amount": amount, "reason": "Spent" });
    client.run("PointsDeduct", json!({ "input": keyed(order, json!({})) })).await.payload("pointsDeduct");
}

/// As the checker does with an account that does not add up; this one does, and has one.
async fn freeze(app: &TestApp, member: &str, frozen_at: &str) {
    let database = app.database().await;
    let id = database.literal(harness::uuid_of(member));
    let frozen = format!("UPDATE points_accounts SET frozen_at = {frozen_at} WHERE member_id = {id}");
    assert_eq!(database.execute(&frozen).await, 1);
}

/// The texts at a field of each of a list's items.
fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(|item| item[field].clone()).collect()
}
