//! One member's steps: each is made up, sent, and compared with what the model says of it.

mod pair;

use std::time::{Duration, Instant};

use harness::{Client, Response, absent_id};
use serde_json::{Value, json};
use sqlx::types::chrono::DateTime;

use super::model::{Account, Balances, DAY, Done, Entry, Expiry, HOUR, Moment, Step, date, day_of};
use super::{balances, balances_of, number, text};
use crate::chance::Chance;

pub use pair::Pair;

const SOURCES: [&str; 5] = ["CAMPAIGN", "CHECK_IN", "CONTENT", "INVITE", "PURCHASE"];
/// How long the program may take with what has become due.
const LIMIT: Duration = Duration::from_secs(10);
/// Everything ends six hours off the time at which steps are taken, which is noon.
const SIX_HOURS: i64 = 6 * HOUR;

pub struct Sequence {
    pub member: String,
    pub account: Account,
    chance: Chance,
    // The product's names for what the model counts.
    lots: Vec<String>,
    holds: Vec<String>,
    postings: Vec<String>,
    history: Vec<String>,
}

impl Sequence {
    pub fn new(member: String, chance: Chance) -> Self {
        let account = Account::default();
        Self { member, account, chance, lots: vec![], holds: vec![], postings: vec![], history: vec![] }
    }

    /// The next step.
    pub async fn step(mut self, client: Client, moment: Moment) -> Self {
        self.account.settle(moment.now);
        let step = self.make_up();
        self.history.push(format!("on {} {step:?}", date(day_of(moment.now))));
        let (operation, input) = self.request(step, moment);
        let field = format!("p{}", &operation[1..]);
        let variables = json!({ "input": input });
        let answer = client.run(operation, variables.clone()).await;
        let done = self.account.take(step, moment);
        let expected = done.as_ref().err().map(|refusal| (*refusal).to_owned());
        assert_eq!(answer.user_errors(&field), expected.as_slice(), "{}{}", answer.raw, self.story());
        let is_repeated = self.chance.below(20) == 0;
        if is_repeated {
            let again = client.run(operation, variables).await;
            self.compare_replay(&field, &answer, &again);
        }
        let shown = match done {
            Err(_) => None,
            Ok(done) => {
                let payload = answer.payload(&field);
                match done {
                    Done::Entry(entry) => self.compare_entry(step, &entry, &payload["entry"]),
                    Done::Hold(place) => self.compare_hold(place, &payload["hold"]),
                }
                Some(balances(&payload["member"]["points"]))
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

    fn make_up(&mut self) -> Step {
        match self.chance.below(100) {
            ..34 => self.make_up_award(),
            34..52 => Step::Deduct { amount: self.spending() },
            52..66 => self.make_up_hold(),
            // With nothing to close there is mostly nothing to learn.
            66..86 if self.open_holds().is_empty() && self.chance.below(6) > 0 => self.make_up_hold(),
            66..80 => self.make_up_capture(),
            80..86 => Step::Release { hold: self.any_hold() },
            _ => Step::Reverse { posting: self.chance.below(self.account.postings() as u64 + 1) as usize },
        }
    }

    fn make_up_award(&mut self) -> Step {
        let usual = 1 + self.chance.below(500) as i64;
        let source = self.chance.of(&SOURCES);
        let award = |amount, available_in, expiry| Step::Award { amount, source, available_in, expiry };
        let days = [0, 1, 3, 10, 40, 100, 300];
        match self.chance.below(20) {
            0 => award(self.chance.of(&[0, -1, 1_000_000_001, 1_000_000_000]), None, Expiry::Usual),
            1 => award(usual, None, Expiry::InDays(-1)),
            2 => award(usual, Some(-DAY), Expiry::Usual),
            3..7 => award(usual, None, Expiry::Usual),
            7..14 => award(usual, None, Expiry::InDays(self.chance.of(&days))),
            _ => {
                let available_in = Some(self.chance.of(&[0, 2, 9, 30]) * DAY + SIX_HOURS);
                let expiry = match self.chance.below(3) {
                    0 => Expiry::Usual,
                    _ => Expiry::InDays(self.chance.of(&days)),
                };
                award(usual, available_in, expiry)
            }
        }
    }

    fn make_up_hold(&mut self) -> Step {
        let days = self.chance.of(&[1, 5, 12, 29]) * DAY;
        let lifetime = [None, Some(SIX_HOURS), Some(days + SIX_HOURS), Some(59), Some(30 * DAY + 1)];
        let place = self.chance.of(&[0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
        let amount = if place < 3 { self.spending() } else { 1 };
        Step::Hold { amount, lifetime: lifetime[place] }
    }

    fn make_up_capture(&mut self) -> Step {
        let hold = self.any_hold();
        let amount = match self.account.holds.get(hold).filter(|hold| hold.state == "OPEN") {
            None => self.chance.of(&[None, Some(1)]),
            Some(open) => {
                let part = 1 + self.chance.below(open.amount as u64) as i64;
                self.chance.of(&[None, None, Some(part), Some(part), Some(open.amount), Some(open.amount + 1), Some(0)])
            }
        };
        Step::Capture { hold, amount }
    }

    fn open_holds(&self) -> Vec<usize> {
        let holds = &self.account.holds;
        (0..holds.len()).filter(|place| holds[*place].state == "OPEN").collect()
    }

    /// Mostly less than there is, now and then all of it or one more.
    fn spending(&mut self) -> i64 {
        let available = self.account.balances.available;
        match self.chance.below(12) {
            0 => self.chance.of(&[0, -7, 1_000_000_001]),
            1 | 2 => available + 1,
            3 => available.max(1),
            _ => 1 + self.chance.below(available.max(1) as u64) as i64,
        }
    }

    /// Mostly an open one, now and then a closed one or one that nobody made.
    fn any_hold(&mut self) -> usize {
        let open = self.open_holds();
        match open.is_empty() || self.chance.below(4) == 0 {
            true => self.chance.below(self.account.holds.len() as u64 + 1) as usize,
            false => self.chance.of(&open),
        }
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
            Step::Reverse { posting } => ("PointsReverse", json!({ "entryId": named(&self.postings, posting, "pen") })),
        };
        if !matches!(step, Step::Capture { .. } | Step::Release { .. }) {
            input["reason"] = json!("because it is so");
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
        for made in ["entry", "hold"] {
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
