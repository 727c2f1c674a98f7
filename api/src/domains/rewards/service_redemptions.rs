//! Use cases: redeeming a reward, and fulfilling or cancelling that.
//!
//! Locks are taken in one order: the member's points account, the reward, the redemption and its codes. The account comes
//! first so that a member's limit is exact; the reward last, and with it the row that many may want at once.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::RewardError;
use super::model::{Fulfilment, RewardState};
use super::model_redemption::{Facts, Offer, RedemptionDraft, RedemptionState, checked_reason, decide};
use super::row::{RedemptionRow, RewardRow};
use super::service::Rewards;
use super::store_stock::{self, Move};
use super::{store, store_redemptions, store_vouchers};
use crate::actor::{Actor, Scope};
use crate::domains::members::Standing;
use crate::domains::points::{HoldWatch, Kept, PointsError, Spending};
use crate::error::{ApiError, Failure};
use crate::platform::audit::Subject;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{MemberId, PointsHoldId, RedemptionId, RewardId};

/// A redemption, and whose it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Redeemed {
    /// The redemption.
    pub redemption: RedemptionId,
    /// Whose.
    pub member: MemberId,
}

impl Outcome for Redeemed {
    fn subject(&self) -> Subject {
        Subject::of(self.redemption).within(self.member)
    }
}

/// How somebody ends a redemption.
#[derive(Clone, Debug)]
enum Ending {
    Fulfil,
    /// Why, in words.
    Cancel(String),
}

impl Rewards {
    /// Redeems a reward for a member.
    pub async fn redeem(&self, actor: &Actor, draft: RedemptionDraft, call: &Call) -> Result<Redeemed, Failure> {
        let scope = actor.require(Scope::RedemptionsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.redeem_in(tx, draft, &label).await }.boxed())
            .await
    }

    /// As [`Rewards::redeem`], by the member's own token.
    pub async fn redeem_oneself(
        &self,
        actor: &Actor,
        (reward, quantity): (RewardId, i32),
        call: &Call,
    ) -> Result<Redeemed, Failure> {
        let (member, scope) = actor.require_own(Scope::RedemptionsWrite)?;
        let draft = RedemptionDraft { reward, member, quantity, reference: None };
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.redeem_in(tx, draft, &label).await }.boxed())
            .await
    }

    /// As [`Rewards::redeem`], in the caller's transaction.
    pub async fn redeem_in(&self, tx: &TenantTx, draft: RedemptionDraft, actor: &str) -> Result<Redeemed, RewardError> {
        let draft = draft.check()?;
        match self.members.list_standing_in(tx, &[draft.member]).await?.get(&draft.member) {
            Some(Standing::Active) => {}
            Some(Standing::Archived) => return Err(RewardError::MemberArchived),
            None => return Err(RewardError::NotFound("memberId", "member")),
        }
        // Holds the account from here on: nobody else redeems for the member meanwhile.
        let settled = self.points.settle_in(tx, draft.member, self.now()).await;
        let has_account = settled.map_err(RewardError::points("memberId"))?;
        let reward = store::find_whole(tx, draft.reward).await?;
        let reward = reward.ok_or(RewardError::NotFound("rewardId", "reward"))?;
        let (points, now) = self.price_in(tx, &reward, &draft).await?;
        if !has_account {
            return Err(RewardError::Points("memberId", PointsError::Insufficient("memberId")));
        }
        let id: RedemptionId = self.platform.new_id();
        let kept = self.keep_in(tx, (id, points), (&reward, &draft), actor).await?;
        self.hand_in(tx, (id, points, now), (&reward, &draft, kept), actor).await?;
        Ok(Redeemed { redemption: id, member: draft.member })
    }

    /// How many points it costs, and as of when, unless something speaks against it.
    async fn price_in(
        &self,
        tx: &TenantTx,
        reward: &RewardRow,
        draft: &RedemptionDraft,
    ) -> Result<(i64, DateTime<Utc>), RewardError> {
        let now = self.now();
        let tiers = self.members.list_tiers_in(tx, &[draft.member]).await?;
        let tiers = tiers.into_iter().map(|((community, _), tier)| (community, tier)).collect();
        let redeemed = match reward.terms.limit {
            Some(limit) => {
                let since = limit.period.start(now, self.tenants.get_in(tx).await?.timezone);
                store_redemptions::sum_quantity(tx, (draft.member, reward.id), since).await?
            }
            None => 0,
        };
        let offer = Offer { state: reward.state, terms: &reward.terms, stock: reward.stock };
        Ok((decide(&offer, draft.quantity, &Facts { now, tiers, redeemed })?, now))
    }

    /// Sets the points aside; for codes, which are handed out at once, spends them.
    async fn keep_in(
        &self,
        tx: &TenantTx,
        (id, points): (RedemptionId, i64),
        (reward, draft): (&RewardRow, &RedemptionDraft),
        actor: &str,
    ) -> Result<Kept, RewardError> {
        let spending = Spending {
            member: draft.member,
            amount: points,
            reason: reward.terms.name.clone(),
            reference: draft.reference.clone(),
        };
        let (lasts, name) = (TimeDelta::days(i64::from(reward.terms.days())), id.to_string());
        let kept = self.points.keep_in(tx, spending, (lasts, name.clone()), actor).await;
        let kept = kept.map_err(RewardError::points("memberId"))?;
        if reward.fulfilment == Fulfilment::VoucherCode {
            let captured = self.points.capture_kept_in(tx, (kept.hold, &name), actor).await;
            captured.map_err(RewardError::points("memberId"))?;
        }
        Ok(kept)
    }

    /// Takes the pieces from the stock, writes the redemption, and hands codes out.
    async fn hand_in(
        &self,
        tx: &TenantTx,
        (id, points, now): (RedemptionId, i64, DateTime<Utc>),
        (reward, draft, kept): (&RewardRow, &RedemptionDraft, Kept),
        actor: &str,
    ) -> Result<(), RewardError> {
        let is_code = reward.fulfilment == Fulfilment::VoucherCode;
        let row = RedemptionRow {
            id,
            member: draft.member,
            reward: reward.id,
            reward_name: reward.terms.name.clone(),
            quantity: draft.quantity,
            price: reward.terms.price,
            points,
            state: if is_code { RedemptionState::Fulfilled } else { RedemptionState::Pending },
            hold: kept.hold,
            entry: kept.entry,
            reference: draft.reference.clone(),
            reason: None,
            actor: actor.to_owned(),
            created_at: now,
            lapses_at: (!is_code).then_some(kept.expires_at),
            closed_at: is_code.then_some(now),
        };
        let sources = self.points.sources_in(tx, kept.entry).await?;
        self.take_in(tx, reward, (if is_code { Move::HandOver } else { Move::Reserve }, draft.quantity)).await?;
        store_redemptions::insert(tx, &row, &sources).await?;
        if is_code {
            let handed = store_vouchers::hand_out(tx, (reward.id, id), draft.quantity).await?;
            if handed != u64::try_from(draft.quantity).unwrap_or_default() {
                return Err(ApiError::internal("a reward has fewer free codes than its stock says").into());
            }
        }
        Ok(())
    }

    /// Others may have been faster since the reward was read.
    async fn take_in(&self, tx: &TenantTx, reward: &RewardRow, what: (Move, i32)) -> Result<(), RewardError> {
        if reward.lapsed > 0 {
            store_stock::restock(tx, reward.id).await?;
        }
        if store_stock::put(tx, reward.id, what).await? {
            return Ok(());
        }
        let now = store::list_by_id(tx, &[reward.id]).await?.pop();
        match now {
            Some(now) if now.state == RewardState::Active => Err(RewardError::OutOfStock("rewardId")),
            _ => Err(RewardError::NotOffered),
        }
    }

    /// Says that the member has what they redeemed: the points are spent.
    pub async fn fulfil(&self, actor: &Actor, id: RedemptionId, call: &Call) -> Result<Redeemed, Failure> {
        let scope = actor.require(Scope::RedemptionsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.fulfil_in(tx, id, &label).await }.boxed())
            .await
    }

    /// As [`Rewards::fulfil`], in the caller's transaction.
    pub async fn fulfil_in(&self, tx: &TenantTx, id: RedemptionId, actor: &str) -> Result<Redeemed, RewardError> {
        self.end_in(tx, id, Ending::Fulfil, actor).await
    }

    /// Takes a redemption back: points and stock come back.
    pub async fn cancel(
        &self,
        actor: &Actor,
        (id, reason): (RedemptionId, String),
        call: &Call,
    ) -> Result<Redeemed, Failure> {
        let scope = actor.require(Scope::RedemptionsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.cancel_in(tx, (id, reason), &label).await }.boxed()
            })
            .await
    }

    /// As [`Rewards::cancel`], in the caller's transaction.
    pub async fn cancel_in(
        &self,
        tx: &TenantTx,
        (id, reason): (RedemptionId, String),
        actor: &str,
    ) -> Result<Redeemed, RewardError> {
        self.end_in(tx, id, Ending::Cancel(checked_reason(&reason)?), actor).await
    }

    async fn end_in(
        &self,
        tx: &TenantTx,
        id: RedemptionId,
        ending: Ending,
        actor: &str,
    ) -> Result<Redeemed, RewardError> {
        let refused = RewardError::points("redemptionId");
        let member = get(tx, id).await?.member;
        // First the account, as everybody else does; what is due lapses now.
        self.points.settle_in(tx, member, self.now()).await.map_err(&refused)?;
        let row = get(tx, id).await?;
        if row.state != RedemptionState::Pending {
            return Err(RewardError::Closed);
        }
        let name = id.to_string();
        let hold = (row.hold, name.as_str());
        let (state, to, reason) = match ending {
            Ending::Fulfil => {
                self.points.capture_kept_in(tx, hold, actor).await.map_err(&refused)?;
                (RedemptionState::Fulfilled, Move::Fulfil, None)
            }
            Ending::Cancel(reason) => {
                self.points.release_kept_in(tx, hold, actor).await.map_err(&refused)?;
                (RedemptionState::Cancelled, Move::GiveBack, Some(reason))
            }
        };
        store_stock::put(tx, row.reward, (to, row.quantity)).await?;
        if !store_redemptions::close(tx, id, (state, reason), self.now()).await? {
            // The member went out of sight while this waited for their account.
            return Err(RewardError::NotFound("redemptionId", "redemption"));
        }
        Ok(Redeemed { redemption: id, member })
    }
}

async fn get(tx: &TenantTx, id: RedemptionId) -> Result<RedemptionRow, RewardError> {
    let row = store_redemptions::list_by_id(tx, &[id]).await?.pop();
    row.ok_or(RewardError::NotFound("redemptionId", "redemption"))
}

#[async_trait]
impl HoldWatch for Rewards {
    async fn lapsed_in(&self, tx: &TenantTx, holds: &[PointsHoldId], now: DateTime<Utc>) -> Result<(), ApiError> {
        let lapsed = store_redemptions::lapse(tx, holds, now).await?;
        if u64::try_from(holds.len()).is_ok_and(|holds| holds != lapsed) {
            tracing::warn!(tenant.id = %tx.tenant(), holds = holds.len(), lapsed, "rewards.holds_of_no_redemption");
        }
        Ok(())
    }
}
