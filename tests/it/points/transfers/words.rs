//! What either side is told: what concerns them, and not who the other is.

use harness::{Client, TestApp, run};
use serde_json::{Value, json};

use super::super::{entries_of, let_transfer, members, text};
use super::Circle;
use crate::given;
use crate::member_tokens::able;

/// An entry's explanation in English and in Chinese.
async fn explained(client: &Client, entry: &Value) -> [String; 2] {
    let document = "query($id: ID!) { pointsEntry(id: $id) {
        english: explanation(locale: EN) { text steps { kind } }
        chinese: explanation(locale: ZH_CN) { text steps { kind } } } }";
    let answer = client.query(document, json!({ "id": entry })).await;
    ["english", "chinese"].map(|language| {
        let explanation = &answer.data("pointsEntry")[language];
        assert_eq!(explanation["steps"], json!([]), "{explanation}");
        text(&explanation["text"])
    })
}

#[test]
fn both_are_told_what_happened_to_their_points_and_not_who_the_other_is() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("transfer-words").await, 1).await;
        let (giver, receiver) =
            (given::member(&circle.owner, "Zhang San").await, given::member(&circle.owner, "Han Meimei").await);
        let circle = Circle { members: vec![text(&giver["id"]), text(&receiver["id"])], ..circle };
        circle.award(0, 40, json!({ "source": "CHECK_IN", "expiresOn": "2030-01-31" })).await;
        circle.award(0, 30, json!({ "source": "PURCHASE", "expiresOn": "2030-06-30" })).await;
        let transfer = circle.given((0, 1), 60).await;
        let client = &circle.client;
        // The day of the tenant.
        let today = json!({ "memberId": giver["id"], "event": "TODAY", "idempotencyKey": "today" });
        let today = client.run("EarningEventRecord", json!({ "input": today })).await;
        let today = text(&today.payload("earningEventRecord")["earningEvent"]["day"]);

        let [english, chinese] = explained(client, &transfer["sent"]["id"]).await;
        let expected = format!(
            "You gave 60 points to another member: “Tea”. These were: 40 from checking in (earned {today}, good until \
             2030-01-31), 20 from shopping (earned {today}, good until 2030-06-30)."
        );
        assert_eq!(english, expected);
        assert!(chinese.starts_with("您因“Tea”转赠 60 积分。来源："), "{chinese}");
        for (entry, (amount, day)) in [(40, "2030-01-31"), (20, "2030-06-30")].into_iter().enumerate() {
            let expected = [
                format!("Another member gave you {amount} points: “Tea”. They are good until {day}."),
                format!("另一位成员因“Tea”转赠您 {amount} 积分。有效期至 {day}。"),
            ];
            assert_eq!(explained(client, &transfer["received"][entry]["id"]).await, expected);
        }

        let back = circle.reverse(&transfer["sent"]["id"]).await.payload("pointsReverse")["entry"]["id"].clone();
        let [english, chinese] = explained(client, &back).await;
        let expected = format!("60 points that you gave on {today} for “Tea” came back: Oops.");
        assert!(english.starts_with(&expected), "{english}");
        assert!(chinese.starts_with(&format!("{today}因“Tea”转赠的 60 积分已退回：Oops。")), "{chinese}");
        let entries = entries_of(client, &circle.members[1]).await;
        let [english, chinese] = explained(client, &entries.last().unwrap()["id"]).await;
        let amount = text(&entries.last().unwrap()["amount"]);
        let expected =
            format!("{amount} points that another member gave you on {today} for “Tea” were taken back: Oops.");
        assert!(english.starts_with(&expected), "{english}");
        assert!(chinese.starts_with(&format!("{today}因“Tea”收到的 {amount} 积分已收回：Oops。")), "{chinese}");

        for (own, other) in [(&giver, &receiver), (&receiver, &giver)] {
            let seen = able(&circle.owner, own).await.run("MeInFull", json!({ "first": 10, "locale": "EN" })).await;
            let entries = seen.data("me.points.entries.nodes").as_array().unwrap();
            assert!(entries.iter().any(|entry| text(&entry["kind"]).starts_with("TRANSFER_")), "{}", seen.raw);
            for secret in ["id", "displayName"] {
                assert!(!seen.raw.contains(other[secret].as_str().unwrap()), "{secret} in {}", seen.raw);
            }
        }
    });
}

#[test]
fn what_does_not_expire_with_the_giver_does_not_with_the_other() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("transfer-ever").await.owner().await;
        let ever = json!({ "points": { "lifetimeMonths": null, "source": "The council of the test" } });
        owner.run("TenantPolicyUpdate", json!({ "input": ever })).await.payload("tenantPolicyUpdate");
        let_transfer(&owner).await;
        let circle = Circle { client: owner.clone(), members: members(&owner, 2).await, owner };
        circle.award(0, 10, json!({})).await;
        let transfer = circle.given((0, 1), 10).await;
        let [english, chinese] = explained(&circle.client, &transfer["received"][0]["id"]).await;
        assert_eq!(english, "Another member gave you 10 points: “Tea”. They do not expire.");
        assert_eq!(chinese, "另一位成员因“Tea”转赠您 10 积分。长期有效。");
    });
}
