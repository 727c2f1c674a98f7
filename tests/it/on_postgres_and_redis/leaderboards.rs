//! Several processes count at a time; and a database from another cluster.

use std::time::Duration;

use harness::{Client, Storage, TestApp, run};
use serde_json::json;

use crate::chance::Chance;
use crate::leaderboards::Club;
use crate::leaderboards::load::Crowd;
use crate::points::{HEAVY_LOAD, entries_of, unlimited};

#[test]
fn two_processes_at_work_count_each_entry_once() {
    run(async {
        Storage::PostgresRedis.must_be();
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let second = app.second_server().await;
        let mut chance = Chance::new("two_processes_at_boards");
        let turn =
            |client: &Client, number: usize| if number.is_multiple_of(2) { client.clone() } else { client.at(&second) };
        let crowd = Crowd::open(&app, (8, turn), &mut chance).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(crowd.close().await, 0);
    });
}

#[test]
fn an_open_transaction_here_keeps_an_award_waiting_and_the_board_says_so() {
    run(async {
        Storage::PostgresRedis.must_be();
        const OPEN: &str = "BEGIN; SELECT pg_current_xact_id()";
        let app = TestApp::start().await;
        let club = Club::open(&app, "board-horizon", 1).await;
        let elsewhere = TestApp::with().install().await.database().await;
        elsewhere.execute(OPEN).await;
        club.award(0, 5).await;
        club.shows(("DAY", None), &[(0, 5)]).await;
        let here = app.database().await;
        here.execute(OPEN).await;
        club.award(0, 2).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        club.shows(("DAY", None), &[(0, 5)]).await;
        let waiting = entries_of(&club.client, &club.members[0]).await.pop().unwrap();
        assert_eq!(club.page("DAY", None, json!({})).await["asOf"], waiting["postedAt"]);
        here.execute("ROLLBACK").await;
        club.shows(("DAY", None), &[(0, 7)]).await;
        assert!(club.page("DAY", None, json!({})).await["asOf"].as_str() > waiting["postedAt"].as_str());
        elsewhere.execute("ROLLBACK").await;
    });
}

/// Further on than any transaction of this cluster.
const ELSEWHERE: i64 = 1_000_000_000;

#[test]
fn boards_that_were_restored_into_another_cluster_go_on_and_count_nothing_twice() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let club = Club::open(&app, "board-restored", 1).await;
        let database = app.database().await;
        club.award(0, 100).await;
        club.shows(("MONTH", None), &[(0, 100)]).await;
        database.leaderboards_are_counted().await;
        let moved = format!("UPDATE points_entries SET xid = (xid::text::bigint + {ELSEWHERE})::text::xid8");
        database.execute(&moved).await;
        database.execute(&format!("UPDATE leaderboard_cursors SET xid = xid + {ELSEWHERE}")).await;
        club.award(0, 20).await;
        club.shows(("MONTH", None), &[(0, 120)]).await;
        club.award(0, 3).await;
        club.shows(("MONTH", None), &[(0, 123)]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        club.shows(("MONTH", None), &[(0, 123)]).await;
    });
}
