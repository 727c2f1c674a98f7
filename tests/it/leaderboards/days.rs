//! Where days, weeks and months begin, and what becomes of them when the tenant moves to another zone.

use harness::{Client, TestApp, run};
use serde_json::json;
use sqlx::types::chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};

use super::Club;
use crate::growth::reversed;
use crate::growth::time::{later, now, pass};
use crate::points::unlimited;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The installation's time in a zone that is so many seconds ahead of UTC all year.
fn local(app: &TestApp, ahead: i64) -> DateTime<FixedOffset> {
    FixedOffset::east_opt(ahead as i32).unwrap().from_utc_datetime(&now(app).naive_utc())
}

/// Goes on to so many seconds before the next week begins in the zone; gives the week's last day.
fn pass_to_sunday_night(app: &TestApp, (ahead, before): (i64, i64)) -> NaiveDate {
    let here = local(app, ahead);
    let weekday: i64 = here.format("%u").to_string().parse().unwrap();
    let of_week = (weekday - 1) * DAY + (here.timestamp() + ahead).rem_euclid(DAY);
    // The second Sunday from now: this one may be over too soon.
    pass(app, 2 * 7 * DAY - before - of_week);
    local(app, ahead).date_naive()
}

async fn moved(owner: &Client, zone: &str) {
    let answer = owner.run("TenantTimezoneSet", json!({ "input": { "timezone": zone } })).await;
    answer.payload("tenantTimezoneSet");
}

#[test]
fn days_and_weeks_begin_at_midnight_in_the_tenants_zone() {
    run(async {
        for (zone, ahead) in [("Asia/Shanghai", 8 * HOUR), ("Pacific/Honolulu", -10 * HOUR)] {
            let app = unlimited(TestApp::with().with_movable_clock()).start().await;
            let club = Club::lasting(&app, &app.tenant("board-days").await, 2).await;
            moved(&club.owner, zone).await;
            let sunday = pass_to_sunday_night(&app, (ahead, 30));
            assert_eq!(sunday.format("%u").to_string(), "7", "{sunday}");
            let monday = later(sunday, 1);
            club.award(0, 10).await;
            club.award(1, 5).await;
            pass(&app, 31);
            assert_eq!(local(&app, ahead).date_naive(), monday);
            club.award(1, 7).await;
            let (last, sunday, monday) = (sunday, sunday.to_string(), monday.to_string());
            for period in ["DAY", "WEEK"] {
                club.shows((period, Some(&sunday)), &[(0, 10), (1, 5)]).await;
                club.shows((period, Some(&monday)), &[(1, 7)]).await;
                club.shows((period, None), &[(1, 7)]).await;
            }
            let week = club.page("WEEK", Some(&sunday), json!({})).await;
            let first = (0..6).fold(last, |day: NaiveDate, _| day.pred_opt().unwrap());
            assert_eq!((&week["from"], &week["to"]), (&json!(first.to_string()), &json!(sunday)));
            let day = club.page("DAY", None, json!({})).await;
            assert_eq!((&day["from"], &day["to"]), (&json!(monday), &json!(monday)));
        }
    });
}

#[test]
fn a_reversal_is_taken_off_when_the_award_was_however_late_it_is() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let club = Club::lasting(&app, &app.tenant("board-reversal").await, 2).await;
        let then = now(&app).date_naive().to_string();
        let award = club.award(0, 100).await;
        club.award(0, 5).await;
        club.award(1, 50).await;
        for period in ["DAY", "WEEK", "MONTH"] {
            club.shows((period, Some(&then)), &[(0, 105), (1, 50)]).await;
        }
        pass(&app, 40 * DAY);
        club.award(0, 8).await;
        reversed(&club.client, &award).await;
        for period in ["DAY", "WEEK", "MONTH"] {
            club.shows((period, Some(&then)), &[(1, 50), (0, 5)]).await;
            club.shows((period, None), &[(0, 8)]).await;
        }
    });
}

#[test]
fn a_change_of_zone_moves_no_day_and_a_reversal_finds_the_day_of_its_award() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let tenant = app.tenant("board-zone").await;
        let club = Club::lasting(&app, &tenant, 2).await;
        // One in the morning in Shanghai, the day before in Honolulu.
        pass(&app, (HOUR - now(&app).timestamp() - 8 * HOUR).rem_euclid(DAY));
        let (here, there) = (local(&app, 8 * HOUR).date_naive(), local(&app, -10 * HOUR).date_naive());
        assert_eq!(later(there, 1), here);
        let (here, there) = (here.to_string(), there.to_string());
        let award = club.award(0, 10).await;
        club.award(1, 4).await;
        club.shows(("DAY", Some(&here)), &[(0, 10), (1, 4)]).await;
        moved(&tenant.owner().await, "Pacific/Honolulu").await;
        club.award(1, 3).await;
        club.shows(("DAY", Some(&there)), &[(1, 3)]).await;
        reversed(&club.client, &award).await;
        club.shows(("DAY", Some(&here)), &[(1, 4)]).await;
        club.shows(("DAY", Some(&there)), &[(1, 3)]).await;
        // Counted anew, every day is as it was.
        app.installation().cli(&["rebuild", "leaderboards"], &[]).await.expect_success();
        club.shows(("DAY", Some(&here)), &[(1, 4)]).await;
        club.shows(("DAY", Some(&there)), &[(1, 3)]).await;
    });
}
