//! The tables' history: forth, back, and forth again.

mod transfers;

use harness::{Installation, TestApp, run};
use serde_json::json;

use crate::given;

#[test]
fn the_tables_go_up_down_and_up_again_and_serving_works_on_them() {
    run(async {
        let app = TestApp::with().unmigrated().start().await;
        app.tenant("before").await;
        assert_eq!(app.server().stop().await, Some(0));
        let installation = app.installation();
        let applied = status(installation).await;
        assert!(applied.len() >= 9 && applied.iter().all(|(status, _)| status == "applied"), "{applied:?}");

        let steps = applied.len().to_string();
        installation.cli(&["migrate", "down", "--steps", &steps], &[]).await.expect_success();
        let pending = status(installation).await;
        assert!(pending.iter().all(|(status, _)| status == "pending"), "{pending:?}");
        let names = |list: &[(String, String)]| list.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&pending), names(&applied));

        installation.cli(&["migrate", "up"], &[]).await.expect_success();
        assert_eq!(status(installation).await, applied);
        installation.cli(&["migrate"], &[]).await.expect_success();
        assert_eq!(status(installation).await, applied, "up to date is no failure and no change");

        app.server().start_again().await;
        let owner = app.tenant("after").await.owner().await;
        given::community(&owner, "Readers").await;
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 1);
    });
}

#[test]
fn one_step_back_takes_back_the_newest() {
    run(async {
        let installation = TestApp::with().unmigrated().install().await;
        installation.cli(&["migrate", "up"], &[]).await.expect_success();
        let applied = status(&installation).await;
        installation.cli(&["migrate", "down"], &[]).await.expect_success();
        let after = status(&installation).await;
        let is_pending: Vec<_> = after.iter().map(|(status, _)| status == "pending").collect();
        assert_eq!(is_pending.iter().filter(|pending| **pending).count(), 1);
        assert_eq!(is_pending.last(), Some(&true), "{after:?}");
        assert_eq!(applied.len(), after.len());
    });
}

/// `applied` or `pending`, and the name, of each migration.
async fn status(installation: &Installation) -> Vec<(String, String)> {
    let output = installation.cli(&["migrate", "status"], &[]).await.expect_success();
    let line = |line: &str| {
        let (status, name) = line.split_once(char::is_whitespace).unwrap_or_else(|| panic!("{line}"));
        (status.to_owned(), name.trim().to_owned())
    };
    output.stdout.lines().map(line).collect()
}
