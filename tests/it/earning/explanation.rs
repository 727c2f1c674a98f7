//! Why an entry was made: figures that add up, and words that a member understands.

use harness::{Client, TestApp, run};
use serde_json::{Value, json};

use super::{definition, given_by_hand, keeper, record, rule, update};
use crate::given;
use crate::points::{entries_of, let_transfer, number, text, transfer};

async fn explained(client: &Client, entry: &Value) -> Value {
    let document = "query($id: ID!) { pointsEntry(id: $id) { amount
        usual: explanation { text locale }
        chinese: explanation(locale: ZH_CN) { text }
        english: explanation(locale: EN) { text steps { kind points count percent tier } } } }";
    client.query(document, json!({ "id": entry })).await.data("pointsEntry").clone()
}

#[test]
fn an_award_is_explained_by_what_its_rule_said_when_it_was_made() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("explained-award").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = given::member(&owner, "Li Lei").await;
        let community = given::community(&owner, "Tea").await;
        given::joined(&owner, &community, &member, "CORE").await;
        let said = definition(json!({ "perUnit": { "quantity": 100, "points": 3 }, "caps": { "perDay": 20 },
            "tierMultipliers": [{ "tier": "CORE", "percent": 150 }] }));
        let rule = rule(&client, "Tea time", "ORDER_PAID", said).await;
        let event = json!({ "quantity": 250, "communityId": community["id"] });
        let event = record(&client, &text(&member["id"]), "ORDER_PAID", event).await;
        let entry = event["payments"][0]["entry"]["id"].clone();

        let before = explained(&client, &entry).await;
        let steps: Vec<_> = before["english"]["steps"].as_array().unwrap().clone();
        let told: Vec<_> = steps.iter().map(|step| (text(&step["kind"]), number(&step["points"]))).collect();
        let expected = [("BASE", 10), ("QUANTITY", 6), ("TIER", 8), ("CAP", -4)];
        assert_eq!(told, expected.map(|(kind, points)| (kind.to_owned(), points)));
        assert_eq!(told.iter().map(|(_, points)| points).sum::<i64>(), number(&before["amount"]));
        assert_eq!(
            (&steps[1]["count"], &steps[2]["percent"], &steps[2]["tier"]),
            (&json!("250"), &json!(150), &json!("CORE"))
        );
        let english = text(&before["english"]["text"]);
        let counted = "You were given 20 points for “Tea time”. Counted as 10 to begin with, +6 for a quantity of 250, \
            +8 as a core member (150%), -4 above the limit: 20 points. They are good until ";
        assert!(english.starts_with(counted), "{english}");
        let chinese = text(&before["chinese"]["text"]);
        let counted = "您因“Tea time”获得 20 积分。计算方式：基础 10，数量 250 计 +6，核心成员 150% +8，超出上限 -4，共 20 积分。有效期至 ";
        assert!(chinese.starts_with(counted), "{chinese}");
        // The tenant is in China.
        assert_eq!(before["usual"], json!({ "text": chinese, "locale": "ZH_CN" }));

        update(&client, &rule, 1, definition(json!({ "points": 1000 }))).await.payload("earningRuleUpdate");
        let tier = json!({ "communityId": community["id"], "memberId": member["id"], "tier": "ORDINARY" });
        owner.run("CommunityMemberTierSet", json!({ "input": tier })).await.payload("communityMemberTierSet");
        assert_eq!(explained(&client, &entry).await, before);
    });
}

#[test]
fn what_was_spent_is_explained_by_what_it_was_paid_from() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("explained-spending").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = given::member(&owner, "Li Lei").await;
        let mut keys = 0..;
        let mut send = async |operation: &str, field: &str, changes: Value| {
            let input = json!({ "idempotencyKey": format!("key-{}", keys.next().unwrap()) });
            client.run(operation, json!({ "input": given::with(input, changes) })).await.payload(field).clone()
        };
        let id = &member["id"];
        for source in ["CHECK_IN", "PURCHASE"] {
            let award =
                json!({ "memberId": id, "amount": 30, "reason": "Tea", "source": source, "expiresOn": "2030-01-31" });
            send("PointsAward", "pointsAward", award).await;
        }
        let taken = json!({ "memberId": id, "amount": 40, "reason": "A cup" });
        let taken = send("PointsDeduct", "pointsDeduct", taken).await;
        let held = json!({ "memberId": id, "amount": 15, "reason": "A pot" });
        let held = send("PointsHoldCreate", "pointsHoldCreate", held).await;
        let captured = json!({ "holdId": held["hold"]["id"], "amount": 5 });
        send("PointsHoldCapture", "pointsHoldCapture", captured).await;
        let reversed = json!({ "entryId": taken["entry"]["id"], "reason": "It broke" });
        send("PointsReverse", "pointsReverse", reversed).await;

        // The day of the tenant.
        let today = json!({ "memberId": id, "event": "TODAY", "idempotencyKey": "today" });
        let today = client.run("EarningEventRecord", json!({ "input": today })).await;
        let today = text(&today.payload("earningEventRecord")["earningEvent"]["day"]);
        let shopping = |amount: i64| format!("{amount} from shopping (earned {today}, good until 2030-01-31)");
        let (until, both) = (
            "They are good until 2030-01-31.",
            format!("30 from checking in (earned {today}, good until 2030-01-31), {}", shopping(10)),
        );
        let expected = [
            format!("You were given 30 points for “Tea”. {until}"),
            format!("You were given 30 points for “Tea”. {until}"),
            format!("40 points were taken for “A cup”. These were: {both}."),
            format!("15 points were set aside for “A pot”. These were: {}.", shopping(15)),
            format!("5 points that were set aside were spent on “A pot”. These were: {}.", shopping(5)),
            format!("10 points that were set aside for “A pot” came back. These were: {}.", shopping(10)),
            format!("40 points, taken on {today} for “A cup”, were given back: It broke. These were: {both}."),
        ];
        let mut told = Vec::new();
        for entry in entries_of(&client, &text(id)).await {
            let explanation = explained(&client, &entry["id"]).await;
            assert_eq!(explanation["english"]["steps"], json!([]), "{explanation}");
            assert!(text(&explanation["chinese"]["text"]).contains("积分"), "{explanation}");
            told.push(text(&explanation["english"]["text"]));
        }
        assert_eq!(told, expected);
    });
}

const LOTS: &str = "query($id: ID!) { member(by: { id: $id }) { points { lots { id entryId amount entry {
    amount actorId earning { ruleVersion rule { id versions { version actorId } } } transfer { from { id } } } } } } }";

#[test]
fn a_lot_tells_by_which_rule_and_version_it_was_earned_or_who_gave_it() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("origins").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let key = client.run("PartnerKeyGet", json!({})).await.data("partnerKey.id").clone();
        let person = owner.run("Viewer", json!({})).await.data("viewer.user.id").clone();
        let (member, friend) = (given::member(&owner, "Li Lei").await, given::member(&owner, "Han Meimei").await);
        let (own, other) = (text(&member["id"]), text(&friend["id"]));
        let rule = rule(&client, "Tea time", "TEA", definition(json!({}))).await;
        let first = record(&client, &own, "TEA", json!({})).await;
        update(&owner, &rule, 1, definition(json!({ "points": 20 }))).await.payload("earningRuleUpdate");
        let second = record(&client, &own, "TEA", json!({})).await;
        let by_hand = given_by_hand(&owner, &own, 30).await;
        let_transfer(&owner).await;
        given_by_hand(&client, &other, 40).await;
        let present = transfer(&client, (&other, &own), 40, "present").await;
        let received = present.payload("pointsTransfer")["transfer"]["received"][0]["id"].clone();

        let answer = client.query(LOTS, json!({ "id": own })).await;
        let lots = answer.data("member.points.lots").as_array().unwrap();
        let made_by = |entry: &Value| {
            let lot = lots.iter().find(|lot| lot["entryId"] == *entry).unwrap_or_else(|| panic!("{}", answer.raw));
            assert_eq!(text(&lot["id"]).replace("plt_", "pen_"), text(entry), "a lot has its entry's id");
            assert_eq!(lot["amount"], lot["entry"]["amount"], "{lot}");
            lot["entry"].clone()
        };
        assert_eq!(lots.len(), 4, "{}", answer.raw);
        let versions = json!([{ "version": 2, "actorId": person }, { "version": 1, "actorId": key }]);
        for (version, event) in [(1, &first), (2, &second)] {
            let entry = made_by(&event["payments"][0]["entry"]["id"]);
            let said = json!({ "ruleVersion": version, "rule": { "id": rule, "versions": versions } });
            assert_eq!((&entry["earning"], &entry["actorId"]), (&said, &key), "{entry}");
            assert!(entry["transfer"].is_null(), "{entry}");
        }
        let entry = made_by(&by_hand["id"]);
        assert_eq!((&entry["actorId"], &entry["earning"], &entry["transfer"]), (&person, &Value::Null, &Value::Null));
        let entry = made_by(&received);
        assert_eq!((&entry["actorId"], &entry["transfer"]["from"]["id"]), (&key, &friend["id"]));
    });
}
