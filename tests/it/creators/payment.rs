//! What an approval pays: as the rules say, by the score and the level that the member had before.

use harness::{Client, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{
    another, approved, creator, editor, freeze, given_by_hand, keyed, level, reopen, rule, shown, step, submitted,
    update,
};
use crate::given;
use crate::points::{balances_of, entries_of, members, number, proof, text, verify};

/// Asks why an entry was made.
const WHY: &str = "query($id: ID!) { pointsEntry(id: $id) { amount source reason
    earning { outcome base percent amount event { id event } }
    explanation(locale: EN) { text steps { kind points count percent } } } }";

/// The event that the approval of the submission recorded.
async fn event(client: &Client, submission: &Value) -> Value {
    let answer = client.run("EarningEventGet", json!({ "id": submission["earningEventId"] })).await;
    answer.data("earningEvent").clone()
}

/// Everybody who had something approved earns half as much again.
async fn generous(client: &Client) {
    let levels = json!([step("FIRST", (0, 0), 100), step("SECOND", (1, 50), 150)]);
    update(client, json!({ "levels": levels })).await.payload("creatorProgrammeUpdate");
}

#[test]
fn an_approval_is_paid_by_its_score_and_the_level_before_it() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("paid-by-score").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let (member, community) = (given::member(&owner, "Li Lei").await, given::community(&owner, "Hikers").await);
        given::joined(&owner, &community, &member, "CORE").await;
        let member = text(&member["id"]);
        generous(&client).await;
        let tiers = json!([{ "tier": "CORE", "percent": 120 }]);
        let pays = json!({ "points": 5, "perUnit": { "quantity": 10, "points": 2 }, "tierMultipliers": tiers });
        rule(&client, pays).await;
        let first = submitted(&client, &member, json!({ "communityId": community["id"] })).await;
        let first = approved(&client, &first, 87).await;
        // 5 + 8 × 2 is 21; × 1.2 is 25.2.
        assert_eq!((&first["pointsPaid"], &first["qualityScore"]), (&json!("25"), &json!(87)));
        let told = event(&client, &first).await;
        assert_eq!(
            (&told["event"], &told["quantity"], &told["creatorPercent"]),
            (&json!("SUBMISSION_APPROVED"), &json!("87"), &json!(100))
        );
        assert_eq!((&told["communityId"], &told["tier"]), (&community["id"], &json!("CORE")));
        assert_eq!((&told["memberId"], &told["points"]), (&json!(member), &json!("25")));
        assert_eq!(level(&client, &member).await, "SECOND");

        let second = submitted(&client, &member, json!({ "communityId": community["id"] })).await;
        let second = approved(&client, &second, 87).await;
        // 21 × 1.2 × 1.5 is 37.8.
        assert_eq!(second["pointsPaid"], "37");
        let told = event(&client, &second).await;
        assert_eq!((&told["creatorPercent"], &told["payments"][0]["percent"]), (&json!(150), &json!(180)));
        let last = &second["reviews"][0];
        assert_eq!(
            (&last["levelCode"], &last["percent"], &last["pointsPaid"]),
            (&json!("SECOND"), &json!(150), &json!("37"))
        );
        let entry = entries_of(&client, &member).await.pop().unwrap();
        let why = client.query(WHY, json!({ "id": entry["id"] })).await;
        let why = why.data("pointsEntry");
        assert_eq!((&why["source"], &why["reason"]), (&json!("CONTENT"), &json!("Good work")));
        assert_eq!(why["earning"]["event"]["id"], second["earningEventId"]);
        let steps = why["explanation"]["steps"].as_array().unwrap();
        let told: Vec<_> = steps.iter().map(|step| (text(&step["kind"]), number(&step["points"]))).collect();
        let expected = [("BASE", 5), ("QUANTITY", 16), ("TIER", 4), ("CREATOR", 12)];
        assert_eq!(told, expected.map(|(kind, points)| (kind.to_owned(), points)));
        assert_eq!((&steps[1]["count"], &steps[3]["percent"]), (&json!("87"), &json!(150)));
        assert!(text(&why["explanation"]["text"]).contains("+12 by your creator level (150%)"), "{why}");
        // Nobody's level makes anything of what else they do.
        let bought = json!({ "memberId": member, "event": "ORDER_PAID", "communityId": community["id"] });
        let answer = client.run("EarningEventRecord", json!({ "input": keyed(bought, json!({})) })).await;
        assert_eq!(answer.payload("earningEventRecord")["earningEvent"]["creatorPercent"], 100);
        assert_eq!(balances_of(&client, &member).await.available, 62);
        verify(app).await;
    });
}

#[test]
fn caps_are_kept_and_what_no_rule_answers_is_approved_all_the_same() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("paid-capped").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let unpaid = another(&client, &ids[0], 90).await;
        assert_eq!((&unpaid["pointsPaid"], &event(&client, &unpaid).await["payments"]), (&json!("0"), &json!([])));
        rule(&client, json!({ "caps": { "perMember": 150 } })).await;
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            let done = another(&client, &ids[1], 80).await;
            let payment = event(&client, &done).await["payments"][0].clone();
            assert_eq!(payment["amount"], done["pointsPaid"]);
            outcomes.push(format!("{} {}", text(&payment["outcome"]), text(&payment["amount"])));
        }
        assert_eq!(outcomes, ["PAID 80", "CAPPED 70", "CAPPED 0"]);
        // By two rules it is paid twice, and told in one sum.
        rule(&client, json!({ "points": 3, "perUnit": null })).await;
        let done = another(&client, &ids[0], 40).await;
        assert_eq!((&done["pointsPaid"], &done["reviews"][0]["pointsPaid"]), (&json!("43"), &json!("43")));
        assert_eq!(creator(&client, &ids[1]).await["approved"], 3);
        assert_eq!(number(&proof(&client).await["issued"]), 150 + 43);
    });
}

#[test]
fn a_frozen_account_is_paid_nothing_and_the_approval_stands() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("paid-frozen").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        given_by_hand(&client, &member, 5).await;
        let made = submitted(&client, &member, json!({})).await;
        freeze(app, &member, "posted_at").await;
        let done = approved(&client, &made, 80).await;
        assert_eq!((&done["state"], &done["pointsPaid"]), (&json!("APPROVED"), &json!("0")));
        let payment = event(&client, &done).await["payments"][0].clone();
        assert_eq!((&payment["outcome"], &payment["amount"]), (&json!("WITHHELD"), &json!("0")));
        assert_eq!(creator(&client, &member).await["approved"], 1);
        freeze(app, &member, "NULL").await;
        assert_eq!(shown(&client, &made).await["pointsPaid"], "0", "it is not paid later");
        // Nothing was paid, so nothing is taken back.
        reopen(&client, &done).await.payload("submissionReopen");
        assert_eq!(balances_of(&client, &member).await.available, 5);
        assert_eq!(another(&client, &member, 80).await["pointsPaid"], "80");
    });
}

#[test]
fn nobody_says_by_hand_that_something_was_approved() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("paid-reserved").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        let row = json!({ "memberId": member, "event": "SUBMISSION_APPROVED", "quantity": 100 });
        let answer = client.run("EarningEventRecord", json!({ "input": keyed(row.clone(), json!({})) })).await;
        assert_eq!(answer.user_errors("earningEventRecord"), ["RESERVED at event"]);
        let bulk = json!({ "events": [row], "idempotencyKey": absent_id("key") });
        let answer = client.run("EarningEventRecordBulk", json!({ "input": bulk })).await;
        let outcome = &answer.payload("earningEventRecordBulk")["outcomes"][0];
        assert_eq!(outcome["userErrors"][0]["code"], "RESERVED");
        assert_eq!(entries_of(&client, &member).await.len(), 0);
    });
}
