//! The cases about rewards and what was redeemed.

use harness::{absent_id, uuid_of};
use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation};
use super::maker::{Maker, text};
use super::things::Things;
use crate::given;

/// What of a member's redemptions rows are read for.
pub(crate) const REDEMPTIONS: &str = "redemptions(first: 3) { totalCount nodes { id rewardName reward { name } } }";

/// All of a reward that rows are read for.
const REWARD: &str = "id name description state price stock reserved fulfilled communityIds version
    stockMoves { delta reason }";

/// All of a redemption that rows are read for.
const REDEMPTION: &str = "id rewardName memberId points state reason reference voucherCodes sources { source points }
    reward { id name stock } hold { id reason redemptionId }";

/// Those that name nothing.
pub(super) fn roots() -> Vec<Case> {
    let list = |operation: &str, selection: &str| {
        format!("query {{ answer: {operation} {{ totalCount pageInfo {{ hasNextPage }} nodes {{ {selection} }} }} }}")
    };
    let mix = "query($from: Date!, $to: Date!) { answer: redemptionMix(from: $from, to: $to) {
        points redemptions bySource { source points } byReward { rewardId name points } } }";
    [
        case("rewards", list("rewards", REWARD), |_| json!({})),
        case("redemptions", list("redemptions", REDEMPTION), |_| json!({})),
        // Within a day of every clock, and of those that stand a little ahead.
        case(
            "redemptionMix",
            mix.to_owned(),
            |_| json!({ "from": super::engagement::days_ago(5), "to": super::engagement::days_ago(-5) }),
        ),
    ]
    .map(|case| Case { promise: Promise::OwnOnly, ..case })
    .into()
}

pub(super) fn of_rewards() -> Vec<Case> {
    [reading(), writing(), redeeming()].into_iter().flatten().collect()
}

fn reading() -> Vec<Case> {
    let redemption = || format!("query($id: ID!) {{ answer: redemption(id: $id) {{ {REDEMPTION} }} }}");
    let node = || {
        format!(
            "query($id: ID!) {{ answer: node(id: $id) {{ ... on Reward {{ {REWARD} }} ... on Redemption {{ {REDEMPTION} }} }} }}"
        )
    };
    let redemptions = |argument: &str, kind: &str| {
        format!(
            "query($id: {kind}!) {{ answer: redemptions({argument}: $id) {{ totalCount nodes {{ id rewardName }} }} }}"
        )
    };
    vec![
        case(
            "reward",
            format!("query($id: ID!) {{ answer: reward(id: $id) {{ {REWARD} }} }}"),
            |things| json!({ "id": things.reward }),
        ),
        case("redemption", redemption(), |things| json!({ "id": things.redemption })),
        case("redemption", redemption(), |things| json!({ "id": things.handed_out })),
        case("node", node(), |things| json!({ "id": things.reward })),
        case("node", node(), |things| json!({ "id": things.redemption })),
        case(
            "rewards",
            "query($id: ID!) { answer: rewards(communityId: $id) { totalCount nodes { id name } } }".to_owned(),
            |things| json!({ "id": things.community }),
        ),
        case(
            "rewards",
            format!("query($after: String!) {{ answer: rewards(after: $after) {{ nodes {{ {REWARD} }} }} }}"),
            |things| json!({ "after": things.rewards_cursor }),
        ),
        case("redemptions", redemptions("memberId", "ID"), |things| json!({ "id": things.member })),
        case("redemptions", redemptions("rewardId", "ID"), |things| json!({ "id": things.reward })),
        case(
            "redemptions",
            format!("query($after: String!) {{ answer: redemptions(after: $after) {{ nodes {{ {REDEMPTION} }} }} }}"),
            |things| json!({ "after": things.redemptions_cursor }),
        ),
    ]
}

fn writing() -> Vec<Case> {
    let reward = |operation| mutation(operation, &format!("reward {{ {REWARD} }}"));
    vec![
        case("rewardCreate", reward("rewardCreate"), |things| {
            input(things, json!({ "name": "Both like it", "price": 5, "communityIds": [things.community] }))
        }),
        case("rewardUpdate", reward("rewardUpdate"), |things| input(things, changed(things, things)))
            .tried_as(|things, own| mixed(things, own, changed)),
        case("rewardStateSet", reward("rewardStateSet"), |things| {
            input(things, json!({ "rewardId": things.reward, "state": "PAUSED" }))
        }),
        case("rewardStockAdjust", reward("rewardStockAdjust"), |things| {
            input(things, json!({ "rewardId": things.reward, "delta": 3, "reason": "Both like it" }))
        }),
        case(
            "rewardVoucherCodesAdd",
            mutation("rewardVoucherCodesAdd", &format!("added reward {{ {REWARD} }}")),
            |things| {
                // The same each time that it is asked with these things, and with no others.
                let code = format!("{}", uuid_of(&things.coupon));
                input(things, json!({ "rewardId": things.coupon, "codes": [code] }))
            },
        ),
    ]
}

fn redeeming() -> Vec<Case> {
    let redemption =
        |operation| mutation(operation, &format!("redemption {{ {REDEMPTION} }} member {{ id pointsBalance }}"));
    vec![
        case("redemptionCreate", redemption("redemptionCreate"), |things| input(things, order(things, things)))
            .tried_as(|things, own| mixed(things, own, order)),
        case("redemptionFulfil", redemption("redemptionFulfil"), |things| {
            input(things, json!({ "redemptionId": things.redemption }))
        }),
        case("redemptionCancel", redemption("redemptionCancel"), |things| {
            input(things, json!({ "redemptionId": things.redemption, "reason": "Both like it" }))
        }),
    ]
}

/// The community is of one tenant, the reward of the same or another one.
fn changed(community: &Things, reward: &Things) -> Value {
    json!({ "rewardId": reward.reward, "version": 1, "name": "Renamed", "price": 5,
        "communityIds": [community.community] })
}

fn order(reward: &Things, member: &Things) -> Value {
    json!({ "rewardId": reward.reward, "memberId": member.member })
}

/// Both of the other tenant, and each with one's own. Each has a key of its own, or all but one were refused for that.
fn mixed(things: &Things, own: &Things, fields: fn(&Things, &Things) -> Value) -> Vec<Value> {
    let keyed = |fields: Value| json!({ "input": given::with(fields, json!({ "idempotencyKey": absent_id("key") })) });
    vec![input(things, fields(things, things)), keyed(fields(own, things)), keyed(fields(things, own))]
}

impl Maker {
    /// A reward in the community, and what the member redeemed of it.
    pub(super) async fn redeemed(&self, name: &str, things: &Things, changes: Value) -> (String, String) {
        let run = async |operation: &str, fields: Value| self.send(operation, fields, name).await;
        let has_codes = changes["fulfilment"] == "VOUCHER_CODE";
        let terms = json!({ "name": name, "description": name, "price": 5, "communityIds": [things.community] });
        let reward = text(&run("RewardCreate", given::with(terms, changes)).await["reward"]["id"]);
        run("RewardStateSet", json!({ "rewardId": reward, "state": "ACTIVE" })).await;
        if has_codes {
            let codes = json!({ "rewardId": reward, "codes": [name, format!("{name} more")] });
            run("RewardVoucherCodesAdd", codes).await;
        } else {
            run("RewardStockAdjust", json!({ "rewardId": reward, "delta": -1, "reason": name })).await;
        }
        let order = json!({ "rewardId": reward, "memberId": things.member, "reference": name });
        let redemption = run("RedemptionCreate", order).await;
        (reward, text(&redemption["redemption"]["id"]))
    }
}
