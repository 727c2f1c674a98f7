//! Points: a ledger that does each thing once, loses nothing, and agrees with itself whatever happens to it.

mod approvals;
mod bank;
mod crash;
mod gathering;
mod idempotency;
pub mod journal;
mod model;
mod property;
mod rules;
mod sequence;
mod tampering;
mod transfers;

use std::time::SystemTime;

use harness::{Client, Response, Setup, TestApp};
use serde_json::{Value, json};
use sqlx::types::chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use crate::partner_keys::key;

pub use model::Balances;

/// Held by a test that keeps the machine busy for a minute: two at a time would starve those that measure.
pub static HEAVY_LOAD: Mutex<()> = Mutex::const_new(());

/// Without limits on cost, which none of these tests is about.
pub fn unlimited(setup: Setup) -> Setup {
    setup
        .env("SHEQUN_COST_LIMIT", "1000000000")
        .env("SHEQUN_COST_MAXIMUM", "1000000000")
        .env("SHEQUN_COST_PER_SECOND", "1000000000")
}

/// A partner system that keeps points; a key needs no fresh proof as people do.
pub async fn partner(owner: &Client, changes: Value) -> Client {
    let scopes = json!({ "scopes": ["points:read", "points:write", "members:read", "members:write"] });
    let made = key(owner, crate::given::with(scopes, changes)).await;
    owner.with_token(&made.secret)
}

/// The ids of so many new members, up to 1,000.
pub async fn members(owner: &Client, count: usize) -> Vec<String> {
    let row = |number: usize| json!({ "externalRef": format!("p-{number}"), "displayName": "Li Lei" });
    let ids = crate::given::imported(owner, (0..count).map(row).collect()).await;
    ids.iter().map(text).collect()
}

/// Lets members of the tenant have each other's points.
pub async fn let_transfer(owner: &Client) {
    let input = json!({ "transfersEnabled": true, "idempotencyKey": "let them" });
    owner.run("PointsPolicyUpdate", json!({ "input": input })).await.payload("pointsPolicyUpdate");
}

/// Gives one member's points to another.
pub async fn transfer(client: &Client, (from, to): (&str, &str), amount: i64, key: &str) -> Response {
    let input = json!({ "fromMemberId": from, "toMemberId": to, "amount": amount, "reason": "Tea",
        "idempotencyKey": key });
    client.run("PointsTransfer", json!({ "input": input })).await
}

/// The machine's time, as clients spell it.
pub fn now() -> String {
    DateTime::<Utc>::from(SystemTime::now()).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A `BigInt`, which is a text.
pub fn number(value: &Value) -> i64 {
    value.as_str().and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no BigInt: {value}"))
}

/// Of a member's points or of the whole ledger.
pub fn balances(shown: &Value) -> Balances {
    Balances {
        issued: number(&shown["issued"]),
        pending: number(&shown["pending"]),
        available: number(&shown["available"]),
        held: number(&shown["held"]),
        redeemed: number(&shown["redeemed"]),
        expired: number(&shown["expired"]),
        revoked: number(&shown["revoked"]),
        transferred: number(&shown["transferred"]),
    }
}

/// A member's balances now.
pub async fn balances_of(client: &Client, member: &str) -> Balances {
    let document = "query($id: ID!) { member(by: { id: $id }) { points {
        issued pending available held redeemed expired revoked transferred } } }";
    balances(client.query(document, json!({ "id": member })).await.data("member.points"))
}

/// All of a member's entries, the oldest first.
pub async fn entries_of(client: &Client, member: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut before = Value::Null;
    loop {
        let page = json!({ "by": { "id": member }, "at": "2020-01-01T00:00:00Z", "last": 100, "before": before });
        let answer = client.run("MemberPoints", page).await;
        let page = answer.data("member.points.entries");
        // Within a page, too, the newest comes first.
        entries.extend(page["edges"].as_array().unwrap().iter().rev().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasPreviousPage"] == false {
            assert_eq!(page["totalCount"], entries.len());
            return entries;
        }
        before = page["pageInfo"]["startCursor"].clone();
    }
}

/// What the ledger says of itself; fails where that is impossible.
pub async fn proof(client: &Client) -> Value {
    let answer = client.run("LedgerProof", json!({})).await;
    let proof = answer.data("ledgerProof");
    let sums = balances(proof);
    assert_eq!(proof["isBalanced"], true, "{proof}");
    assert!(number(&proof["smallestBalance"]) >= 0, "{proof}");
    let gone = sums.redeemed + sums.expired + sums.revoked;
    assert_eq!(sums.issued, sums.pending + sums.available + sums.held + gone, "{proof}");
    // What members gave each other is somewhere else, and nowhere more or less.
    assert_eq!(sums.transferred, 0, "{proof}");
    assert_eq!(proof["frozenAccounts"], "0", "{proof}");
    proof.clone()
}

/// Fails unless the command line finds nothing wrong with the ledger.
pub async fn verify(app: &TestApp) {
    app.installation().cli(&["verify", "ledger"], &[]).await.expect_success();
}
