//! What redemptions were paid with: it adds up to what was spent.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::{TestApp, run};
use serde_json::{Value, json};
use sqlx::types::chrono::DateTime;

use super::{cancel, fulfil, numbers, redeemed, reward, shop};
use crate::points::{balances_of, members, number, text};

#[test]
fn the_mix_adds_up_to_what_was_spent_by_source_and_by_reward() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("mix").await.owner().await;
        let client = shop(&owner).await;
        let member = members(&owner, 1).await.remove(0);
        let rule = rule(&client).await;
        let event = json!({ "memberId": member, "event": "ORDER_PAID", "idempotencyKey": "order" });
        client.run("EarningEventRecord", json!({ "input": event })).await.payload("earningEventRecord");
        // The first to expire is the first to be spent.
        for (source, amount, day) in [("CHECK_IN", 200, "2040-01-31"), ("INVITE", 500, "2040-02-28")] {
            let award = json!({ "memberId": member, "amount": amount, "source": source, "reason": "Test",
                "expiresOn": day, "idempotencyKey": source });
            client.run("PointsAward", json!({ "input": award })).await.payload("pointsAward");
        }
        let (mug, tent) = (
            reward(&client, json!({ "stock": 9 })).await,
            reward(&client, json!({ "name": "Tent", "price": 50 })).await,
        );
        let paid = redeemed(&client, (&mug, &member), json!({})).await;
        let sources = paid["sources"].as_array().unwrap();
        assert_eq!(sources.iter().map(|one| number(&one["points"])).sum::<i64>(), 100);
        assert!(sources.iter().any(|one| one["ruleId"] == rule), "{sources:?}");
        fulfil(&client, &paid).await.payload("redemptionFulfil");
        for _ in 0..2 {
            fulfil(&client, &redeemed(&client, (&tent, &member), json!({})).await).await.payload("redemptionFulfil");
        }
        redeemed(&client, (&mug, &member), json!({})).await;
        cancel(&client, &redeemed(&client, (&mug, &member), json!({})).await).await.payload("redemptionCancel");

        let mix = mix(&client, -1, 1).await;
        let spent = balances_of(&client, &member).await.redeemed;
        assert_eq!((number(&mix["points"]), &mix["redemptions"]), (spent, &json!(3)));
        for part in ["bySource", "byReward"] {
            let parts = mix[part].as_array().unwrap();
            assert_eq!(parts.iter().map(|one| number(&one["points"])).sum::<i64>(), spent, "{mix}");
            assert_eq!(parts.iter().map(|one| one["sharePerMille"].as_i64().unwrap()).sum::<i64>(), 1_000, "{mix}");
        }
        let by_reward =
            |place: usize| (text(&mix["byReward"][place]["name"]), number(&mix["byReward"][place]["points"]));
        let mut both = [by_reward(0), by_reward(1)];
        both.sort();
        assert_eq!(both, [("Mug".to_owned(), 100), ("Tent".to_owned(), 100)]);
        assert_eq!(numbers(&client, &mug).await, [7, 1, 1]);
        // Other days have nothing of it, and days are not without end.
        assert_eq!(
            self::mix(&client, -30, -10).await,
            json!({ "points": "0", "redemptions": 0, "bySource": [], "byReward": [] })
        );
        let year = json!({ "from": "2026-01-01", "to": "2027-01-02" });
        assert_eq!(client.run("RedemptionMix", year).await.error_codes(), ["INPUT_INVALID"]);
        let backwards = json!({ "from": "2026-01-02", "to": "2026-01-01" });
        assert_eq!(client.run("RedemptionMix", backwards).await.error_codes(), ["INPUT_INVALID"]);
    });
}

/// Pays 60 for an order, for a while: the first that are spent.
async fn rule(client: &harness::Client) -> String {
    let definition = json!({ "source": "PURCHASE", "points": 60 });
    let input = json!({ "name": "Order", "event": "ORDER_PAID", "definition": definition });
    let made = client.run("EarningRuleCreate", json!({ "input": input })).await;
    let id = text(&made.payload("earningRuleCreate")["rule"]["id"]);
    let input = json!({ "ruleId": id, "state": "ACTIVE" });
    client.run("EarningRuleStateSet", json!({ "input": input })).await.payload("earningRuleStateSet");
    id
}

async fn mix(client: &harness::Client, from: i64, to: i64) -> Value {
    let answer = client.run("RedemptionMix", json!({ "from": day(from), "to": day(to) })).await;
    answer.data("redemptionMix").clone()
}

/// So many days from today.
fn day(days: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    DateTime::from_timestamp(now + days * 24 * 60 * 60, 0).unwrap().date_naive().to_string()
}
