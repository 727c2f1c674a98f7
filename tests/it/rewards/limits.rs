//! The most that a member redeems in a period of the tenant's calendar, which is Asia/Shanghai's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{TestApp, run};
use serde_json::json;
use sqlx::types::chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone};

use super::{at_once, cancel, numbers, redeem, redeemed, reward, rich, shop};
use crate::points::{balances_of, unlimited};

const TIMES: usize = 64;

#[test]
fn a_period_begins_anew_at_midnight_of_the_tenants_zone_and_what_came_back_does_not_count() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("periods").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 10_000)).await.remove(0);
        let full = ["LIMIT_REACHED at quantity"];
        for period in ["DAY", "WEEK", "MONTH", "EVER"] {
            let mug = reward(&client, json!({ "limit": { "quantity": 2, "period": period } })).await;
            let mut next = now(&app).date_naive().succ_opt().unwrap();
            while !is_first(next, period) {
                next = next.succ_opt().unwrap();
            }
            pass_to(&app, next, 60);
            let first = redeemed(&client, (&mug, &member), json!({})).await;
            let answer = redeem(&client, (&mug, &member), json!({ "quantity": 2 })).await;
            assert_eq!(answer.user_errors("redemptionCreate"), full, "{period}");
            redeemed(&client, (&mug, &member), json!({})).await;
            let answer = redeem(&client, (&mug, &member), json!({})).await;
            assert_eq!(answer.user_errors("redemptionCreate"), full, "{period}");
            cancel(&client, &first).await.payload("redemptionCancel");
            redeemed(&client, (&mug, &member), json!({})).await;

            app.installation().advance_clock(Duration::from_secs(90));
            let answer = redeem(&client, (&mug, &member), json!({ "quantity": 2 })).await;
            let refused = answer.user_errors("redemptionCreate");
            assert_eq!(refused, if period == "EVER" { &full[..] } else { &[] }, "{period}");
        }
    });
}

#[test]
fn sixty_four_at_once_by_one_member_redeem_the_limit_and_no_more() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("limit").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 100_000)).await.remove(0);
        let mug = reward(&client, json!({ "stock": 1_000, "limit": { "quantity": 3, "period": "DAY" } })).await;
        let (made, refused) = at_once(&client, vec![(mug.clone(), member.clone()); TIMES]).await;
        assert_eq!((made.len(), refused.len()), (3, TIMES - 3), "{refused:?}");
        assert!(refused.iter().all(|why| why == "LIMIT_REACHED at quantity"), "{refused:?}");
        assert_eq!(numbers(&client, &mug).await, [997, 3, 0]);
        assert_eq!(balances_of(&client, &member).await.held, 300);
    });
}

fn is_first(day: NaiveDate, period: &str) -> bool {
    match period {
        "WEEK" => day.format("%u").to_string() == "1",
        "MONTH" => day.format("%d").to_string() == "01",
        _ => true,
    }
}

fn zone() -> FixedOffset {
    FixedOffset::east_opt(8 * 60 * 60).unwrap()
}

/// The time of the installation, as clocks in Shanghai show it.
fn now(app: &TestApp) -> DateTime<FixedOffset> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + app.installation().clock_ahead();
    zone().timestamp_opt(now.as_secs() as i64, 0).unwrap()
}

/// Moves the clock to so many seconds before a day begins in Shanghai, unless it is as late already.
fn pass_to(app: &TestApp, day: NaiveDate, before: i64) {
    let begins = zone().from_local_datetime(&day.and_time(NaiveTime::MIN)).unwrap();
    let seconds = (begins - now(app)).num_seconds() - before;
    app.installation().advance_clock(Duration::from_secs(seconds.max(0).unsigned_abs()));
}
