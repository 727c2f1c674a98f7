//! What is refused, and which field is told.

use harness::{Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{draft, redeem, reward, rich, set_state, shop};
use crate::given;
use crate::points::{balances_of, members, text};

#[test]
fn each_reason_not_to_redeem_names_its_field_and_changes_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("refused").await.owner().await;
        let client = shop(&owner).await;
        let ids = rich(&client, &owner, (2, 250)).await;
        let (member, archived) = (&ids[0], &ids[1]);
        owner.run("MemberArchive", json!({ "input": { "id": archived } })).await.payload("memberArchive");
        let mug = reward(&client, json!({ "stock": 9 })).await;
        let unoffered = text(&draft(&client, json!({})).await["id"]);
        let paused = reward(&client, json!({})).await;
        set_state(&client, &paused, "PAUSED").await.payload("rewardStateSet");
        let community = given::community(&owner, "Readers").await;
        let (core, elsewhere) = (given::community(&owner, "Core").await, given::community(&owner, "Others").await);
        given::joined(&owner, &community, &json!({ "id": member }), "ORDINARY").await;
        given::joined(&owner, &core, &json!({ "id": member }), "CORE").await;
        let ids = |communities: &[&Value]| communities.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
        let not_there = reward(&client, json!({ "communityIds": ids(&[&elsewhere]) })).await;
        let too_high = json!({ "communityIds": ids(&[&community]), "minimumTier": "CORE" });
        let too_high = reward(&client, too_high).await;
        let early = reward(&client, json!({ "startsAt": "2999-01-01T00:00:00Z" })).await;
        let late = reward(&client, json!({ "endsAt": "2020-01-01T00:00:00Z" })).await;
        let limited = reward(&client, json!({ "limit": { "quantity": 1, "period": "EVER" } })).await;
        let scarce = reward(&client, json!({ "stock": 1 })).await;
        for (what, changes, expected) in [
            (&mug, json!({ "rewardId": absent_id("rwd") }), "NOT_FOUND at rewardId"),
            (&mug, json!({ "rewardId": "rwd_" }), "INVALID at rewardId"),
            (&mug, json!({ "memberId": absent_id("mbr") }), "NOT_FOUND at memberId"),
            (&mug, json!({ "memberId": archived }), "ARCHIVED at memberId"),
            (&mug, json!({ "quantity": 0 }), "INVALID at quantity"),
            (&mug, json!({ "quantity": 101 }), "INVALID at quantity"),
            (&mug, json!({ "reference": "x".repeat(129) }), "TOO_LONG at reference"),
            (&mug, json!({ "quantity": 3 }), "INSUFFICIENT_POINTS at memberId"),
            (&unoffered, json!({}), "NOT_OFFERED at rewardId"),
            (&paused, json!({}), "NOT_OFFERED at rewardId"),
            (&early, json!({}), "NOT_OFFERED at rewardId"),
            (&late, json!({}), "NOT_OFFERED at rewardId"),
            (&not_there, json!({}), "NOT_ELIGIBLE at memberId"),
            (&too_high, json!({}), "NOT_ELIGIBLE at memberId"),
            (&limited, json!({ "quantity": 2 }), "LIMIT_REACHED at quantity"),
            (&scarce, json!({ "quantity": 2 }), "OUT_OF_STOCK at rewardId"),
        ] {
            let answer = redeem(&client, (what, member), changes.clone()).await;
            assert_eq!(answer.user_errors("redemptionCreate"), [expected], "{changes}");
        }
        assert_eq!(balances_of(&client, member).await.available, 250);
        assert_eq!(super::numbers(&client, &mug).await, [9, 0, 0]);
        let high_enough = json!({ "communityIds": ids(&[&community, &core]), "minimumTier": "CORE" });
        let high_enough = reward(&client, high_enough).await;
        super::redeemed(&client, (&high_enough, member), json!({})).await;
    });
}

#[test]
fn whoever_never_had_points_is_told_so_and_frozen_accounts_redeem_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("poor").await.owner().await;
        let client = shop(&owner).await;
        let mug = reward(&client, json!({})).await;
        let poor = members(&owner, 1).await.remove(0);
        let answer = redeem(&client, (&mug, &poor), json!({})).await;
        assert_eq!(answer.user_errors("redemptionCreate"), ["INSUFFICIENT_POINTS at memberId"]);

        let award = json!({ "memberId": poor, "amount": 200, "reason": "A gift", "idempotencyKey": "a" });
        client.run("PointsAward", json!({ "input": award })).await.payload("pointsAward");
        let pending = super::redeemed(&client, (&mug, &poor), json!({})).await;
        let database = app.database().await;
        let id = database.literal(harness::uuid_of(&poor));
        let frozen = format!("UPDATE points_accounts SET frozen_at = posted_at WHERE member_id = {id}");
        assert_eq!(database.execute(&frozen).await, 1);
        let answer = redeem(&client, (&mug, &poor), json!({})).await;
        assert_eq!(answer.user_errors("redemptionCreate"), ["ACCOUNT_FROZEN at memberId"]);
        let answer = super::fulfil(&client, &pending).await;
        assert_eq!(answer.user_errors("redemptionFulfil"), ["ACCOUNT_FROZEN at redemptionId"]);
        assert_eq!(super::shown(&client, &pending).await["state"], "PENDING");
    });
}

#[test]
fn a_hundred_open_holds_are_the_most_and_redemptions_are_among_them() {
    run(async {
        let app = crate::points::unlimited(TestApp::with()).start().await;
        let owner = app.tenant("many").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 1_000)).await.remove(0);
        let sticker = reward(&client, json!({ "price": 1 })).await;
        for _ in 0..100 {
            super::redeemed(&client, (&sticker, &member), json!({})).await;
        }
        let answer = redeem(&client, (&sticker, &member), json!({})).await;
        assert_eq!(answer.user_errors("redemptionCreate"), ["TOO_MANY_HOLDS at memberId"]);
    });
}

#[test]
fn a_moderator_hands_over_and_sees_no_codes_and_an_analyst_only_looks() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("who").await;
        let owner = tenant.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 500)).await.remove(0);
        let coupon = reward(&client, json!({ "fulfilment": "VOUCHER_CODE" })).await;
        super::vouchers::add(&client, &coupon, &["A-1"]).await.payload("rewardVoucherCodesAdd");
        let (moderator, analyst) = (tenant.staff(Role::Moderator).await, tenant.staff(Role::Analyst).await);
        let document = "mutation($input: RedemptionCreateInput!) { redemptionCreate(input: $input) {
            redemption { id state voucherCodes } userErrors { code } } }";
        let input = json!({ "input": { "rewardId": coupon, "memberId": member, "idempotencyKey": "a" } });
        let answer = moderator.query(document, input.clone()).await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["rewards:vouchers"]));
        assert_eq!(*answer.partial("redemptionCreate.redemption.state"), "FULFILLED");
        assert!(answer.partial("redemptionCreate.redemption.voucherCodes").is_null());
        let answer = analyst.query(document, input).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["redemptions:write"]));
        let answer = moderator.run("RewardCreate", json!({ "input": super::terms() })).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["rewards:write"]));
        let listed = analyst.run("RedemptionList", json!({ "memberId": member })).await;
        assert_eq!(listed.data("redemptions.totalCount"), 1);
    });
}
