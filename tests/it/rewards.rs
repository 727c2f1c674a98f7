//! Rewards: what is redeemed is there, is paid for, and comes back whole where nobody hands it over.

mod catalogue;
mod crash;
mod life;
mod limits;
mod mix;
mod refusals;
mod stock;
mod time;
mod vouchers;

use harness::{Client, Response, absent_id};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;
use crate::points::{members, number, partner, text};

/// All that a shop's system needs which offers rewards and hands them over.
const SCOPES: [&str; 9] = [
    "rewards:read",
    "rewards:write",
    "rewards:vouchers",
    "redemptions:write",
    "points:read",
    "points:write",
    "points:rules",
    "members:read",
    "communities:read",
];

/// A partner system that does; a key needs no fresh proof as people do.
async fn shop(owner: &Client) -> Client {
    partner(owner, json!({ "scopes": SCOPES })).await
}

/// A new reward that is offered, but for these changes; gives its id.
async fn reward(client: &Client, changes: Value) -> String {
    let id = text(&draft(client, changes).await["id"]);
    set_state(client, &id, "ACTIVE").await.payload("rewardStateSet");
    id
}

/// A new reward that nobody offers yet.
async fn draft(client: &Client, changes: Value) -> Value {
    let answer = client.run("RewardCreate", json!({ "input": given::with(terms(), changes) })).await;
    answer.payload("rewardCreate")["reward"].clone()
}

fn terms() -> Value {
    json!({ "name": "Mug", "price": 100 })
}

async fn set_state(client: &Client, reward: &str, state: &str) -> Response {
    client.run("RewardStateSet", json!({ "input": { "rewardId": reward, "state": state } })).await
}

/// Members with so many points each.
async fn rich(client: &Client, owner: &Client, (count, points): (usize, i64)) -> Vec<String> {
    let ids = members(owner, count).await;
    let award = |id: &String| json!({ "memberId": id, "amount": points, "reason": "To begin with" });
    let input = json!({ "awards": ids.iter().map(award).collect::<Vec<_>>(), "idempotencyKey": absent_id("key") });
    client.run("PointsAwardBulk", json!({ "input": input })).await.payload("pointsAwardBulk");
    ids
}

/// Redeems one piece, but for these changes, under a key of its own unless they bring one.
async fn redeem(client: &Client, (reward, member): (&str, &str), changes: Value) -> Response {
    let input = json!({ "rewardId": reward, "memberId": member, "idempotencyKey": absent_id("key") });
    client.run("RedemptionCreate", json!({ "input": given::with(input, changes) })).await
}

/// The same, which is not refused; gives the redemption.
async fn redeemed(client: &Client, of: (&str, &str), changes: Value) -> Value {
    redeem(client, of, changes).await.payload("redemptionCreate")["redemption"].clone()
}

async fn fulfil(client: &Client, redemption: &Value) -> Response {
    let input = json!({ "redemptionId": redemption["id"], "idempotencyKey": absent_id("key") });
    client.run("RedemptionFulfil", json!({ "input": input })).await
}

async fn cancel(client: &Client, redemption: &Value) -> Response {
    let input = json!({ "redemptionId": redemption["id"], "reason": "Broken", "idempotencyKey": absent_id("key") });
    client.run("RedemptionCancel", json!({ "input": input })).await
}

/// What is left, reserved and fulfilled of a reward.
async fn numbers(client: &Client, reward: &str) -> [i64; 3] {
    let answer = client.run("RewardGet", json!({ "id": reward })).await;
    ["stock", "reserved", "fulfilled"].map(|field| number(&answer.data("reward")[field]))
}

async fn shown(client: &Client, redemption: &Value) -> Value {
    client.run("RedemptionGet", json!({ "id": redemption["id"] })).await.data("redemption").clone()
}

/// All at once; gives what was redeemed, and why the others were refused.
async fn at_once(client: &Client, orders: Vec<(String, String)>) -> (Vec<Value>, Vec<String>) {
    let mut tasks = JoinSet::new();
    for (reward, member) in orders {
        let client = client.clone();
        tasks.spawn(async move { redeem(&client, (&reward, &member), json!({})).await });
    }
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for answer in tasks.join_all().await {
        match answer.data("redemptionCreate.redemption") {
            Value::Null => refused.extend(answer.user_errors("redemptionCreate")),
            redemption => made.push(redemption.clone()),
        }
    }
    (made, refused)
}
