//! What time alone brings: months turn, and what was set by hand ends. The tenant is in Asia/Shanghai.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, TestApp, run};
use serde_json::json;
use sqlx::types::chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone};

use super::{award, growth, moves, node_set, path, path_updated, stands};
use crate::points::{members, partner, unlimited};

/// The tenant's time is ahead of UTC by so many seconds.
pub const AHEAD: i64 = 8 * 60 * 60;

/// The time of the installation, as clocks in Shanghai show it.
pub fn now(app: &TestApp) -> DateTime<FixedOffset> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + app.installation().clock_ahead();
    let zone = FixedOffset::east_opt(AHEAD as i32).unwrap();
    zone.timestamp_opt(now.as_secs() as i64, 0).unwrap()
}

pub fn pass(app: &TestApp, seconds: i64) {
    app.installation().advance_clock(Duration::from_secs(seconds.unsigned_abs()));
}

/// Moves the clock to so many seconds before a day begins in Shanghai.
pub fn pass_to(app: &TestApp, day: NaiveDate, before: i64) {
    let zone = FixedOffset::east_opt(AHEAD as i32).unwrap();
    let begins = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).unwrap();
    pass(app, (begins - now(app)).num_seconds() - before);
}

/// The month of a day, counted from the year 0.
pub fn month_of(day: NaiveDate) -> i32 {
    let number = |part: &str| day.format(part).to_string().parse::<i32>().unwrap();
    number("%Y") * 12 + number("%m") - 1
}

/// The first day of a month.
fn begin_of(month: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1).unwrap()
}

/// The day that is so many later.
pub fn later(day: NaiveDate, days: u64) -> NaiveDate {
    (0..days).fold(day, |day, _| day.succ_opt().unwrap())
}

/// The first day of the next month.
fn next_month(app: &TestApp) -> NaiveDate {
    begin_of(month_of(now(app).date_naive()) + 1)
}

/// A key that outlives the leaps of the clock.
pub async fn lasting(app: &TestApp, owner: &Client) -> Client {
    let ends = format!("{}T00:00:00Z", later(now(app).date_naive(), 340));
    let scopes = json!(["points:read", "points:write", "points:rules", "members:read", "members:write"]);
    partner(owner, json!({ "expiresAt": ends, "scopes": scopes })).await
}

#[test]
fn an_award_counts_to_the_end_of_its_windows_last_month_in_the_tenants_zone() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("growth-month").await.owner().await;
        let client = lasting(&app, &owner).await;
        let people = members(&owner, 2).await;
        let nodes = [("LOW", 0), ("MIDDLE", 100), ("HIGH", 200)];
        path_updated(&client, path(0, &nodes, Some(2))).await.payload("growthPathUpdate");
        // A minute before a month begins in Shanghai: eight hours before it does in London.
        pass_to(&app, next_month(&app), 60);
        award(&client, &people[0], 150, "a").await;
        award(&client, &people[1], 70, "b").await;
        stands(&client, &people[0], ("MIDDLE", 150)).await;
        let begun = next_month(&app);
        pass_to(&app, begun, -1);
        award(&client, &people[0], 80, "c").await;
        stands(&client, &people[0], ("HIGH", 230)).await;

        let over = begin_of(month_of(begun) + 1);
        pass_to(&app, over, 15);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(growth(&client, &people[0]).await["value"], "230", "still in the window");
        pass_to(&app, over, 0);
        let low = stands(&client, &people[0], ("LOW", 80)).await;
        stands(&client, &people[1], ("LOW", 0)).await;
        let at = DateTime::parse_from_rfc3339(low["since"].as_str().unwrap()).unwrap();
        let zone = FixedOffset::east_opt(AHEAD as i32).unwrap();
        assert_eq!(at.with_timezone(&zone).date_naive(), over);
        pass_to(&app, begin_of(month_of(over) + 1), -1);
        stands(&client, &people[0], ("LOW", 0)).await;
        let expected = ["PROMOTION EARNED LOW MIDDLE", "PROMOTION EARNED MIDDLE HIGH", "DEMOTION WINDOW HIGH LOW"];
        assert_eq!(moves(&client, &people[0]).await, expected);
        assert_eq!(moves(&client, &people[1]).await, Vec::<String>::new());
    });
}

#[test]
fn a_node_set_by_hand_is_kept_to_the_end_of_its_day_and_the_value_decides_again() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("growth-kept").await.owner().await;
        let client = lasting(&app, &owner).await;
        let people = members(&owner, 2).await;
        let last = later(now(&app).date_naive(), 3);
        let day = last.to_string();
        node_set(&client, &people[0], ("CORE", Some(&day)), "a").await.payload("growthNodeSet");
        // When nobody says, to the end of the month.
        let kept = node_set(&client, &people[1], ("ACTIVE", None), "b").await;
        let end = next_month(&app).pred_opt().unwrap().to_string();
        assert_eq!(kept.payload("growthNodeSet")["member"]["growth"]["lockedUntil"], end);
        award(&client, &people[0], 120, "c").await;
        stands(&client, &people[0], ("CORE", 120)).await;
        pass_to(&app, last.succ_opt().unwrap(), 10);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(growth(&client, &people[0]).await["node"]["code"], "CORE", "the day is not over");
        pass(&app, 10);
        let own = stands(&client, &people[0], ("ACTIVE", 120)).await;
        assert!(own["lockedUntil"].is_null());
        let expected = ["SET BY_HAND NEWCOMER CORE", "DEMOTION WINDOW CORE ACTIVE"];
        assert_eq!(moves(&client, &people[0]).await, expected);
        pass_to(&app, next_month(&app), -1);
        stands(&client, &people[1], ("NEWCOMER", 0)).await;
    });
}
