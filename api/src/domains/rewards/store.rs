//! Reads and writes rewards and the communities they are for.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, QueryFilter as _};
use shequn_entity::{reward_communities, rewards};

use super::model::{Filter, RewardDraft, RewardState, Terms};
use super::row::RewardRow;
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, Id, RewardId};

/// What lapsed gives its stock back at once, but not by the reward's row: whoever lets holds lapse has the accounts of many
/// members, and may not wait for rewards between two of them. See [`super::store_stock::restock`].
const LAPSED: &str = "(SELECT CAST(COALESCE(SUM(r.quantity), 0) AS bigint) FROM redemptions r \
     WHERE r.tenant_id = rewards.tenant_id AND r.reward_id = rewards.id AND r.state = 'LAPSED' AND NOT r.is_restocked)";

/// Rewards by id; unknown ones are left out.
pub(super) async fn list_by_id(tx: &TenantTx, ids: &[RewardId]) -> Result<Vec<RewardRow>, DbError> {
    use rewards::{Column, Entity};
    let mut select = select_rewards(tx);
    select.and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())));
    Ok(tx.query_all(&select).await?.iter().map(RewardRow::read).collect::<Result<_, _>>()?)
}

/// The reward with all of its communities, also those that the transaction's authority does not reach.
pub(super) async fn find_whole(tx: &TenantTx, id: RewardId) -> Result<Option<RewardRow>, DbError> {
    use reward_communities::{Column, Entity};
    let Some(mut row) = list_by_id(tx, &[id]).await?.pop() else { return Ok(None) };
    let select = Query::select()
        .column(Column::CommunityId)
        .from(Entity)
        .and_where(tx.owns_in_whole(Entity))
        .and_where(Column::RewardId.eq(id.uuid()))
        .to_owned();
    for community in tx.query_all(&select).await? {
        row.terms.communities.push(Id::from_uuid(community.try_get("", "community_id")?));
    }
    Ok(Some(row))
}

/// The reward, held until the transaction ends. What it says is read by a statement of its own: this one may have waited.
pub(super) async fn lock(tx: &TenantTx, id: RewardId) -> Result<bool, DbError> {
    use rewards::{Column, Entity};
    let select = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        .lock(LockType::Update)
        .to_owned();
    Ok(tx.query_one(&select).await?.is_some())
}

/// A page of rewards, newest first.
pub(super) async fn list(tx: &TenantTx, filter: &Filter, page: &KeysetPage) -> Result<Slice<RewardRow>, DbError> {
    use rewards::{Column, Entity};
    let order = KeysetOrder {
        key: Expr::col((Entity, Column::CreatedAt)),
        id: Expr::col((Entity, Column::Id)),
        descending: true,
    };
    let mut select = select_rewards(tx);
    restrict(tx, &mut select, filter);
    page.apply(&mut select, &order);
    let rows = tx.query_all(&select).await?;
    Ok(page.finish(rows.iter().map(RewardRow::read).collect::<Result<_, _>>()?))
}

/// How many rewards the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &Filter) -> Result<i64, DbError> {
    use rewards::{Column, Entity};
    let mut select = Query::select()
        .expr_as(Expr::col((Entity, Column::Id)).count(), "total")
        .from(Entity)
        .and_where(is_seen(tx))
        .to_owned();
    restrict(tx, &mut select, filter);
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn restrict(tx: &TenantTx, select: &mut SelectStatement, filter: &Filter) {
    use reward_communities::Column as Place;
    use rewards::{Column, Entity};
    if let Some(state) = filter.state {
        select.and_where(Expr::col((Entity, Column::State)).eq(state.as_str()));
    }
    if let Some(now) = filter.offered_at {
        let column = |column| Expr::col((Entity, column));
        select.and_where(column(Column::State).eq(RewardState::Active.as_str()));
        select.and_where(column(Column::StartsAt).is_null().or(column(Column::StartsAt).lte(now)));
        select.and_where(column(Column::EndsAt).is_null().or(column(Column::EndsAt).gt(now)));
    }
    if let Some(community) = filter.community {
        let is_there = Expr::col((reward_communities::Entity, Place::CommunityId)).eq(community.uuid());
        let there = places(tx.owns(reward_communities::Entity).and(is_there));
        select.and_where(is_for_all(tx).or(Expr::exists(there)));
    }
}

fn select_rewards(tx: &TenantTx) -> SelectStatement {
    use rewards::{Column, Entity};
    let columns = [
        Column::Id,
        Column::Name,
        Column::Description,
        Column::State,
        Column::Fulfilment,
        Column::Price,
        Column::Stock,
        Column::Reserved,
        Column::Fulfilled,
        Column::LimitQuantity,
        Column::LimitPeriod,
        Column::MinimumTier,
        Column::StartsAt,
        Column::EndsAt,
        Column::FulfilWithinDays,
        Column::Version,
        Column::CreatedAt,
        Column::UpdatedAt,
    ];
    Query::select()
        .columns(columns.map(|column| (Entity, column)))
        .expr_as(Expr::cust(LAPSED), "lapsed")
        .from(Entity)
        .and_where(is_seen(tx))
        .to_owned()
}

/// The tenant's rewards; of these, for an authority that ends at communities, those for one of them or for everybody.
fn is_seen(tx: &TenantTx) -> SimpleExpr {
    let is_own = tx.owns(rewards::Entity);
    if !tx.scope().is_confined() {
        return is_own;
    }
    is_own.and(is_for_all(tx).or(Expr::exists(places(tx.owns(reward_communities::Entity)))))
}

fn is_for_all(tx: &TenantTx) -> SimpleExpr {
    Expr::exists(places(tx.owns_in_whole(reward_communities::Entity))).not()
}

/// The communities of the reward at hand that are under this condition.
fn places(condition: SimpleExpr) -> SelectStatement {
    use reward_communities::{Column, Entity};
    Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(condition)
        .and_where(Expr::col((Entity, Column::RewardId)).equals((rewards::Entity, rewards::Column::Id)))
        .to_owned()
}

/// The communities of these rewards, of those that the transaction's authority reaches.
pub(super) async fn list_communities(
    tx: &TenantTx,
    rewards: &[RewardId],
) -> Result<Vec<(RewardId, CommunityId)>, DbError> {
    use reward_communities::{Column, Entity};
    let select = Query::select()
        .columns([Column::RewardId, Column::CommunityId])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::RewardId), rewards.iter().map(|id| id.uuid())))
        .order_by(Column::CommunityId, sea_orm::Order::Asc)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    let read = |row: &sea_orm::QueryResult| -> Result<_, DbError> {
        Ok((Id::from_uuid(row.try_get("", "reward_id")?), Id::from_uuid(row.try_get("", "community_id")?)))
    };
    rows.iter().map(read).collect()
}

/// Writes a new reward.
pub(super) async fn insert(
    tx: &TenantTx,
    id: RewardId,
    draft: &RewardDraft,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Terms { name, description, price, limit, minimum_tier, starts_at, ends_at, .. } = draft.terms.clone();
    tx.insert(rewards::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(id.uuid()),
        name: Set(name),
        description: Set(description),
        state: Set(RewardState::Draft.as_str().to_owned()),
        fulfilment: Set(draft.fulfilment.as_str().to_owned()),
        price: Set(price),
        stock: Set(draft.stock),
        reserved: Set(0),
        fulfilled: Set(0),
        limit_quantity: Set(limit.map(|limit| limit.quantity)),
        limit_period: Set(limit.map(|limit| limit.period.as_str().to_owned())),
        minimum_tier: Set(minimum_tier.map(|tier| tier.as_str().to_owned())),
        starts_at: Set(starts_at),
        ends_at: Set(ends_at),
        fulfil_within_days: Set(draft.terms.days()),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    })
    .await?;
    insert_communities(tx, id, &draft.terms.communities).await
}

/// Writes what a reward is from now on; it is held.
pub(super) async fn update(
    tx: &TenantTx,
    (id, version): (RewardId, i32),
    terms: &Terms,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    use rewards::Column;
    let Terms { name, description, price, limit, minimum_tier, starts_at, ends_at, .. } = terms.clone();
    tx.update::<rewards::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Name, Expr::value(name))
        .col_expr(Column::Description, Expr::value(description))
        .col_expr(Column::Price, Expr::value(price))
        .col_expr(Column::LimitQuantity, Expr::value(limit.map(|limit| limit.quantity)))
        .col_expr(Column::LimitPeriod, Expr::value(limit.map(|limit| limit.period.as_str())))
        .col_expr(Column::MinimumTier, Expr::value(minimum_tier.map(|tier| tier.as_str())))
        .col_expr(Column::StartsAt, Expr::value(starts_at))
        .col_expr(Column::EndsAt, Expr::value(ends_at))
        .col_expr(Column::FulfilWithinDays, Expr::value(terms.days()))
        .col_expr(Column::Version, Expr::value(version))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await?;
    tx.delete::<reward_communities::Entity>()
        .filter(reward_communities::Column::RewardId.eq(id.uuid()))
        .exec(tx)
        .await?;
    insert_communities(tx, id, &terms.communities).await
}

async fn insert_communities(tx: &TenantTx, id: RewardId, communities: &[CommunityId]) -> Result<(), DbError> {
    let row = |community: &CommunityId| reward_communities::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        reward_id: Set(id.uuid()),
        community_id: Set(community.uuid()),
    };
    tx.insert_many(communities.iter().map(row).collect()).await
}

/// Offers a reward, or not.
pub(super) async fn set_state(
    tx: &TenantTx,
    id: RewardId,
    state: RewardState,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    use rewards::Column;
    tx.update::<rewards::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(())
}
