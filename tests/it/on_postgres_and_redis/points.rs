//! PostgreSQL is stopped as by a power cut while points are posted.

use std::time::Duration;

use harness::{Storage, TestApp, run};

use crate::chance::Chance;
use crate::points::journal::Office;
use crate::points::{HEAVY_LOAD, unlimited};

const STOPS: usize = 6;

#[test]
fn a_postgres_stopped_six_times_at_work_has_posted_each_thing_once() {
    run(async {
        Storage::PostgresRedis.must_be();
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with().own_postgres()).start().await;
        let mut chance = Chance::new("a_postgres_stopped_six_times_at_work");
        let office = Office::open(&app, &mut chance).await;
        for _ in 0..STOPS {
            tokio::time::sleep(chance.millis(300, 1200)).await;
            app.installation().postgres().stop_immediate().await;
            tokio::time::sleep(chance.millis(0, 500)).await;
            app.installation().postgres().start_again().await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        office.close(&app, STOPS).await;
        assert!(app.server().is_running());
    });
}
