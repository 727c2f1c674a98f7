//! What the program itself records, and what multiplies: check-ins with their streak, and nodes of the growth path.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, Response, TestApp, run};
use serde_json::{Value, json};

use super::model::{DAY, HOUR, day_of, start_of};
use super::{definition, freeze, fresh_key, given_by_hand, keeper, paid, record, rule, shown, unfreeze};
use crate::given;
use crate::points::{balances_of, entries_of, members, partner, text, unlimited, verify};

const SCOPES: [&str; 6] =
    ["members:read", "points:read", "points:write", "points:rules", "engagement:read", "engagement:write"];

/// Asks what an award was made for.
const WHY: &str = "query($id: ID!) { pointsEntry(id: $id) { earning { base percent amount outcome
    event { id event streak communityId } } } }";

async fn check_in(client: &Client, member: &str, changes: Value) -> Response {
    let input = given::with(json!({ "memberId": member, "idempotencyKey": fresh_key() }), changes);
    client.run("CheckIn", json!({ "input": input })).await
}

/// Of each award of a member: amount and streak, the oldest first.
async fn streaks_paid(client: &Client, member: &str) -> Vec<(String, Value)> {
    let mut told = Vec::new();
    for entry in entries_of(client, member).await.iter().filter(|entry| entry["kind"] == "AWARD") {
        let why = client.query(WHY, json!({ "id": entry["id"] })).await;
        let earning = why.data("pointsEntry.earning");
        assert_eq!(earning["event"]["event"], "CHECK_IN", "{}", why.raw);
        told.push((text(&earning["amount"]), earning["event"]["streak"].clone()));
    }
    told
}

#[test]
fn a_check_in_is_paid_once_by_its_streak() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("earn-check-in").await.owner().await;
        let client = keeper(&owner, json!({ "scopes": SCOPES })).await;
        let member = members(&owner, 1).await.remove(0);
        let bonuses = json!([{ "days": 2, "points": 5 }, { "days": 3, "points": 100 }]);
        let by_streak = json!({ "source": "CHECK_IN", "points": 1, "streakBonuses": bonuses });
        rule(&client, "Daily", "CHECK_IN", definition(by_streak)).await;
        // From noon to noon, so that no day begins meanwhile.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let until_noon = (start_of(day_of(now)) + 12 * HOUR - now).rem_euclid(DAY);
        app.installation().advance_clock(Duration::from_secs(until_noon.unsigned_abs()));
        for days in [0, 1, 1, 1, 2] {
            app.installation().advance_clock(Duration::from_secs(days * DAY.unsigned_abs()));
            let key = json!({ "idempotencyKey": fresh_key() });
            for _ in 0..2 {
                check_in(&client, &member, key.clone()).await.payload("checkIn");
            }
            let again = check_in(&client, &member, json!({})).await;
            assert_eq!(again.user_errors("checkIn"), ["ALREADY_CHECKED_IN at memberId"]);
        }
        let expected = [("1", 1), ("6", 2), ("101", 3), ("1", 4), ("1", 1)];
        let expected = expected.map(|(amount, streak)| (amount.to_owned(), json!(streak)));
        assert_eq!(streaks_paid(&client, &member).await, expected);
        assert_eq!(balances_of(&client, &member).await.available, 110);
        verify(&app).await;
    });
}

#[test]
fn who_is_paid_nothing_checks_in_all_the_same() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("earn-frozen-check-in").await.owner().await;
        let client = keeper(&owner, json!({ "scopes": SCOPES })).await;
        let ids = members(&owner, 2).await;
        // Without any rule.
        check_in(&client, &ids[1], json!({})).await.payload("checkIn");
        rule(&client, "Daily", "CHECK_IN", definition(json!({}))).await;
        given_by_hand(&client, &ids[0], 3).await;
        freeze(app, &ids[0]).await;
        let answer = check_in(&client, &ids[0], json!({})).await;
        assert_eq!(answer.payload("checkIn")["checkIn"]["streak"], 1);
        unfreeze(&owner, &ids[0]).await;
        let again = check_in(&client, &ids[0], json!({})).await;
        assert_eq!(again.user_errors("checkIn"), ["ALREADY_CHECKED_IN at memberId"]);
        assert_eq!(balances_of(&client, &ids[0]).await.issued, 3);
        let draft = json!({ "event": "CHECK_IN", "definition": definition(json!({})) });
        let input = given::with(super::simulation::days(), draft);
        let answer = client.run("PointsSimulate", json!({ "input": input })).await;
        assert_eq!(answer.data("pointsSimulate.events"), 2);
    });
}

#[test]
fn a_members_growth_node_multiplies_what_they_earn_and_what_was_earned_stays() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("earn-growth").await.owner().await;
        // The usual path multiplies by nothing.
        let client = partner(&owner, json!({ "scopes": ["points:read", "points:write", "points:rules"] })).await;
        let (member, community) = (given::member(&owner, "Li Lei").await, given::community(&owner, "Readers").await);
        given::joined(&owner, &community, &member, "CORE").await;
        let id = text(&member["id"]);
        let tiers = json!([{ "tier": "CORE", "percent": 150 }]);
        rule(&client, "Orders", "ORDER_PAID", definition(json!({ "points": 7, "tierMultipliers": tiers }))).await;
        let inside = json!({ "communityId": community["id"] });
        let before = record(&client, &id, "ORDER_PAID", inside.clone()).await;
        // 7 × 1.5
        assert_eq!((paid(&before), &before["growthPercent"]), (vec!["PAID 10".to_owned()], &json!(100)));
        let node = |code: &str, threshold: &str, percent: i64| json!({ "code": code, "name": code, "threshold": threshold, "multiplierPercent": percent, "perks": [] });
        let path = json!({ "version": 0, "source": "Ours", "idempotencyKey": "path",
            "nodes": [node("NEWCOMER", "0", 100), node("AMBASSADOR", "5000", 150)] });
        owner.run("GrowthPathUpdate", json!({ "input": path })).await.payload("growthPathUpdate");
        let order = json!({ "memberId": id, "node": "AMBASSADOR", "reason": "A friend", "idempotencyKey": "node" });
        owner.run("GrowthNodeSet", json!({ "input": order })).await.payload("growthNodeSet");
        let after = record(&client, &id, "ORDER_PAID", inside).await;
        // 7 × 1.5 × 1.5
        assert_eq!((paid(&after), &after["growthPercent"]), (vec!["PAID 15".to_owned()], &json!(150)));
        assert_eq!(after["payments"][0]["percent"], 225);
        assert_eq!(paid(&shown(&client, &before).await), ["PAID 10"]);
        // What is tried on the past is multiplied as it was then.
        let draft = json!({ "event": "ORDER_PAID", "definition": definition(json!({ "points": 100 })) });
        let input = given::with(super::simulation::days(), draft);
        let answer = client.run("PointsSimulate", json!({ "input": input })).await;
        assert_eq!(answer.data("pointsSimulate.points"), "250");
    });
}
