//! Use cases: setting points aside, and spending them or letting them go.
//!
//! A hold may be kept for something of a higher slice: that alone ends it, and is told when its time is over.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::PointsError;
use super::model::{Account, EntryKind, HoldDraft, HoldState, MOST_HOLDS, Spending, check_captured};
use super::row::HoldRow;
use super::service::Points;
use super::service_due::released;
use super::store_postings::{Lots, Posting};
use super::{store, store_holds};
use crate::actor::{Actor, Scope};
use crate::domains::members::Standing;
use crate::error::{ApiError, Failure};
use crate::platform::audit::Subject;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{MemberId, PointsEntryId, PointsHoldId};

/// A port: what a higher slice does about the holds that it keeps.
#[async_trait]
pub trait HoldWatch: Send + Sync {
    /// These holds, which are kept for something, were let go since nobody ended them in time, in this transaction.
    async fn lapsed_in(&self, tx: &TenantTx, holds: &[PointsHoldId], now: DateTime<Utc>) -> Result<(), ApiError>;
}

/// A hold that is kept for something.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// The hold.
    pub hold: PointsHoldId,
    /// The entry that set the points aside; its moves name the lots.
    pub entry: PointsEntryId,
    /// When they are let go if nobody says anything.
    pub expires_at: DateTime<Utc>,
}

/// A hold, and whose it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Holding {
    /// The hold.
    pub hold: PointsHoldId,
    /// Whose.
    pub member: MemberId,
}

impl Outcome for Holding {
    fn subject(&self) -> Subject {
        Subject::of(self.hold).within(self.member)
    }
}

impl Points {
    /// Sets points of a member aside.
    pub async fn hold(&self, actor: &Actor, draft: HoldDraft, call: &Call) -> Result<Holding, Failure> {
        let scope = actor.require(Scope::PointsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.hold_in(tx, draft, &label).await }.boxed())
            .await
    }

    /// As [`Points::hold`], in the caller's transaction.
    pub async fn hold_in(&self, tx: &TenantTx, draft: HoldDraft, actor: &str) -> Result<Holding, PointsError> {
        let (spending, lasts) = draft.check()?;
        let member = spending.member;
        let kept = self.set_aside_in(tx, spending, (lasts, None), actor).await?;
        Ok(Holding { hold: kept.hold, member })
    }

    /// Sets points aside that only the caller ends, by [`Points::capture_kept_in`] or [`Points::release_kept_in`], or the
    /// end of their time, of which [`HoldWatch`] is told. `kept_for` is the id of what they are kept for.
    pub async fn keep_in(
        &self,
        tx: &TenantTx,
        spending: Spending,
        (lasts, kept_for): (TimeDelta, String),
        actor: &str,
    ) -> Result<Kept, PointsError> {
        self.set_aside_in(tx, spending.check()?, (lasts, Some(kept_for)), actor).await
    }

    async fn set_aside_in(
        &self,
        tx: &TenantTx,
        spending: Spending,
        (lasts, kept_for): (TimeDelta, Option<String>),
        actor: &str,
    ) -> Result<Kept, PointsError> {
        if self.standing_in(tx, spending.member).await? == Standing::Archived {
            return Err(PointsError::Archived("memberId"));
        }
        if store::count_open_holds(tx, spending.member).await? >= MOST_HOLDS {
            return Err(PointsError::TooManyHolds);
        }
        let id: PointsHoldId = self.platform.new_id();
        let posting = self.posting(spending.member, (EntryKind::Hold, spending.amount), actor);
        let posting = Posting {
            to: Account::Held,
            hold: Some(id),
            reason: Some(spending.reason.clone()),
            reference: spending.reference.clone(),
            due_at: Some(posting.now + lasts),
            ..posting
        };
        self.spend_in(tx, &posting, ("amount", "memberId")).await?;
        store_holds::insert(tx, (id, posting.id), &spending, (posting.now, lasts, kept_for)).await?;
        Ok(Kept { hold: id, entry: posting.id, expires_at: posting.now + lasts })
    }

    /// Spends what a hold has, all or in part, and lets the rest go.
    pub async fn capture(
        &self,
        actor: &Actor,
        (hold, amount): (PointsHoldId, Option<i64>),
        call: &Call,
    ) -> Result<Holding, Failure> {
        let scope = actor.require(Scope::PointsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.capture_in(tx, (hold, amount), &label).await }.boxed()
            })
            .await
    }

    /// As [`Points::capture`], in the caller's transaction.
    pub async fn capture_in(
        &self,
        tx: &TenantTx,
        (id, amount): (PointsHoldId, Option<i64>),
        actor: &str,
    ) -> Result<Holding, PointsError> {
        let hold = self.open_in(tx, (id, None)).await?;
        self.capture_open_in(tx, hold, amount, actor).await
    }

    /// Spends all that a hold has which is kept for this.
    pub async fn capture_kept_in(
        &self,
        tx: &TenantTx,
        (id, kept_for): (PointsHoldId, &str),
        actor: &str,
    ) -> Result<Holding, PointsError> {
        let hold = self.open_in(tx, (id, Some(kept_for))).await?;
        self.capture_open_in(tx, hold, None, actor).await
    }

    async fn capture_open_in(
        &self,
        tx: &TenantTx,
        hold: HoldRow,
        amount: Option<i64>,
        actor: &str,
    ) -> Result<Holding, PointsError> {
        let amount = check_captured(amount, hold.amount)?;
        let capture = Posting {
            from: Account::Held,
            to: Account::Redeemed,
            lots: Lots::Of(hold.entry, 0),
            hold: Some(hold.id),
            reason: Some(hold.reason.clone()),
            reference: hold.reference.clone(),
            is_settled: true,
            ..self.posting(hold.member, (EntryKind::Capture, amount), actor)
        };
        self.spend_in(tx, &capture, ("holdId", "holdId")).await?;
        self.end_in(tx, &hold, (HoldState::Captured, amount), actor).await
    }

    /// Lets go of what a hold has.
    pub async fn release(&self, actor: &Actor, hold: PointsHoldId, call: &Call) -> Result<Holding, Failure> {
        let scope = actor.require(Scope::PointsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.release_in(tx, hold, &label).await }.boxed())
            .await
    }

    /// As [`Points::release`], in the caller's transaction.
    pub async fn release_in(&self, tx: &TenantTx, id: PointsHoldId, actor: &str) -> Result<Holding, PointsError> {
        let hold = self.open_in(tx, (id, None)).await?;
        self.end_in(tx, &hold, (HoldState::Released, 0), actor).await
    }

    /// Lets go of what a hold has which is kept for this.
    pub async fn release_kept_in(
        &self,
        tx: &TenantTx,
        (id, kept_for): (PointsHoldId, &str),
        actor: &str,
    ) -> Result<Holding, PointsError> {
        let hold = self.open_in(tx, (id, Some(kept_for))).await?;
        self.end_in(tx, &hold, (HoldState::Released, 0), actor).await
    }

    /// The hold, if its points are still set aside, for this if for anything; the account and it are held.
    async fn open_in(
        &self,
        tx: &TenantTx,
        (id, kept_for): (PointsHoldId, Option<&str>),
    ) -> Result<HoldRow, PointsError> {
        let found = store::find_hold(tx, id).await?.ok_or(PointsError::NotFound("holdId", "hold"))?;
        if found.kept_for.as_deref() != kept_for {
            return Err(PointsError::HoldKept);
        }
        // First the account, as everybody else does; what is due ends the hold too.
        self.settle_in(tx, found.member, self.platform.clock.now()).await?;
        let hold = store::find_hold(tx, id).await?.ok_or(PointsError::NotFound("holdId", "hold"))?;
        if hold.state == HoldState::Open { Ok(hold) } else { Err(PointsError::HoldClosed) }
    }

    /// Lets go of what is not captured, and notes the end.
    async fn end_in(
        &self,
        tx: &TenantTx,
        hold: &HoldRow,
        (state, captured): (HoldState, i64),
        actor: &str,
    ) -> Result<Holding, PointsError> {
        let rest = hold.amount - captured;
        let release = self.posting(hold.member, (EntryKind::Release, rest), actor);
        let now = release.now;
        if rest > 0 {
            let release = Posting { is_settled: true, due_at: Some(now), ..released(release, hold, captured) };
            self.spend_in(tx, &release, ("holdId", "holdId")).await?;
        }
        store_holds::close(tx, hold.id, (state, captured), now).await?;
        // What was let go may have expired meanwhile.
        self.settle_in(tx, hold.member, now).await?;
        Ok(Holding { hold: hold.id, member: hold.member })
    }
}
