//! What is given to post points.

use async_graphql::{ID, InputObject};

use super::super::{AwardDraft, HoldDraft, Source, Spending};
use crate::error::UserError;
use crate::graphql::ids::parse_input_id;
use crate::graphql::scalars::{BigInt, Date, DateTime};

/// Points for a member.
#[derive(InputObject)]
pub struct PointsAwardRow {
    /// To whom: `mbr_…`
    member_id: ID,
    /// How many, 1 to 1,000,000,000.
    amount: BigInt,
    /// What for, by kind; MANUAL unless told otherwise.
    source: Option<Source>,
    /// What for, in words that the member may read, 1 to 200 characters.
    reason: String,
    /// Your own reference, such as an order's, at most 128 characters.
    reference: Option<String>,
    /// From when they are good, such as the end of a return window; at once when left out or past.
    available_at: Option<DateTime>,
    /// The last day on which they are good, in the tenant's zone; by the tenant's policy when left out.
    expires_on: Option<Date>,
}

impl PointsAwardRow {
    pub(super) fn draft(&self) -> Result<AwardDraft, UserError> {
        Ok(AwardDraft {
            member: parse_input_id("memberId", &self.member_id)?,
            amount: self.amount.0,
            source: self.source.unwrap_or(Source::Manual),
            reason: self.reason.clone(),
            reference: self.reference.clone(),
            available_at: self.available_at.map(|time| time.0),
            expires_on: self.expires_on.map(|day| day.0),
        })
    }
}

/// Points for one member.
#[derive(InputObject)]
pub struct PointsAwardInput {
    /// To whom, how many, and what for.
    #[graphql(flatten)]
    pub(super) award: PointsAwardRow,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// Points for many members.
#[derive(InputObject)]
pub struct PointsAwardBulkInput {
    /// For whom and how many, at most 1,000; a member may be named more than once.
    pub(super) awards: Vec<PointsAwardRow>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// Points to be taken from one member.
#[derive(InputObject)]
pub struct PointsDeductInput {
    /// From whom: `mbr_…`
    member_id: ID,
    /// How many, 1 to 1,000,000,000. All of them, or none.
    amount: BigInt,
    /// What for, in words that the member may read, 1 to 200 characters.
    reason: String,
    /// Your own reference, at most 128 characters.
    reference: Option<String>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl PointsDeductInput {
    pub(super) fn spending(self) -> Result<Spending, UserError> {
        let member = parse_input_id("memberId", &self.member_id)?;
        Ok(Spending { member, amount: self.amount.0, reason: self.reason, reference: self.reference })
    }
}

/// The entry to be undone.
#[derive(InputObject)]
pub struct PointsReverseInput {
    /// `pen_…`, of kind AWARD, DEDUCT, TRANSFER_OUT or TRANSFER_IN.
    pub(super) entry_id: ID,
    /// Why, in words that the member may read, 1 to 200 characters.
    pub(super) reason: String,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// The account to be cleared.
#[derive(InputObject)]
pub struct PointsUnfreezeInput {
    /// Whose: `mbr_…`
    pub(super) member_id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

/// Points to be set aside.
#[derive(InputObject)]
pub struct PointsHoldCreateInput {
    /// Whose: `mbr_…`
    member_id: ID,
    /// How many, 1 to 1,000,000,000. All of them, or none.
    amount: BigInt,
    /// What for, in words that the member may read, 1 to 200 characters.
    reason: String,
    /// Your own reference, such as an order's, at most 128 characters.
    reference: Option<String>,
    /// For how long, 60 to 2592000 seconds (30 days); 900 (a quarter of an hour) unless told otherwise.
    expires_in_seconds: Option<i32>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl PointsHoldCreateInput {
    pub(super) fn draft(self) -> Result<HoldDraft, UserError> {
        let member = parse_input_id("memberId", &self.member_id)?;
        let spending = Spending { member, amount: self.amount.0, reason: self.reason, reference: self.reference };
        Ok(HoldDraft { spending, seconds: self.expires_in_seconds })
    }
}

/// The hold to be spent.
#[derive(InputObject)]
pub struct PointsHoldCaptureInput {
    /// `phd_…`
    pub(super) hold_id: ID,
    /// How many of its points, at least 1; all of them when left out. The rest is let go.
    pub(super) amount: Option<BigInt>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// The hold to be let go.
#[derive(InputObject)]
pub struct PointsHoldReleaseInput {
    /// `phd_…`
    pub(super) hold_id: ID,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}
