//! Who may redeem what, and what becomes of it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::model::{MOST_POINTS, MOST_QUANTITY, RewardState, Terms, line};
use crate::domains::members::membership::Tier;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{CommunityId, MemberId, RewardId};

const REFERENCE_LENGTH: usize = 128;
const REASON_LENGTH: usize = 200;
/// Days that a mix is made of.
const LONGEST_MIX: TimeDelta = TimeDelta::days(366);

named_enum! {
    /// What has become of a redemption.
    #[graphql(name = "RedemptionState")]
    RedemptionState {
        /// The points are set aside, and so is what they are for.
        Pending "PENDING",
        /// The member has it, and the points are spent.
        Fulfilled "FULFILLED",
        /// Somebody took it back; points and stock came back.
        Cancelled "CANCELLED",
        /// Nobody fulfilled it in time; points and stock came back.
        Lapsed "LAPSED",
    }
}

/// What somebody wants to redeem for a member.
#[derive(Clone, Debug)]
pub struct RedemptionDraft {
    /// What.
    pub reward: RewardId,
    /// For whom.
    pub member: MemberId,
    /// How many.
    pub quantity: i32,
    /// The partner's own.
    pub reference: Option<String>,
}

impl RedemptionDraft {
    /// All that is wrong with it, or the same with its text in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        if !(1..=MOST_QUANTITY).contains(&self.quantity) {
            errors.push(UserError::at("quantity", UserErrorCode::Invalid, "Expected 1 to 100."));
        }
        let reference = self.reference.as_deref();
        let reference = reference.map(|text| line("reference", text, REFERENCE_LENGTH, &mut errors));
        if errors.is_empty() { Ok(Self { reference, ..self }) } else { Err(errors) }
    }
}

/// Why a redemption is cancelled, in order, or what is wrong with it.
pub fn checked_reason(reason: &str) -> Result<String, Vec<UserError>> {
    let mut errors = Vec::new();
    let reason = line("reason", reason, REASON_LENGTH, &mut errors);
    if errors.is_empty() { Ok(reason) } else { Err(errors) }
}

/// A reward as it is offered now.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Whether it is offered at all.
    pub state: RewardState,
    /// What it is.
    pub terms: &'a Terms,
    /// What is left; None for without end.
    pub stock: Option<i64>,
}

/// What speaks for and against a member.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: DateTime<Utc>,
    /// What the member is to their communities.
    pub tiers: Vec<(CommunityId, Tier)>,
    /// What they redeemed in the limit's period, without what came back.
    pub redeemed: i64,
}

/// How many points so many cost, or why the member does not get them.
pub fn decide(offer: &Offer<'_>, quantity: i32, facts: &Facts) -> Result<i64, UserError> {
    let refuse = |field, code, message: &'static str| Err(UserError::at(field, code, message));
    let Offer { state, terms, stock } = *offer;
    let is_time = terms.starts_at.is_none_or(|from| from <= facts.now) && terms.ends_at.is_none_or(|to| facts.now < to);
    if state != RewardState::Active || !is_time {
        return refuse("rewardId", UserErrorCode::NotOffered, NOT_OFFERED);
    }
    if !is_for(terms, &facts.tiers) {
        let message = "The reward is for members of certain communities or of a higher tier.";
        return refuse("memberId", UserErrorCode::NotEligible, message);
    }
    if terms.limit.is_some_and(|limit| facts.redeemed + i64::from(quantity) > i64::from(limit.quantity)) {
        let message = "The member would have more of this reward in its period than one may.";
        return refuse("quantity", UserErrorCode::LimitReached, message);
    }
    if stock.is_some_and(|stock| stock < i64::from(quantity)) {
        return refuse("rewardId", UserErrorCode::OutOfStock, OUT_OF_STOCK);
    }
    match terms.price.checked_mul(i64::from(quantity)) {
        Some(points) if points <= MOST_POINTS => Ok(points),
        _ => refuse("quantity", UserErrorCode::Invalid, "At most 1,000,000,000 points at a time."),
    }
}

/// Said also of a reward that is not offered any more when its stock is taken.
pub const NOT_OFFERED: &str = "The reward is not active, or its time has not come or is over.";
/// Said also of a reward whose last piece somebody else took meanwhile.
pub const OUT_OF_STOCK: &str = "Fewer are left than this takes.";

/// Whether the reward is for somebody who is this to these communities.
fn is_for(terms: &Terms, tiers: &[(CommunityId, Tier)]) -> bool {
    let is_there = |community| terms.communities.is_empty() || terms.communities.contains(community);
    let is_high = |tier: Tier| terms.minimum_tier.is_none_or(|minimum| tier <= minimum);
    let is_for_all = terms.communities.is_empty() && terms.minimum_tier.is_none();
    is_for_all || tiers.iter().any(|(community, tier)| is_there(community) && is_high(*tier))
}

/// Which redemptions to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct RedemptionFilter {
    /// In this state.
    pub state: Option<RedemptionState>,
    /// Of this reward.
    pub reward: Option<RewardId>,
    /// By this member.
    pub member: Option<MemberId>,
}

/// Whether a mix can be made of these days, both included.
#[must_use]
pub fn is_range(from: NaiveDate, to: NaiveDate) -> bool {
    from <= to && to.signed_duration_since(from) < LONGEST_MIX
}

/// What part of a whole this is, in thousandths, rounded; 0 of nothing.
#[must_use]
pub fn per_mille(part: i64, whole: i64) -> i32 {
    let (part, whole) = (i128::from(part), i128::from(whole));
    if whole == 0 { 0 } else { i32::try_from((part * 2_000 + whole) / (whole * 2)).unwrap_or(i32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Limit, Period};
    use super::*;
    use crate::platform::ids::Id;

    fn terms() -> Terms {
        Terms {
            name: "Mug".to_owned(),
            description: None,
            price: 300,
            limit: Some(Limit { quantity: 3, period: Period::Week }),
            communities: Vec::new(),
            minimum_tier: None,
            starts_at: Some("2026-11-01T00:00:00Z".parse().unwrap()),
            ends_at: Some("2026-12-01T00:00:00Z".parse().unwrap()),
            fulfil_within_days: None,
        }
    }

    fn asked(terms: &Terms, quantity: i32, redeemed: i64, now: &str) -> Result<i64, String> {
        let offer = Offer { state: RewardState::Active, terms, stock: Some(5) };
        let tiers = vec![(community(1), Tier::Ordinary), (community(2), Tier::Core)];
        let facts = Facts { now: now.parse().unwrap(), tiers, redeemed };
        decide(&offer, quantity, &facts).map_err(|error| format!("{:?}", error.code))
    }

    fn community(number: u128) -> CommunityId {
        Id::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_reward_is_offered_from_its_start_to_before_its_end() {
        assert_eq!(asked(&terms(), 1, 0, "2026-11-01T00:00:00Z"), Ok(300));
        assert_eq!(asked(&terms(), 1, 0, "2026-10-31T23:59:59Z"), Err("NotOffered".to_owned()));
        assert_eq!(asked(&terms(), 1, 0, "2026-12-01T00:00:00Z"), Err("NotOffered".to_owned()));
    }

    #[test]
    fn the_limit_counts_pieces_and_the_stock_is_the_most() {
        let now = "2026-11-15T00:00:00Z";
        assert_eq!(asked(&terms(), 2, 1, now), Ok(600));
        assert_eq!(asked(&terms(), 2, 2, now), Err("LimitReached".to_owned()));
        let boundless = Terms { limit: None, ..terms() };
        assert_eq!(asked(&boundless, 5, 100, now), Ok(1_500));
        assert_eq!(asked(&boundless, 6, 0, now), Err("OutOfStock".to_owned()));
        let dear = Terms { price: MOST_POINTS, ..boundless };
        assert_eq!(asked(&dear, 2, 0, now), Err("Invalid".to_owned()));
    }

    #[test]
    fn the_tier_counts_in_the_rewards_own_communities() {
        let now = "2026-11-15T00:00:00Z";
        let of = |numbers: &[u128], minimum_tier| {
            let communities = numbers.iter().map(|number| community(*number)).collect();
            asked(&Terms { communities, minimum_tier, ..terms() }, 1, 0, now).is_ok()
        };
        assert!(of(&[1, 3], None) && of(&[], Some(Tier::Core)) && of(&[2], Some(Tier::Core)));
        assert!(!of(&[3], None) && !of(&[1], Some(Tier::Core)) && !of(&[], Some(Tier::Admin)));
    }

    #[test]
    fn parts_are_rounded_to_thousandths() {
        assert_eq!([per_mille(2, 3), per_mille(1, 3), per_mille(1, 2_000), per_mille(0, 0)], [667, 333, 1, 0]);
    }
}
