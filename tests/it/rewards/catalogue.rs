//! Writing rewards, changing them, and who sees which.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{SCOPES, draft, redeem, redeemed, reward, rich, set_state, shop, shown, terms};
use crate::given;
use crate::points::{partner, text};

#[test]
fn a_change_needs_the_version_that_was_read_and_leaves_what_was_redeemed() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("changed").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 500)).await.remove(0);
        let limit = json!({ "quantity": 2, "period": "WEEK" });
        let mug = reward(&client, json!({ "description": "Enamel", "limit": limit, "minimumTier": null })).await;
        let made = redeemed(&client, (&mug, &member), json!({})).await;
        let update = async |version: i64, changes: Value| {
            let input = json!({ "rewardId": mug, "version": version, "name": "Cup", "price": 120 });
            client.run("RewardUpdate", json!({ "input": given::with(input, changes) })).await
        };
        let answer = update(1, json!({ "fulfilWithinDays": 3 })).await;
        let changed = &answer.payload("rewardUpdate")["reward"];
        assert_eq!(
            (&changed["name"], &changed["version"], &changed["price"]),
            (&json!("Cup"), &json!(2), &json!("120"))
        );
        // What is left out is none from now on.
        assert_eq!((&changed["limit"], &changed["description"]), (&Value::Null, &Value::Null));
        assert_eq!(update(1, json!({})).await.user_errors("rewardUpdate"), ["VERSION_CONFLICT at version"]);
        let wrong = json!({ "name": " ", "price": 0, "fulfilWithinDays": 91, "communityIds": [absent_id("com")] });
        let expected = ["REQUIRED at name", "INVALID at price", "INVALID at fulfilWithinDays"];
        assert_eq!(update(2, wrong).await.user_errors("rewardUpdate"), expected);
        let nowhere = json!({ "communityIds": [absent_id("com")] });
        assert_eq!(update(2, nowhere).await.user_errors("rewardUpdate"), ["NOT_FOUND at communityIds"]);
        let redemption = shown(&client, &made).await;
        assert_eq!((&redemption["rewardName"], &redemption["points"]), (&json!("Mug"), &json!("100")));
        assert_eq!(redemption["reward"]["name"], "Cup");
    });
}

#[test]
fn a_reward_comes_from_draft_to_archive_and_never_back() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("states").await.owner().await;
        let client = shop(&owner).await;
        let made = draft(&client, json!({ "stock": 3 })).await;
        assert_eq!(
            (&made["state"], &made["stock"], &made["fulfilWithinDays"]),
            (&json!("DRAFT"), &json!("3"), &json!(30))
        );
        let id = text(&made["id"]);
        for state in ["ACTIVE", "PAUSED", "ACTIVE"] {
            let answer = set_state(&client, &id, state).await;
            assert_eq!(answer.payload("rewardStateSet")["reward"]["state"], state);
        }
        assert_eq!(set_state(&client, &id, "DRAFT").await.user_errors("rewardStateSet"), ["INVALID at state"]);
        set_state(&client, &id, "ARCHIVED").await.payload("rewardStateSet");
        assert_eq!(set_state(&client, &id, "ACTIVE").await.user_errors("rewardStateSet"), ["ARCHIVED at rewardId"]);
        let codes = json!({ "fulfilment": "VOUCHER_CODE", "stock": 1 });
        let answer = client.run("RewardCreate", json!({ "input": given::with(terms(), codes) })).await;
        assert_eq!(answer.user_errors("rewardCreate"), ["INVALID at stock"]);
        let listed = client.run("RewardList", json!({ "state": "ARCHIVED" })).await;
        assert_eq!(listed.data("rewards.totalCount"), 1);
        assert_eq!(*listed.data("rewards.edges.0.node.id"), id);
    });
}

#[test]
fn a_restricted_key_sees_and_redeems_what_is_for_its_community_or_for_everybody() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("restricted").await.owner().await;
        let client = shop(&owner).await;
        let ids = rich(&client, &owner, (2, 500)).await;
        let (here, there) = (given::community(&owner, "Here").await, given::community(&owner, "There").await);
        given::joined(&owner, &here, &json!({ "id": ids[0] }), "ORDINARY").await;
        given::joined(&owner, &there, &json!({ "id": ids[0] }), "ORDINARY").await;
        given::joined(&owner, &there, &json!({ "id": ids[1] }), "ORDINARY").await;
        let everybodys = reward(&client, json!({ "name": "Everybody's" })).await;
        let shared = json!({ "name": "Shared", "communityIds": [here["id"], there["id"]] });
        let shared = reward(&client, shared).await;
        let others = reward(&client, json!({ "name": "Others'", "communityIds": [there["id"]] })).await;
        redeemed(&client, (&others, &ids[0]), json!({})).await;
        redeemed(&client, (&others, &ids[1]), json!({})).await;

        let key = partner(&owner, json!({ "scopes": SCOPES, "communityIds": [here["id"]] })).await;
        let listed = key.run("RewardList", json!({})).await;
        assert_eq!(listed.data("rewards.totalCount"), 2);
        let names: Vec<_> =
            (0..2).map(|place| text(listed.data(&format!("rewards.edges.{place}.node.name")))).collect();
        assert_eq!(names, ["Shared", "Everybody's"]);
        assert_eq!(*listed.data("rewards.edges.0.node.communityIds"), json!([here["id"]]));
        assert!(key.run("RewardGet", json!({ "id": others })).await.data("reward").is_null());
        let answer = redeem(&key, (&others, &ids[0]), json!({})).await;
        assert_eq!(answer.user_errors("redemptionCreate"), ["NOT_FOUND at rewardId"]);
        let answer = redeem(&key, (&shared, &ids[1]), json!({})).await;
        assert_eq!(answer.user_errors("redemptionCreate"), ["NOT_FOUND at memberId"]);
        for what in [&shared, &everybodys] {
            super::fulfil(&key, &redeemed(&key, (what, &ids[0]), json!({})).await).await.payload("redemptionFulfil");
        }
        let seen = key.run("RedemptionList", json!({})).await;
        assert_eq!(seen.data("redemptions.totalCount"), 3);
        // What the member took of others' is theirs, and the reward is not shown.
        assert!(seen.data("redemptions.edges.2.node.reward").is_null());
        let refused = key.run("RewardCreate", json!({ "input": terms() })).await;
        assert_eq!(refused.error_codes(), ["FORBIDDEN"]);
        let listed = client.run("RewardList", json!({ "communityId": here["id"] })).await;
        assert_eq!(listed.data("rewards.totalCount"), 2);
    });
}
