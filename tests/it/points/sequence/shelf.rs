//! The rewards that all members take from at the same time: no account alone says what is left of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use harness::Client;
use serde_json::json;

use super::super::model::{QUANTITIES, REWARDS, Step};
use super::super::text;

pub struct Shelf {
    /// What the product calls each reward.
    ids: Vec<String>,
    /// Of each at most so many pieces are gone, those included that somebody asks for just now.
    gone: Vec<AtomicI64>,
}

impl Shelf {
    /// A new one, with all that there is.
    pub async fn stocked(client: &Client) -> Arc<Self> {
        let (mut ids, mut gone) = (Vec::new(), Vec::new());
        for reward in &REWARDS {
            let limit = reward.limit.map(|(quantity, period)| json!({ "quantity": quantity, "period": period }));
            let input = json!({ "name": reward.name, "price": reward.price, "fulfilWithinDays": reward.days,
                "limit": limit, "stock": reward.stock });
            let answer = client.run("RewardCreate", json!({ "input": input })).await;
            let id = text(&answer.payload("rewardCreate")["reward"]["id"]);
            let offer = json!({ "rewardId": id, "state": "ACTIVE" });
            client.run("RewardStateSet", json!({ "input": offer })).await.payload("rewardStateSet");
            ids.push(id);
            gone.push(AtomicI64::new(0));
        }
        Arc::new(Self { ids, gone })
    }

    pub fn id_of(&self, reward: usize) -> &str {
        &self.ids[reward]
    }

    /// A member is about to take a step.
    pub fn ask(&self, step: Step) {
        if let Some((reward, quantity)) = wanted(step) {
            self.gone[reward].fetch_add(quantity, SeqCst);
        }
    }

    /// The step was answered: whether too few pieces are left, which must be possible.
    pub fn hear(&self, step: Step, refusals: &[String]) -> bool {
        let is_sold_out = refusals == ["OUT_OF_STOCK at rewardId"];
        if let Some((reward, quantity)) = wanted(step).filter(|_| !refusals.is_empty()) {
            let gone = self.gone[reward].fetch_sub(quantity, SeqCst);
            let is_possible = REWARDS[reward].stock.is_some_and(|stock| gone > stock);
            assert!(is_possible || !is_sold_out, "at most {gone} of {}, {quantity} of them now", REWARDS[reward].name);
        }
        is_sold_out
    }

    /// Compares what is left, set aside and handed over of each reward with what members have; nobody asks meanwhile.
    pub async fn compare(&self, client: &Client, pieces: &[[i64; 2]]) {
        let answer = client.run("RewardList", json!({})).await;
        let edges = answer.data("rewards.edges").as_array().unwrap();
        for (place, [reserved, fulfilled]) in pieces.iter().copied().enumerate() {
            let (reward, id) = (&REWARDS[place], &self.ids[place]);
            self.gone[place].store(reserved + fulfilled, SeqCst);
            let left = reward.stock.map(|stock| stock - reserved - fulfilled);
            assert!(left.is_none_or(|left| left >= 0), "{reserved} and {fulfilled} of {}", reward.name);
            let edge = edges.iter().find(|edge| edge["node"]["id"] == **id).expect("the reward is listed");
            let shown = ["stock", "reserved", "fulfilled"].map(|field| edge["node"][field].as_str().map(str::to_owned));
            let expected =
                [left, Some(reserved), Some(fulfilled)].map(|number| number.map(|number| number.to_string()));
            assert_eq!(shown, expected, "{}", reward.name);
        }
    }
}

/// Which reward the step takes, and how many pieces, if the product lets anybody have so many.
fn wanted(step: Step) -> Option<(usize, i64)> {
    match step {
        Step::Redeem { reward, quantity } if QUANTITIES.contains(&quantity) => Some((reward, quantity)),
        _ => None,
    }
}
