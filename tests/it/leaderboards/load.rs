//! Clients that give points and take awards back all the time; afterwards the boards say what the ledger says.

use std::sync::Arc;
use std::time::Instant;

use harness::{Client, TestApp, run};
use serde_json::json;

use super::{Club, LIMIT, place, sums_by_ledger};
use crate::chance::Chance;
use crate::growth::load::AtWork;
use crate::points::{HEAVY_LOAD, unlimited};

const MEMBERS: usize = 8;

/// Clients at work on one community's boards.
pub struct Crowd {
    club: Club,
    at_work: AtWork,
}

impl Crowd {
    /// Each client asks one of these servers, the next one another.
    pub async fn open(
        app: &TestApp,
        (workers, servers): (usize, impl Fn(&Client, usize) -> Client),
        chance: &mut Chance,
    ) -> Self {
        let club = Club::open(app, "board-crowd", MEMBERS).await;
        let members: Arc<[String]> = club.members.clone().into();
        let clients = (0..workers).map(|number| servers(&club.client, number));
        let at_work = AtWork::begin(clients, &members, chance);
        Self { club, at_work }
    }

    /// Lets the clients come to an end, and looks; gives how many requests went unanswered at first.
    pub async fn close(self) -> usize {
        let unheard = self.at_work.end().await;
        let sums = sums_by_ledger(&self.club.client, &self.club.members).await;
        assert!(sums.len() > MEMBERS / 2, "too little has happened");
        let start = Instant::now();
        for period in ["DAY", "WEEK", "MONTH"] {
            loop {
                let board = self.club.board(period, None, 100).await;
                if board.iter().map(place).collect::<std::collections::HashMap<_, _>>() == sums {
                    break;
                }
                assert!(start.elapsed() < LIMIT, "{period}: {board:#?} and not {sums:#?}");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
        println!("{unheard} requests unanswered at first");
        unheard
    }
}

#[test]
fn sixteen_clients_at_work_and_the_boards_say_what_the_ledger_says() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with()).start().await;
        let mut chance = Chance::new("sixteen_clients_at_boards");
        let crowd = Crowd::open(&app, (16, |client, _| Client::clone(client)), &mut chance).await;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        // All that was posted before the board's time is on it: that time follows close behind.
        let page = crowd.club.page("DAY", None, json!({})).await;
        assert!(page["asOf"].as_str() > Some("2026"), "{page}");
        assert_eq!(crowd.close().await, 0);
    });
}
