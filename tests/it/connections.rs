//! Clients that hang up: nothing that was acknowledged is lost, nothing of them stays behind.
//!
//! The trap is a BEGIN that is on its way when its request ends: the connection returns to the pool inside an open
//! transaction, and the next write on it is answered and then lost.

use std::time::Duration;

use harness::{Client, Database, Server, TestApp, eventually, run};
use serde_json::json;

use crate::given;

const CLIENTS: u32 = 8;
const ROUNDS: u32 = 25;
const WRITERS: u32 = 3;
const WRITES: u32 = 15;

#[test]
fn every_acknowledged_write_stays_while_others_hang_up() {
    run(async {
        let app = TestApp::with().env("SHEQUN_DATABASE_CONNECTIONS", "2").start().await;
        let tenant = app.tenant("hang-up").await;
        let owner = tenant.owner().await;
        let droppers = (0..CLIENTS).map(|client| hang_up(app.server(), &owner, client));
        let writers = (0..WRITERS).map(|writer| write(&owner, writer));
        let (_, acknowledged) = tokio::join!(all(droppers), all(writers));

        let acknowledged: Vec<String> = acknowledged.into_iter().flatten().collect();
        assert_eq!(acknowledged.len(), (WRITERS * WRITES) as usize);
        must_be_there(&owner, &acknowledged).await;
        let database = app.database().await;
        nothing_is_left_open(&database).await;
        // The next write is not swallowed by what a dropped request left behind.
        for number in 0..10 {
            let name = format!("After {number}");
            given::community(&owner, &name).await;
            let sql = format!("SELECT count(*) FROM communities WHERE name = '{name}'");
            assert_eq!(database.number(&sql).await, 1, "{name}");
        }
    });
}

/// Sends requests and hangs up at every moment of their way: reads, writes, and looks at readiness.
async fn hang_up(server: &Server, owner: &Client, client: u32) {
    let token = &owner.session().access_token;
    for round in 0..ROUNDS {
        let body = match round % 3 {
            0 => json!({ "query": "{ communities(first: 100) { totalCount nodes { id name } } viewer { role } }" }),
            _ => json!({
                "query": harness::operation("CommunityCreate"),
                "variables": { "input": given::community_input("Dropped") },
            }),
        }
        .to_string();
        let mut connection = server.raw().await;
        connection.send_head(&format!("Content-Length: {}", body.len()), Some(token)).await;
        connection.send(body.as_bytes()).await;
        tokio::time::sleep(Duration::from_micros(u64::from((client * ROUNDS + round) * 97 % 9_000))).await;
        connection.cut();
    }
}

/// Writes until as many were acknowledged; gives their ids. A refusal for want of a connection is tried again.
async fn write(owner: &Client, writer: u32) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < WRITES as usize {
        let input = given::community_input(&format!("Writer {writer} {}", ids.len()));
        let answer = owner.run("CommunityCreate", json!({ "input": input })).await;
        if answer.error_codes() != ["UNAVAILABLE"] {
            let id = answer.payload("communityCreate")["community"]["id"].as_str();
            ids.push(id.expect("a community has an id").to_owned());
        }
    }
    ids
}

async fn must_be_there(owner: &Client, ids: &[String]) {
    for id in ids {
        let answer = owner.run("CommunityGet", json!({ "id": id })).await;
        assert_eq!(answer.data("community.id"), id.as_str());
    }
}

/// No connection sits in a transaction that nobody will end.
pub async fn nothing_is_left_open(database: &Database) {
    let Database::Postgres(_) = database else { return };
    let sql = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    eventually("no transaction is left open", Duration::from_secs(5), || async { database.number(sql).await == 0 })
        .await;
}

async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
