//! Use cases: checking in, giving cards, and making a missed day up with one.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use chrono::NaiveDate;
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::EngagementError;
use super::model::{CheckInFact, Kind, Moment, Past, Record, checked_cards, make_up};
use super::row::CheckInRow;
use super::store::{self, CardMove, Moved};
use crate::actor::{Actor, Scope};
use crate::domains::members::{Members, Standing};
use crate::domains::tenants::{Tenant, Tenants};
use crate::error::{ApiError, Failure};
use crate::platform::Platform;
use crate::platform::audit::Subject;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{CheckInId, CommunityId, MemberId};

/// A port: a higher slice decides what a check-in is worth, and gives it in the same transaction.
#[async_trait]
pub trait CheckInReward: Send + Sync {
    /// A member has checked in, on time; `actor` is the label of whoever sent it. Making a day up is not told.
    async fn checked_in(&self, tx: &TenantTx, check_in: &CheckInFact, actor: &str) -> Result<(), ApiError>;
}

/// Who checks in.
#[derive(Clone, Copy, Debug)]
pub struct CheckInDraft {
    /// The member.
    pub member: MemberId,
    /// In which of their communities, if that matters.
    pub community: Option<CommunityId>,
}

/// Cards for a member.
#[derive(Clone, Debug)]
pub struct CardsDraft {
    /// To whom.
    pub member: MemberId,
    /// How many.
    pub count: i32,
    /// What for.
    pub reason: String,
}

/// A check-in, and whose it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CheckedIn {
    /// The check-in.
    pub check_in: CheckInId,
    /// Whose.
    pub member: MemberId,
}

impl Outcome for CheckedIn {
    fn subject(&self) -> Subject {
        Subject::of(self.check_in).within(self.member)
    }
}

/// The slice's service.
#[derive(Clone)]
pub struct Engagement {
    pub(super) platform: Platform,
    tenants: Tenants,
    members: Members,
    reward: Arc<OnceLock<Arc<dyn CheckInReward>>>,
}

impl Engagement {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform, tenants: Tenants, members: Members) -> Self {
        Self { platform, tenants, members, reward: Arc::default() }
    }

    /// Tells `reward` of every check-in on time; for `app.rs`, once.
    pub fn rewarded_by(&self, reward: Arc<dyn CheckInReward>) {
        self.reward.get_or_init(|| reward);
    }

    /// Checks a member in, once a day.
    pub async fn check_in(&self, actor: &Actor, draft: CheckInDraft, call: &Call) -> Result<CheckedIn, Failure> {
        let scope = actor.require(Scope::EngagementWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.check_in_in(tx, draft, &label).await }.boxed()
            })
            .await
    }

    /// As [`Engagement::check_in`], by the member's own token.
    pub async fn check_in_oneself(
        &self,
        actor: &Actor,
        community: Option<CommunityId>,
        call: &Call,
    ) -> Result<CheckedIn, Failure> {
        let (member, scope) = actor.require_own(Scope::EngagementWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.check_in_in(tx, CheckInDraft { member, community }, &label).await }.boxed()
            })
            .await
    }

    /// As [`Engagement::check_in`], in the caller's transaction.
    pub async fn check_in_in(
        &self,
        tx: &TenantTx,
        draft: CheckInDraft,
        actor: &str,
    ) -> Result<CheckedIn, EngagementError> {
        let CheckInDraft { member, community } = draft;
        self.require_active_in(tx, member).await?;
        if let Some(community) = community {
            let at = (community, member);
            self.members.require_membership_in(tx, at).await.map_err(EngagementError::Community)?;
        }
        let (record, now, _) = self.lock_in(tx, member).await?;
        let record = record.checked_in(&now).ok_or(EngagementError::AlreadyCheckedIn("memberId"))?;
        let (id, day, streak) = (self.platform.new_id(), now.day(), record.streak);
        let row = CheckInRow { id, member, day, kind: Kind::OnTime, streak, community, checked_in_at: now.at };
        store::insert(tx, &row).await?;
        store::put_record(tx, member, &record).await?;
        if let Some(reward) = self.reward.get() {
            reward.checked_in(tx, &CheckInFact { id, member, community, streak, at: now.at, day }, actor).await?;
        }
        Ok(CheckedIn { check_in: id, member })
    }

    /// Gives a member cards to make days up with.
    pub async fn grant_cards(&self, actor: &Actor, draft: CardsDraft, call: &Call) -> Result<MemberId, Failure> {
        let scope = actor.require(Scope::EngagementWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.grant_cards_in(tx, draft, &label).await }.boxed()
            })
            .await
    }

    /// As [`Engagement::grant_cards`], in the caller's transaction.
    pub async fn grant_cards_in(
        &self,
        tx: &TenantTx,
        CardsDraft { member, count, reason }: CardsDraft,
        actor: &str,
    ) -> Result<MemberId, EngagementError> {
        let reason = checked_cards(count, &reason)?;
        self.require_active_in(tx, member).await?;
        let (record, now, _) = self.lock_in(tx, member).await?;
        store::put_record(tx, member, &Record { cards: record.cards + count, ..record }).await?;
        let (id, what) = (self.platform.new_id(), Moved::Granted(count, reason));
        store::insert_move(tx, CardMove { id, member, what, actor, at: now.at }).await?;
        Ok(member)
    }

    /// Makes up a day that the member missed, with one of their cards.
    pub async fn make_up(
        &self,
        actor: &Actor,
        (member, day): (MemberId, NaiveDate),
        call: &Call,
    ) -> Result<CheckedIn, Failure> {
        let scope = actor.require(Scope::EngagementWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.make_up_in(tx, (member, day), &label).await }.boxed()
            })
            .await
    }

    /// As [`Engagement::make_up`], by the member's own token.
    pub async fn make_up_oneself(&self, actor: &Actor, day: NaiveDate, call: &Call) -> Result<CheckedIn, Failure> {
        let (member, scope) = actor.require_own(Scope::EngagementWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.make_up_in(tx, (member, day), &label).await }.boxed()
            })
            .await
    }

    async fn make_up_in(
        &self,
        tx: &TenantTx,
        (member, day): (MemberId, NaiveDate),
        actor: &str,
    ) -> Result<CheckedIn, EngagementError> {
        self.require_active_in(tx, member).await?;
        let (record, now, tenant) = self.lock_in(tx, member).await?;
        let past = Past::check(day, &now, tenant.policy.check_in.make_up_within_days)?;
        let around = store::find_around(tx, member, &past).await?;
        let made_up = make_up(&record, &past, &around)?;
        let (id, streak) = (self.platform.new_id(), made_up.streak);
        let row = CheckInRow { id, member, day, kind: Kind::MadeUp, streak, community: None, checked_in_at: now.at };
        store::insert(tx, &row).await?;
        if let Some(raised) = made_up.raised {
            store::raise(tx, member, (day, raised)).await?;
        }
        store::put_record(tx, member, &made_up.record).await?;
        let (card, what) = (self.platform.new_id(), Moved::Spent(id));
        store::insert_move(tx, CardMove { id: card, member, what, actor, at: now.at }).await?;
        Ok(CheckedIn { check_in: id, member })
    }

    /// Holds the member's record; gives it, the moment of that, and the tenant as it is then.
    async fn lock_in(&self, tx: &TenantTx, member: MemberId) -> Result<(Record, Moment, Tenant), EngagementError> {
        store::lock(tx, member).await?;
        let at = self.platform.clock.now();
        let tenant = self.tenants.get_in(tx).await?;
        let record = store::list_records(tx, &[member]).await?.remove(&member).unwrap_or_default();
        Ok((record, Moment { at, zone: tenant.timezone }, tenant))
    }

    /// The moment by which a tenant's days are told.
    pub(super) async fn moment_in(&self, tx: &TenantTx) -> Result<Moment, ApiError> {
        Ok(Moment { at: self.platform.clock.now(), zone: self.tenants.get_in(tx).await?.timezone })
    }

    async fn require_active_in(&self, tx: &TenantTx, member: MemberId) -> Result<(), EngagementError> {
        match self.members.list_standing_in(tx, &[member]).await?.get(&member) {
            Some(Standing::Active) => Ok(()),
            Some(Standing::Archived) => Err(EngagementError::Archived),
            None => Err(EngagementError::NotFound),
        }
    }
}
