//! Caps: exactly as much is paid as they say, whoever asks at the same time, each day and each month anew.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::model::{DAY, HOUR, date, day_of, month_of, spelt, start_of};
use super::{definition, insist, keeper, paid, record, rule, update};
use crate::points::{HEAVY_LOAD, balances_of, entries_of, members, number, proof, text, unlimited, verify};

const EVENTS: usize = 64;
const EACH: i64 = 7;
const CAP: i64 = 100;

#[test]
fn sixty_four_events_at_once_are_paid_exactly_the_days_cap() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("cap-single").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, "Orders", "ORDER_PAID", definition(json!({ "points": EACH, "caps": { "perDay": CAP } }))).await;
        // Two days, half of the events each, so that nobody else's day is counted.
        let days = [start_of(today() - 1) + HOUR, start_of(today() - 2) + HOUR];
        let mut requests = JoinSet::new();
        for number in 0..EVENTS * 2 {
            let (client, member, at) = (client.clone(), member.clone(), spelt(days[number % 2]));
            requests.spawn(async move { record(&client, &member, "ORDER_PAID", json!({ "occurredAt": at })).await });
        }
        let events = requests.join_all().await;
        for day in days {
            let of_day: Vec<_> = events.iter().filter(|event| event["day"] == date(day_of(day))).collect();
            assert_eq!(of_day.len(), EVENTS);
            must_be_exact(&of_day);
        }
        must_have(&client, &member, 2 * CAP).await;
        verify(&app).await;
    });
}

#[test]
fn many_events_in_requests_at_once_are_paid_exactly_the_cap_of_each_member() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("cap-bulk").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 4).await;
        let caps = json!({ "perDay": CAP, "perMonth": CAP * 3, "perMember": CAP * 2 });
        rule(&client, "Orders", "ORDER_PAID", definition(json!({ "points": EACH, "caps": caps }))).await;
        let at = spelt(start_of(today() - 1) + HOUR);
        let mut requests = JoinSet::new();
        for number in 0..16 {
            // Each in another order, so that who waits for whom differs.
            let mut members: Vec<_> = ids.iter().flat_map(|id| vec![id.clone(); 8]).collect();
            members.rotate_left(number * 2);
            if number % 2 == 1 {
                members.reverse();
            }
            let rows: Vec<_> = members
                .iter()
                .map(|member| json!({ "memberId": member, "event": "ORDER_PAID", "occurredAt": at }))
                .collect();
            let input = json!({ "events": rows, "idempotencyKey": format!("bulk-{number}") });
            let client = client.clone();
            requests.spawn(async move {
                let answer = insist(&client, "EarningEventRecordBulk", input).await;
                answer.payload("earningEventRecordBulk")["outcomes"].as_array().unwrap().clone()
            });
        }
        let outcomes: Vec<_> = requests.join_all().await.into_iter().flatten().collect();
        assert_eq!(outcomes.len(), 16 * 4 * 8);
        let total: i64 = outcomes.iter().map(|outcome| number(&outcome["points"])).sum();
        assert_eq!(total, CAP * 4);
        for member in &ids {
            must_have(&client, member, CAP).await;
        }
        assert_eq!(number(&proof(&client).await["issued"]), CAP * 4);
        verify(&app).await;
    });
}

#[test]
fn single_events_and_bulks_at_once_share_one_cap() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("cap-mixed").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let capped = |caps: Value| definition(json!({ "points": EACH, "caps": caps }));
        rule(&client, "A", "ORDER_PAID", capped(json!({ "perMember": CAP }))).await;
        rule(&client, "B", "ORDER_PAID", capped(json!({ "perMonth": CAP / 2 }))).await;
        let at = spelt(start_of(today()) - 1);
        let mut requests = JoinSet::new();
        for number in 0..EVENTS {
            let (client, member, at) = (client.clone(), member.clone(), at.clone());
            requests.spawn(async move {
                if number % 4 > 0 {
                    let event = record(&client, &member, "ORDER_PAID", json!({ "occurredAt": at })).await;
                    return number_of(&event["points"]);
                }
                let row = json!({ "memberId": member, "event": "ORDER_PAID", "occurredAt": at });
                let input = json!({ "events": [row, row, row], "idempotencyKey": format!("three-{number}") });
                let answer = insist(&client, "EarningEventRecordBulk", input).await;
                let outcomes = answer.payload("earningEventRecordBulk")["outcomes"].as_array().unwrap();
                outcomes.iter().map(|outcome| number_of(&outcome["points"])).sum()
            });
        }
        let total: i64 = requests.join_all().await.into_iter().sum();
        assert_eq!(total, CAP + CAP / 2);
        must_have(&client, &member, total).await;
        verify(&app).await;
    });
}

#[test]
fn days_and_months_begin_at_midnight_in_the_tenants_zone() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("cap-borders").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let capped = |caps: Value| definition(json!({ "caps": caps }));
        rule(&client, "Daily", "SHARE", capped(json!({ "perDay": 15 }))).await;
        rule(&client, "Monthly", "REVIEW", capped(json!({ "perMonth": 15 }))).await;
        // To the tenth of a month, so that its beginning is less than 31 days ago.
        let tenth = (today() + 1..).find(|day| date(*day).ends_with("-10")).unwrap();
        let ahead = start_of(tenth) + 12 * HOUR - now();
        app.installation().advance_clock(Duration::from_secs(ahead.unsigned_abs()));
        let first = tenth - 9;
        let at = |time: i64| json!({ "occurredAt": spelt(time) });

        let midnight = start_of(tenth - 3);
        for (time, day, expected) in [
            (midnight - 1, tenth - 4, "PAID 10"),
            (midnight, tenth - 3, "PAID 10"),
            (midnight + DAY - 1, tenth - 3, "CAPPED 5"),
            (midnight + HOUR, tenth - 3, "CAPPED 0"),
            (midnight + DAY, tenth - 2, "PAID 10"),
            (midnight - DAY, tenth - 4, "CAPPED 5"),
        ] {
            let event = record(&client, &ids[0], "SHARE", at(time)).await;
            assert_eq!((text(&event["day"]), paid(&event)), (date(day), vec![expected.to_owned()]), "{event}");
        }

        let midnight = start_of(first);
        assert_ne!(month_of(first - 1), month_of(first));
        for (time, day, expected) in [
            (midnight - 1, first - 1, "PAID 10"),
            (midnight, first, "PAID 10"),
            (midnight + 9 * DAY, tenth, "CAPPED 5"),
            (midnight + DAY, first + 1, "CAPPED 0"),
            // Eight hours later in the zone of computers it would be another month.
            (midnight + 8 * HOUR, first, "CAPPED 0"),
            (midnight - 8 * HOUR, first - 1, "CAPPED 5"),
        ] {
            let event = record(&client, &ids[1], "REVIEW", at(time)).await;
            assert_eq!((text(&event["day"]), paid(&event)), (date(day), vec![expected.to_owned()]), "{event}");
        }
        verify(&app).await;
    });
}

#[test]
fn a_reversal_gives_no_cap_back_and_an_edit_goes_on_counting() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("cap-counting").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let capped = |cap: i64| definition(json!({ "caps": { "perMember": cap } }));
        let id = rule(&client, "Orders", "ORDER_PAID", capped(25)).await;
        let again = || record(&client, &member, "ORDER_PAID", json!({}));
        let first = again().await;
        let undo =
            json!({ "entryId": first["payments"][0]["entry"]["id"], "reason": "Returned", "idempotencyKey": "a" });
        client.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");
        assert_eq!(paid(&again().await), ["PAID 10"]);
        assert_eq!(paid(&again().await), ["CAPPED 5"]);
        assert_eq!(paid(&again().await), ["CAPPED 0"]);
        update(&client, &id, 1, capped(32)).await.payload("earningRuleUpdate");
        assert_eq!(paid(&again().await), ["CAPPED 7"]);
        // Below what was paid.
        update(&client, &id, 2, capped(3)).await.payload("earningRuleUpdate");
        assert_eq!(paid(&again().await), ["CAPPED 0"]);
        // Another rule's cap is its own.
        rule(&client, "Second", "ORDER_PAID", capped(4)).await;
        assert_eq!(paid(&again().await), ["CAPPED 0", "CAPPED 4"]);
        assert_eq!(balances_of(&client, &member).await.available, 10 + 5 + 7 + 4);
    });
}

/// Of these events of one day exactly the cap was paid: all of most, a part of one, nothing of the others.
fn must_be_exact(events: &[&Value]) {
    let mut told: Vec<_> = events.iter().flat_map(|event| paid(event)).collect();
    told.sort();
    let whole = (CAP / EACH) as usize;
    let mut expected = vec!["CAPPED 0".to_owned(); EVENTS - whole - 1];
    expected.push(format!("CAPPED {}", CAP % EACH));
    expected.extend(vec![format!("PAID {EACH}"); whole]);
    assert_eq!(told, expected);
}

async fn must_have(client: &Client, member: &str, points: i64) {
    assert_eq!(balances_of(client, member).await.available, points);
    let entries = entries_of(client, member).await;
    assert_eq!(entries.iter().map(|entry| number(&entry["amount"])).sum::<i64>(), points);
}

fn number_of(value: &Value) -> i64 {
    number(value)
}

/// The day in the tenant's zone. An event of yesterday or before is of one day, however long the test takes.
fn today() -> i64 {
    day_of(now())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}
