//! Scores that are lost or damaged come back from the ledger, and old days go.

use harness::{TestApp, eventually, run};

use super::{Club, LIMIT};
use crate::growth::reversed;

#[test]
fn scores_that_are_lost_or_damaged_are_counted_anew_from_the_ledger() {
    run(async {
        let app = TestApp::start().await;
        let (club, other) = (Club::open(&app, "board-lost", 3).await, Club::open(&app, "board-other", 1).await);
        for place in 0..3 {
            club.award(place, 30 - place as i64).await;
        }
        let extra = club.award(2, 40).await;
        reversed(&club.client, &extra).await;
        other.award(0, 9).await;
        let database = app.database().await;
        database.leaderboards_are_counted().await;
        let expected = [(0, 30), (1, 29), (2, 28)];
        let before = club.shows(("WEEK", None), &expected).await;
        other.shows(("WEEK", None), &[(0, 9)]).await;
        database.execute("DELETE FROM leaderboard_scores WHERE period LIKE 'W%'").await;
        database.execute("UPDATE leaderboard_scores SET points = points + 1000 WHERE period LIKE 'M%'").await;
        assert_eq!(club.board("WEEK", None, 100).await.len(), 0);
        let told = app.installation().cli(&["rebuild", "leaderboards"], &[]).await.expect_success().stdout;
        assert_eq!(told.lines().count(), 2, "a line for each tenant with points: {told}");
        assert_eq!(club.shows(("WEEK", None), &expected).await, before);
        club.shows(("DAY", None), &expected).await;
        club.shows(("MONTH", None), &expected).await;
        other.shows(("MONTH", None), &[(0, 9)]).await;

        // Once, and of one tenant; it is in the trail.
        let slugs = database.texts("SELECT slug FROM tenants ORDER BY slug").await;
        let one = ["rebuild", "leaderboards", "--tenant", &slugs[0]];
        let told = app.installation().cli(&one, &[]).await.expect_success().stdout;
        assert_eq!(told.lines().count(), 1, "{told}");
        let recorded = "SELECT count(*) FROM audit_events WHERE operation = 'rebuild leaderboards'";
        assert_eq!(database.number(recorded).await, 3);
        club.shows(("MONTH", None), &expected).await;
        other.shows(("MONTH", None), &[(0, 9)]).await;
        let unknown = app.installation().cli(&["rebuild", "leaderboards", "--tenant", "nobody"], &[]).await;
        assert_eq!(unknown.code, Some(1), "{unknown:#?}");
    });
}

#[test]
fn days_are_kept_for_400_days_and_weeks_and_months_for_good() {
    run(async {
        let app = TestApp::start().await;
        let club = Club::open(&app, "board-old", 1).await;
        club.award(0, 5).await;
        club.shows(("DAY", None), &[(0, 5)]).await;
        let database = app.database().await;
        for period in ["W2020-W09", "M2020-02", "D2020-02-29"] {
            let copy = format!(
                "INSERT INTO leaderboard_scores (tenant_id, period, member_id, points, reached_at) \
                 SELECT tenant_id, '{period}', member_id, points, reached_at FROM leaderboard_scores WHERE period LIKE 'D%'"
            );
            assert!(database.execute(&copy).await >= 1);
        }
        eventually("the old day is gone", LIMIT, || async {
            database.number("SELECT count(*) FROM leaderboard_scores WHERE period LIKE 'D%'").await == 1
        })
        .await;
        club.shows(("DAY", Some("2020-02-29")), &[]).await;
        assert_eq!(club.board("WEEK", Some("2020-02-29"), 10).await.len(), 1);
        assert_eq!(club.board("MONTH", Some("2020-02-29"), 10).await.len(), 1);
        assert_eq!(club.board("DAY", None, 10).await.len(), 1);
    });
}
