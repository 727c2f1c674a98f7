//! The step by which members can give each other points, on a ledger that is in use.

use std::time::Duration;

use harness::{CliOutput, Client, Installation, TestApp, absent_id, eventually, run};
use serde_json::{Value, json};

use super::status;
use crate::given;
use crate::points::{
    Balances, balances_of, entries_of, let_transfer, members, number, proof, text, transfer, unlimited, verify,
};

/// Takes back what came since, and the step itself.
async fn taken_back(installation: &Installation) -> CliOutput {
    let all = status(installation).await;
    let place = all.iter().position(|(_, name)| name.ends_with("_transfers")).expect("there is such a step");
    let steps = (all.len() - place).to_string();
    installation.cli(&["migrate", "down", "--steps", &steps], &[]).await
}

/// Posts something under a key of its own; gives the entry's id.
async fn posted(client: &Client, operation: &str, input: Value) -> Value {
    let input = given::with(json!({ "reason": "Test", "idempotencyKey": absent_id("key") }), input);
    let answer = client.run(operation, json!({ "input": input })).await;
    answer.payload(&format!("p{}", &operation[1..]))["entry"]["id"].clone()
}

/// Entries of each kind, and lots of each state, that there were before transfers.
async fn in_use(client: &Client, ids: &[String]) {
    let award = async |place: usize, amount: i64, changes: Value| {
        let input = json!({ "memberId": ids[place], "amount": amount });
        posted(client, "PointsAward", given::with(input, changes)).await
    };
    award(0, 100, json!({})).await;
    award(0, 50, json!({ "source": "CAMPAIGN", "reference": "fair-1", "expiresOn": "2040-06-30" })).await;
    award(1, 70, json!({ "availableAt": "2039-01-01T00:00:00Z", "expiresOn": "2040-06-30" })).await;
    let mistake = award(2, 500, json!({})).await;
    let deduction = posted(client, "PointsDeduct", json!({ "memberId": ids[0], "amount": 120 })).await;
    posted(client, "PointsReverse", json!({ "entryId": mistake })).await;
    posted(client, "PointsReverse", json!({ "entryId": deduction })).await;
    posted(client, "PointsDeduct", json!({ "memberId": ids[0], "amount": 30 })).await;
}

/// What the ledger says of itself once all of it is sealed.
async fn sealed(client: &Client) -> Value {
    eventually("the entries are sealed", Duration::from_secs(30), || async {
        proof(client).await["unsealedEntries"] == "0"
    })
    .await;
    proof(client).await
}

/// What each of them has, and all their entries.
async fn shown(client: &Client, ids: &[String]) -> Vec<(Balances, Vec<Value>)> {
    let mut shown = Vec::new();
    for id in ids {
        shown.push((balances_of(client, id).await, entries_of(client, id).await));
    }
    shown
}

#[test]
fn a_ledger_in_use_is_the_same_when_the_step_was_taken_back_and_made_again() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("ledger-in-use").await;
        let owner = tenant.owner().await;
        let ids = members(&owner, 3).await;
        in_use(&owner, &ids).await;
        let before = (sealed(&owner).await, shown(&owner, &ids).await);
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        // Its connection must not remember the tables as they were.
        let rows = database.snapshot(uuid).await.without("sessions");
        drop(database);
        assert_eq!(app.server().stop().await, Some(0));

        let applied = status(app.installation()).await;
        taken_back(app.installation()).await.expect_success();
        assert!(app.database().await.columns("points_entries").await.iter().all(|column| column != "transfer_id"));
        app.installation().cli(&["migrate", "up"], &[]).await.expect_success();
        assert_eq!(status(app.installation()).await, applied);
        app.database().await.snapshot(uuid).await.without("sessions").must_equal(&rows);
        verify(&app).await;

        app.server().start_again().await;
        let owner = tenant.owner().await;
        assert_eq!((sealed(&owner).await, shown(&owner, &ids).await), before);
        posted(&owner, "PointsAward", json!({ "memberId": ids[2], "amount": 10 })).await;
        let_transfer(&owner).await;
        transfer(&owner, (&ids[0], &ids[1]), 110, "give").await.payload("pointsTransfer");
        assert_eq!(balances_of(&owner, &ids[0]).await.available, 10);
        assert_eq!(balances_of(&owner, &ids[1]).await.available, 110);
        // The new seals go on from the old ones.
        let after = sealed(&owner).await;
        let [old, new] = [&before.0, &after].map(|proof| number(&proof["head"]["position"]));
        assert!(old < new, "{old} {new}");
        verify(&app).await;
    });
}

#[test]
fn the_step_is_not_taken_back_where_members_gave_each_other_points_not_even_where_that_was_undone() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("given-before").await;
        let owner = tenant.owner().await;
        let_transfer(&owner).await;
        let ids = members(&owner, 2).await;
        posted(&owner, "PointsAward", json!({ "memberId": ids[0], "amount": 50 })).await;
        let given = transfer(&owner, (&ids[0], &ids[1]), 20, "give").await;
        let sent = text(&given.payload("pointsTransfer")["transfer"]["sent"]["id"]);
        is_kept(&app).await;
        let owner = tenant.owner().await;
        posted(&owner, "PointsReverse", json!({ "entryId": sent })).await;
        is_kept(&app).await;
        let owner = tenant.owner().await;
        let now = [balances_of(&owner, &ids[0]).await.available, balances_of(&owner, &ids[1]).await.available];
        assert_eq!(now, [50, 0]);
        transfer(&owner, (&ids[0], &ids[1]), 20, "again").await.payload("pointsTransfer");
        verify(&app).await;
    });
}

/// Stops the server, fails to take the step back, and starts again.
async fn is_kept(app: &TestApp) {
    assert_eq!(app.server().stop().await, Some(0));
    let applied = status(app.installation()).await;
    let output = taken_back(app.installation()).await;
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stderr.contains("members have given each other points"), "{output:#?}");
    assert_eq!(status(app.installation()).await, applied);
    app.server().start_again().await;
}
