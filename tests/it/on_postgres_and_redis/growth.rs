//! Several processes move members at a time; transactions that are slow, here and elsewhere; another cluster.

use std::time::Duration;

use harness::{Client, Storage, TestApp, eventually, run};

use crate::chance::Chance;
use crate::growth::load::Crowd;
use crate::growth::{award, moves, stands};
use crate::points::{HEAVY_LOAD, members, unlimited};

#[test]
fn two_processes_at_work_move_nobody_twice() {
    run(async {
        Storage::PostgresRedis.must_be();
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let second = app.second_server().await;
        let mut chance = Chance::new("two_processes_at_growth");
        let turn =
            |client: &Client, number: usize| if number.is_multiple_of(2) { client.clone() } else { client.at(&second) };
        let crowd = Crowd::open(&app, turn, &mut chance).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(crowd.close().await.0, 0);
    });
}

#[test]
fn an_open_transaction_elsewhere_keeps_nobody_from_moving_and_one_here_only_until_it_ends() {
    run(async {
        Storage::PostgresRedis.must_be();
        const OPEN: &str = "BEGIN; SELECT pg_current_xact_id()";
        let app = TestApp::start().await;
        let owner = app.tenant("growth-horizon").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let elsewhere = TestApp::with().install().await.database().await;
        elsewhere.execute(OPEN).await;
        award(&owner, &member, 100, "a").await;
        stands(&owner, &member, ("ACTIVE", 100)).await;
        let here = app.database().await;
        here.execute(OPEN).await;
        award(&owner, &member, 400, "b").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        here.execute("ROLLBACK").await;
        stands(&owner, &member, ("CONTRIBUTOR", 500)).await;
        elsewhere.execute("ROLLBACK").await;
    });
}

/// Further on than any transaction of this cluster.
const ELSEWHERE: i64 = 1_000_000_000;

#[test]
fn growth_that_was_restored_into_another_cluster_goes_on() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let owner = app.tenant("growth-restored").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let database = app.database().await;
        let is_read = async || {
            eventually("all is read", Duration::from_secs(10), || async {
                let behind = "SELECT count(*) FROM points_entries e JOIN growth_cursors c USING (tenant_id) \
                    WHERE e.seq > c.max_seq";
                database.number(behind).await == 0
            })
            .await;
        };
        award(&owner, &member, 100, "a").await;
        stands(&owner, &member, ("ACTIVE", 100)).await;
        is_read().await;
        let moved = format!("UPDATE points_entries SET xid = (xid::text::bigint + {ELSEWHERE})::text::xid8");
        database.execute(&moved).await;
        database.execute(&format!("UPDATE growth_cursors SET xid = xid + {ELSEWHERE}")).await;
        award(&owner, &member, 400, "b").await;
        stands(&owner, &member, ("CONTRIBUTOR", 500)).await;
        award(&owner, &member, 1_500, "c").await;
        stands(&owner, &member, ("CORE", 2_000)).await;
        is_read().await;
        let expected = [
            "PROMOTION EARNED NEWCOMER ACTIVE",
            "PROMOTION EARNED ACTIVE CONTRIBUTOR",
            "PROMOTION EARNED CONTRIBUTOR CORE",
        ];
        assert_eq!(moves(&owner, &member).await, expected);
    });
}
