//! One member's steps: each is made up, sent, and compared with what the model says of it.

mod making_up;
mod pair;
mod redemptions;
mod shelf;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{Client, Response, absent_id};
use serde_json::{Value, json};
use sqlx::types::chrono::DateTime;

use super::model::{Account, Balances, Done, Entry, Expiry, Moment, Step, date, day_of};
use super::{balances, balances_of, number, text};
use crate::chance::Chance;

pub use pair::Pair;
pub use shelf::Shelf;

/// How long the program may take with what has become due.
const LIMIT: Duration = Duration::from_secs(10);
const REASON: &str = "because it is so";
/// What became of a step that was not refused.
pub const DONE: &str = "done";

pub struct Sequence {
    pub member: String,
    pub account: Account,
    /// How often which operation had which outcome: a refusal, or [`DONE`].
    pub tally: BTreeMap<(&'static str, &'static str), usize>,
    shelf: Arc<Shelf>,
    /// Has some for each step: whoever is late for the last piece of a reward still takes the steps of the seed.
    chances: Chance,
    chance: Chance,
    // The product's names for what the model counts.
    lots: Vec<String>,
    holds: Vec<String>,
    redemptions: Vec<String>,
    postings: Vec<String>,
    history: Vec<String>,
}

impl Sequence {
    pub fn new(member: String, mut chances: Chance, shelf: Arc<Shelf>) -> Self {
        Self {
            member,
            account: Account::default(),
            tally: BTreeMap::new(),
            shelf,
            chance: chances.fork(),
            chances,
            lots: vec![],
            holds: vec![],
            redemptions: vec![],
            postings: vec![],
            history: vec![],
        }
    }

    /// The next step.
    pub async fn step(mut self, client: Client, moment: Moment) -> Self {
        self.account.settle(moment.now);
        self.chance = self.chances.fork();
        let step = self.make_up();
        self.history.push(format!("on {} {step:?}", date(day_of(moment.now))));
        let (operation, input) = self.request(step, moment);
        let field = operation[..1].to_lowercase() + &operation[1..];
        let variables = json!({ "input": input });
        self.shelf.ask(step);
        let answer = client.run(operation, variables.clone()).await;
        let refusals = answer.user_errors(&field);
        let is_sold_out = self.shelf.hear(step, &refusals);
        let done = self.account.take(step, Moment { is_sold_out, ..moment });
        let refusal = done.as_ref().err().copied();
        assert_eq!(refusals, refusal.map(str::to_owned).as_slice(), "{}{}", answer.raw, self.story());
        *self.tally.entry((operation, refusal.unwrap_or(DONE))).or_insert(0) += 1;
        let is_repeated = self.chance.below(20) == 0;
        if is_repeated {
            let again = client.run(operation, variables).await;
            self.compare_replay(&field, &answer, &again);
        }
        let shown = match done {
            Err(_) => None,
            Ok(done) => {
                let payload = answer.payload(&field);
                let points = &payload["member"]["points"];
                Some(match done {
                    Done::Entry(entry) => {
                        self.compare_entry(step, &entry, &payload["entry"]);
                        balances(points)
                    }
                    Done::Hold(place) => {
                        self.compare_hold(place, &payload["hold"]);
                        balances(points)
                    }
                    Done::Redemption(place) => {
                        self.compare_redemption(place, &payload["redemption"]);
                        self.balances_with(points)
                    }
                })
            }
        };
        // What a repetition did shows only when asked for.
        self.agree(&client, shown.filter(|_| !is_repeated)).await;
        self
    }

    /// Waits for what has become due, and for nothing else.
    pub async fn settled(mut self, client: Client, moment: Moment) -> Self {
        self.account.settle(moment.now);
        self.agree(&client, None).await;
        self
    }

    /// Compares what is left of each lot, and the holds.
    pub async fn compare_details(self, client: Client) -> Self {
        let arguments = json!({ "by": { "id": self.member }, "at": "2020-01-01T00:00:00Z" });
        let answer = client.run("MemberPoints", arguments).await;
        let points = answer.data("member.points");
        let lot = |lot: &Value| {
            let parts = ["amount", "pending", "available", "held"].map(|part| number(&lot[part]));
            (text(&lot["id"]), parts, text(&lot["source"]), lot["expiresOn"].as_str().map(str::to_owned))
        };
        let shown: Vec<_> = points["lots"].as_array().unwrap().iter().map(lot).collect();
        let lots = self.account.in_order().into_iter().map(|place| (place, &self.account.lots[place]));
        let expected: Vec<_> = lots
            .filter(|(_, lot)| lot.left() > 0)
            .map(|(place, lot)| {
                let parts = [lot.amount, lot.pending, lot.available, lot.held];
                (self.lots[place].clone(), parts, lot.source.to_owned(), lot.expires_on())
            })
            .collect();
        assert_eq!(shown, expected, "{}", self.story());

        let hold = |hold: &Value| (text(&hold["id"]), number(&hold["amount"]));
        let mut shown: Vec<_> = points["holds"].as_array().unwrap().iter().map(hold).collect();
        let open = self.account.holds.iter().zip(&self.holds).filter(|(hold, _)| hold.state == "OPEN");
        let mut expected: Vec<_> = open.map(|(hold, id)| (id.clone(), hold.amount)).collect();
        shown.sort();
        expected.sort();
        assert_eq!(shown, expected, "{}", self.story());
        assert!(points["frozenAt"].is_null());
        self
    }

    /// What all that was said would tell.
    pub fn story(&self) -> String {
        format!("\n{} with SHEQUN_TEST_SEED as printed:\n{}\n", self.member, self.history.join("\n"))
    }

    /// The operation, and its input.
    fn request(&mut self, step: Step, moment: Moment) -> (&'static str, Value) {
        let (operation, mut input) = match step {
            Step::Award { amount, source, available_in, expiry } => {
                let mut input = json!({ "memberId": self.member, "amount": self.spelt(amount), "source": source });
                if let Some(seconds) = available_in {
                    let time = DateTime::from_timestamp(moment.now + seconds, 0).unwrap();
                    input["availableAt"] = json!(time.to_rfc3339());
                }
                if let Expiry::InDays(days) = expiry {
                    input["expiresOn"] = json!(date(day_of(moment.now) + days));
                }
                ("PointsAward", input)
            }
            Step::Deduct { amount } => {
                ("PointsDeduct", json!({ "memberId": self.member, "amount": self.spelt(amount) }))
            }
            Step::Hold { amount, lifetime } => {
                let mut input = json!({ "memberId": self.member, "amount": self.spelt(amount) });
                if let Some(seconds) = lifetime {
                    input["expiresInSeconds"] = json!(seconds);
                }
                ("PointsHoldCreate", input)
            }
            Step::Capture { hold, amount } => {
                let mut input = json!({ "holdId": named(&self.holds, hold, "phd") });
                if let Some(amount) = amount {
                    input["amount"] = self.spelt(amount);
                }
                ("PointsHoldCapture", input)
            }
            Step::Release { hold } => ("PointsHoldRelease", json!({ "holdId": named(&self.holds, hold, "phd") })),
            Step::Redeem { reward, quantity } => {
                let reward = self.shelf.id_of(reward);
                ("RedemptionCreate", json!({ "memberId": self.member, "rewardId": reward, "quantity": quantity }))
            }
            Step::Fulfil { redemption } => {
                ("RedemptionFulfil", json!({ "redemptionId": named(&self.redemptions, redemption, "rdm") }))
            }
            Step::Cancel { redemption } => {
                ("RedemptionCancel", json!({ "redemptionId": named(&self.redemptions, redemption, "rdm") }))
            }
            Step::Reverse { posting } => ("PointsReverse", json!({ "entryId": named(&self.postings, posting, "pen") })),
        };
        if !matches!(step, Step::Capture { .. } | Step::Release { .. } | Step::Redeem { .. } | Step::Fulfil { .. }) {
            input["reason"] = json!(REASON);
        }
        input["idempotencyKey"] = json!(format!("{}-{}", self.member, self.history.len()));
        (operation, input)
    }

    /// A `BigInt`, as a number or as a text.
    fn spelt(&mut self, amount: i64) -> Value {
        if self.chance.below(2) == 0 { json!(amount) } else { json!(amount.to_string()) }
    }

    fn compare_entry(&mut self, step: Step, expected: &Entry, shown: &Value) {
        self.postings.push(text(&shown["id"]));
        if expected.kind == "AWARD" {
            self.lots.push(text(&shown["lots"][0]["lotId"]));
        }
        self.compare_posting(expected, shown);
        if let Step::Reverse { posting } = step {
            assert_eq!(shown["reversesId"], self.postings[posting], "{}", self.story());
        }
    }

    fn compare_posting(&self, expected: &Entry, shown: &Value) {
        self.compare_moves(expected, shown);
        let after = ["pending", "available", "held"].map(|account| number(&shown["balanceAfter"][account]));
        let Balances { pending, available, held, .. } = expected.after;
        assert_eq!(after, [pending, available, held], "{shown}{}", self.story());
    }

    fn compare_moves(&self, expected: &Entry, shown: &Value) {
        let of_lot = |part: &Value| {
            let place = self.lots.iter().position(|id| part["lotId"] == **id).expect("a lot of this member");
            assert_eq!(
                part["expiresOn"].as_str(),
                self.account.lots[place].expires_on().as_deref(),
                "{}",
                self.story()
            );
            (place, number(&part["amount"]))
        };
        let mut moves: Vec<_> = shown["lots"].as_array().unwrap().iter().map(of_lot).collect();
        let mut expected_moves = expected.moves.clone();
        moves.sort();
        expected_moves.sort();
        assert_eq!(moves, expected_moves, "{shown}{}", self.story());

        let available_delta = match expected.accounts {
            ("AVAILABLE", _) => -expected.amount,
            (_, "AVAILABLE") => expected.amount,
            _ => 0,
        };
        assert_eq!(number(&shown["amount"]), expected.amount, "{}", self.story());
        assert_eq!(number(&shown["availableDelta"]), available_delta, "{shown}{}", self.story());
        let words = ["memberId", "kind", "from", "to"].map(|field| shown[field].as_str().unwrap());
        assert_eq!(words, [&*self.member, expected.kind, expected.accounts.0, expected.accounts.1], "{}", self.story());
    }

    fn compare_hold(&mut self, place: usize, shown: &Value) {
        if place == self.holds.len() {
            self.holds.push(text(&shown["id"]));
        }
        let expected = &self.account.holds[place];
        let amounts = (number(&shown["amount"]), number(&shown["captured"]));
        assert_eq!(amounts, (expected.amount, expected.captured), "{shown}{}", self.story());
        let words = ["id", "memberId", "state"].map(|field| shown[field].as_str().unwrap());
        assert_eq!(words, [&self.holds[place], &*self.member, expected.state], "{}", self.story());
    }

    /// The same once more has the same outcome.
    fn compare_replay(&self, field: &str, first: &Response, again: &Response) {
        assert_eq!(again.user_errors(field), first.user_errors(field), "{}{}", again.raw, self.story());
        for made in ["entry", "hold", "redemption"] {
            let id = |answer: &Response| answer.partial(&format!("{field}.{made}"))["id"].clone();
            assert_eq!(id(again), id(first), "{}{}", again.raw, self.story());
        }
        if first.user_errors(field).is_empty() {
            assert_eq!(again.body["extensions"]["idempotentReplay"], true, "{}{}", again.raw, self.story());
        }
    }

    /// The balances are what the model says: at once, unless the program has something due to post.
    async fn agree(&mut self, client: &Client, shown: Option<Balances>) {
        let limit = if self.account.is_behind { LIMIT } else { Duration::ZERO };
        let expected = self.account.balances;
        let start = Instant::now();
        let mut shown = match shown {
            Some(shown) => shown,
            None => balances_of(client, &self.member).await,
        };
        while shown != expected {
            assert!(start.elapsed() < limit, "{shown:?} is shown, {expected:?} is right{}", self.story());
            tokio::time::sleep(Duration::from_millis(50)).await;
            shown = balances_of(client, &self.member).await;
        }
        self.account.is_behind = false;
    }
}

/// The id of a thing, or of nothing.
fn named(ids: &[String], place: usize, prefix: &str) -> String {
    ids.get(place).cloned().unwrap_or_else(|| absent_id(prefix))
}
