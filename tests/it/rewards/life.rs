//! The life of a redemption, both ways.

use harness::{TestApp, absent_id, run};
use serde_json::json;

use super::{cancel, fulfil, numbers, redeem, redeemed, reward, rich, shop, shown};
use crate::points::{balances_of, number, proof, text, verify};

#[test]
fn a_redemption_sets_points_and_stock_aside_until_it_is_fulfilled_once() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("fulfilled").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 1_000)).await.remove(0);
        let mug = reward(&client, json!({ "stock": 5, "fulfilWithinDays": 7 })).await;
        let order = json!({ "quantity": 3, "reference": "parcel-1" });
        let answer = redeem(&client, (&mug, &member), order).await;
        let payload = answer.payload("redemptionCreate");
        let made = &payload["redemption"];
        assert_eq!(
            (&made["state"], &made["points"], &made["price"]),
            (&json!("PENDING"), &json!("300"), &json!("100"))
        );
        assert_eq!((&made["rewardName"], &made["reference"]), (&json!("Mug"), &json!("parcel-1")));
        assert!(text(&made["actorId"]).starts_with("key_"), "{made}");
        assert_eq!(made["sources"], json!([{ "source": "MANUAL", "ruleId": null, "points": "300" }]));
        let hold = &made["hold"];
        assert_eq!((&hold["id"], &hold["redemptionId"]), (&made["holdId"], &made["id"]));
        assert_eq!((&hold["state"], &hold["expiresAt"]), (&json!("OPEN"), &made["lapsesAt"]));
        assert_eq!((&payload["member"]["points"]["held"], &made["voucherCodes"]), (&json!("300"), &json!([])));
        assert_eq!(numbers(&client, &mug).await, [2, 3, 0]);

        let answer = fulfil(&client, made).await;
        let done = &answer.payload("redemptionFulfil")["redemption"];
        assert_eq!((&done["state"], &done["hold"]["state"]), (&json!("FULFILLED"), &json!("CAPTURED")));
        assert!(done["closedAt"].is_string());
        assert_eq!(numbers(&client, &mug).await, [2, 0, 3]);
        let balances = balances_of(&client, &member).await;
        assert_eq!((balances.available, balances.held, balances.redeemed), (700, 0, 300));
        assert_eq!(fulfil(&client, made).await.user_errors("redemptionFulfil"), ["CLOSED at redemptionId"]);
        assert_eq!(cancel(&client, made).await.user_errors("redemptionCancel"), ["CLOSED at redemptionId"]);
        assert_eq!(balances_of(&client, &member).await, balances);
        proof(&client).await;
        verify(app).await;
    });
}

#[test]
fn a_redemption_that_is_cancelled_gives_points_and_stock_back() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("cancelled").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 250)).await.remove(0);
        let mug = reward(&client, json!({ "stock": 2 })).await;
        let made = redeemed(&client, (&mug, &member), json!({ "quantity": 2 })).await;
        let answer = cancel(&client, &made).await;
        let done = &answer.payload("redemptionCancel")["redemption"];
        assert_eq!((&done["state"], &done["reason"]), (&json!("CANCELLED"), &json!("Broken")));
        assert_eq!(numbers(&client, &mug).await, [2, 0, 0]);
        assert_eq!(balances_of(&client, &member).await.available, 250);
        assert_eq!(fulfil(&client, &made).await.user_errors("redemptionFulfil"), ["CLOSED at redemptionId"]);
        // All of it can be had again.
        redeemed(&client, (&mug, &member), json!({ "quantity": 2 })).await;
        verify(app).await;
    });
}

#[test]
fn the_hold_of_a_redemption_ends_with_that_alone() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("kept").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 100)).await.remove(0);
        let mug = reward(&client, json!({})).await;
        let made = redeemed(&client, (&mug, &member), json!({})).await;
        assert!(made["reward"]["stock"].is_null());
        for (operation, field) in
            [("PointsHoldCapture", "pointsHoldCapture"), ("PointsHoldRelease", "pointsHoldRelease")]
        {
            let input = json!({ "holdId": made["holdId"], "idempotencyKey": absent_id("key") });
            let answer = client.run(operation, json!({ "input": input })).await;
            assert_eq!(answer.user_errors(field), ["RESERVED at holdId"]);
        }
        assert_eq!(shown(&client, &made).await, made);
        fulfil(&client, &made).await.payload("redemptionFulfil");
    });
}

#[test]
fn what_an_archived_member_redeemed_is_still_fulfilled_or_cancelled() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("archived").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 200)).await.remove(0);
        let mug = reward(&client, json!({ "stock": 2 })).await;
        let (one, other) =
            (redeemed(&client, (&mug, &member), json!({})).await, redeemed(&client, (&mug, &member), json!({})).await);
        owner.run("MemberArchive", json!({ "input": { "id": member } })).await.payload("memberArchive");
        super::set_state(&client, &mug, "ARCHIVED").await.payload("rewardStateSet");
        fulfil(&client, &one).await.payload("redemptionFulfil");
        cancel(&client, &other).await.payload("redemptionCancel");
        assert_eq!(numbers(&client, &mug).await, [1, 0, 1]);
    });
}

#[test]
fn a_key_sent_twice_redeems_once_and_what_was_refused_stays_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("twice").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 150)).await.remove(0);
        let mug = reward(&client, json!({ "stock": 1 })).await;
        let key = json!({ "idempotencyKey": "one" });
        let first = redeemed(&client, (&mug, &member), key.clone()).await;
        let again = redeem(&client, (&mug, &member), key).await;
        assert_eq!(again.payload("redemptionCreate")["redemption"]["id"], first["id"]);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        assert_eq!(numbers(&client, &mug).await, [0, 1, 0]);

        let dear = reward(&client, json!({ "price": 60, "stock": 1 })).await;
        let refused = |key: &str| json!({ "idempotencyKey": key });
        let (short, sold_out) = ("INSUFFICIENT_POINTS at memberId", "OUT_OF_STOCK at rewardId");
        let answer = redeem(&client, (&dear, &member), refused("short")).await;
        assert_eq!(answer.user_errors("redemptionCreate"), [short]);
        let answer = redeem(&client, (&mug, &member), refused("sold-out")).await;
        assert_eq!(answer.user_errors("redemptionCreate"), [sold_out]);

        let more = json!({ "memberId": member, "amount": 1_000, "reason": "More", "idempotencyKey": "more" });
        client.run("PointsAward", json!({ "input": more })).await.payload("pointsAward");
        let more = json!({ "rewardId": mug, "delta": 10, "reason": "More", "idempotencyKey": "more" });
        client.run("RewardStockAdjust", json!({ "input": more })).await.payload("rewardStockAdjust");
        for (what, key, why) in [(&dear, "short", short), (&mug, "sold-out", sold_out)] {
            let answer = redeem(&client, (what, &member), refused(key)).await;
            assert_eq!(answer.user_errors("redemptionCreate"), [why]);
            assert_eq!(answer.body["extensions"]["idempotentReplay"], true);
        }
        assert_eq!(numbers(&client, &mug).await, [10, 1, 0]);
        assert_eq!(balances_of(&client, &member).await.held, 100);
    });
}

#[test]
fn what_was_redeemed_is_found_by_member_reward_and_state() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("found").await.owner().await;
        let client = shop(&owner).await;
        let ids = rich(&client, &owner, (2, 500)).await;
        let (mug, tent) =
            (reward(&client, json!({})).await, reward(&client, json!({ "name": "Tent", "price": 50 })).await);
        let mut made = Vec::new();
        for (what, whose) in [(&mug, 0), (&tent, 0), (&mug, 1), (&mug, 0)] {
            made.push(redeemed(&client, (what, &ids[whose]), json!({})).await);
        }
        fulfil(&client, &made[2]).await.payload("redemptionFulfil");
        let listed = async |filter: serde_json::Value| -> Vec<String> {
            let answer = client.run("RedemptionList", filter).await;
            let edges = answer.data("redemptions.edges").as_array().unwrap();
            assert_eq!(answer.data("redemptions.totalCount"), edges.len());
            edges.iter().map(|edge| text(&edge["node"]["id"])).collect()
        };
        let expected = |places: &[usize]| places.iter().map(|place| text(&made[*place]["id"])).collect::<Vec<_>>();
        assert_eq!(listed(json!({})).await, expected(&[3, 2, 1, 0]));
        assert_eq!(listed(json!({ "memberId": ids[0], "rewardId": mug })).await, expected(&[3, 0]));
        assert_eq!(listed(json!({ "state": "FULFILLED" })).await, expected(&[2]));
        let page = json!({ "by": { "id": ids[0] }, "first": 2 });
        let answer = client.run("MemberRedemptions", page).await;
        let page = answer.data("member.redemptions");
        assert_eq!(page["totalCount"], 3);
        let next = json!({ "by": { "id": ids[0] }, "first": 2, "after": page["pageInfo"]["endCursor"] });
        let answer = client.run("MemberRedemptions", next).await;
        assert_eq!(answer.data("member.redemptions.edges.0.node.id"), &made[0]["id"]);
        assert_eq!(answer.data("member.redemptions.pageInfo.hasNextPage"), false);
        // Of several members at once, each has their own.
        let both = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Member { redemptions(last: 1) { totalCount
            nodes { points reward { name } } } } ... on Redemption { state } ... on Reward { name } } }";
        let ids = json!({ "ids": [ids[0], ids[1], made[2]["id"], tent] });
        let answer = client.query(both, ids).await;
        assert_eq!(answer.data("nodes.0.redemptions.totalCount"), 3);
        assert_eq!(number(answer.data("nodes.1.redemptions.nodes.0.points")), 100);
        assert_eq!((answer.data("nodes.2.state"), answer.data("nodes.3.name")), (&json!("FULFILLED"), &json!("Tent")));
    });
}
