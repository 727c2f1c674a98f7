//! Use cases: looking at points.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::model::MOST_SHOWN;
use super::row::{AccountRow, EntryRow, HoldRow, LotRow, MoveRow, SourceRow};
use super::service::Points;
use super::store;
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, ErrorCode};
use crate::platform::db::keyset::KeysetPage;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{MemberId, PointsEntryId, PointsHoldId};

/// What the tenant owes its members in points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liability {
    /// Given, and not good yet.
    pub pending: i64,
    /// To be spent.
    pub available: i64,
    /// Set aside.
    pub held: i64,
    /// What of it all expires, by the month of its last day, `2027-11`; the next one first.
    pub months: Vec<(String, i64)>,
    /// What never does.
    pub never_expiring: i64,
}

/// How far a caller's clock may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

impl Points {
    /// The accounts of these members; those without entries have none.
    pub async fn accounts_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, AccountRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store::list_accounts(tx, members).await?)
    }

    /// For each of these members a page of entries, the newest first, and one more.
    pub async fn entries_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
        page: &KeysetPage,
    ) -> Result<HashMap<MemberId, Vec<EntryRow>>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store::list_entries(tx, members, page).await?)
    }

    /// Entries by id; unknown ones are left out.
    pub async fn entries_by_id(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[PointsEntryId],
    ) -> Result<Vec<EntryRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store::list_entries_by_id(tx, ids).await?)
    }

    /// The last entry of a member up to a time that has come.
    pub async fn entry_at(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (member, at): (MemberId, DateTime<Utc>),
    ) -> Result<Option<EntryRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        if at > self.platform.clock.now() + AHEAD {
            return Err(ApiError::argument(ErrorCode::InputInvalid, "at", "This time is still to come."));
        }
        Ok(store::find_entry_at(tx, member, at).await?)
    }

    /// The first lots of each of these members that have something left, in the order in which they are spent.
    pub async fn lots_of(&self, actor: &Actor, tx: &TenantTx, members: &[MemberId]) -> Result<Vec<LotRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store::list_open_lots(tx, members, MOST_SHOWN).await?)
    }

    /// What these entries gave as new lots, took from lots or gave back.
    pub async fn moves_of(&self, actor: &Actor, tx: &TenantTx, entries: &[EntryRow]) -> Result<Vec<MoveRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        let mut moves = store::list_moves(tx, &ids).await?;
        let makers: Vec<_> = entries.iter().filter(|entry| entry.kind.makes_a_lot()).map(|entry| entry.id).collect();
        if !makers.is_empty() {
            moves.extend(store::list_lots(tx, makers).await?.iter().map(MoveRow::of_new));
        }
        Ok(moves)
    }

    /// What the points were earned by that this entry took, in the caller's transaction.
    pub async fn sources_in(&self, tx: &TenantTx, entry: PointsEntryId) -> Result<Vec<SourceRow>, DbError> {
        store::sum_by_source(tx, entry).await
    }

    /// Holds by id; unknown ones are left out.
    pub async fn holds_by_id(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[PointsHoldId],
    ) -> Result<Vec<HoldRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_holds(tx, ids).await?)
    }

    /// Which entries reverse these.
    pub async fn reversals_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        entries: &[PointsEntryId],
    ) -> Result<HashMap<PointsEntryId, PointsEntryId>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_reversals(tx, entries).await?)
    }

    /// The first open holds of each of these members.
    pub async fn holds_of(&self, actor: &Actor, tx: &TenantTx, members: &[MemberId]) -> Result<Vec<HoldRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_open_holds(tx, members, MOST_SHOWN).await?)
    }

    /// An entry that the actor has just posted, whatever they may read.
    pub async fn find_posted(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: PointsEntryId,
    ) -> Result<Option<EntryRow>, ApiError> {
        actor.require(Scope::PointsWrite)?;
        Ok(store::find_entry(tx, id).await?)
    }

    /// A hold that the actor has just made or ended, whatever they may read.
    pub async fn find_held(&self, actor: &Actor, tx: &TenantTx, id: PointsHoldId) -> Result<Option<HoldRow>, ApiError> {
        actor.require(Scope::PointsWrite)?;
        Ok(store::find_hold(tx, id).await?)
    }

    /// An entry by its id.
    pub async fn find_entry(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: PointsEntryId,
    ) -> Result<Option<EntryRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::find_entry(tx, id).await?)
    }

    /// A hold by its id.
    pub async fn find_hold(&self, actor: &Actor, tx: &TenantTx, id: PointsHoldId) -> Result<Option<HoldRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::find_hold(tx, id).await?)
    }

    /// What the tenant owes its members, or those of them that the actor reaches.
    pub async fn liability(&self, actor: &Actor, tx: &TenantTx) -> Result<Liability, ApiError> {
        actor.require(Scope::PointsRead)?;
        let mut liability = Liability::default();
        for (month, [pending, available, held]) in store::sum_by_month(tx).await? {
            let total = pending + available + held;
            liability.pending += pending;
            liability.available += available;
            liability.held += held;
            match month {
                Some(month) => liability.months.push((month, total)),
                None => liability.never_expiring += total,
            }
        }
        Ok(liability)
    }
}
