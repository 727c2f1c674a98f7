//! A server that is killed loses nothing it acknowledged, and its counts stay exact.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Client, TestApp, eventually, operation, run, uuid_of};
use reqwest::Method;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::given;

const WORKERS: usize = 4;
const MEMBERS_EACH: usize = 10;

#[test]
fn a_server_killed_while_members_come_and_go_counts_right_and_does_each_thing_once() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("crash").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let row = |number: usize| json!({ "externalRef": format!("r-{number}"), "displayName": "Li Lei" });
        let members = given::imported(&owner, (0..WORKERS * MEMBERS_EACH).map(row).collect()).await;
        let mut chance = Chance::new("a_server_killed_while_members_come_and_go");
        let is_over = AtomicBool::new(false);
        let workers = async {
            let worker = |number: usize| {
                let own = &members[number * MEMBERS_EACH..(number + 1) * MEMBERS_EACH];
                come_and_go(&owner, &community, own, &is_over)
            };
            let done: [(usize, usize); WORKERS] = tokio::join!(worker(0), worker(1), worker(2), worker(3)).into();
            done.into_iter().fold((0, 0), |(inside, changes), (more, further)| (inside + more, changes + further))
        };
        let killer = async {
            for _ in 0..4 {
                tokio::time::sleep(chance.millis(200, 900)).await;
                app.server().kill9();
                app.server().start_again().await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            is_over.store(true, Ordering::Relaxed);
        };
        let ((inside, changes), ()) = tokio::join!(workers, killer);
        println!("{changes} changes, {inside} members inside");
        assert!(changes > 50, "{changes}");

        let document = "query($id: ID!) { community(id: $id) { memberCount members(first: 1) { totalCount } } }";
        let read = || owner.query(document, json!({ "id": community["id"] }));
        let _no_other = crate::import::LONG_TRANSACTION.lock().await;
        assert_eq!(read().await.data("community.members.totalCount"), inside);
        eventually("the count is exact", Duration::from_secs(2), || async {
            read().await.data("community.memberCount") == inside
        })
        .await;
    });
}

#[test]
fn a_count_that_is_wrong_is_counted_anew_and_holds_nothing_up() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("wrong").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let row = |number: usize| json!({ "externalRef": format!("r-{number}"), "displayName": "Li Lei" });
        let members = given::imported(&owner, (0..4).map(row).collect()).await;
        for member in &members {
            let input = json!({ "communityId": community["id"], "memberId": member });
            owner.run("CommunityMemberAdd", json!({ "input": input })).await.payload("communityMemberAdd");
        }
        let database = app.database().await;
        database.outbox_is_drained().await;
        let id = database.literal(uuid_of(community["id"].as_str().unwrap()));
        let forged = format!("UPDATE communities SET member_count = 1 WHERE id = {id}");
        assert_eq!(database.execute(&forged).await, 1);
        // Two of four leave: one less two is no count.
        for member in &members[..2] {
            let input = json!({ "communityId": community["id"], "memberId": member });
            owner.run("CommunityMemberRemove", json!({ "input": input })).await.payload("communityMemberRemove");
        }
        let read = || owner.run("CommunityGet", json!({ "id": community["id"] }));
        let _no_other = crate::import::LONG_TRANSACTION.lock().await;
        eventually("the count is right again", Duration::from_secs(20), || async {
            read().await.data("community.memberCount") == 2
        })
        .await;
        assert!(app.server().log().contains("communities.member_count_was_wrong"));

        // And what comes later is added to it, in this community and in others.
        let other = given::community(&owner, "Writers").await;
        for (community, count) in [(&community, 3), (&other, 1)] {
            let input = json!({ "communityId": community["id"], "memberId": members[0] });
            owner.run("CommunityMemberAdd", json!({ "input": input })).await.payload("communityMemberAdd");
            database.outbox_is_drained().await;
            let answer = owner.run("CommunityGet", json!({ "id": community["id"] })).await;
            assert_eq!(answer.data("community.memberCount"), count);
        }
    });
}

/// Lets members join and leave in turn, each change under a key of its own that is tried until it is acknowledged.
/// Gives how many are inside at the end, and how many changes there were.
async fn come_and_go(client: &Client, community: &Value, members: &[Value], is_over: &AtomicBool) -> (usize, usize) {
    let mut inside = vec![false; members.len()];
    let mut changes = 0;
    while !is_over.load(Ordering::Relaxed) {
        let place = changes % members.len();
        // Some stay for a round, so that the count at the end is of both kinds.
        if !inside[place] || changes % 3 != 0 {
            let name = if inside[place] { "CommunityMemberRemove" } else { "CommunityMemberAdd" };
            let key = format!("{}-{changes}", members[place].as_str().unwrap());
            let mut input =
                json!({ "communityId": community["id"], "memberId": members[place], "idempotencyKey": key });
            if !inside[place] {
                input["tier"] = json!("ORDINARY");
            }
            acknowledged(client, name, json!({ "input": input })).await;
            inside[place] = !inside[place];
        }
        changes += 1;
    }
    (inside.into_iter().filter(|inside| *inside).count(), changes)
}

/// Sends the same mutation until it is answered. It must succeed each time: a change that was made before the server
/// died is not made again, and not refused either.
async fn acknowledged(client: &Client, name: &str, variables: Value) {
    let body = json!({ "query": operation(name), "variables": variables }).to_string();
    loop {
        let request = client.request(Method::POST, "/graphql").header("content-type", "application/json");
        if let Ok(answer) = request.body(body.clone()).timeout(Duration::from_secs(10)).send().await {
            let text = answer.text().await.unwrap_or_default();
            let answer: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(payload) = answer["data"].as_object().and_then(|data| data.values().next()) {
                assert_eq!(payload["userErrors"], json!([]), "{name}: {text}");
                return;
            }
            let code = &answer["errors"][0]["extensions"]["code"];
            assert!(code.is_null() || code == "UNAVAILABLE", "{name}: {text}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
