//! Use cases: looking at points.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, Utc};

use super::model::{EntryKind, day_before};
use super::row::{AccountRow, EntryRow, HoldRow, LotRow, MoveRow};
use super::service::Points;
use super::store;
use crate::actor::{Actor, Scope};
use crate::error::ApiError;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::KeysetPage;
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
    /// What of it all expires, by the month of its last day: year, month, points; the next one first.
    pub months: Vec<((i32, u32), i64)>,
    /// What never does.
    pub never_expiring: i64,
}

impl Points {
    /// The accounts of these members; those without entries have none.
    pub async fn accounts_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, AccountRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
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
        actor.require(Scope::PointsRead)?;
        Ok(store::list_entries(tx, members, page).await?)
    }

    /// The last entry of a member up to a time.
    pub async fn entry_at(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (member, at): (MemberId, DateTime<Utc>),
    ) -> Result<Option<EntryRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::find_entry_at(tx, member, at).await?)
    }

    /// The lots of these members that have something left, in the order in which they are spent.
    pub async fn lots_of(&self, actor: &Actor, tx: &TenantTx, members: &[MemberId]) -> Result<Vec<LotRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_open_lots(tx, members).await?)
    }

    /// What these entries gave as new lots, took from lots or gave back.
    pub async fn moves_of(&self, actor: &Actor, tx: &TenantTx, entries: &[EntryRow]) -> Result<Vec<MoveRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        let mut moves = store::list_moves(tx, &ids).await?;
        let awards: Vec<_> =
            entries.iter().filter(|entry| entry.kind == EntryKind::Award).map(|entry| entry.id).collect();
        if !awards.is_empty() {
            moves.extend(store::list_lots(tx, awards).await?.iter().map(MoveRow::of_new));
        }
        Ok(moves)
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

    /// The open holds of these members.
    pub async fn holds_of(&self, actor: &Actor, tx: &TenantTx, members: &[MemberId]) -> Result<Vec<HoldRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_open_holds(tx, members).await?)
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
        let zone = self.tenants.get_in(tx).await?.timezone;
        let mut liability = Liability::default();
        for (expires_at, [pending, available, held]) in store::sum_by_expiry(tx).await? {
            let total = pending + available + held;
            liability.pending += pending;
            liability.available += available;
            liability.held += held;
            let Some(expires_at) = expires_at else {
                liability.never_expiring += total;
                continue;
            };
            let day = day_before(expires_at, zone);
            let month = (day.year(), day.month());
            match liability.months.last_mut().filter(|(last, _)| *last == month) {
                Some((_, points)) => *points += total,
                None => liability.months.push((month, total)),
            }
        }
        Ok(liability)
    }

    /// The tenant's zone, in which days are told.
    pub async fn zone(&self, tx: &TenantTx) -> Result<chrono_tz::Tz, ApiError> {
        Ok(self.tenants.get_in(tx).await?.timezone)
    }
}
