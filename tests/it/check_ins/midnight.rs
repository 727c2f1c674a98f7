//! Requests without a pause while days begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Client, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{AHEAD, Calendar, DAY, check_in, records_agree, shown};
use crate::given;

const MEMBERS: usize = 3;
const WORKERS_EACH: usize = 4;
const NIGHTS: i64 = 5;

#[test]
fn whoever_keeps_asking_while_days_begin_checks_in_once_on_each_and_the_streak_is_right() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("midnight").await;
        let client = calendar.partner(&tenant).await;
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            members.push(given::member(&client, "Li Lei").await["id"].clone());
        }
        calendar.pass_to(DAY / 2, AHEAD);
        for member in &members {
            check_in(&client, member).await.payload("checkIn");
        }
        let mut successes = vec![1; MEMBERS];
        for _ in 0..NIGHTS {
            calendar.pass_to(DAY - 1, AHEAD);
            let is_over = Arc::new(AtomicBool::new(false));
            let mut workers = JoinSet::new();
            for number in 0..MEMBERS * WORKERS_EACH {
                let (place, client) = (number % MEMBERS, client.clone());
                workers.spawn(keep_asking(client, (place, members[place].clone()), Arc::clone(&is_over)));
            }
            tokio::time::sleep(Duration::from_millis(2500)).await;
            is_over.store(true, Ordering::Relaxed);
            for (place, made) in workers.join_all().await {
                successes[place] += made;
            }
            // Whoever did not get through is late.
            for (place, member) in members.iter().enumerate() {
                successes[place] += usize::from(is_made(&check_in(&client, member).await.user_errors("checkIn")));
            }
        }
        let days = NIGHTS + 1;
        assert_eq!(successes, vec![days as usize; MEMBERS]);
        for member in &members {
            let shown = shown(&client, member, (&calendar.day(-NIGHTS), &calendar.day(0))).await;
            assert_eq!((&shown["streak"], &shown["total"]), (&json!(days), &json!(days)), "{shown}");
            let streaks = shown["days"].as_array().unwrap().iter().map(|day| day["streak"].clone());
            assert_eq!(streaks.collect::<Vec<_>>(), (1..=days).map(|day| json!(day)).collect::<Vec<_>>());
        }
        records_agree(&calendar.0.database().await).await;
    });
}

/// Gives how often it was the one.
async fn keep_asking(client: Client, (place, member): (usize, Value), is_over: Arc<AtomicBool>) -> (usize, usize) {
    let mut made = 0;
    while !is_over.load(Ordering::Relaxed) {
        made += usize::from(is_made(&check_in(&client, &member).await.user_errors("checkIn")));
    }
    (place, made)
}

fn is_made(errors: &[String]) -> bool {
    assert!(errors.is_empty() || errors == ["ALREADY_CHECKED_IN at memberId"], "{errors:?}");
    errors.is_empty()
}
