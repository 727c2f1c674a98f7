//! Random histories of many members, while months turn and the path changes; the product agrees with a small model.

use std::collections::HashMap;
use std::time::Instant;

use harness::{Client, TestApp, run};
use serde_json::{Value, json};
use sqlx::types::chrono::NaiveDate;

use super::time::{lasting, later, month_of, now, pass};
use super::{LIMIT, moves, node_set, path, path_updated};
use crate::chance::Chance;
use crate::points::{HEAVY_LOAD, members, number, text, unlimited};

const MEMBERS: usize = 30;
const ROUNDS: usize = 36;
const STEPS: usize = 12;
const DAY: i64 = 24 * 60 * 60;
/// With the last step less than the 340 days that the key lasts.
const MOST_DAYS: i64 = 300;

/// Codes stay, go and come; the last ones stand elsewhere.
const PATHS: [&[(&str, i64)]; 4] = [
    &[("NEWCOMER", 0), ("ACTIVE", 100), ("CONTRIBUTOR", 500), ("CORE", 2_000), ("AMBASSADOR", 5_000)],
    &[("NEWCOMER", 0), ("ACTIVE", 300), ("CONTRIBUTOR", 600), ("CORE", 900), ("AMBASSADOR", 1_500)],
    &[("STARTER", 0), ("CORE", 400), ("LEGEND", 1_000)],
    &[("NEWCOMER", 0), ("CONTRIBUTOR", 200), ("ACTIVE", 700), ("LEGEND", 2_500)],
];

struct Award {
    entry: Value,
    amount: i64,
    /// Months since the year 0.
    month: i32,
    is_reversed: bool,
}

/// What a member must be.
#[derive(Default)]
struct Person {
    awards: Vec<Award>,
    /// A place on the path, and the last day on which it is kept.
    floor: Option<(usize, NaiveDate)>,
    /// The product keeps a position of them.
    is_known: bool,
}

/// The tenant in memory.
struct Model {
    version: i64,
    nodes: &'static [(&'static str, i64)],
    window: Option<i64>,
    people: Vec<Person>,
    today: NaiveDate,
}

impl Model {
    fn value(&self, person: &Person) -> i64 {
        let counts = |award: &&Award| {
            let age = i64::from(month_of(self.today) - award.month);
            !award.is_reversed && self.window.is_none_or(|window| age < window)
        };
        person.awards.iter().filter(counts).map(|award| award.amount).sum()
    }

    fn earned(&self, person: &Person) -> usize {
        let value = self.value(person);
        self.nodes.iter().rposition(|(_, threshold)| *threshold <= value).unwrap()
    }

    /// Code, value, and the last day of what is kept.
    fn expected(&self, person: &Person) -> (String, i64, Option<String>) {
        let floor = person.floor.filter(|(_, last)| *last >= self.today);
        let place = self.earned(person).max(floor.map_or(0, |(place, _)| place));
        (self.nodes[place].0.to_owned(), self.value(person), floor.map(|(_, last)| last.to_string()))
    }

    fn change(&mut self, nodes: &'static [(&'static str, i64)], window: Option<i64>) {
        for person in &mut self.people {
            if let Some((place, _)) = &mut person.floor {
                let code = self.nodes[*place].0;
                let same = nodes.iter().position(|(other, _)| *other == code);
                *place = same.unwrap_or(*place).min(nodes.len() - 1);
            }
        }
        (self.version, self.nodes, self.window) = (self.version + 1, nodes, window);
    }
}

#[test]
fn whatever_happens_members_stand_where_a_small_model_says() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("growth-property").await.owner().await;
        let mut chance = Chance::new("whatever_happens_members_stand_where");
        let client = lasting(&app, &owner).await;
        let ids = members(&owner, MEMBERS).await;
        // No day begins while steps are taken.
        let of_the_day = now(&app).timestamp() + super::time::AHEAD;
        pass(&app, DAY - of_the_day.rem_euclid(DAY) + DAY / 4);
        let people = (0..MEMBERS).map(|_| Person::default()).collect();
        let mut model = Model { version: 0, nodes: PATHS[0], window: Some(12), people, today: now(&app).date_naive() };
        let mut passed = 0;
        for round in 0..ROUNDS {
            match chance.below(6) {
                0 => {
                    let window = chance.of(&[None, Some(1), Some(2), Some(3), Some(12)]);
                    let nodes = chance.of(&PATHS);
                    let input = path(model.version, nodes, window);
                    path_updated(&client, input).await.payload("growthPathUpdate");
                    model.change(nodes, window);
                    agree(&client, &ids, &mut model, round).await;
                }
                1 | 2 if passed < MOST_DAYS => {
                    let days = 1 + chance.below(35) as i64;
                    passed += days;
                    pass(&app, days * DAY);
                    model.today = now(&app).date_naive();
                    // What is kept to a day that is over is forgotten: a review takes notice of it.
                    agree(&client, &ids, &mut model, round).await;
                    for person in &mut model.people {
                        person.floor = person.floor.filter(|(_, last)| *last >= model.today);
                    }
                }
                _ => {}
            }
            for step in 0..STEPS {
                let whom = chance.below(MEMBERS as u64) as usize;
                take(&client, &ids[whom], (&mut model, whom), (&mut chance, &format!("{round}-{step}"))).await;
            }
            agree(&client, &ids, &mut model, round).await;
        }
        let mut told = 0;
        for id in &ids {
            told += moves(&client, id).await.len();
        }
        println!("{told} moves, {passed} days, {} paths", model.version + 1);
        assert!(told > MEMBERS, "too little has happened");
    });
}

/// One step of one member.
async fn take(client: &Client, id: &str, (model, whom): (&mut Model, usize), (chance, key): (&mut Chance, &str)) {
    match chance.below(8) {
        0..4 => {
            let amount = chance.of(&[1, 60, 150, 400, 1_500]);
            let entry = super::award(client, id, amount, key).await;
            let award = Award { entry, amount, month: month_of(model.today), is_reversed: false };
            model.people[whom].awards.push(award);
            model.people[whom].is_known = true;
        }
        4 => {
            let input = json!({ "memberId": id, "amount": 40, "reason": "Spent", "idempotencyKey": key });
            client.run("PointsDeduct", json!({ "input": input })).await.user_errors("pointsDeduct");
        }
        5 | 6 => {
            let awards = &mut model.people[whom].awards;
            if awards.is_empty() {
                return;
            }
            let place = chance.below(awards.len() as u64) as usize;
            let input = json!({ "entryId": awards[place].entry, "reason": "By mistake", "idempotencyKey": key });
            let answer = client.run("PointsReverse", json!({ "input": input })).await;
            // Refused where it was before, or where too little is left.
            awards[place].is_reversed |= answer.user_errors("pointsReverse").is_empty();
        }
        _ => {
            let place = chance.below(model.nodes.len() as u64) as usize;
            let last = later(model.today, chance.below(40));
            let answer = node_set(client, id, (model.nodes[place].0, Some(&last.to_string())), key).await;
            let person = &model.people[whom];
            if place < model.earned(person) {
                assert_eq!(answer.user_errors("growthNodeSet"), ["INVALID at node"]);
                return;
            }
            answer.payload("growthNodeSet");
            model.people[whom].floor = Some((place, last));
            model.people[whom].is_known = true;
        }
    }
}

/// Waits until everybody stands where the model says, and as many at each node.
async fn agree(client: &Client, ids: &[String], model: &mut Model, round: usize) {
    let document = "{ growthPath { version nodes { code members } }
        members(first: 100) { nodes { id growth { node { code } value lockedUntil } } } }";
    let expected: HashMap<_, _> =
        ids.iter().zip(&model.people).map(|(id, one)| (id.clone(), model.expected(one))).collect();
    let start = Instant::now();
    loop {
        let answer = client.query(document, json!({})).await;
        let read = |one: &Value| {
            let growth = &one["growth"];
            let kept = growth["lockedUntil"].as_str().map(str::to_owned);
            (text(&one["id"]), (text(&growth["node"]["code"]), number(&growth["value"]), kept))
        };
        let shown: HashMap<_, _> = answer.data("members.nodes").as_array().unwrap().iter().map(read).collect();
        let counted = counts(answer.data("growthPath.nodes"));
        if shown == expected && counted == model.counts() {
            return;
        }
        let differ: Vec<_> = expected.iter().filter(|(id, own)| shown.get(*id) != Some(own)).collect();
        let shown: Vec<_> = differ.iter().map(|(id, _)| &shown[*id]).collect();
        assert!(start.elapsed() < LIMIT, "round {round}: {differ:?} expected, {shown:?} shown, {counted:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn counts(nodes: &Value) -> Vec<(String, i64)> {
    let nodes = nodes.as_array().unwrap().iter();
    nodes.map(|node| (text(&node["code"]), node["members"].as_i64().unwrap())).collect()
}

impl Model {
    /// How many stand at each node, of those that the product has a position of.
    fn counts(&self) -> Vec<(String, i64)> {
        let at = |code: &str| {
            let known = self.people.iter().filter(|person| person.is_known);
            known.filter(|person| self.expected(person).0 == code).count() as i64
        };
        self.nodes.iter().map(|(code, _)| ((*code).to_owned(), at(code))).collect()
    }
}
