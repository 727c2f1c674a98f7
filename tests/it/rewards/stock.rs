//! What there is of a reward: never sold twice, and changed by hand with a reason.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{at_once, numbers, redeemed, reward, rich, set_state, shop};
use crate::points::{number, proof, unlimited, verify};

const TIMES: usize = 64;

#[test]
fn sixty_four_at_once_against_a_stock_of_ten_redeem_ten() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("stock").await.owner().await;
        let client = shop(&owner).await;
        let ids = rich(&client, &owner, (TIMES, 100)).await;
        let mug = reward(&client, json!({ "stock": 10 })).await;
        let orders = ids.iter().map(|member| (mug.clone(), member.clone())).collect();
        let (made, refused) = at_once(&client, orders).await;
        assert_eq!((made.len(), refused.len()), (10, TIMES - 10), "{refused:?}");
        assert!(refused.iter().all(|why| why == "OUT_OF_STOCK at rewardId"), "{refused:?}");
        assert_eq!(numbers(&client, &mug).await, [0, 10, 0]);
        let proof = proof(&client).await;
        assert_eq!((number(&proof["held"]), number(&proof["available"])), (1_000, (TIMES as i64 - 10) * 100));
        verify(&app).await;
    });
}

#[test]
fn stock_is_changed_by_hand_with_a_reason_and_never_below_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("by-hand").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 500)).await.remove(0);
        let mug = reward(&client, json!({ "stock": 5 })).await;
        redeemed(&client, (&mug, &member), json!({ "quantity": 2 })).await;
        let adjust = async |reward: &str, delta: i64, reason: &str| {
            let input = json!({ "rewardId": reward, "delta": delta, "reason": reason,
                "idempotencyKey": absent_id("key") });
            client.run("RewardStockAdjust", json!({ "input": input })).await
        };
        let answer = adjust(&mug, -3, "Broken").await;
        let moves = &answer.payload("rewardStockAdjust")["reward"]["stockMoves"];
        let shown = |one: &Value| (one["delta"].clone(), one["stockAfter"].clone(), one["reason"].clone());
        assert_eq!(shown(&moves[0]), (json!("-3"), json!("0"), json!("Broken")));
        assert_eq!(numbers(&client, &mug).await, [0, 2, 0]);
        assert_eq!(adjust(&mug, -1, "x").await.user_errors("rewardStockAdjust"), ["OUT_OF_STOCK at delta"]);
        let refused = adjust(&mug, 0, " ").await;
        assert_eq!(refused.user_errors("rewardStockAdjust"), ["INVALID at delta", "REQUIRED at reason"]);
        let answer = adjust(&mug, 7, "More came").await;
        assert_eq!(answer.payload("rewardStockAdjust")["reward"]["stockMoves"].as_array().unwrap().len(), 2);
        assert_eq!(numbers(&client, &mug).await, [7, 2, 0]);

        let endless = reward(&client, json!({})).await;
        let coupon = reward(&client, json!({ "fulfilment": "VOUCHER_CODE" })).await;
        for other in [&endless, &coupon] {
            assert_eq!(adjust(other, 1, "x").await.user_errors("rewardStockAdjust"), ["INVALID at rewardId"]);
        }
        set_state(&client, &mug, "ARCHIVED").await.payload("rewardStateSet");
        assert_eq!(adjust(&mug, 1, "x").await.user_errors("rewardStockAdjust"), ["ARCHIVED at rewardId"]);
    });
}
