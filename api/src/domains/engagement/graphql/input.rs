//! What is given to check members in.

use async_graphql::{ID, InputObject};
use chrono::NaiveDate;

use super::super::{CardsDraft, CheckInDraft};
use crate::error::UserError;
use crate::graphql::ids::parse_input_id;
use crate::graphql::scalars::Date;
use crate::platform::ids::{CommunityId, MemberId};

/// Who checks in. The day and the time are the server's.
#[derive(InputObject)]
pub struct CheckInInput {
    /// Who: `mbr_…`
    member_id: ID,
    /// In which of their communities, `com_…`, where that matters; the day is one all the same.
    community_id: Option<ID>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl CheckInInput {
    pub(super) fn draft(&self) -> Result<CheckInDraft, UserError> {
        let community = self.community_id.as_ref().map(|id| parse_input_id("communityId", id)).transpose()?;
        Ok(CheckInDraft { member: parse_input_id("memberId", &self.member_id)?, community })
    }
}

/// Cards for a member.
#[derive(InputObject)]
pub struct CheckInCardsGrantInput {
    /// To whom: `mbr_…`
    member_id: ID,
    /// How many, 1 to 100.
    count: i32,
    /// What for, 1 to 200 characters.
    reason: String,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl CheckInCardsGrantInput {
    pub(super) fn draft(self) -> Result<CardsDraft, UserError> {
        let member = parse_input_id("memberId", &self.member_id)?;
        Ok(CardsDraft { member, count: self.count, reason: self.reason })
    }
}

/// The day that a member makes up.
#[derive(InputObject)]
pub struct CheckInMakeUpInput {
    /// Whose: `mbr_…`
    member_id: ID,
    /// Which: before today, and not longer ago than the tenant's policy says (`checkIn.makeUpWithinDays`).
    day: Date,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl CheckInMakeUpInput {
    pub(super) fn missed(&self) -> Result<(MemberId, NaiveDate), UserError> {
        Ok((parse_input_id("memberId", &self.member_id)?, self.day.0))
    }
}

/// A check-in of the member who asks. The day and the time are the server's.
#[derive(InputObject)]
pub struct MyCheckInInput {
    /// In which of their communities, `com_…`, where that matters; the day is one all the same.
    community_id: Option<ID>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl MyCheckInInput {
    pub(super) fn community(&self) -> Result<Option<CommunityId>, UserError> {
        self.community_id.as_ref().map(|id| parse_input_id("communityId", id)).transpose()
    }
}

/// The day that the member who asks makes up.
#[derive(InputObject)]
pub struct MyCheckInMakeUpInput {
    /// Which: before today, and not longer ago than the tenant's policy says (`checkIn.makeUpWithinDays`).
    pub(super) day: Date,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}
