//! What members see of their own, and do for themselves.

use harness::{Client, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::token_by;
use crate::given;
use crate::points::{number, partner, text};

/// All that a shop's system needs whose members help themselves.
const SCOPES: [&str; 12] = [
    "members:token",
    "members:read",
    "members:write",
    "communities:read",
    "engagement:write",
    "points:read",
    "points:write",
    "points:rules",
    "rewards:read",
    "rewards:write",
    "rewards:vouchers",
    "redemptions:write",
];

async fn shop(owner: &Client) -> Client {
    partner(owner, json!({ "scopes": SCOPES })).await
}

/// A client that acts as the member, with all that members may do.
async fn oneself(shop: &Client, member: &Value) -> Client {
    let scopes = json!({ "scopes": ["engagement:write", "redemptions:write"] });
    shop.with_token(&token_by(shop, member, scopes).await)
}

async fn award(shop: &Client, member: &Value, amount: i64) {
    let input = json!({ "memberId": member["id"], "amount": amount, "reason": "Thank you", "idempotencyKey": absent_id("key") });
    shop.run("PointsAward", json!({ "input": input })).await.payload("pointsAward");
}

async fn reward(shop: &Client, changes: Value) -> String {
    let answer = shop
        .run("RewardCreate", json!({ "input": given::with(json!({ "name": "Mug", "price": 100 }), changes) }))
        .await;
    let id = text(&answer.payload("rewardCreate")["reward"]["id"]);
    let input = json!({ "rewardId": id, "state": "ACTIVE" });
    shop.run("RewardStateSet", json!({ "input": input })).await.payload("rewardStateSet");
    id
}

async fn redeem(client: &Client, reward: &str, key: &str) -> harness::Response {
    let input = json!({ "rewardId": reward, "idempotencyKey": key });
    client.run("MyRedemptionCreate", json!({ "input": input })).await
}

async fn in_full(client: &Client) -> Value {
    client.run("MeInFull", json!({ "first": 10, "locale": "EN" })).await.data("me").clone()
}

#[test]
fn members_see_their_own_points_and_redemptions_and_nobody_elses() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("own-view").await.owner().await;
        let shop = shop(&owner).await;
        let (li, han) = (given::member(&owner, "Li Lei").await, given::member(&owner, "Han Meimei").await);
        let mug = reward(&shop, json!({ "description": "Blue" })).await;
        reward(&shop, json!({ "name": "Later", "startsAt": "2999-01-01T00:00:00Z" })).await;
        reward(&shop, json!({ "name": "Over", "endsAt": "2020-01-01T00:00:00Z" })).await;
        award(&shop, &li, 500).await;
        award(&shop, &han, 70).await;
        let (first, second) = (oneself(&shop, &li).await, oneself(&shop, &han).await);
        redeem(&first, &mug, "mug").await.payload("myRedemptionCreate");

        let me = in_full(&first).await;
        assert_eq!(
            (&me["id"], number(&me["points"]["available"]), number(&me["points"]["held"])),
            (&li["id"], 400, 100)
        );
        let entries = me["points"]["entries"]["nodes"].as_array().unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].clone()).collect();
        assert_eq!(kinds, ["HOLD", "AWARD"]);
        assert!(text(&entries[1]["explanation"]["text"]).contains("Thank you"), "{}", entries[1]);
        assert_eq!(number(&me["points"]["lots"][0]["available"]), 400);
        assert_eq!((&me["rewards"]["totalCount"], &me["rewards"]["nodes"][0]["name"]), (&json!(1), &json!("Mug")));
        assert_eq!(
            (&me["redemptions"]["totalCount"], &me["redemptions"]["nodes"][0]["state"]),
            (&json!(1), &json!("PENDING"))
        );
        let told = shop.run("RedemptionList", json!({ "memberId": li["id"] })).await;
        assert_eq!(told.data("redemptions.edges.0.node.actorId"), &li["id"], "by the member's own token");

        let me = in_full(&second).await;
        assert_eq!((&me["id"], number(&me["points"]["available"])), (&han["id"], 70));
        assert_eq!((&me["points"]["entries"]["totalCount"], &me["redemptions"]["totalCount"]), (&json!(1), &json!(0)));
        let page = json!({ "first": 1 });
        let own = first.run("MeInFull", page).await;
        let after = own.data("me.points.entries.pageInfo.endCursor");
        let answer = second.run("MeInFull", json!({ "first": 1, "after": after })).await;
        assert_eq!(answer.error_codes(), ["CURSOR_INVALID"], "a cursor of another's: {}", answer.raw);
    });
}

#[test]
fn members_check_in_and_redeem_for_themselves_once() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("own-doing").await.owner().await;
        let shop = shop(&owner).await;
        let member = given::member(&owner, "Li Lei").await;
        let definition = json!({ "source": "CHECK_IN", "points": 10 });
        let input =
            json!({ "name": "Daily", "event": "CHECK_IN", "definition": definition, "idempotencyKey": "daily" });
        let rule =
            shop.run("EarningRuleCreate", json!({ "input": input })).await.payload("earningRuleCreate")["rule"].clone();
        let input = json!({ "ruleId": rule["id"], "state": "ACTIVE", "idempotencyKey": "on" });
        shop.run("EarningRuleStateSet", json!({ "input": input })).await.payload("earningRuleStateSet");
        let client = oneself(&shop, &member).await;

        let check_in = |key: &str| {
            let (client, input) = (client.clone(), json!({ "input": { "idempotencyKey": key } }));
            async move { client.run("MyCheckIn", input).await }
        };
        let payload = check_in("monday").await.payload("myCheckIn").clone();
        assert_eq!((&payload["checkIn"]["streak"], number(&payload["me"]["points"]["available"])), (&json!(1), 10));
        assert_eq!(check_in("monday").await.payload("myCheckIn")["checkIn"], payload["checkIn"]);
        let again = check_in("again").await;
        assert_eq!(again.user_error_codes("myCheckIn"), ["ALREADY_CHECKED_IN"]);
        assert!(again.data("myCheckIn.userErrors.0.field").is_null(), "no field names the member: {}", again.raw);
        let input = json!({ "input": { "day": "2020-01-01", "idempotencyKey": "old" } });
        let made_up = client.run("MyCheckInMakeUp", input).await;
        assert_eq!(made_up.user_errors("myCheckInMakeUp"), ["INVALID at day"]);

        let coupon = reward(&shop, json!({ "name": "Coupon", "price": 10, "fulfilment": "VOUCHER_CODE" })).await;
        let input = json!({ "rewardId": coupon, "codes": ["A-1", "A-2"], "idempotencyKey": "codes" });
        shop.run("RewardVoucherCodesAdd", json!({ "input": input })).await.payload("rewardVoucherCodesAdd");
        let payload = redeem(&client, &coupon, "coupon").await.payload("myRedemptionCreate").clone();
        assert_eq!(payload["redemption"]["voucherCodes"], json!(["A-1"]));
        assert_eq!(number(&payload["me"]["points"]["available"]), 0);
        let refused = redeem(&client, &coupon, "another").await;
        assert_eq!(refused.user_error_codes("myRedemptionCreate"), ["INSUFFICIENT_POINTS"]);
        assert!(refused.data("myRedemptionCreate.userErrors.0.field").is_null(), "{}", refused.raw);
        let absent = redeem(&client, &absent_id("rwd"), "absent").await;
        assert_eq!(absent.user_errors("myRedemptionCreate"), ["NOT_FOUND at rewardId"]);
    });
}

#[test]
fn a_token_does_what_it_was_made_for_and_its_key_may() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("own-scopes").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let scopes = json!({ "scopes": ["members:token", "engagement:write"] });
        let made = crate::partner_keys::key(&owner, scopes).await;
        let partner = owner.with_token(&made.secret);
        for (scopes, field) in [
            (json!(["redemptions:write"]), "scopes.0"),
            (json!(["engagement:write", "members:token"]), "scopes.1"),
            (json!(["engagement:write", "engagement:write"]), "scopes.1"),
        ] {
            let input = json!({ "memberId": member["id"], "scopes": scopes });
            let answer = partner.run("MemberTokenCreate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("memberTokenCreate"), [format!("INVALID at {field}")]);
        }
        let input = json!({ "input": { "idempotencyKey": "monday" } });
        let looking = partner.with_token(&token_by(&partner, &member, json!({})).await);
        let answer = looking.run("MyCheckIn", input.clone()).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["engagement:write"]));
        for stranger in [&owner, &partner] {
            assert_eq!(stranger.run("MyCheckIn", input.clone()).await.error_codes(), ["FORBIDDEN"]);
        }
        let doing = partner.with_token(&token_by(&partner, &member, json!({ "scopes": ["engagement:write"] })).await);
        assert_eq!(redeem(&doing, &absent_id("rwd"), "mug").await.error_codes(), ["FORBIDDEN"]);
        doing.run("MyCheckIn", input).await.payload("myCheckIn");

        let less = json!({ "input": { "id": made.id, "scopes": ["members:token"] } });
        owner.run("PartnerKeyUpdate", less).await.payload("partnerKeyUpdate");
        let input = json!({ "input": { "idempotencyKey": "tuesday" } });
        assert_eq!(doing.run("MyCheckIn", input).await.error_codes(), ["FORBIDDEN"]);
        assert_eq!(in_full(&doing).await["checkIns"]["total"], 1, "looking goes on");
    });
}

#[test]
fn a_token_reaches_no_further_than_its_keys_communities() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("own-places").await.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let member = given::member(&owner, "Li Lei").await;
        for community in [&ours, &theirs] {
            given::joined(&owner, community, &member, "CORE").await;
        }
        let whole = shop(&owner).await;
        award(&whole, &member, 500).await;
        let mut ids = Vec::new();
        for community in [&ours, &theirs] {
            ids.push(reward(&whole, json!({ "communityIds": [community["id"]] })).await);
        }
        let confined = partner(&owner, json!({ "scopes": SCOPES, "communityIds": [ours["id"]] })).await;
        let client = oneself(&confined, &member).await;
        let me = in_full(&client).await;
        assert_eq!((&me["rewards"]["totalCount"], &me["rewards"]["nodes"][0]["id"]), (&json!(1), &json!(ids[0])));
        redeem(&client, &ids[0], "ours").await.payload("myRedemptionCreate");
        let refused = redeem(&client, &ids[1], "theirs").await;
        assert_eq!(refused.user_errors("myRedemptionCreate"), ["NOT_FOUND at rewardId"]);
        let input = json!({ "input": { "communityId": theirs["id"], "idempotencyKey": "there" } });
        let refused = client.run("MyCheckIn", input).await;
        assert_eq!(refused.user_errors("myCheckIn"), ["NOT_FOUND at communityId"]);

        owner.run("MemberArchive", json!({ "input": { "id": member["id"] } })).await.payload("memberArchive");
        let input = json!({ "input": { "idempotencyKey": "late" } });
        assert_eq!(client.run("MyCheckIn", input).await.error_codes(), ["UNAUTHENTICATED"]);
    });
}

#[test]
fn what_another_tenant_has_is_not_there_for_members() {
    run(async {
        let app = TestApp::shared().await;
        let (owner, other) = (app.tenant("own-ours").await.owner().await, app.tenant("own-theirs").await.owner().await);
        let (ours, theirs) = (shop(&owner).await, shop(&other).await);
        let member = given::member(&owner, "Li Lei").await;
        award(&ours, &member, 500).await;
        let (reward, community) = (reward(&theirs, json!({})).await, given::community(&other, "Theirs").await);
        let client = oneself(&ours, &member).await;
        for id in [reward, absent_id("rwd")] {
            let refused = redeem(&client, &id, &id).await;
            assert_eq!(refused.user_errors("myRedemptionCreate"), ["NOT_FOUND at rewardId"]);
        }
        for id in [community["id"].clone(), json!(absent_id("com"))] {
            let input = json!({ "input": { "communityId": id, "idempotencyKey": id } });
            assert_eq!(client.run("MyCheckIn", input).await.user_errors("myCheckIn"), ["NOT_FOUND at communityId"]);
        }
        let me = in_full(&client).await;
        assert_eq!((number(&me["points"]["available"]), &me["rewards"]["totalCount"]), (500, &json!(0)));
    });
}
