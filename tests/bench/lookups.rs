//! `member(by: {id})`, as fast as it goes.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::importer::Found;

/// Requests a second over so many connections.
pub(crate) async fn per_second(found: &Found, connections: usize, time: Duration) -> f64 {
    let start = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..connections {
        let (client, ids) = (found.client.clone(), found.ids.clone());
        workers.spawn(async move {
            let mut requests = 0;
            while start.elapsed() < time {
                let id = &ids[(worker + requests) % ids.len()];
                let answer = client.run("MemberGet", json!({ "by": { "id": id } })).await;
                assert_eq!(answer.data("member.id"), id);
                requests += 1;
            }
            requests
        });
    }
    let requests: usize = workers.join_all().await.into_iter().sum();
    requests as f64 / start.elapsed().as_secs_f64()
}
