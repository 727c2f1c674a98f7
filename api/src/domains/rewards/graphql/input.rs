//! What is given to write rewards and to redeem them.

use async_graphql::{ID, InputObject};

use super::super::model::{
    Code, Fulfilment, Limit, Period, RewardChange, RewardDraft, RewardState, StockChange, Terms,
};
use super::super::model_redemption::RedemptionDraft;
use crate::domains::members::membership::Tier;
use crate::error::UserError;
use crate::graphql::ids::parse_input_id;
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::ids::RewardId;

/// The most that a member redeems of a reward.
#[derive(InputObject)]
pub struct RewardLimitInput {
    /// How many pieces, 1 to 1,000,000.
    quantity: i32,
    /// In what time.
    period: Period,
}

/// What a reward is, as far as it can be changed.
#[derive(InputObject)]
pub struct RewardTermsInput {
    /// What members read, 1 to 120 characters.
    name: String,
    /// More of it, 1 to 2,000 characters.
    description: Option<String>,
    /// In points, for one piece, 1 to 1,000,000,000.
    price: BigInt,
    /// The most for a member; as many as there are when left out.
    limit: Option<RewardLimitInput>,
    /// For members of these communities only, at most 50; for everybody when left out or empty.
    community_ids: Option<Vec<ID>>,
    /// For members of this tier or a higher one, in one of `communityIds`, or anywhere where there are none.
    minimum_tier: Option<Tier>,
    /// It can be redeemed from then on.
    starts_at: Option<DateTime>,
    /// It can be redeemed until then.
    ends_at: Option<DateTime>,
    /// Of MANUAL: for how many times 24 hours the points are set aside before a redemption lapses, 1 to 90; 30 when left
    /// out.
    fulfil_within_days: Option<i32>,
}

impl RewardTermsInput {
    fn terms(self) -> Result<Terms, UserError> {
        let ids = self.community_ids.unwrap_or_default();
        let parse = |(place, id): (usize, &ID)| parse_input_id(&format!("communityIds.{place}"), id);
        Ok(Terms {
            name: self.name,
            description: self.description,
            price: self.price.0,
            limit: self.limit.map(|limit| Limit { quantity: limit.quantity, period: limit.period }),
            communities: ids.iter().enumerate().map(parse).collect::<Result<_, _>>()?,
            minimum_tier: self.minimum_tier,
            starts_at: self.starts_at.map(|time| time.0),
            ends_at: self.ends_at.map(|time| time.0),
            fulfil_within_days: self.fulfil_within_days,
        })
    }
}

/// A reward to be written.
#[derive(InputObject)]
pub struct RewardCreateInput {
    /// What it is.
    #[graphql(flatten)]
    terms: RewardTermsInput,
    /// How members get it, for good; MANUAL when left out.
    fulfilment: Option<Fulfilment>,
    /// How many pieces there are, 0 to 1,000,000,000; without end when left out. Not for VOUCHER_CODE, whose stock is its
    /// codes.
    stock: Option<BigInt>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

impl RewardCreateInput {
    pub(super) fn draft(self) -> Result<RewardDraft, UserError> {
        let fulfilment = self.fulfilment.unwrap_or(Fulfilment::Manual);
        Ok(RewardDraft { terms: self.terms.terms()?, fulfilment, stock: self.stock.map(|stock| stock.0) })
    }
}

/// A reward as it is to be: what is left out is none from now on.
#[derive(InputObject)]
pub struct RewardUpdateInput {
    /// `rwd_…`
    reward_id: ID,
    /// The version that you read.
    version: i32,
    /// What it is from now on.
    #[graphql(flatten)]
    terms: RewardTermsInput,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

impl RewardUpdateInput {
    pub(super) fn change(self) -> Result<(RewardId, RewardChange), UserError> {
        let id = parse_input_id("rewardId", &self.reward_id)?;
        Ok((id, RewardChange { version: self.version, terms: self.terms.terms()? }))
    }
}

/// The state that a reward comes into.
#[derive(InputObject)]
pub struct RewardStateSetInput {
    /// `rwd_…`
    pub(super) reward_id: ID,
    /// Which.
    pub(super) state: RewardState,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

/// More or less of a reward.
#[derive(InputObject)]
pub struct RewardStockAdjustInput {
    /// `rwd_…`, of MANUAL and with a stock.
    reward_id: ID,
    /// By how many pieces; negative for less. What is redeemed and not fulfilled stays redeemed.
    delta: BigInt,
    /// Why, 1 to 200 characters.
    reason: String,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl RewardStockAdjustInput {
    pub(super) fn change(self) -> Result<(RewardId, StockChange), UserError> {
        let id = parse_input_id("rewardId", &self.reward_id)?;
        Ok((id, StockChange { delta: self.delta.0, reason: self.reason }))
    }
}

/// Voucher codes for a reward.
#[derive(InputObject)]
pub struct RewardVoucherCodesAddInput {
    /// `rwd_…`, of VOUCHER_CODE.
    reward_id: ID,
    /// 1 to 1,000 codes of 1 to 128 bytes, none of which the tenant has already.
    codes: Vec<String>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl RewardVoucherCodesAddInput {
    pub(super) fn codes(self) -> Result<(RewardId, Vec<Code>), UserError> {
        let id = parse_input_id("rewardId", &self.reward_id)?;
        Ok((id, self.codes.into_iter().map(Code::new).collect()))
    }
}

/// What is redeemed, for whom.
#[derive(InputObject)]
pub struct RedemptionCreateInput {
    /// `rwd_…`
    reward_id: ID,
    /// For whom: `mbr_…`
    member_id: ID,
    /// How many pieces, 1 to 100; 1 when left out.
    quantity: Option<i32>,
    /// Your own reference, such as a parcel's, at most 128 characters.
    reference: Option<String>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl RedemptionCreateInput {
    pub(super) fn draft(self) -> Result<RedemptionDraft, UserError> {
        Ok(RedemptionDraft {
            reward: parse_input_id("rewardId", &self.reward_id)?,
            member: parse_input_id("memberId", &self.member_id)?,
            quantity: self.quantity.unwrap_or(1),
            reference: self.reference,
        })
    }
}

/// The redemption that the member has by now.
#[derive(InputObject)]
pub struct RedemptionFulfilInput {
    /// `rdm_…`
    pub(super) redemption_id: ID,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// The redemption to be taken back.
#[derive(InputObject)]
pub struct RedemptionCancelInput {
    /// `rdm_…`
    pub(super) redemption_id: ID,
    /// Why, in words that the member may read, 1 to 200 characters.
    pub(super) reason: String,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}
