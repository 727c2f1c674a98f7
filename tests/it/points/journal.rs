//! Clients that write down each request before they send it, so that what the ledger says can be held against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Client, TestApp, operation};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Balances, balances, entries_of, let_transfer, members, number, partner, proof, text, verify};
use crate::chance::Chance;

const WORKERS: usize = 4;
const MEMBERS: usize = 6;
/// More than all together spend.
const TO_BEGIN_WITH: i64 = 1_000_000;

/// What an entry must say; the mark is the reference that the client gave, or the hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    kind: &'static str,
    amount: i64,
    mark: String,
}

/// What one client has done.
#[derive(Default)]
struct Journal {
    lines: Vec<Line>,
    /// Requests that had no answer at first, and those of them that had been done all the same.
    unknown: usize,
    done_unheard: usize,
}

/// Clients at work on one tenant's ledger.
pub struct Office {
    client: Client,
    members: Arc<[String]>,
    is_over: Arc<AtomicBool>,
    workers: JoinSet<Journal>,
}

impl Office {
    pub async fn open(app: &TestApp, chance: &mut Chance) -> Self {
        let owner = app.tenant("office").await.owner().await;
        let_transfer(&owner).await;
        let client = partner(&owner, json!({})).await;
        let members: Arc<[String]> = members(&owner, MEMBERS).await.into();
        for member in members.iter() {
            let mark = format!("begin-{member}");
            let input = json!({ "memberId": member, "amount": TO_BEGIN_WITH, "reason": "to begin with",
                "reference": mark, "idempotencyKey": mark });
            client.run("PointsAward", json!({ "input": input })).await.payload("pointsAward");
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let mut workers = JoinSet::new();
        for number in 0..WORKERS {
            let (client, members, chance) = (client.clone(), Arc::clone(&members), chance.fork());
            let worker = Worker { client, members, chance, number, requests: 0, journal: Journal::default() };
            workers.spawn(worker.work(Arc::clone(&is_over)));
        }
        Self { client, members, is_over, workers }
    }

    /// Lets the clients come to an end, and holds the ledger against what they wrote down: each thing once, and
    /// nothing else. At least so many requests must have gone unanswered, or nothing was shown.
    pub async fn close(self, app: &TestApp, least_unknown: usize) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut expected: Vec<_> = self.members.iter().map(|member| begun(member)).collect();
        let (mut unknown, mut done_unheard) = (0, 0);
        for journal in self.workers.join_all().await {
            unknown += journal.unknown;
            done_unheard += journal.done_unheard;
            expected.extend(journal.lines);
        }
        println!("{} entries, {unknown} requests unanswered, {done_unheard} of them done", expected.len());
        assert!(unknown >= least_unknown, "only {unknown} requests were cut off");

        let mut posted = Vec::new();
        for member in self.members.iter() {
            posted.extend(entries_of(&self.client, member).await.iter().map(line));
        }
        expected.sort();
        posted.sort();
        assert_eq!(difference(&expected, &posted), Vec::<&Line>::new(), "acknowledged, and not in the ledger");
        assert_eq!(difference(&posted, &expected), Vec::<&Line>::new(), "in the ledger, and asked for by nobody");
        let proof = proof(&self.client).await;
        assert_eq!(proof["entries"], expected.len().to_string());
        assert_eq!(balances(&proof), sums(&expected));
        verify(app).await;
    }
}

struct Worker {
    client: Client,
    members: Arc<[String]>,
    chance: Chance,
    number: usize,
    requests: usize,
    journal: Journal,
}

impl Worker {
    async fn work(mut self, is_over: Arc<AtomicBool>) -> Journal {
        while !is_over.load(Ordering::Relaxed) {
            match self.chance.below(5) {
                0 | 1 => self.post("PointsAward", "AWARD").await,
                2 => self.post("PointsDeduct", "DEDUCT").await,
                3 => self.transfer().await,
                _ => self.hold().await,
            }
        }
        self.journal
    }

    async fn post(&mut self, operation: &str, kind: &'static str) {
        let (member, amount, mark) = self.request();
        self.journal.lines.push(Line { kind, amount, mark: mark.clone() });
        let input = json!({ "memberId": member, "amount": amount, "reason": "work", "reference": mark });
        let payload = self.acknowledged(operation, &mark, input).await;
        assert_eq!(payload["entry"]["reference"], mark);
    }

    async fn transfer(&mut self) {
        let (from, amount, mark) = self.request();
        let others: Vec<_> = self.members.iter().filter(|member| **member != from).cloned().collect();
        let to = &others[self.chance.below(others.len() as u64) as usize];
        self.journal.lines.push(Line { kind: "TRANSFER_OUT", amount, mark: mark.clone() });
        let input = json!({ "fromMemberId": from, "toMemberId": to, "amount": amount, "reason": "work",
            "reference": mark });
        let payload = self.acknowledged("PointsTransfer", &mark, input).await;
        // In as many parts as there are kinds of points, which nobody knows before.
        let received = payload["transfer"]["received"].as_array().unwrap();
        let parts = received.iter().map(|entry| number(&entry["amount"]));
        assert_eq!(parts.clone().sum::<i64>(), amount, "{payload}");
        let line = |amount| Line { kind: "TRANSFER_IN", amount, mark: mark.clone() };
        self.journal.lines.extend(parts.map(line));
    }

    async fn hold(&mut self) {
        let (member, amount, key) = self.request();
        let input = json!({ "memberId": member, "amount": amount, "reason": "work" });
        let payload = self.acknowledged("PointsHoldCreate", &key, input).await;
        let mark = text(&payload["hold"]["id"]);
        self.journal.lines.push(Line { kind: "HOLD", amount, mark: mark.clone() });
        // From nothing to all of it.
        let captured = self.chance.below(amount as u64 + 1) as i64;
        if captured > 0 {
            self.journal.lines.push(Line { kind: "CAPTURE", amount: captured, mark: mark.clone() });
        }
        if captured < amount {
            self.journal.lines.push(Line { kind: "RELEASE", amount: amount - captured, mark: mark.clone() });
        }
        let (_, _, key) = self.request();
        let payload = match captured {
            0 => self.acknowledged("PointsHoldRelease", &key, json!({ "holdId": mark })).await,
            _ => self.acknowledged("PointsHoldCapture", &key, json!({ "holdId": mark, "amount": captured })).await,
        };
        assert_eq!(number(&payload["hold"]["captured"]), captured);
    }

    /// A member, an amount and a key.
    fn request(&mut self) -> (String, i64, String) {
        self.requests += 1;
        let member = self.members[self.chance.below(MEMBERS as u64) as usize].clone();
        (member, 1 + self.chance.below(50) as i64, format!("worker-{}-{}", self.number, self.requests))
    }

    /// Sends the same until it is answered, which must be by success: what was done before the answer was lost is not
    /// done again, and not refused either.
    async fn acknowledged(&mut self, name: &str, key: &str, mut input: Value) -> Value {
        input["idempotencyKey"] = json!(key);
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
                    self.journal.done_unheard += usize::from(answer["extensions"]["idempotentReplay"] == true);
                    return payload.clone();
                }
                let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                assert!(["", "UNAVAILABLE", "IDEMPOTENCY_IN_FLIGHT"].contains(&code), "{name}: {text}");
            }
            self.journal.unknown += usize::from(std::mem::take(&mut is_first));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn begun(member: &str) -> Line {
    Line { kind: "AWARD", amount: TO_BEGIN_WITH, mark: format!("begin-{member}") }
}

fn line(entry: &Value) -> Line {
    let kinds = ["AWARD", "DEDUCT", "TRANSFER_OUT", "TRANSFER_IN", "HOLD", "CAPTURE", "RELEASE"];
    let kind = kinds.into_iter().find(|kind| entry["kind"] == *kind).unwrap_or_else(|| panic!("{entry}"));
    let mark = if entry["holdId"].is_null() { &entry["reference"] } else { &entry["holdId"] };
    Line { kind, amount: number(&entry["amount"]), mark: text(mark) }
}

/// What the lines come to.
fn sums(lines: &[Line]) -> Balances {
    let sum = |kind: &str| lines.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum::<i64>();
    let (issued, redeemed, revoked) = (sum("AWARD"), sum("CAPTURE"), sum("DEDUCT"));
    Balances { issued, redeemed, revoked, available: issued - redeemed - revoked, ..Balances::default() }
}

/// What is in one sorted list more often than in the other.
fn difference<'a>(left: &'a [Line], right: &[Line]) -> Vec<&'a Line> {
    let mut right = right.iter().peekable();
    let mut only = Vec::new();
    for line in left {
        while right.next_if(|other| *other < line).is_some() {}
        if right.next_if_eq(&line).is_none() {
            only.push(line);
        }
    }
    only
}
