//! A server that is killed at work leaves stock, redemptions and points that say the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use harness::{Client, TestApp, eventually, operation, run};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{numbers, reward, rich, shop};
use crate::chance::Chance;
use crate::points::{HEAVY_LOAD, balances_of, number, proof, text, unlimited, verify};

const KILLS: usize = 4;
const WORKERS: usize = 4;
const MEMBERS: usize = 4;
/// Redemptions that are made, at the least, before the server is killed again.
const BETWEEN: usize = 8;
const STOCK: i64 = 10_000;

#[test]
fn a_server_killed_four_times_leaves_stock_redemptions_and_points_that_agree() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("reward-crash").await.owner().await;
        let client = shop(&owner).await;
        let members: Arc<[String]> = rich(&client, &owner, (MEMBERS, 1_000_000)).await.into();
        let mug = reward(&client, json!({ "stock": STOCK, "price": 10 })).await;
        let mut chance = Chance::new("a_server_killed_four_times");
        let (is_over, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut workers = JoinSet::new();
        for number in 0..WORKERS {
            let (client, members, chance) = (client.clone(), Arc::clone(&members), chance.fork());
            let worker = Worker { client, members, chance, number, mug: mug.clone(), made: Arc::clone(&made) };
            workers.spawn(worker.work(Arc::clone(&is_over)));
        }
        for _ in 0..KILLS {
            let before = made.load(Ordering::Relaxed);
            eventually("some more are redeemed", Duration::from_secs(60), || async {
                made.load(Ordering::Relaxed) >= before + BETWEEN
            })
            .await;
            tokio::time::sleep(chance.millis(1, 100)).await;
            app.server().kill9();
            app.server().start_again().await;
        }
        is_over.store(true, Ordering::Relaxed);
        let told: [i64; 3] = workers
            .join_all()
            .await
            .into_iter()
            .fold([0; 3], |[pending, done, back], one| [pending + one[0], done + one[1], back + one[2]]);
        let [stock, reserved, fulfilled] = numbers(&client, &mug).await;
        assert_eq!((stock + reserved + fulfilled, reserved, fulfilled), (STOCK, told[0], told[1]));
        for (state, count) in ["PENDING", "FULFILLED", "CANCELLED"].iter().zip(told) {
            let answer = client.run("RedemptionList", json!({ "state": state, "first": 1 })).await;
            assert_eq!(answer.data("redemptions.totalCount"), count, "{state}");
        }
        let (mut held, mut redeemed) = (0, 0);
        for member in members.iter() {
            let balances = balances_of(&client, member).await;
            (held, redeemed) = (held + balances.held, redeemed + balances.redeemed);
        }
        assert_eq!((held, redeemed), (10 * reserved, 10 * fulfilled));
        assert_eq!(number(&proof(&client).await["redeemed"]), redeemed);
        verify(&app).await;
    });
}

struct Worker {
    client: Client,
    members: Arc<[String]>,
    chance: Chance,
    number: usize,
    mug: String,
    /// By all.
    made: Arc<AtomicUsize>,
}

impl Worker {
    /// Gives how many are pending, fulfilled and cancelled.
    async fn work(mut self, is_over: Arc<AtomicBool>) -> [i64; 3] {
        let mut told = [0; 3];
        let mut requests = 0;
        while !is_over.load(Ordering::Relaxed) {
            requests += 1;
            let key = format!("{}-{requests}", self.number);
            let member = &self.members[self.chance.below(MEMBERS as u64) as usize];
            let order = json!({ "rewardId": self.mug, "memberId": member, "idempotencyKey": key });
            let made = self.acknowledged("RedemptionCreate", "redemptionCreate", order).await;
            let id = text(&made["redemption"]["id"]);
            // Few stay pending: a member has a hundred holds at the most.
            let place = if requests % 8 == 0 { 0 } else { 1 + self.chance.below(2) as usize };
            told[place] += 1;
            match place {
                0 => {}
                1 => {
                    let input = json!({ "redemptionId": id, "idempotencyKey": key });
                    self.acknowledged("RedemptionFulfil", "redemptionFulfil", input).await;
                }
                _ => {
                    let input = json!({ "redemptionId": id, "reason": "Test", "idempotencyKey": key });
                    self.acknowledged("RedemptionCancel", "redemptionCancel", input).await;
                }
            }
            self.made.fetch_add(1, Ordering::Relaxed);
        }
        told
    }

    /// Sends the same until it is answered: what was done before the answer was lost is not done again.
    async fn acknowledged(&self, name: &str, field: &str, input: Value) -> Value {
        let body = json!({ "query": operation(name), "variables": { "input": input } }).to_string();
        loop {
            let request = self.client.request(Method::POST, "/graphql").header("content-type", "application/json");
            let answer = request.body(body.clone()).timeout(Duration::from_secs(10)).send().await;
            if let Ok(answer) = answer
                && let Ok(text) = answer.text().await
            {
                let answer: Value = serde_json::from_str(&text).unwrap_or_default();
                if answer["data"][field].is_object() {
                    assert_eq!(answer["data"][field]["userErrors"], json!([]), "{text}");
                    return answer["data"][field].clone();
                }
                let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                assert!(["", "UNAVAILABLE", "IDEMPOTENCY_IN_FLIGHT"].contains(&code), "{text}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
