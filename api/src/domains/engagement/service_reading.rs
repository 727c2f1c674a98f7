//! Use cases: looking at check-ins.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{Moment, Record, is_range};
use super::row::CheckInRow;
use super::service::Engagement;
use super::store;
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, ErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::ids::{CheckInId, MemberId};

impl Engagement {
    /// Where these members stand, and the moment to look at it; those who never checked in may have no record.
    pub async fn records_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<(HashMap<MemberId, Record>, Moment), ApiError> {
        actor.require_in(Scope::EngagementRead, tx.scope())?;
        Ok((store::list_records(tx, members).await?, self.moment_in(tx).await?))
    }

    /// The check-ins of these members from one day to another, both included.
    pub async fn days_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Vec<CheckInRow>, ApiError> {
        actor.require_in(Scope::EngagementRead, tx.scope())?;
        if !is_range(from, to) {
            let message = "Expected a day from `from` on, and at most 100 days in all.";
            return Err(ApiError::argument(ErrorCode::InputInvalid, "to", message));
        }
        let mut rows = store::list_days(tx, members, (from, to)).await?;
        rows.iter_mut().for_each(|row| hide_elsewhere(actor, row));
        Ok(rows)
    }

    /// A check-in that the actor has just made, whatever they may read.
    pub async fn find_made(&self, actor: &Actor, tx: &TenantTx, id: CheckInId) -> Result<Option<CheckInRow>, ApiError> {
        actor.require_in(Scope::EngagementWrite, tx.scope())?;
        let mut row = store::find(tx, id).await?;
        row.iter_mut().for_each(|row| hide_elsewhere(actor, row));
        Ok(row)
    }
}

/// A key that is restricted to communities is told of no others, and neither is whom it vouches for.
fn hide_elsewhere(actor: &Actor, row: &mut CheckInRow) {
    if let Some(own) = actor.communities() {
        row.community = row.community.filter(|community| own.contains(community));
    }
}
