//! The process itself: health, start and stop.

use harness::{TestApp, run};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::given;

#[test]
fn health_and_metrics_answer() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for path in ["/livez", "/readyz"] {
            assert_eq!(client.send(client.request(Method::GET, path)).await.status, 200, "{path}");
        }
        let metrics = client.send(client.request(Method::GET, "/metrics")).await;
        assert_eq!(metrics.status, 200);
        assert!(metrics.raw.contains("# TYPE "), "{}", metrics.raw);
    });
}

#[test]
fn head_answers_like_get_without_a_body() {
    run(async {
        let app = TestApp::shared().await;
        let client = app.anonymous();
        for path in ["/livez", "/readyz", "/metrics", "/console", "/", "/.well-known/jwks.json"] {
            let get = client.send(client.request(Method::GET, path)).await;
            let head = client.send(client.request(Method::HEAD, path)).await;
            assert_eq!((head.status, head.media_type()), (get.status, get.media_type()), "{path}");
            assert_eq!((head.status, head.raw.as_str()), (200, ""), "{path}");
            // On the wire: a client would not show a body that should not be there.
            let mut socket = TcpStream::connect(app.server().address()).await.unwrap();
            let request = format!("HEAD {path} HTTP/1.1\r\nhost: shequn\r\nconnection: close\r\n\r\n");
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with("\r\n\r\n"), "{path}: {answer}");
        }
    });
}

#[test]
fn sigterm_ends_the_server_in_order() {
    run(async {
        let app = TestApp::start().await;
        assert_eq!(app.server().stop().await, Some(0));
    });
}

#[test]
fn the_manual_names_every_command() {
    run(async {
        let installation = TestApp::with().install().await;
        let help = installation.cli(&["--help"], &[]).await.expect_success();
        for command in ["serve", "migrate", "schema", "tenant", "demo", "import"] {
            assert!(help.stdout.contains(command), "{command} in {}", help.stdout);
        }
    });
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    run(async {
        let installation = TestApp::with().env("SHEQUN_NO_SUCH_SETTING", "1").install().await;
        let output = installation.cli(&["serve"], &[]).await;
        assert_ne!(output.code, Some(0));
        assert!(output.stderr.contains("SHEQUN_NO_SUCH_SETTING"), "{output:#?}");
    });
}

#[test]
fn migrations_go_up_and_down_and_up_again() {
    run(async {
        let installation = TestApp::with().unmigrated().install().await;
        for direction in ["up", "down", "up", "status"] {
            installation.cli(&["migrate", direction], &[]).await.expect_success();
        }
        let database = installation.database().await;
        assert_eq!(database.number("SELECT count(*) FROM members").await, 0);
    });
}

#[test]
fn the_statement_log_has_every_statement_and_no_value() {
    run(async {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant("statements").await.owner().await;
        given::community(&owner, "Unmistakable Readers").await;
        owner.run("CommunityList", json!({ "filter": { "text": "Unmistakable" } })).await.data("communities");
        let log = app.server().log();
        let statements: Vec<String> = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["target"] == "shequn::sql")
            .map(|line| line["db.statement"].as_str().expect("a statement has its text").to_owned())
            .collect();
        for start in ["INSERT INTO \"communities\"", "SELECT \"communities\".\"id\""] {
            assert!(statements.iter().any(|statement| statement.starts_with(start)), "{start}: {statements:#?}");
        }
        for value in ["nmistakable", "reads one book", owner.session().access_token.as_str()] {
            assert!(!log.contains(value), "{value} is in the log");
        }
    });
}
