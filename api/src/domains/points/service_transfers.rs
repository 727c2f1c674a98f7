//! Use cases: points that one member gives to another.

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::PointsError;
use super::approvals::{Asker, ByHand};
use super::model::{Account, EntryKind, Spending};
use super::model_transfers::{Taken, TransferDraft, received};
use super::row::EntryRow;
use super::service::{Points, Posted};
use super::service_reversals::PARTLY_EXPIRED;
use super::store_awards::{NewAward, Origin, award_many};
use super::store_postings::Posting;
use super::{store, store_transfers};
use crate::actor::{Actor, Scope};
use crate::domains::members::Standing;
use crate::domains::tenants::PointsPolicy;
use crate::error::{ApiError, Failure};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::{MemberId, PointsEntryId};

/// Entries of the one who gets that one statement posts: SQLite takes so many values at a time.
const AT_ONCE: usize = 500;

impl Points {
    /// Takes points from one member and gives them to another, where the tenant lets members give each other points. A
    /// person has to have proved lately who they are.
    pub async fn transfer(&self, actor: &Actor, draft: TransferDraft, call: &Call) -> Result<ByHand, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let (this, asker) = (self.clone(), Asker::of(actor));
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.transfer_by_hand_in(tx, draft, &asker).await }.boxed()
            })
            .await
    }

    /// The same in the caller's transaction, without a limit.
    pub async fn transfer_in(&self, tx: &TenantTx, draft: TransferDraft, actor: &str) -> Result<Posted, PointsError> {
        let (spending, to) = draft.check()?;
        let policy = self.tenants.get_in(tx).await?.policy.points;
        self.may_transfer_in(tx, &policy, (spending.member, to)).await?;
        self.post_transfer_in(tx, (spending, to), actor).await
    }

    /// Posts what the tenant and both members let through.
    pub(super) async fn post_transfer_in(
        &self,
        tx: &TenantTx,
        (spending, to): (Spending, MemberId),
        actor: &str,
    ) -> Result<Posted, PointsError> {
        // One moment for all of it: what is due later than this is due behind it.
        let now = self.platform.clock.now();
        self.hold_both_in(tx, (spending.member, to), now).await?;
        let posting = Posting {
            now,
            to: Account::Transferred,
            reason: Some(spending.reason.clone()),
            reference: spending.reference.clone(),
            is_settled: true,
            ..self.posting(spending.member, (EntryKind::TransferOut, spending.amount), actor)
        };
        let posting = Posting { transfer: Some(posting.id), ..posting };
        let posted = self.spend_in(tx, &posting, ("amount", "fromMemberId")).await?;
        self.receive_in(tx, (&posting, &spending), to).await?;
        Ok(posted)
    }

    /// Whether transfers are on, and both members are there. One who has left can still give: what they have is moved
    /// to where they are now.
    pub(super) async fn may_transfer_in(
        &self,
        tx: &TenantTx,
        policy: &PointsPolicy,
        (from, to): (MemberId, MemberId),
    ) -> Result<(), PointsError> {
        if !policy.transfers_enabled {
            return Err(PointsError::TransfersOff);
        }
        let standing = self.members.list_standing_in(tx, &[from, to]).await?;
        if !standing.contains_key(&from) {
            return Err(PointsError::NotFound("fromMemberId", "member"));
        }
        match standing.get(&to) {
            Some(Standing::Active) => Ok(()),
            Some(Standing::Archived) => Err(PointsError::Archived("toMemberId")),
            None => Err(PointsError::NotFound("toMemberId", "member")),
        }
    }

    /// Holds both accounts, in the order of their ids so that nobody waits in a circle, with what is due posted. Either may
    /// be missing: one that somebody else opens meanwhile would be held out of order.
    async fn hold_both_in(
        &self,
        tx: &TenantTx,
        (from, to): (MemberId, MemberId),
        now: DateTime<Utc>,
    ) -> Result<(), PointsError> {
        for member in [from.min(to), from.max(to)] {
            store_transfers::open_account(tx, member, now).await?;
            self.settle_in(tx, member, now).await?;
        }
        Ok(())
    }

    /// Posts what left the giver to the one who gets it, whose account is held.
    async fn receive_in(
        &self,
        tx: &TenantTx,
        (sent, spending): (&Posting, &Spending),
        to: MemberId,
    ) -> Result<(), PointsError> {
        let taken = store::list_moves(tx, &[sent.id]).await?;
        let taken = taken.iter().map(|row| Taken {
            amount: row.amount,
            source: row.source,
            expires: row.expires_at.zip(row.expires_on),
        });
        let received = received(spending, to, taken).into_iter();
        let parts: Vec<_> =
            received.map(|award| NewAward { id: self.platform.new_id(), award, actor: &sent.actor }).collect();
        for parts in parts.chunks(AT_ONCE) {
            let by = (Origin::Transfer(sent.id), sent.now);
            let posted = award_many(tx, parts, &self.texts_of(tx, parts), by).await?;
            if posted.len() < parts.len() {
                return Err(PointsError::Frozen("toMemberId"));
            }
        }
        // What the database sees to when it commits, and SQLite does not.
        let gone: i64 = parts.iter().map(|part| part.award.amount).sum();
        if gone == sent.amount { Ok(()) } else { Err(PointsError::DoesNotAddUp(sent.member)) }
    }

    /// Undoes a transfer as a whole, by the entry that left the giver, to whom it goes back.
    pub(super) async fn reverse_transfer_in(
        &self,
        tx: &TenantTx,
        transfer: PointsEntryId,
        (reason, actor): (String, &str),
    ) -> Result<Posted, PointsError> {
        let entries = store_transfers::list_entries(tx, &[transfer]).await?;
        let of_kind = |kind| entries.iter().filter(move |entry| entry.kind == kind);
        let gone: Vec<_> = of_kind(EntryKind::TransferIn).collect();
        let sent = of_kind(EntryKind::TransferOut).next();
        let (Some(sent), Some(to)) = (sent, gone.first().map(|entry| entry.member)) else {
            // A key that is restricted to communities may see one side only.
            return Err(PointsError::NotReversible("One of the two members is out of your reach."));
        };
        let now = self.platform.clock.now();
        for member in [sent.member.min(to), sent.member.max(to)] {
            self.settle_in(tx, member, now).await?;
        }
        if store::list_reversals(tx, &[sent.id]).await?.contains_key(&sent.id) {
            return Err(PointsError::AlreadyReversed);
        }
        let undoing = |entry: &EntryRow| Posting {
            now,
            reason: Some(reason.clone()),
            reference: entry.reference.clone(),
            reverses: Some(entry.id),
            transfer: Some(transfer),
            is_settled: true,
            ..self.posting(entry.member, (EntryKind::Reverse, entry.amount), actor)
        };
        let lots = store::list_lots(tx, gone.iter().map(|entry| entry.id)).await?;
        if lots.iter().any(|lot| lot.expired > 0) {
            return Err(PointsError::NotReversible(PARTLY_EXPIRED));
        }
        for entry in gone {
            self.undo_award_in(tx, entry, Posting { to: Account::Transferred, ..undoing(entry) }).await?;
        }
        self.undo_spending_in(tx, sent, Posting { from: Account::Transferred, ..undoing(sent) }).await
    }

    /// The entries of a transfer that the actor has just made, whatever they may read.
    pub async fn list_transferred(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        transfer: PointsEntryId,
    ) -> Result<Vec<EntryRow>, ApiError> {
        actor.require(Scope::PointsWrite)?;
        Ok(store_transfers::list_entries(tx, &[transfer]).await?)
    }

    /// The entries of these transfers and of their reversals, those first that were posted first.
    pub async fn entries_of_transfers(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        transfers: &[PointsEntryId],
    ) -> Result<Vec<EntryRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store_transfers::list_entries(tx, transfers).await?)
    }
}
