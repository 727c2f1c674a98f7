//! What is opened again: what was paid comes back whole, or nothing changes.

use harness::{Client, TestApp, run};
use serde_json::{Value, json};

use super::{
    another, approved, creator, each, editor, freeze, given_by_hand, level, reopen, rule, shown, spent, step, update,
};
use crate::points::{balances_of, entries_of, members, proof, verify};

/// A tenant's editor, and a member whose work was approved and paid 80 points for.
async fn paid(app: &TestApp, name: &str) -> (Client, String, Value) {
    let owner = app.tenant(name).await.owner().await;
    let client = editor(&owner, json!({})).await;
    let member = members(&owner, 1).await.remove(0);
    rule(&client, json!({})).await;
    let done = another(&client, &member, 80).await;
    assert_eq!(done["pointsPaid"], "80");
    (client, member, done)
}

#[test]
fn what_was_paid_is_taken_back_and_paid_again_by_the_next_approval() {
    run(async {
        let app = TestApp::shared().await;
        let (client, member, done) = paid(app, "reopen-again").await;
        rule(&client, json!({ "points": 7, "perUnit": null })).await;
        let both = another(&client, &member, 60).await;
        assert_eq!(both["pointsPaid"], "67");
        for (submission, left) in [(&done, 67), (&both, 0)] {
            let answer = reopen(&client, submission).await;
            let open = &answer.payload("submissionReopen")["submission"];
            assert_eq!((&open["state"], &open["pointsPaid"]), (&json!("SUBMITTED"), &json!("0")));
            assert_eq!((&open["qualityScore"], &open["earningEventId"]), (&json!(null), &json!(null)));
            assert_eq!(open["note"], "Copied");
            let told: Vec<_> = each(&open["reviews"], "decision");
            assert_eq!(told, ["REOPEN", "APPROVE"]);
            let taken = format!("-{}", submission["pointsPaid"].as_str().unwrap());
            assert_eq!(each(&open["reviews"], "pointsPaid"), [json!(taken), submission["pointsPaid"].clone()]);
            // What was decided then stays told.
            assert_eq!(open["reviews"][1], submission["reviews"][0]);
            let now = balances_of(&client, &member).await;
            assert_eq!((now.available, now.issued), (left, left));
        }
        let kinds: Vec<_> = entries_of(&client, &member).await.iter().map(|entry| entry["kind"].clone()).collect();
        assert_eq!(kinds, ["AWARD", "AWARD", "AWARD", "REVERSE", "REVERSE", "REVERSE"]);
        assert_eq!(creator(&client, &member).await["approved"], 0);

        let again = approved(&client, &shown(&client, &done).await, 90).await;
        assert_eq!((&again["pointsPaid"], &again["qualityScore"]), (&json!("97"), &json!(90)));
        assert_ne!(again["earningEventId"], done["earningEventId"]);
        assert_eq!(each(&again["reviews"], "decision"), ["APPROVE", "REOPEN", "APPROVE"]);
        assert_eq!(balances_of(&client, &member).await.available, 97);
        proof(&client).await;
        verify(app).await;
    });
}

#[test]
fn what_was_spent_is_not_taken_back_and_nothing_changes() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("reopen-spent").await;
        let owner = tenant.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        rule(&client, json!({ "points": 7, "perUnit": null })).await;
        let done = another(&client, &member, 80).await;
        // Enough for the one that is taken back first, whichever it is, and not for both.
        spent(&client, &member, 5).await;
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        let snapshot = async || {
            let all = database.snapshot(uuid).await.without("idempotency_records").without("audit_events");
            all.without("partner_keys")
        };
        let before = snapshot().await;
        assert_eq!(
            reopen(&client, &done).await.user_errors("submissionReopen"),
            ["INSUFFICIENT_POINTS at submissionId"]
        );
        snapshot().await.must_equal(&before);
        freeze(app, &member, "posted_at").await;
        assert_eq!(reopen(&client, &done).await.user_errors("submissionReopen"), ["ACCOUNT_FROZEN at submissionId"]);
        freeze(app, &member, "NULL").await;
        assert_eq!(shown(&client, &done).await, done);
        given_by_hand(&client, &member, 5).await;
        reopen(&client, &done).await.payload("submissionReopen");
        assert_eq!(balances_of(&client, &member).await.available, 0);
        verify(app).await;
    });
}

#[test]
fn what_somebody_took_back_by_hand_is_not_taken_twice() {
    run(async {
        let app = TestApp::shared().await;
        let (client, member, done) = paid(app, "reopen-by-hand").await;
        given_by_hand(&client, &member, 100).await;
        let entry = entries_of(&client, &member).await.remove(0);
        let undo = json!({ "entryId": entry["id"], "reason": "By mistake", "idempotencyKey": "undo" });
        client.run("PointsReverse", json!({ "input": undo })).await.payload("pointsReverse");
        assert_eq!(shown(&client, &done).await["state"], "APPROVED");
        reopen(&client, &done).await.payload("submissionReopen");
        assert_eq!(balances_of(&client, &member).await.available, 100);
        verify(app).await;
    });
}

#[test]
fn a_level_goes_with_the_approvals_that_made_it() {
    run(async {
        let app = TestApp::shared().await;
        let (client, member, done) = paid(app, "reopen-level").await;
        let levels = json!([step("FIRST", (0, 0), 100), step("SECOND", (1, 0), 200)]);
        update(&client, json!({ "levels": levels })).await.payload("creatorProgrammeUpdate");
        let doubled = another(&client, &member, 50).await;
        assert_eq!((&doubled["pointsPaid"], level(&client, &member).await), (&json!("100"), "SECOND".to_owned()));
        reopen(&client, &done).await.payload("submissionReopen");
        assert_eq!(level(&client, &member).await, "SECOND");
        // What the level multiplied by stays paid.
        assert_eq!(shown(&client, &doubled).await["pointsPaid"], "100");
        reopen(&client, &doubled).await.payload("submissionReopen");
        assert_eq!(level(&client, &member).await, "FIRST");
        let again = approved(&client, &shown(&client, &doubled).await, 50).await;
        assert_eq!((&again["pointsPaid"], &again["reviews"][0]["levelCode"]), (&json!("50"), &json!("FIRST")));
    });
}
