//! Use cases: undoing what was posted.

use futures_util::FutureExt as _;

use super::PointsError;
use super::model::{Account, EntryKind, checked_reason};
use super::row::EntryRow;
use super::service::{Points, Posted};
use super::store;
use super::store_postings::{Lots, Posting};
use crate::actor::{Actor, Scope};
use crate::error::Failure;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::{Id, PointsEntryId, PointsLotId};

/// Why an entry is not undone.
pub(super) const PARTLY_EXPIRED: &str = "Of what this entry gave a part has expired.";

impl Points {
    /// Undoes an award, a deduction or a transfer, once. A person has to have proved lately who they are.
    pub async fn reverse(
        &self,
        actor: &Actor,
        (entry, reason): (PointsEntryId, String),
        call: &Call,
    ) -> Result<Posted, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.reverse_in(tx, entry, (reason, &label)).await }.boxed()
            })
            .await
    }

    pub(super) async fn reverse_in(
        &self,
        tx: &TenantTx,
        id: PointsEntryId,
        (reason, actor): (String, &str),
    ) -> Result<Posted, PointsError> {
        let reason = checked_reason(&reason)?;
        let entry = store::find_entry(tx, id).await?.ok_or(PointsError::NotFound("entryId", "entry"))?;
        if let Some(transfer) = entry.transfer.filter(|_| entry.kind != EntryKind::Reverse) {
            return self.reverse_transfer_in(tx, transfer, (reason, actor)).await;
        }
        // Holds the account: nobody else reverses the entry, and what is due is posted before.
        if !self.settle_in(tx, entry.member, self.platform.clock.now()).await? {
            return Err(PointsError::NotFound("entryId", "entry"));
        }
        if store::list_reversals(tx, &[id]).await?.contains_key(&id) {
            return Err(PointsError::AlreadyReversed);
        }
        let posting = Posting {
            reason: Some(reason),
            reference: entry.reference.clone(),
            reverses: Some(id),
            is_settled: true,
            ..self.posting(entry.member, (EntryKind::Reverse, entry.amount), actor)
        };
        match entry.kind {
            EntryKind::Award => self.undo_award_in(tx, &entry, Posting { to: Account::Issued, ..posting }).await,
            EntryKind::Deduct => self.undo_spending_in(tx, &entry, Posting { from: Account::Revoked, ..posting }).await,
            _ => Err(PointsError::NotReversible("Only awards, deductions and transfers are reversed.")),
        }
    }

    /// Takes what the entry gave: from its own lot first, then from the member's others. The account is held.
    pub(super) async fn undo_award_in(
        &self,
        tx: &TenantTx,
        entry: &EntryRow,
        posting: Posting,
    ) -> Result<Posted, PointsError> {
        let id: PointsLotId = Id::from_uuid(entry.id.uuid());
        let lot = store::find_lot(tx, id).await?.ok_or(PointsError::NotFound("entryId", "entry"))?;
        if lot.expired > 0 {
            return Err(PointsError::NotReversible(PARTLY_EXPIRED));
        }
        let (from, lots) = match lot.pending {
            0 => (Account::Available, Lots::InOrder(Some(id))),
            _ => (Account::Pending, Lots::PendingOf(id)),
        };
        self.spend_in(tx, &Posting { from, lots, ..posting }, ("entryId", "entryId")).await
    }

    /// Gives back what the entry took, into the lots that it took it from. The account is held.
    pub(super) async fn undo_spending_in(
        &self,
        tx: &TenantTx,
        entry: &EntryRow,
        posting: Posting,
    ) -> Result<Posted, PointsError> {
        let (to, lots) = (Account::Available, Lots::Of(entry.id, 0));
        let posting = Posting { to, lots, due_at: Some(posting.now), ..posting };
        let posted = self.spend_in(tx, &posting, ("entryId", "entryId")).await?;
        // What it goes back into may have expired.
        self.settle_in(tx, entry.member, posting.now).await?;
        Ok(posted)
    }
}
