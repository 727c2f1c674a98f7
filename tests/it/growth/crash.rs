//! A server that is killed while members move loses no move and makes none twice.

use harness::{Client, TestApp, run};

use super::load::Crowd;
use crate::chance::Chance;
use crate::points::{HEAVY_LOAD, unlimited};

const KILLS: usize = 6;

#[test]
fn after_a_server_was_killed_six_times_at_work_everybody_stands_where_the_ledger_says() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let mut chance = Chance::new("a_server_killed_six_times_at_growth");
        let crowd = Crowd::open(&app, |client, _| Client::clone(client), &mut chance).await;
        for _ in 0..KILLS {
            tokio::time::sleep(chance.millis(400, 1_500)).await;
            app.server().kill9();
            app.server().start_again().await;
        }
        tokio::time::sleep(chance.millis(300, 600)).await;
        let (unheard, _) = crowd.close().await;
        assert!(unheard >= KILLS, "only {unheard} requests were cut off");
    });
}
