//! A server that is killed has paid what it acknowledged, and pays what is asked again once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use harness::{Client, TestApp, eventually, operation, run};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{definition, keeper, rule};
use crate::chance::Chance;
use crate::points::{HEAVY_LOAD, entries_of, members, number, proof, text, unlimited, verify};

const KILLS: usize = 6;
const WORKERS: usize = 4;
const MEMBERS: usize = 6;
/// Events that are recorded, at the least, before the server is killed again.
const BETWEEN: usize = 10;
const CAP: i64 = 35;

/// What one client was told of each event, by its reference.
#[derive(Default)]
struct Journal {
    paid: BTreeMap<String, i64>,
    /// Requests that had no answer at first, and those of them that had been done all the same.
    unknown: usize,
    done_unheard: usize,
}

#[test]
fn a_server_killed_six_times_at_work_has_paid_for_each_event_once() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("earning-crash").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let members: Arc<[String]> = members(&owner, MEMBERS).await.into();
        let by_unit = json!({ "points": 1, "perUnit": { "quantity": 1, "points": 2 } });
        rule(&client, "A", "ORDER_PAID", definition(by_unit)).await;
        // So that what is counted must be right as well.
        rule(&client, "B", "ORDER_PAID", definition(json!({ "caps": { "perMember": CAP } }))).await;
        let mut chance = Chance::new("a_server_killed_six_times");
        let is_over = Arc::new(AtomicBool::new(false));
        let recorded = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for number in 0..WORKERS {
            let (client, members, chance) = (client.clone(), Arc::clone(&members), chance.fork());
            let recorded = Arc::clone(&recorded);
            let worker = Worker { client, members, chance, number, recorded, journal: Journal::default() };
            workers.spawn(worker.work(Arc::clone(&is_over)));
        }
        for _ in 0..KILLS {
            let before = recorded.load(Ordering::Relaxed);
            eventually("some more are recorded", Duration::from_secs(60), || async {
                recorded.load(Ordering::Relaxed) >= before + BETWEEN
            })
            .await;
            tokio::time::sleep(chance.millis(1, 100)).await;
            app.server().kill9();
            app.server().start_again().await;
        }
        is_over.store(true, Ordering::Relaxed);
        compare(&client, &members, workers.join_all().await).await;
        verify(&app).await;
    });
}

/// In the ledger is what the clients were told, each once, and nothing else.
async fn compare(client: &Client, members: &[String], journals: Vec<Journal>) {
    let unknown: usize = journals.iter().map(|journal| journal.unknown).sum();
    let done_unheard: usize = journals.iter().map(|journal| journal.done_unheard).sum();
    let told: BTreeMap<_, _> = journals.into_iter().flat_map(|journal| journal.paid).collect();
    println!("{} events, {unknown} requests unanswered, {done_unheard} of them done", told.len());
    assert!(unknown >= KILLS, "only {unknown} requests were cut off");

    let mut posted: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for member in members {
        let (mut events, mut capped) = (0, 0);
        for entry in entries_of(client, member).await {
            assert_eq!(entry["kind"], "AWARD");
            events += i64::from(entry["reason"] == "A");
            capped += if entry["reason"] == "B" { number(&entry["amount"]) } else { 0 };
            posted.entry(text(&entry["reference"])).or_default().push(number(&entry["amount"]));
        }
        assert_eq!(capped, (10 * events).min(CAP), "{member} did {events} things");
    }
    assert!(posted.values().all(|amounts| amounts.len() <= 2), "an event was paid for again");
    let entries: usize = posted.values().map(Vec::len).sum();
    let sums: BTreeMap<String, i64> = posted.into_iter().map(|(key, amounts)| (key, amounts.iter().sum())).collect();
    assert_eq!(sums, told);
    assert_eq!(proof(client).await["entries"], entries.to_string());
    // The tenant's own history says the same.
    let everything = json!({ "event": "ORDER_PAID", "definition": definition(json!({})) });
    let everything = crate::given::with(super::simulation::days(), everything);
    let everything = client.run("PointsSimulate", json!({ "input": everything })).await;
    assert_eq!(everything.data("pointsSimulate.events"), told.len());
}

struct Worker {
    client: Client,
    members: Arc<[String]>,
    chance: Chance,
    number: usize,
    /// By all.
    recorded: Arc<AtomicUsize>,
    journal: Journal,
}

impl Worker {
    async fn work(mut self, is_over: Arc<AtomicBool>) -> Journal {
        let mut requests = 0;
        while !is_over.load(Ordering::Relaxed) {
            requests += 1;
            let member = &self.members[self.chance.below(MEMBERS as u64) as usize];
            let (quantity, reference) = (self.chance.below(50) as i64, format!("order-{}-{requests}", self.number));
            let input = json!({ "memberId": member, "event": "ORDER_PAID", "quantity": quantity,
                "reference": reference, "idempotencyKey": reference });
            let payload = self.acknowledged(input.clone()).await;
            assert_eq!(payload["userErrors"], json!([]));
            let event = &payload["earningEvent"];
            let by_unit = event["payments"].as_array().unwrap().iter().find(|payment| payment["rule"]["name"] == "A");
            assert_eq!(number(&by_unit.unwrap()["amount"]), 1 + 2 * quantity, "{payload}");
            self.journal.paid.insert(reference.clone(), number(&event["points"]));
            self.recorded.fetch_add(1, Ordering::Relaxed);
            if requests % 10 == 0 {
                // Who has lost the key, too, has the reference.
                let anew = crate::given::with(input, json!({ "idempotencyKey": format!("{reference}-anew") }));
                let refused = self.acknowledged(anew).await;
                assert_eq!(refused["userErrors"][0]["code"], "ALREADY_RECORDED", "{refused}");
            }
        }
        self.journal
    }

    /// Sends the same until it is answered: what was done before the answer was lost is not done again, and not
    /// refused either.
    async fn acknowledged(&mut self, input: Value) -> Value {
        let document = operation("EarningEventRecord");
        let body = json!({ "query": document, "variables": { "input": input } }).to_string();
        let mut is_first = true;
        loop {
            let request = self.client.request(Method::POST, "/graphql").header("content-type", "application/json");
            let answer = request.body(body.clone()).timeout(Duration::from_secs(10)).send().await;
            if let Ok(answer) = answer
                && let Ok(text) = answer.text().await
            {
                let answer: Value = serde_json::from_str(&text).unwrap_or_default();
                if answer["data"]["earningEventRecord"].is_object() {
                    let is_replay = answer["extensions"]["idempotentReplay"] == true;
                    self.journal.done_unheard += usize::from(is_replay);
                    return answer["data"]["earningEventRecord"].clone();
                }
                let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                assert!(["", "UNAVAILABLE", "IDEMPOTENCY_IN_FLIGHT"].contains(&code), "{text}");
            }
            self.journal.unknown += usize::from(std::mem::take(&mut is_first));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
