//! Earning rules: what happened is scored once, by the rules of its time, and paid once.

mod caps;
mod crash;
mod events;
mod explanation;
mod invites;
mod model;
mod own_events;
mod property;
mod rules;
mod sequence;
mod simulation;

use std::time::{Duration, Instant};

use harness::{Client, Response, TestApp};
use serde_json::{Value, json};

use crate::given;
use crate::points::{partner, text};

/// All that a shop's system with rules of its own needs.
const SCOPES: [&str; 6] =
    ["points:read", "points:write", "points:rules", "members:read", "members:write", "communities:read"];

/// A partner system that makes rules and says what happened.
async fn keeper(owner: &Client, changes: Value) -> Client {
    partner(owner, given::with(json!({ "scopes": SCOPES }), changes)).await
}

/// What gives 10 points, but for these changes.
fn definition(changes: Value) -> Value {
    given::with(json!({ "source": "CAMPAIGN", "points": 10 }), changes)
}

/// A new rule that nobody has set in force; its key is its name.
async fn draft(client: &Client, name: &str, event: &str, definition: Value) -> Value {
    let input = json!({ "name": name, "event": event, "definition": definition, "idempotencyKey": name });
    let answer = client.run("EarningRuleCreate", json!({ "input": input })).await;
    answer.payload("earningRuleCreate")["rule"].clone()
}

/// A new rule in force; gives its id.
async fn rule(client: &Client, name: &str, event: &str, definition: Value) -> String {
    let rule = draft(client, name, event, definition).await;
    set_state(client, &rule["id"], "ACTIVE").await.payload("earningRuleStateSet");
    text(&rule["id"])
}

async fn set_state(client: &Client, rule: &Value, state: &str) -> Response {
    let key = format!("{rule}-{state}-{}", fresh_key());
    let input = json!({ "ruleId": rule, "state": state, "idempotencyKey": key });
    client.run("EarningRuleStateSet", json!({ "input": input })).await
}

/// Changes what the rule says of earning; the version is the one that was read.
async fn update(client: &Client, rule: &str, version: i64, definition: Value) -> Response {
    let key = format!("{rule}-{version}-{}", fresh_key());
    let input = json!({ "ruleId": rule, "version": version, "name": "Changed", "definition": definition,
        "idempotencyKey": key });
    client.run("EarningRuleUpdate", json!({ "input": input })).await
}

/// Something that a member did, with a key of its own unless it brings one.
async fn send(client: &Client, member: &str, event: &str, changes: Value) -> Response {
    let key = format!("{member}-{event}-{}", fresh_key());
    let input = json!({ "memberId": member, "event": event, "idempotencyKey": key });
    insist(client, "EarningEventRecord", given::with(input, changes)).await
}

/// Sends the same until it is answered, as clients do: where many come at once, some are told to come again.
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

/// The same, recorded.
async fn record(client: &Client, member: &str, event: &str, changes: Value) -> Value {
    send(client, member, event, changes).await.payload("earningEventRecord")["earningEvent"].clone()
}

/// What each rule paid for an event: its outcome and amount, as `PAID 10`, in the order of their names.
fn paid(event: &Value) -> Vec<String> {
    let mut payments = event["payments"].as_array().unwrap_or_else(|| panic!("no event: {event}")).clone();
    payments.sort_by_key(|payment| text(&payment["rule"]["name"]));
    payments.iter().map(|payment| format!("{} {}", text(&payment["outcome"]), text(&payment["amount"]))).collect()
}

/// The event as it is told now.
async fn shown(client: &Client, event: &Value) -> Value {
    client.run("EarningEventGet", json!({ "id": event["id"] })).await.data("earningEvent").clone()
}

/// As the checker does with an account that does not add up; this one does, and has one.
async fn freeze(app: &TestApp, member: &str) {
    let database = app.database().await;
    let id = database.literal(harness::uuid_of(member));
    let frozen = "UPDATE points_accounts SET frozen_at = posted_at WHERE member_id = ";
    assert_eq!(database.execute(&format!("{frozen}{id}")).await, 1);
}

async fn unfreeze(owner: &Client, member: &str) {
    let input = json!({ "input": { "memberId": member } });
    owner.run("PointsUnfreeze", input).await.payload("pointsUnfreeze");
}

/// Points from nobody's rule, so that the member has an account.
async fn given_by_hand(client: &Client, member: &str, amount: i64) -> Value {
    let key = format!("by-hand-{member}");
    let input = json!({ "memberId": member, "amount": amount, "reason": "By hand", "idempotencyKey": key });
    client.run("PointsAward", json!({ "input": input })).await.payload("pointsAward")["entry"].clone()
}

/// Never the same twice.
fn fresh_key() -> String {
    harness::absent_id("key")
}
