//! A bank: many write, most of them to one account, and whoever looks meanwhile sees books that agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::{Client, TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Balances, HEAVY_LOAD, balances, let_transfer, members, number, partner, proof, text, unlimited, verify};
use crate::chance::Chance;

const WRITERS: usize = 16;
const READERS: usize = 2;
/// 20,000 in all, at the least.
const POSTINGS_EACH: u64 = 1_250;
const MEMBERS: usize = 33;
/// Awards in one request.
const BULK: u64 = 25;
const TOO_LITTLE: &str = "INSUFFICIENT_POINTS at amount";

#[test]
fn sixteen_writers_with_one_hot_account_never_leave_books_that_disagree() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("bank").await.owner().await;
        let_transfer(&owner).await;
        let client = partner(&owner, json!({})).await;
        let members: Arc<[String]> = members(&owner, MEMBERS).await.into();
        let mut chance = Chance::new("sixteen_writers_with_one_hot_account");
        let is_over = Arc::new(AtomicBool::new(false));

        let mut readers = JoinSet::new();
        for _ in 0..READERS {
            readers.spawn(read(client.clone(), Arc::clone(&is_over)));
        }
        let mut writers = JoinSet::new();
        for number in 0..WRITERS {
            let (client, members, chance) = (client.clone(), Arc::clone(&members), chance.fork());
            let writer =
                Writer { client, members, chance, number, requests: 0, postings: 0, books: Balances::default() };
            writers.spawn(writer.work());
        }
        let mut books = Balances::default();
        let mut postings = 0;
        for writer in writers.join_all().await {
            postings += writer.postings;
            books.issued += writer.books.issued;
            books.available += writer.books.available;
            books.redeemed += writer.books.redeemed;
            books.revoked += writer.books.revoked;
        }
        is_over.store(true, Ordering::Relaxed);
        let reads = readers.join_all().await;
        println!("{postings} postings, {reads:?} looks at the books: {books:?}");
        assert!(reads.iter().all(|reads| *reads > 10), "{reads:?}");

        let proof = proof(&client).await;
        assert_eq!(balances(&proof), books);
        assert_eq!(
            (&proof["accounts"], &proof["entries"]),
            (&json!(MEMBERS.to_string()), &json!(postings.to_string()))
        );
        verify(&app).await;
    });
}

/// Looks at the books until it is over; gives how often it looked.
async fn read(client: Client, is_over: Arc<AtomicBool>) -> usize {
    let mut reads = 0;
    while !is_over.load(Ordering::Relaxed) {
        proof(&client).await;
        reads += 1;
    }
    reads
}

struct Writer {
    client: Client,
    /// The first is the hot one.
    members: Arc<[String]>,
    chance: Chance,
    number: usize,
    requests: u64,
    /// Those that were acknowledged, and their sums.
    postings: u64,
    books: Balances,
}

impl Writer {
    async fn work(mut self) -> Self {
        while self.postings < POSTINGS_EACH {
            match self.chance.below(20) {
                ..2 => self.award_many().await,
                2..9 => self.award().await,
                9..13 => self.deduct().await,
                13..16 => self.transfer().await,
                _ => self.hold().await,
            }
        }
        self
    }

    async fn award_many(&mut self) {
        let (mut awards, mut sum) = (Vec::new(), 0);
        for _ in 0..BULK {
            let amount = self.amount();
            awards.push(json!({ "memberId": self.anyone(), "amount": amount, "reason": "a share" }));
            sum += amount;
        }
        let answer = self.send("PointsAwardBulk", json!({ "awards": awards })).await.expect("nothing to refuse");
        let outcomes = answer["outcomes"].as_array().unwrap();
        assert!(outcomes.len() == awards.len() && outcomes.iter().all(|one| one["entryId"].is_string()), "{answer}");
        self.postings += BULK;
        self.books.issued += sum;
        self.books.available += sum;
    }

    async fn award(&mut self) {
        let amount = self.amount();
        let input = json!({ "memberId": self.anyone(), "amount": amount, "reason": "a gift" });
        self.send("PointsAward", input).await.expect("nothing to refuse");
        self.postings += 1;
        self.books.issued += amount;
        self.books.available += amount;
    }

    async fn deduct(&mut self) {
        let amount = self.amount();
        let input = json!({ "memberId": self.anyone(), "amount": amount, "reason": "a mistake" });
        if self.send("PointsDeduct", input).await.is_some() {
            self.postings += 1;
            self.books.available -= amount;
            self.books.revoked += amount;
        }
    }

    /// The sums stay as they are: what one has less, another has more.
    async fn transfer(&mut self) {
        let (amount, from, to) = (self.amount(), self.anyone(), self.anyone());
        if from == to {
            return;
        }
        let input = json!({ "fromMemberId": from, "toMemberId": to, "amount": amount, "reason": "a present" });
        if let Some(payload) = self.send("PointsTransfer", input).await {
            let received = payload["transfer"]["received"].as_array().unwrap();
            assert_eq!(received.iter().map(|entry| number(&entry["amount"])).sum::<i64>(), amount, "{payload}");
            self.postings += 1 + received.len() as u64;
        }
    }

    /// Holds, and then captures all or a part, or lets go.
    async fn hold(&mut self) {
        let amount = self.amount();
        let input = json!({ "memberId": self.anyone(), "amount": amount, "reason": "an order" });
        let Some(payload) = self.send("PointsHoldCreate", input).await else { return };
        let hold = text(&payload["hold"]["id"]);
        let captured = match self.chance.below(3) {
            0 => 0,
            1 => amount,
            _ => 1 + self.chance.below(amount as u64) as i64,
        };
        let payload = match captured {
            0 => self.send("PointsHoldRelease", json!({ "holdId": hold })).await,
            _ => self.send("PointsHoldCapture", json!({ "holdId": hold, "amount": captured })).await,
        };
        assert_eq!(number(&payload.expect("it is open")["hold"]["captured"]), captured);
        // The hold, and then one entry or, of a part, two.
        self.postings += if captured == 0 || captured == amount { 2 } else { 3 };
        self.books.available -= captured;
        self.books.redeemed += captured;
    }

    /// The payload; none when there is too little, which is the only refusal that there may be.
    async fn send(&mut self, operation: &str, mut input: Value) -> Option<Value> {
        self.requests += 1;
        input["idempotencyKey"] = json!(format!("writer-{}-{}", self.number, self.requests));
        let answer = self.client.run(operation, json!({ "input": input })).await;
        let field = format!("p{}", &operation[1..]);
        let refusals = answer.user_errors(&field);
        assert!(refusals.is_empty() || refusals == [TOO_LITTLE], "{operation}: {}", answer.raw);
        refusals.is_empty().then(|| answer.data(&field).clone())
    }

    fn amount(&mut self) -> i64 {
        1 + self.chance.below(200) as i64
    }

    fn anyone(&mut self) -> String {
        let place = if self.chance.below(2) == 0 { 0 } else { 1 + self.chance.below(MEMBERS as u64 - 1) };
        self.members[place as usize].clone()
    }
}
