//! What one member does, by chance: each is sent, and compared with what the model says of it.

use std::sync::Arc;

use harness::{Client, Response};
use serde_json::{Value, json};

use super::model::{Book, Caps, DAY, Definition, HOUR, Happening, Payment, Rule, TIERS, spelt};
use crate::chance::Chance;
use crate::points::{number, text};

pub const EVENTS: [&str; 3] = ["ORDER_PAID", "REVIEW_2", "SHARE"];

/// The tenant's rules as the model has them, and the product's names.
#[derive(Clone)]
pub struct Council {
    pub rules: Vec<Rule>,
    pub ids: Vec<String>,
    pub communities: Vec<String>,
    pub now: i64,
}

pub struct Sequence {
    pub member: String,
    pub book: Book,
    /// What was recorded, as it was told then.
    pub events: Vec<Value>,
    chance: Chance,
    requests: usize,
    references: Vec<(&'static str, String)>,
    last: Option<(Value, Response)>,
    history: Vec<String>,
}

impl Sequence {
    pub fn new(member: String, tiers: Vec<Option<&'static str>>, chance: Chance) -> Self {
        let (events, references, history) = (vec![], vec![], vec![]);
        Self { member, book: Book::of(tiers), events, chance, requests: 0, references, last: None, history }
    }

    /// The next thing that the member does.
    pub async fn step(mut self, client: Client, council: Arc<Council>) -> Self {
        match self.chance.below(12) {
            0 => self.repeat(&client).await,
            1 | 2 => self.several(&client, &council).await,
            _ => self.one(&client, &council).await,
        }
        self
    }

    /// Something that happens to the member in a request about many.
    pub fn make_up(&mut self, council: &Council) -> Happening {
        let reference = match self.chance.below(5) {
            0 if !self.references.is_empty() => {
                let place = self.chance.below(self.references.len() as u64) as usize;
                Some(self.references[place].clone())
            }
            0..3 => Some((self.chance.of(&EVENTS), format!("{}-{}", self.member, self.requests))),
            _ => None,
        };
        let event = reference.as_ref().map_or_else(|| self.chance.of(&EVENTS), |(event, _)| *event);
        let occurred_at = self.time(council);
        let is_in_time = occurred_at.is_none_or(|at| (council.now - 31 * DAY..=council.now + 60).contains(&at));
        let quantity = match self.chance.below(20) {
            // One mistake at a time.
            _ if !is_in_time => None,
            0 => Some(self.chance.of(&[-1, 1_000_000_000_001, 1_000_000_000_000, 0])),
            1..6 => None,
            _ => Some(self.chance.below(5_000) as i64),
        };
        let everywhere = council.communities.len();
        let community = (self.chance.below(4) > 0).then(|| self.chance.below(everywhere as u64) as usize);
        self.requests += 1;
        Happening { event, occurred_at, quantity, community, reference: reference.map(|(_, text)| text) }
    }

    /// What the model says of it.
    pub fn expect(&mut self, council: &Council, happening: &Happening) -> Result<Vec<Payment>, &'static str> {
        let expected = self.book.record(&council.rules, happening, council.now);
        self.history.push(format!("at {} {happening:?}: {expected:?}", spelt(council.now)));
        if let (Ok(_), Some(reference)) = (&expected, &happening.reference) {
            self.references.push((happening.event, reference.clone()));
        }
        expected
    }

    /// As a client says it.
    pub fn row(&self, council: &Council, happening: &Happening) -> Value {
        let community = happening.community.map(|place| &council.communities[place]);
        let mut row = json!({ "memberId": self.member, "event": happening.event, "communityId": community });
        if let Some(at) = happening.occurred_at {
            row["occurredAt"] = json!(spelt(at));
        }
        if let Some(quantity) = happening.quantity {
            row["quantity"] = json!(quantity.to_string());
        }
        if let Some(reference) = &happening.reference {
            row["reference"] = json!(reference);
        }
        row
    }

    /// An event that was recorded is what the model says.
    pub fn compare(&mut self, council: &Council, expected: &[Payment], event: &Value) {
        let sum: i64 = expected.iter().map(|payment| payment.amount).sum();
        assert_eq!(number(&event["points"]), sum, "{event}{}", self.story());
        let place = |id: &Value| council.ids.iter().position(|known| *id == **known).expect("a rule of this tenant");
        let mut payments: Vec<_> = event["payments"].as_array().unwrap().iter().map(|one| shown(one, &place)).collect();
        payments.sort();
        assert_eq!(payments, expected, "{event}{}", self.story());
        for payment in event["payments"].as_array().unwrap() {
            let entry = &payment["entry"];
            assert_eq!(entry.is_null(), payment["amount"] == "0", "{event}{}", self.story());
            if entry.is_object() {
                let told = ["amount", "reference"].map(|field| entry[field].clone());
                assert_eq!(told, [payment["amount"].clone(), event["reference"].clone()], "{event}{}", self.story());
            }
        }
        assert_eq!(event["memberId"], self.member, "{}", self.story());
        self.events.push(event.clone());
    }

    /// What all that was said would tell.
    pub fn story(&self) -> String {
        format!("\n{} with SHEQUN_TEST_SEED as printed:\n{}\n", self.member, self.history.join("\n"))
    }

    async fn one(&mut self, client: &Client, council: &Council) {
        let happening = self.make_up(council);
        let mut input = self.row(council, &happening);
        input["idempotencyKey"] = json!(format!("{}-{}", self.member, self.requests));
        let expected = self.expect(council, &happening);
        let answer = client.run("EarningEventRecord", json!({ "input": input })).await;
        let refusal: Vec<_> = expected.as_ref().err().map(|refusal| (*refusal).to_owned()).into_iter().collect();
        assert_eq!(answer.user_errors("earningEventRecord"), refusal, "{}{}", answer.raw, self.story());
        if let Ok(expected) = expected {
            self.compare(council, &expected, &answer.data("earningEventRecord")["earningEvent"]);
        }
        self.last = Some((input, answer));
    }

    /// The last request once more is told what became of it, whatever the rules are now.
    async fn repeat(&mut self, client: &Client) {
        let Some((input, first)) = &self.last else { return };
        let again = client.run("EarningEventRecord", json!({ "input": input })).await;
        let field = "earningEventRecord";
        assert_eq!(again.user_errors(field), first.user_errors(field), "{}{}", again.raw, self.story());
        assert_eq!(again.data(field)["earningEvent"], first.data(field)["earningEvent"], "{}", self.story());
        assert_eq!(again.body["extensions"]["idempotentReplay"], true, "{}{}", again.raw, self.story());
    }

    /// Several of this member in one request: each comes after those before it.
    async fn several(&mut self, client: &Client, council: &Council) {
        let (mut rows, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..2 + self.chance.below(4) {
            let happening = self.make_up(council);
            rows.push(self.row(council, &happening));
            expected.push(self.expect(council, &happening));
        }
        let key = format!("{}-{}-several", self.member, self.requests);
        let input = json!({ "events": rows, "idempotencyKey": key });
        let answer = client.run("EarningEventRecordBulk", json!({ "input": input })).await;
        let outcomes = answer.payload("earningEventRecordBulk")["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), expected.len(), "{}{}", answer.raw, self.story());
        for (outcome, expected) in outcomes.iter().zip(&expected) {
            self.compare_outcome(client, council, outcome, expected).await;
        }
    }

    /// What became of one of many.
    pub async fn compare_outcome(
        &mut self,
        client: &Client,
        council: &Council,
        outcome: &Value,
        expected: &Result<Vec<Payment>, &'static str>,
    ) {
        match expected {
            Err(refusal) => {
                let told = &outcome["userErrors"][0];
                let field = told["field"].as_array().and_then(|path| path.last()).and_then(Value::as_str);
                let told = format!("{} at {}", text(&told["code"]), field.unwrap_or_default());
                assert_eq!(told, *refusal, "{outcome}{}", self.story());
                assert!(outcome["earningEventId"].is_null(), "{outcome}{}", self.story());
            }
            Ok(expected) => {
                assert_eq!(outcome["userErrors"], json!([]), "{outcome}{}", self.story());
                let answer = client.run("EarningEventGet", json!({ "id": outcome["earningEventId"] })).await;
                let event = answer.data("earningEvent").clone();
                assert_eq!(outcome["points"], event["points"], "{outcome}{}", self.story());
                self.compare(council, expected, &event);
            }
        }
    }

    /// Mostly now; else whole hours ago, at a border of a rule's time, or too late or too early.
    fn time(&mut self, council: &Council) -> Option<i64> {
        let borders = council.rules.iter().flat_map(|rule| [rule.definition.starts_at, rule.definition.ends_at]);
        let borders: Vec<_> =
            borders.flatten().filter(|at| (council.now - 30 * DAY..council.now).contains(at)).collect();
        match self.chance.below(20) {
            0 => Some(council.now + self.chance.of(&[-32 * DAY, HOUR, -31 * DAY - HOUR, 60])),
            1..8 => Some(council.now - self.chance.below(30 * 24) as i64 * HOUR),
            8..11 if !borders.is_empty() => Some(self.chance.of(&borders) - self.chance.below(2) as i64),
            _ => None,
        }
    }
}

fn shown(payment: &Value, place: &impl Fn(&Value) -> usize) -> Payment {
    let outcome = ["PAID", "CAPPED", "WITHHELD"].into_iter().find(|known| payment["outcome"] == **known);
    Payment {
        rule: place(&payment["rule"]["id"]),
        version: payment["ruleVersion"].as_i64().unwrap(),
        outcome: outcome.unwrap_or_else(|| panic!("{payment}")),
        base: number(&payment["base"]),
        percent: payment["percent"].as_i64().unwrap_or_else(|| number(&payment["percent"])),
        amount: number(&payment["amount"]),
    }
}

/// What a rule says, by chance.
pub fn made_up(chance: &mut Chance, now: i64, communities: usize) -> Definition {
    let points = chance.of(&[0, 1, 5, 10, 50]);
    let has_units = points == 0 || chance.below(2) == 0;
    let any = |chance: &mut Chance, choices: &[i64]| (chance.below(3) == 0).then(|| chance.of(choices));
    let tiers = match chance.below(3) {
        0 => vec![],
        1 => vec![(TIERS[1], 150), (TIERS[2], 205)],
        _ => vec![(TIERS[0], chance.of(&[0, 33, 100])), (TIERS[2], 1000)],
    };
    // Half an hour off the hours at which things happen.
    let border = |chance: &mut Chance| now - now % HOUR + (chance.below(1200) as i64 - 400) * HOUR + HOUR / 2;
    let starts_at = (chance.below(5) == 0).then(|| border(chance));
    let ends_at = (chance.below(5) == 0).then(|| starts_at.unwrap_or(now) + (1 + chance.below(60) as i64) * 12 * HOUR);
    Definition {
        points,
        per_unit: has_units.then(|| (chance.of(&[1, 10, 99, 100]), chance.of(&[1, 2, 7]))),
        bonuses: if chance.below(4) == 0 { vec![(1, 3), (7, 500)] } else { vec![] },
        tiers,
        communities: (0..communities).filter(|_| chance.below(4) == 0).collect(),
        caps: Caps {
            per_day: any(chance, &[20, 60, 700]),
            per_month: any(chance, &[90, 400, 3_000]),
            per_member: any(chance, &[250, 2_000, 20_000]),
        },
        starts_at,
        ends_at,
        pending_days: chance.of(&[0, 0, 0, 1, 7, 30]),
    }
}
