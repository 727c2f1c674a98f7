//! What nobody fulfils in time lapses, and all of it comes back together.

use std::time::Duration;

use harness::{TestApp, eventually, run};
use serde_json::json;

use super::{cancel, fulfil, numbers, redeemed, reward, rich, shop, shown};
use crate::points::{balances_of, proof, unlimited, verify};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn what_nobody_fulfils_in_time_lapses_and_gives_points_and_stock_back() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("lapse").await.owner().await;
        let client = shop(&owner).await;
        let ids = rich(&client, &owner, (3, 100)).await;
        let mug = reward(&client, json!({ "stock": 3, "fulfilWithinDays": 1 })).await;
        let mut made = Vec::new();
        for member in &ids {
            made.push(redeemed(&client, (&mug, member), json!({})).await);
        }
        assert_eq!(numbers(&client, &mug).await, [0, 3, 0]);
        app.installation().advance_clock(DAY - Duration::from_secs(60));
        fulfil(&client, &made[0]).await.payload("redemptionFulfil");

        app.installation().advance_clock(Duration::from_secs(120));
        // Whether or not the sweeper was there before.
        assert_eq!(fulfil(&client, &made[1]).await.user_errors("redemptionFulfil"), ["CLOSED at redemptionId"]);
        eventually("both have lapsed", Duration::from_secs(20), || async {
            shown(&client, &made[1]).await["state"] == "LAPSED" && shown(&client, &made[2]).await["state"] == "LAPSED"
        })
        .await;
        assert_eq!(numbers(&client, &mug).await, [2, 0, 1]);
        let lapsed = shown(&client, &made[1]).await;
        assert_eq!((&lapsed["hold"]["state"], &lapsed["reason"]), (&json!("LAPSED"), &json!(null)));
        assert_eq!(balances_of(&client, &ids[1]).await.available, 100);
        assert_eq!(cancel(&client, &made[1]).await.user_errors("redemptionCancel"), ["CLOSED at redemptionId"]);

        // What came back can be had, taken away and had again.
        let again = redeemed(&client, (&mug, &ids[2]), json!({})).await;
        assert_eq!(numbers(&client, &mug).await, [1, 1, 1]);
        let less = json!({ "rewardId": mug, "delta": -1, "reason": "Broken", "idempotencyKey": "less" });
        client.run("RewardStockAdjust", json!({ "input": less })).await.payload("rewardStockAdjust");
        fulfil(&client, &again).await.payload("redemptionFulfil");
        assert_eq!(numbers(&client, &mug).await, [0, 0, 2]);
        proof(&client).await;
        verify(&app).await;
    });
}
