//! A server that is killed keeps what it acknowledged, and does what is asked again once.

use std::time::Duration;

use harness::{TestApp, run};

use super::journal::Office;
use super::{HEAVY_LOAD, unlimited};
use crate::chance::Chance;

const KILLS: usize = 10;

#[test]
fn a_server_killed_ten_times_at_work_has_posted_each_thing_once() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let mut chance = Chance::new("a_server_killed_ten_times_at_work");
        let office = Office::open(&app, &mut chance).await;
        for _ in 0..KILLS {
            tokio::time::sleep(chance.millis(200, 900)).await;
            app.server().kill9();
            app.server().start_again().await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        office.close(&app, KILLS).await;
    });
}
