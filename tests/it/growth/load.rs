//! Clients that give points and take awards back all the time, so that members move up and down; afterwards each must
//! stand where the ledger says.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Client, TestApp, operation};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{moves, path, path_updated, stands};
use crate::chance::Chance;
use crate::points::{entries_of, members, number, partner, text};

const WORKERS: usize = 4;
const MEMBERS: usize = 8;
/// Close to each other, so that members move often.
const NODES: [(&str, i64); 10] = [
    ("N0", 0),
    ("N1", 50),
    ("N2", 100),
    ("N3", 200),
    ("N4", 400),
    ("N5", 700),
    ("N6", 1_000),
    ("N7", 1_400),
    ("N8", 1_900),
    ("N9", 2_500),
];

/// Clients at work on one tenant's growth.
pub struct Crowd {
    client: Client,
    members: Arc<[String]>,
    at_work: AtWork,
}

/// Clients at work on some members' points.
pub struct AtWork {
    is_over: Arc<AtomicBool>,
    workers: JoinSet<usize>,
}

impl AtWork {
    pub fn begin(clients: impl Iterator<Item = Client>, members: &Arc<[String]>, chance: &mut Chance) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut workers = JoinSet::new();
        for (number, client) in clients.enumerate() {
            let (members, chance) = (Arc::clone(members), chance.fork());
            let worker = Worker { client, members, chance, number, requests: 0, awards: Vec::new(), unheard: 0 };
            workers.spawn(worker.work(Arc::clone(&is_over)));
        }
        Self { is_over, workers }
    }

    /// Lets them come to an end; gives how many requests went unanswered at first.
    pub async fn end(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.workers.join_all().await.into_iter().sum()
    }
}

impl Crowd {
    /// Each client asks one of these servers, the next one another.
    pub async fn open(app: &TestApp, servers: impl Fn(&Client, usize) -> Client, chance: &mut Chance) -> Self {
        let owner = app.tenant("crowd").await.owner().await;
        path_updated(&owner, path(0, &NODES, Some(12))).await.payload("growthPathUpdate");
        let client = partner(&owner, json!({})).await;
        let members: Arc<[String]> = members(&owner, MEMBERS).await.into();
        let clients = (0..WORKERS).map(|number| servers(&client, number));
        let at_work = AtWork::begin(clients, &members, chance);
        Self { client, members, at_work }
    }

    /// Lets the clients come to an end; gives how many requests went unanswered at first, and how many moves there
    /// were.
    pub async fn close(self) -> (usize, usize) {
        let unheard = self.at_work.end().await;
        let (mut count, mut downward) = (0, 0);
        for member in self.members.iter() {
            let value = value_by_ledger(&self.client, member).await;
            let (node, _) = NODES.iter().rev().find(|(_, threshold)| *threshold <= value).unwrap();
            stands(&self.client, member, (node, value)).await;
            let moves = moves(&self.client, member).await;
            for told in &moves {
                assert!(leads_where_it_says(told), "{moves:?}");
            }
            count += moves.len();
            downward += moves.iter().filter(|told| told.starts_with("DEMOTION REVERSED")).count();
        }
        println!("{count} moves, {downward} of them downward; {unheard} requests unanswered at first");
        assert!(count > MEMBERS, "too little has happened");
        (unheard, count)
    }
}

/// `PROMOTION EARNED` to a higher node, or `DEMOTION REVERSED` to a lower one.
fn leads_where_it_says(told: &str) -> bool {
    let words: Vec<_> = told.split(' ').collect();
    match words.as_slice() {
        ["PROMOTION", "EARNED", from, to] => from < to,
        ["DEMOTION", "REVERSED", from, to] => from > to,
        _ => false,
    }
}

/// What is left of a member's awards.
pub async fn value_by_ledger(client: &Client, member: &str) -> i64 {
    let entries = entries_of(client, member).await;
    let reversed: HashSet<_> = entries.iter().filter_map(|entry| entry["reversesId"].as_str()).collect();
    let counts = |entry: &&Value| entry["kind"] == "AWARD" && !reversed.contains(entry["id"].as_str().unwrap());
    entries.iter().filter(counts).map(|entry| number(&entry["amount"])).sum()
}

struct Worker {
    client: Client,
    members: Arc<[String]>,
    chance: Chance,
    number: usize,
    requests: usize,
    /// Those that were not taken back.
    awards: Vec<String>,
    unheard: usize,
}

impl Worker {
    async fn work(mut self, is_over: Arc<AtomicBool>) -> usize {
        while !is_over.load(Ordering::Relaxed) {
            if self.chance.below(3) == 0 && !self.awards.is_empty() {
                let place = self.chance.below(self.awards.len() as u64) as usize;
                let entry = self.awards.swap_remove(place);
                self.acknowledged("PointsReverse", json!({ "entryId": entry, "reason": "By mistake" })).await;
            } else {
                let member = self.members[self.chance.below(self.members.len() as u64) as usize].clone();
                let amount = 1 + self.chance.below(60);
                let input = json!({ "memberId": member, "amount": amount, "reason": "Thanks" });
                let payload = self.acknowledged("PointsAward", input).await;
                self.awards.push(text(&payload["entry"]["id"]));
            }
        }
        self.unheard
    }

    /// Sends the same until it is answered, which must be by success.
    async fn acknowledged(&mut self, name: &str, mut input: Value) -> Value {
        self.requests += 1;
        input["idempotencyKey"] = json!(format!("worker-{}-{}", self.number, self.requests));
        let body = json!({ "query": operation(name), "variables": { "input": input } }).to_string();
        let mut is_first = true;
        loop {
            let request = self.client.request(Method::POST, "/graphql").header("content-type", "application/json");
            let answer = request.body(body.clone()).timeout(Duration::from_secs(10)).send().await;
            if let Ok(answer) = answer
                && let Ok(text) = answer.text().await
            {
                let answer: Value = serde_json::from_str(&text).unwrap_or_default();
                if let Some(payload) = answer["data"].as_object().and_then(|data| data.values().next()) {
                    assert_eq!(payload["userErrors"], json!([]), "{name}: {text}");
                    return payload.clone();
                }
                let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                assert!(["", "UNAVAILABLE", "IDEMPOTENCY_IN_FLIGHT"].contains(&code), "{name}: {text}");
            }
            self.unheard += usize::from(std::mem::take(&mut is_first));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
