//! The growth path: where members stand follows the ledger, whatever happens, and says why.

mod crash;
pub mod load;
mod moves;
mod property;
mod rules;
pub mod time;

use std::time::Duration;

use harness::{Client, Response, eventually};
use serde_json::{Value, json};

use crate::points::number;

/// Longer than a review takes on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Gives points.
pub async fn award(client: &Client, member: &str, amount: i64, key: &str) -> Value {
    let input = json!({ "memberId": member, "amount": amount, "reason": "Thanks", "idempotencyKey": key });
    let answer = client.run("PointsAward", json!({ "input": input })).await;
    answer.payload("pointsAward")["entry"]["id"].clone()
}

pub async fn reversed(client: &Client, entry: &Value) {
    let input = json!({ "entryId": entry, "reason": "By mistake", "idempotencyKey": format!("r-{entry}") });
    client.run("PointsReverse", json!({ "input": input })).await.payload("pointsReverse");
}

/// Where a member stands, with their latest moves.
pub async fn growth(client: &Client, member: &str) -> Value {
    client.run("MemberGrowth", json!({ "by": { "id": member } })).await.data("member.growth").clone()
}

/// Waits until the member stands there with this value.
pub async fn stands(client: &Client, member: &str, (node, value): (&str, i64)) -> Value {
    eventually(&format!("{member} is at {node} with {value}"), LIMIT, || async {
        let growth = growth(client, member).await;
        growth["node"]["code"] == node && number(&growth["value"]) == value
    })
    .await;
    growth(client, member).await
}

/// `KIND REASON FROM TO` of each of a member's moves, the first one first. Fails where one does not go on from the one
/// before, or the last one does not lead to where they stand.
pub async fn moves(client: &Client, member: &str) -> Vec<String> {
    let (mut moves, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = json!({ "by": { "id": member }, "last": 100, "before": before });
        let answer = client.run("MemberGrowth", page).await;
        let growth = answer.data("member.growth");
        let page = &growth["moves"];
        // Within a page, too, the newest comes first.
        moves.extend(page["edges"].as_array().unwrap().iter().rev().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasPreviousPage"] == false {
            assert_eq!(page["totalCount"], moves.len());
            chained(&moves, growth);
            break;
        }
        before = page["pageInfo"]["startCursor"].clone();
    }
    let word = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    moves.iter().map(|one| ["kind", "reason", "from", "to"].map(|field| word(one, field)).join(" ")).collect()
}

fn chained(moves: &[Value], growth: &Value) {
    for (place, one) in moves.iter().enumerate() {
        assert_eq!(number(&one["number"]), place as i64 + 1, "{moves:?}");
        if let Some(next) = moves.get(place + 1) {
            assert_eq!(next["from"], one["to"], "{moves:?}");
            assert!(next["at"].as_str() >= one["at"].as_str(), "{moves:?}");
        }
    }
    if let Some(last) = moves.last() {
        assert_eq!(last["to"], growth["node"]["code"], "{moves:?}");
    }
}

/// A path of these nodes, each with what it multiplies by.
pub fn path(version: i64, nodes: &[(&str, i64)], window_months: Option<i64>) -> Value {
    let node = |(code, threshold): &(&str, i64)| {
        json!({ "code": code, "name": code.to_lowercase(), "threshold": threshold.to_string(),
            "multiplierPercent": 100, "perks": ["A mug"] })
    };
    let nodes: Vec<_> = nodes.iter().map(node).collect();
    json!({ "version": version, "nodes": nodes, "windowMonths": window_months, "source": "The test's council",
        "idempotencyKey": format!("path-{version}") })
}

pub async fn path_updated(client: &Client, input: Value) -> Response {
    client.run("GrowthPathUpdate", json!({ "input": input })).await
}

/// Puts a member to a node; `until` is the last day, if it is said.
pub async fn node_set(client: &Client, member: &str, (node, until): (&str, Option<&str>), key: &str) -> Response {
    let input = json!({ "memberId": member, "node": node, "reason": "A friend of the house",
        "lockedUntil": until, "idempotencyKey": key });
    client.run("GrowthNodeSet", json!({ "input": input })).await
}
