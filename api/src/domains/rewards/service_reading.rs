//! Use cases: looking at rewards, at what was redeemed, and at what that was paid with.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};

use super::model::{Code, Filter, MOST_SHOWN};
use super::model_redemption::{RedemptionFilter, is_range};
use super::row::{PaidRow, RedemptionRow, RewardRow, SpentOn, StockMoveRow};
use super::service::Rewards;
use super::service_stock::open;
use super::{store, store_mix, store_redemptions, store_stock, store_vouchers};
use crate::actor::{Actor, Scope};
use crate::domains::points::{Source, start_of_next};
use crate::error::{ApiError, ErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::{CommunityId, MemberId, RedemptionId, RewardId};

/// What was paid with for what members were handed in some days.
#[derive(Clone, Debug)]
pub struct Mix {
    /// By what the points were earned, the most first.
    pub sources: Vec<(Source, i64)>,
    /// On what they were spent, the most first.
    pub rewards: Vec<SpentOn>,
}

impl Rewards {
    /// A page of rewards, newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        page: &KeysetPage,
    ) -> Result<Slice<RewardRow>, ApiError> {
        actor.require_in(Scope::RewardsRead, tx.scope())?;
        Ok(store::list(tx, filter, page).await?)
    }

    /// How many rewards the filter lets through.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require_in(Scope::RewardsRead, tx.scope())?;
        Ok(store::count(tx, filter).await?)
    }

    /// A page of what is offered now to whoever looks, newest first.
    pub async fn list_offered(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        page: &KeysetPage,
    ) -> Result<Slice<RewardRow>, ApiError> {
        self.list(actor, tx, &self.offered(), page).await
    }

    /// How much is offered now to whoever looks.
    pub async fn count_offered(&self, actor: &Actor, tx: &TenantTx) -> Result<i64, ApiError> {
        self.count(actor, tx, &self.offered()).await
    }

    fn offered(&self) -> Filter {
        Filter { offered_at: Some(self.now()), ..Filter::default() }
    }

    /// Rewards by id; unknown ones are left out.
    pub async fn list_by_id(&self, actor: &Actor, tx: &TenantTx, ids: &[RewardId]) -> Result<Vec<RewardRow>, ApiError> {
        actor.require(Scope::RewardsRead)?;
        Ok(store::list_by_id(tx, ids).await?)
    }

    /// The reward that the actor has just written, whatever they may read.
    pub async fn find_written(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: RewardId,
    ) -> Result<Option<RewardRow>, ApiError> {
        actor.require(Scope::RewardsWrite)?;
        Ok(store::list_by_id(tx, &[id]).await?.pop())
    }

    /// The communities that these rewards are for. Whoever got the rewards may see them.
    pub async fn communities_of(
        &self,
        tx: &TenantTx,
        rewards: &[RewardId],
    ) -> Result<Vec<(RewardId, CommunityId)>, ApiError> {
        Ok(store::list_communities(tx, rewards).await?)
    }

    /// The last changes by hand of the stock of these rewards, the newest first.
    pub async fn stock_moves_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        rewards: &[RewardId],
    ) -> Result<Vec<StockMoveRow>, ApiError> {
        actor.require(Scope::RewardsRead)?;
        Ok(store_stock::list_moves(tx, rewards, MOST_SHOWN).await?)
    }

    /// A page of redemptions, newest first.
    pub async fn list_redemptions(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &RedemptionFilter,
        page: &KeysetPage,
    ) -> Result<Slice<RedemptionRow>, ApiError> {
        actor.require(Scope::RewardsRead)?;
        Ok(store_redemptions::list(tx, filter, page).await?)
    }

    /// How many redemptions the filter lets through.
    pub async fn count_redemptions(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &RedemptionFilter,
    ) -> Result<i64, ApiError> {
        actor.require(Scope::RewardsRead)?;
        Ok(store_redemptions::count(tx, filter).await?)
    }

    /// Redemptions by id; unknown ones are left out.
    pub async fn redemptions_by_id(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[RedemptionId],
    ) -> Result<Vec<RedemptionRow>, ApiError> {
        actor.require(Scope::RewardsRead)?;
        Ok(store_redemptions::list_by_id(tx, ids).await?)
    }

    /// The redemption that the actor has just made or ended, whatever they may read.
    pub async fn find_redeemed(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: RedemptionId,
    ) -> Result<Option<RedemptionRow>, ApiError> {
        actor.require_in(Scope::RedemptionsWrite, tx.scope())?;
        Ok(store_redemptions::list_by_id(tx, &[id]).await?.pop())
    }

    /// For each of these members a page of redemptions, newest first, and one more.
    pub async fn redemptions_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
        page: &KeysetPage,
    ) -> Result<HashMap<MemberId, Vec<RedemptionRow>>, ApiError> {
        actor.require_in(Scope::RewardsRead, tx.scope())?;
        Ok(store_redemptions::list_of_members(tx, members, page).await?)
    }

    /// How many redemptions these members have.
    pub async fn counts_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, i64>, ApiError> {
        actor.require_in(Scope::RewardsRead, tx.scope())?;
        Ok(store_redemptions::count_of_members(tx, members).await?)
    }

    /// What the points of these redemptions were earned by. Whoever got the redemptions may see it; rules, which name
    /// communities, are hidden from a key that is restricted to some.
    pub async fn sources_of(&self, tx: &TenantTx, redemptions: &[RedemptionId]) -> Result<Vec<PaidRow>, ApiError> {
        let mut rows = store_redemptions::list_sources(tx, redemptions).await?;
        if tx.scope().is_confined() {
            rows.iter_mut().for_each(|row| row.rule = None);
        }
        Ok(rows)
    }

    /// The codes that these redemptions handed out.
    pub async fn codes_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        redemptions: &[RedemptionId],
    ) -> Result<HashMap<RedemptionId, Vec<Code>>, ApiError> {
        actor.require_in(Scope::RewardsVouchers, tx.scope())?;
        let keys = self.tenants.keys_in(tx).await?;
        let mut codes: HashMap<_, Vec<_>> = HashMap::new();
        for (redemption, sealed) in store_vouchers::list_of(tx, redemptions).await? {
            codes.entry(redemption).or_default().push(open(&keys, &sealed).map_err(ApiError::internal)?);
        }
        Ok(codes)
    }

    /// What was paid with for what was fulfilled from one day to another, both included.
    pub async fn mix(&self, actor: &Actor, tx: &TenantTx, (from, to): (NaiveDate, NaiveDate)) -> Result<Mix, ApiError> {
        actor.require(Scope::RewardsRead)?;
        if !is_range(from, to) {
            let message = "Expected a day from `from` on, and at most 366 days in all.";
            return Err(ApiError::argument(ErrorCode::InputInvalid, "to", message));
        }
        let zone = self.tenants.get_in(tx).await?.timezone;
        let time = (start_of_next(from - TimeDelta::days(1), zone), start_of_next(to, zone));
        let (sources, rewards) = (store_mix::sum_by_source(tx, time).await?, store_mix::sum_by_reward(tx, time).await?);
        Ok(Mix { sources, rewards })
    }
}
