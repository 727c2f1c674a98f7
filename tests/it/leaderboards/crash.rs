//! A server that is killed while points are given counts each entry once.

use harness::{Client, TestApp, run};

use super::load::Crowd;
use crate::chance::Chance;
use crate::points::{HEAVY_LOAD, unlimited};

const KILLS: usize = 4;

#[test]
fn after_a_server_was_killed_four_times_at_work_the_boards_say_what_the_ledger_says() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let mut chance = Chance::new("a_server_killed_four_times_at_boards");
        let crowd = Crowd::open(&app, (4, |client, _| Client::clone(client)), &mut chance).await;
        for _ in 0..KILLS {
            tokio::time::sleep(chance.millis(400, 1_200)).await;
            app.server().kill9();
            app.server().start_again().await;
        }
        tokio::time::sleep(chance.millis(300, 600)).await;
        let unheard = crowd.close().await;
        assert!(unheard >= KILLS, "only {unheard} requests were cut off");
    });
}
