//! Bad bodies: too large, too slow, cut off; and what all bad input does to the process.

use std::time::{Duration, Instant};

use harness::{Client, Server, TestApp, run};
use reqwest::Method;
use serde_json::json;

use crate::edge::{fragment_bomb, nested_documents};
use crate::given;

const MIB: usize = 1024 * 1024;

#[test]
fn an_anonymous_body_of_more_than_64_kib_is_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let padding = " ".repeat(64 * 1024);
        let answer = client.query(&format!("{{ __typename }}{padding}"), json!({})).await;
        assert_eq!(answer.status, 413);
        answer.expect_request_error("BODY_TOO_LARGE");
    });
}

#[test]
fn a_signed_in_body_may_have_2_mib_and_no_more() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("large-body").await.owner().await;
        let body = |size: usize| format!(r#"{{"query":"{{ __typename }}"}}{}"#, " ".repeat(size));
        assert_eq!(owner.post_text(body(MIB)).await.data("__typename"), "Query");
        let answer = owner.post_text(body(2 * MIB)).await;
        assert_eq!(answer.status, 413);
        answer.expect_request_error("BODY_TOO_LARGE");
    });
}

#[test]
fn a_body_of_300_mb_is_refused_while_it_arrives() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("flood").await.owner().await;
        let token = owner.session().access_token.clone();
        for (chunked, token) in
            [(false, None), (true, None), (false, Some(token.as_str())), (true, Some(token.as_str()))]
        {
            let sent = flood(app.server(), chunked, token).await;
            assert!(sent < 32 * MIB, "{sent} bytes were let in, chunked: {chunked}");
        }
    });
}

#[test]
fn a_slow_body_is_cut_off_after_10_seconds() {
    run(async {
        let mut connection = TestApp::shared().await.server().raw().await;
        connection.send_head("Content-Length: 1000", None).await;
        let start = Instant::now();
        // A byte now and then must not buy more time.
        for _ in 0..16 {
            connection.send(b" ").await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.error_code().as_str()), (408, "REQUEST_TIMEOUT"), "{answer:?}");
        let taken = start.elapsed();
        assert!((Duration::from_secs(9)..Duration::from_secs(13)).contains(&taken), "it took {taken:?}");
    });
}

#[test]
fn bad_input_leaves_the_process_up_and_within_20_mib() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("bombs").await.owner().await;
        let server = app.server();
        attack(server, &owner).await; // fills caches and pools once
        server.forget_peak();
        let before = server.resident_kib();
        for _ in 0..3 {
            attack(server, &owner).await;
        }
        let grown = server.peak_kib().saturating_sub(before);
        assert!(grown <= 20 * 1024, "{grown} KiB more than {before} KiB");
        assert_eq!(app.anonymous().query("{ __typename }", json!({})).await.data("__typename"), "Query");
        assert!(server.is_running());
    });
}

#[test]
fn connections_dropped_in_the_middle_leave_the_server_answering() {
    run(async {
        let app = TestApp::with().env("SHEQUN_DATABASE_CONNECTIONS", "2").start().await;
        let owner = app.tenant("dropped").await.owner().await;
        let token = owner.session().access_token.clone();
        let input = json!({ "input": given::community_input("Half") });
        let body = json!({ "query": harness::operation("CommunityCreate"), "variables": input }).to_string();
        for round in 0..60 {
            let mut connection = app.server().raw().await;
            connection.send_head(&format!("Content-Length: {}", body.len()), Some(&token)).await;
            connection.send(body.as_bytes()).await;
            tokio::time::sleep(Duration::from_micros(round * 100)).await;
            connection.cut();
        }
        // What was answered as written is there: a connection returned inside an open transaction would lose it.
        let mut created = 0;
        for number in 0..40 {
            given::community(&owner, &format!("Whole {number:02}")).await;
            created += 1;
        }
        let filter = json!({ "first": 1, "filter": { "text": "Whole" } });
        assert_eq!(owner.run("CommunityList", filter).await.data("communities.totalCount"), created);
    });
}

/// Every kind of bad input once.
async fn attack(server: &Server, owner: &Client) {
    for (_, document) in nested_documents(2_000) {
        owner.query(&document, json!({})).await;
    }
    owner.query(&fragment_bomb(40), json!({})).await;
    owner.post_text(b"\xff\xfe\x00".to_vec()).await;
    owner.run("CommunityList", json!({ "first": i32::MAX })).await;
    for chunked in [false, true] {
        flood(server, chunked, None).await;
        flood(server, chunked, Some(&owner.session().access_token)).await;
    }
    let get = owner.request(Method::GET, &format!("/graphql?query={}", "%5B".repeat(2_000)));
    owner.send(get).await;
}

/// Sends up to 300 MB; gives how much the server let in before it refused.
async fn flood(server: &Server, chunked: bool, token: Option<&str>) -> usize {
    let size = 300_000_000;
    let framing = if chunked { "Transfer-Encoding: chunked".to_owned() } else { format!("Content-Length: {size}") };
    let mut connection = server.raw().await;
    connection.send_head(&framing, token).await;
    let (answer, sent) = connection.flood(size, chunked).await;
    assert_eq!((answer.status, answer.error_code().as_str()), (413, "BODY_TOO_LARGE"), "{answer:?}");
    sent
}
