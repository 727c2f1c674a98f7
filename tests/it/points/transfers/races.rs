//! Many at once, in both directions: nobody waits for ever, and what one has less another has more.

use std::sync::Arc;

use harness::{TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::{number, proof, text, transfer, unlimited, verify};
use super::Circle;
use crate::chance::Chance;

const WORKERS: usize = 8;
const TURNS: usize = 12;
const EACH: i64 = 1_000;

#[test]
fn two_who_give_to_each_other_at_once_both_do() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let circle = Circle::open(&app.tenant("crossing").await, 2).await;
        for place in 0..2 {
            circle.award(place, EACH, json!({})).await;
        }
        let mut tasks = JoinSet::new();
        for number in 0..WORKERS {
            let (client, [one, other]) = (circle.client.clone(), [0, 1].map(|place| circle.members[place].clone()));
            tasks.spawn(async move {
                for turn in 0..TURNS {
                    let who = if number % 2 == 0 { (&*one, &*other) } else { (&*other, &*one) };
                    // More one way than the other.
                    let amount = 1 + (number % 2) as i64;
                    let answer = transfer(&client, who, amount, &format!("{number}-{turn}")).await;
                    answer.payload("pointsTransfer");
                }
            });
        }
        tasks.join_all().await;
        let net = (WORKERS / 2 * TURNS) as i64;
        let now = [circle.balances(0).await, circle.balances(1).await];
        assert_eq!(now.map(|one| (one.available, one.transferred)), [(EACH + net, -net), (EACH - net, net)]);
        proof(&circle.client).await;
        verify(&app).await;
    });
}

#[test]
fn whoever_gives_to_whom_and_takes_it_back_nothing_is_lost_or_made() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        // Three have something, and three have no account yet.
        let circle = Circle::open(&app.tenant("round").await, 6).await;
        for place in 0..3 {
            circle.award(place, EACH, json!({})).await;
        }
        let circle = Arc::new(circle);
        let mut chance = Chance::new("whoever_gives_to_whom_and_takes_it_back");
        let mut tasks = JoinSet::new();
        for _ in 0..WORKERS {
            tasks.spawn(work(Arc::clone(&circle), chance.fork()));
        }
        let mut changes = [0; 6];
        for own in tasks.join_all().await {
            for (sum, change) in changes.iter_mut().zip(own) {
                *sum += change;
            }
        }
        for (place, change) in changes.into_iter().enumerate() {
            let had = if place < 3 { EACH } else { 0 };
            let now = circle.balances(place).await;
            assert_eq!((now.issued, now.available, now.transferred), (had, had + change, -change), "{place}");
        }
        proof(&circle.client).await;
        verify(&app).await;
    });
}

/// Gives, and now and then takes back what was given; gives by how much that changed what each has.
async fn work(circle: Arc<Circle>, mut chance: Chance) -> [i64; 6] {
    let mut changes = [0; 6];
    for _ in 0..TURNS {
        let from = chance.below(6) as usize;
        let to = (from + 1 + chance.below(5) as usize) % 6;
        let amount = 1 + chance.below(40) as i64;
        let answer = circle.give((from, to), amount).await;
        if answer.user_errors("pointsTransfer") == ["INSUFFICIENT_POINTS at amount"] {
            continue;
        }
        let given = &answer.payload("pointsTransfer")["transfer"];
        let received = given["received"].as_array().unwrap();
        assert_eq!(received.iter().map(|entry| number(&entry["amount"])).sum::<i64>(), amount, "{given}");
        changes[from] -= amount;
        changes[to] += amount;
        if chance.below(3) > 0 {
            continue;
        }
        let answer = circle.reverse(&given["sent"]["id"]).await;
        if answer.user_errors("pointsReverse") != ["INSUFFICIENT_POINTS at entryId"] {
            answer.payload("pointsReverse");
            changes[from] += amount;
            changes[to] -= amount;
        }
    }
    changes
}

#[test]
fn of_many_who_undo_a_transfer_at_once_by_any_of_its_entries_one_does() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let circle = Circle::open(&app.tenant("undone-at-once").await, 2).await;
        for source in ["CHECK_IN", "PURCHASE"] {
            circle.award(0, 50, json!({ "source": source, "expiresOn": "2030-01-31" })).await;
        }
        let transfer = circle.given((0, 1), 100).await;
        // As much again, that must stay.
        circle.award(1, 100, json!({})).await;
        let mut entries: Vec<Value> = transfer["received"].as_array().unwrap().clone();
        entries.push(transfer["sent"].clone());
        assert_eq!(entries.len(), 3);
        let circle = Arc::new(circle);
        let mut tasks = JoinSet::new();
        for number in 0..12 {
            let (circle, entry) = (Arc::clone(&circle), entries[number % 3]["id"].clone());
            tasks.spawn(async move { circle.reverse(&entry).await.user_errors("pointsReverse") });
        }
        let (refused, done): (Vec<_>, Vec<_>) =
            tasks.join_all().await.into_iter().partition(|refusals| !refusals.is_empty());
        assert_eq!(done.len(), 1);
        assert!(refused.iter().all(|refusals| refusals == &["ALREADY_REVERSED at entryId"]), "{refused:?}");
        assert_eq!((circle.available(0).await, circle.available(1).await), (100, 100));
        proof(&circle.client).await;
        verify(&app).await;
    });
}

#[test]
fn what_one_has_is_given_away_once_however_many_ask_for_it() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let circle = Circle::open(&app.tenant("given-once").await, 9).await;
        circle.award(0, 100, json!({})).await;
        let circle = Arc::new(circle);
        let mut tasks = JoinSet::new();
        for place in 1..9 {
            let circle = Arc::clone(&circle);
            tasks.spawn(async move { circle.give((0, place), 60).await });
        }
        let mut sent = Vec::new();
        for answer in tasks.join_all().await {
            match answer.user_errors("pointsTransfer").as_slice() {
                [] => sent.push(text(answer.data("pointsTransfer.transfer.sent.id"))),
                refusals => assert_eq!(refusals, ["INSUFFICIENT_POINTS at amount"]),
            }
        }
        assert_eq!(sent.len(), 1);
        assert_eq!(circle.available(0).await, 40);
        let proof = proof(&circle.client).await;
        // The award, what was sent, and what was received: of what was refused nothing is left, no account either.
        assert_eq!((&proof["entries"], &proof["accounts"]), (&Value::from("3"), &Value::from("2")));
    });
}
