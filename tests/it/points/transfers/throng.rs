//! Transfers beside all else that moves points: days begin, and some of it waits for a second person.

use std::sync::Arc;
use std::time::Duration;

use harness::{Client, Response, Role, TestApp, absent_id, eventually, run};
use serde_json::{Value, json};
use sqlx::types::chrono::NaiveDate;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::super::{Balances, balances, proof, text, unlimited, verify};
use super::Circle;
use crate::chance::Chance;
use crate::given;
use crate::growth::time::{later, now, pass, pass_to};

/// The last two have no account at first.
const MEMBERS: usize = 6;
/// With two who decide, no more than SQLite's one writer can serve in time.
const WORKERS: usize = 4;
const TURNS: usize = 20;
const DAYS: u64 = 3;
/// Some of a day's requests are over it together, and some by themselves.
const LIMIT: i64 = 2_000;
const OVER: &str = "APPROVAL_REQUIRED at amount";
const TOO_LITTLE: &str = "INSUFFICIENT_POINTS at amount";

const AWARD_MANY: &str = "mutation($input: PointsAwardBulkInput!) { pointsAwardBulk(input: $input) {
    outcomes { approval { id } userErrors { code } } userErrors { code } } }";
const DEDUCT: &str = "mutation($input: PointsDeductInput!) { pointsDeduct(input: $input) {
    approval { id } userErrors { field code } } }";

#[test]
fn whatever_else_moves_points_at_once_nobody_waits_for_ever_and_the_books_agree() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        // Noon: no day begins too early.
        pass_to(&app, later(now(&app).date_naive(), 2), 12 * 60 * 60);
        let tenant = app.tenant("throng").await;
        let people = [tenant.invite(Role::Admin).await, tenant.invite(Role::Finance).await];
        let circle = Arc::new(Circle::open(&tenant, MEMBERS).await);
        let first = later(now(&app).date_naive(), 2);
        let mut books = Books::default();
        stock(&circle, first, &mut books).await;

        let mut chance = Chance::new("whatever_else_moves_points_at_once");
        for number in 0..DAYS {
            let day = later(first, number);
            pass_to(&app, day, 60);
            let deciders = [tenant.sign_in(&people[0]).await, tenant.sign_in(&people[1]).await];
            // What has expired or become good comes upon them.
            pass(&app, 61);
            books.add(&at_once(&circle, deciders, (day, &mut chance)).await);
        }
        pass_to(&app, later(first, DAYS), -1);
        eventually("all has become good", Duration::from_secs(15), || async {
            proof(&circle.client).await["pending"] == "0"
        })
        .await;
        agree(&circle, &books).await;
        verify(&app).await;
    });
}

/// Gives four of them points that expire when the first day begins, when the second one does, and late.
async fn stock(circle: &Circle, first: NaiveDate, books: &mut Books) {
    let days = [first.pred_opt().unwrap().to_string(), first.to_string(), "2040-12-31".to_owned()];
    for to in 0..WORKERS {
        for (day, amount) in days.iter().zip([2_000, 2_000, 6_000]) {
            circle.award(to, amount, json!({ "expiresOn": day })).await;
            books.note(Change::Award { to, amount });
        }
    }
    let limit = json!({ "approvalAbove": LIMIT, "idempotencyKey": "limit" });
    circle.owner.run("PointsPolicyUpdate", json!({ "input": limit })).await.payload("pointsPolicyUpdate");
}

/// Fails unless the ledger has what was posted, of each and in all.
async fn agree(circle: &Circle, books: &Books) {
    for (place, own) in books.members.iter().enumerate() {
        let now = circle.balances(place).await;
        let expected = (own.issued, own.revoked, own.transferred);
        assert_eq!((now.issued, now.revoked, now.transferred), expected, "{place}");
    }
    let whole = balances(&proof(&circle.client).await);
    let sum = |part: fn(&Balances) -> i64| books.members.iter().map(part).sum::<i64>();
    assert_eq!((whole.issued, whole.revoked), (sum(|own| own.issued), sum(|own| own.revoked)));
    println!("{whole:?}, {} approved", books.approved);
    assert!(whole.expired > 0 && whole.revoked > 0 && books.approved > 0, "too little has happened");
}

/// What was posted: what each was given, what was taken from them, and what they gave each other; and how often
/// somebody approved.
#[derive(Default)]
struct Books {
    members: [Balances; MEMBERS],
    approved: usize,
}

/// Members by their places.
#[derive(Clone, Copy, Debug)]
enum Change {
    Award { to: usize, amount: i64 },
    Deduct { from: usize, amount: i64 },
    Transfer { from: usize, to: usize, amount: i64 },
}

impl Books {
    fn note(&mut self, change: Change) {
        match change {
            Change::Award { to, amount } => self.members[to].issued += amount,
            Change::Deduct { from, amount } => self.members[from].revoked += amount,
            Change::Transfer { from, to, amount } => {
                self.members[from].transferred += amount;
                self.members[to].transferred -= amount;
            }
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, own) in self.members.iter_mut().zip(&other.members) {
            sum.issued += own.issued;
            sum.revoked += own.revoked;
            sum.transferred += own.transferred;
        }
        self.approved += other.approved;
    }
}

/// A request that waits, and what it is for.
type Asked = (String, Change);
type Desk = Mutex<UnboundedReceiver<Asked>>;

/// A day's work of all of them.
async fn at_once(circle: &Arc<Circle>, deciders: [Client; 2], (day, chance): (NaiveDate, &mut Chance)) -> Books {
    let (sender, receiver) = unbounded_channel();
    let desk = Arc::new(Mutex::new(receiver));
    let mut tasks = JoinSet::new();
    for number in 0..WORKERS {
        let (circle, desk, chance) = (Arc::clone(circle), sender.clone(), chance.fork());
        let worker = Worker { circle, desk, chance, number, day, books: Books::default() };
        tasks.spawn(worker.work());
    }
    drop(sender);
    for person in deciders {
        tasks.spawn(decide(person, Arc::clone(&desk)));
    }
    let mut books = Books::default();
    for own in tasks.join_all().await {
        books.add(&own);
    }
    books
}

struct Worker {
    circle: Arc<Circle>,
    desk: UnboundedSender<Asked>,
    chance: Chance,
    number: usize,
    day: NaiveDate,
    books: Books,
}

impl Worker {
    async fn work(mut self) -> Books {
        let (own, other) = (self.number, MEMBERS - 1 - self.number);
        self.transfer((own, other), LIMIT + 1).await;
        self.deduct(own, LIMIT + 1).await;
        for _ in 0..TURNS {
            let (from, amount) = (self.place(), 1 + self.chance.below(400) as i64);
            let to = (from + 1 + self.chance.below(MEMBERS as u64 - 1) as usize) % MEMBERS;
            match self.chance.below(4) {
                0 => self.award_many().await,
                1 => self.deduct(from, amount).await,
                _ => self.transfer((from, to), amount).await,
            }
        }
        self.books
    }

    fn place(&mut self) -> usize {
        self.chance.below(MEMBERS as u64) as usize
    }

    async fn transfer(&mut self, (from, to): (usize, usize), amount: i64) {
        let answer = self.circle.give((from, to), amount).await;
        self.note(&answer, "pointsTransfer", Change::Transfer { from, to, amount });
    }

    async fn deduct(&mut self, from: usize, amount: i64) {
        let member = &self.circle.members[from];
        let input =
            json!({ "memberId": member, "amount": amount, "reason": "Spent", "idempotencyKey": absent_id("key") });
        let answer = self.circle.client.query(DEDUCT, json!({ "input": input })).await;
        self.note(&answer, "pointsDeduct", Change::Deduct { from, amount });
    }

    /// To whomever, in any order, and to some more than once.
    async fn award_many(&mut self) {
        let awards: Vec<_> = (0..MEMBERS).map(|_| (self.place(), 1 + self.chance.below(200) as i64)).collect();
        let rows: Vec<_> = awards.iter().map(|(to, amount)| self.row(*to, *amount)).collect();
        let input = json!({ "awards": rows, "idempotencyKey": absent_id("key") });
        let answer = self.circle.client.query(AWARD_MANY, json!({ "input": input })).await;
        let outcomes = answer.payload("pointsAwardBulk")["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), awards.len());
        for (outcome, (to, amount)) in outcomes.iter().zip(awards) {
            let change = Change::Award { to, amount };
            match outcome["userErrors"][0]["code"].as_str() {
                None => self.books.note(change),
                Some(code) => {
                    assert_eq!(code, "APPROVAL_REQUIRED", "{outcome}");
                    self.pass_on(&outcome["approval"]["id"], change);
                }
            }
        }
    }

    /// Good for today, from tomorrow on, or as always.
    fn row(&mut self, to: usize, amount: i64) -> Value {
        let row = json!({ "memberId": self.circle.members[to], "amount": amount, "reason": "Campaign" });
        let dates = match self.chance.below(3) {
            0 => json!({ "expiresOn": self.day.to_string() }),
            1 => json!({ "availableAt": format!("{}T00:00:00+08:00", later(self.day, 1)) }),
            _ => json!({}),
        };
        given::with(row, dates)
    }

    /// Writes down what was posted, and passes on what waits.
    fn note(&mut self, answer: &Response, field: &str, change: Change) {
        match answer.user_errors(field).as_slice() {
            [] => self.books.note(change),
            [refusal] if refusal == OVER => self.pass_on(answer.data(&format!("{field}.approval.id")), change),
            refusals => assert_eq!(refusals, [TOO_LITTLE], "{}", answer.raw),
        }
    }

    fn pass_on(&self, approval: &Value, change: Change) {
        self.desk.send((text(approval), change)).expect("somebody decides");
    }
}

/// Decides on what comes to the desk until nobody asks any more.
async fn decide(client: Client, desk: Arc<Desk>) -> Books {
    let mut books = Books::default();
    let mut number = 0;
    while let Some((approval, change)) = next(&desk).await {
        number += 1;
        if number % 3 > 0 && is_approved(&client, &approval).await {
            books.note(change);
            books.approved += 1;
            continue;
        }
        let input = json!({ "approvalId": approval, "reason": "Too many", "idempotencyKey": format!("no {approval}") });
        let answer = client.run("PointsApprovalReject", json!({ "input": input })).await;
        answer.payload("pointsApprovalReject");
    }
    books
}

async fn next(desk: &Desk) -> Option<Asked> {
    desk.lock().await.recv().await
}

/// Approves, unless the member has not so much by now.
async fn is_approved(client: &Client, approval: &str) -> bool {
    let input = json!({ "approvalId": approval, "idempotencyKey": format!("yes {approval}") });
    let answer = client.run("PointsApprovalApprove", json!({ "input": input })).await;
    let refusals = answer.user_errors("pointsApprovalApprove");
    assert!(refusals.is_empty() || refusals == ["INSUFFICIENT_POINTS at approvalId"], "{}", answer.raw);
    refusals.is_empty()
}
