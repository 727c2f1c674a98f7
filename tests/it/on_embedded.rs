//! What only the embedded default does.

mod demo;

use std::os::unix::fs::PermissionsExt;

use harness::{Storage, TestApp, run};
use serde_json::{Value, json};

#[test]
fn the_demo_file_is_private_and_its_sign_in_works() {
    run(async {
        Storage::Embedded.must_be();
        let app = TestApp::with().demo().start().await;
        let path = app.installation().data_dir(0).join("demo.json");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let demo: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(demo["url"].as_str().unwrap().starts_with(&app.server().base()), "{}", demo["url"]);
        let input = json!({ "tenant": demo["tenant"], "email": demo["email"], "password": demo["password"] });
        let answer = app.anonymous().run("SignIn", json!({ "input": input })).await;
        let client = app.anonymous().with_session(answer.payload("signIn"));
        let communities = client.run("CommunityList", json!({})).await;
        assert!(communities.data("communities.totalCount").as_i64().unwrap() >= 10);
    });
}

#[test]
fn the_database_is_for_its_owner_only_also_one_that_was_not() {
    run(async {
        Storage::Embedded.must_be();
        let app = TestApp::start().await;
        app.tenant("private").await;
        let path = |end: &str| app.installation().data_dir(0).join(format!("shequn.db{end}"));
        let modes =
            || ["", "-wal", "-shm"].map(|end| std::fs::metadata(path(end)).unwrap().permissions().mode() & 0o777);
        assert_eq!(modes(), [0o600; 3]);
        for end in ["", "-wal", "-shm"] {
            std::fs::set_permissions(path(end), std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        app.server().kill9();
        app.server().start_again().await;
        assert_eq!(modes(), [0o600; 3]);
    });
}

#[test]
fn the_schema_is_shown_to_anyone() {
    run(async {
        Storage::Embedded.must_be();
        let client = TestApp::shared().await.anonymous();
        let answer = client.query("{ __schema { queryType { name } } }", json!({})).await;
        assert_eq!(answer.data("__schema.queryType.name"), "Query");
    });
}
