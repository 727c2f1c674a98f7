//! Reads and writes redemptions, and what their points were earned by.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Asterisk, Expr, ExprTrait as _, Func, Order, Query, SelectStatement, WindowStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, Iterable as _, QueryFilter as _};
use shequn_entity::{redemption_sources, redemptions};

use super::model_redemption::{RedemptionFilter, RedemptionState};
use super::row::{PaidRow, RedemptionRow};
use crate::domains::points::SourceRow;
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MemberId, PointsHoldId, RedemptionId, RewardId};

/// Redemptions by id; unknown ones are left out.
pub(super) async fn list_by_id(tx: &TenantTx, ids: &[RedemptionId]) -> Result<Vec<RedemptionRow>, DbError> {
    let ids = ids.iter().map(|id| id.uuid());
    let select = select(tx).and_where(is_any(tx, Expr::col(redemptions::Column::Id), ids)).to_owned();
    read(tx, &select).await
}

/// A page of redemptions, newest first.
pub(super) async fn list(
    tx: &TenantTx,
    filter: &RedemptionFilter,
    page: &KeysetPage,
) -> Result<Slice<RedemptionRow>, DbError> {
    let mut select = select(tx);
    restrict(&mut select, filter);
    page.apply(&mut select, &newest_first());
    Ok(page.finish(read(tx, &select).await?))
}

/// How many redemptions the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &RedemptionFilter) -> Result<i64, DbError> {
    use redemptions::{Column, Entity};
    let mut select = Query::select()
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter);
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// For each of these members a page of redemptions, newest first, and one more.
pub(super) async fn list_of_members(
    tx: &TenantTx,
    members: &[MemberId],
    page: &KeysetPage,
) -> Result<HashMap<MemberId, Vec<RedemptionRow>>, DbError> {
    use redemptions::{Column, Entity};
    let direction = if page.backward { Order::Asc } else { Order::Desc };
    let mut window = WindowStatement::partition_by(Column::MemberId);
    window.order_by(Column::CreatedAt, direction.clone()).order_by(Column::Id, direction);
    let mut numbered = select(tx);
    numbered.expr_window_as(Func::cust("ROW_NUMBER"), window, "place").and_where(is_any(
        tx,
        Expr::col((Entity, Column::MemberId)),
        members.iter().map(|id| id.uuid()),
    ));
    page.bound(&mut numbered, &newest_first());
    let select = Query::select()
        .column(Asterisk)
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(page.size + 1))
        .order_by("place", Order::Asc)
        .to_owned();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in read(tx, &select).await? {
        found.entry(row.member).or_default().push(row);
    }
    Ok(found)
}

/// How many redemptions each of these members has; those without have no number.
pub(super) async fn count_of_members(tx: &TenantTx, members: &[MemberId]) -> Result<HashMap<MemberId, i64>, DbError> {
    use redemptions::{Column, Entity};
    let select = Query::select()
        .column(Column::MemberId)
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .group_by_col(Column::MemberId)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok((Id::from_uuid(row.try_get("", "member_id")?), row.try_get("", "total")?))).collect()
}

fn newest_first() -> KeysetOrder {
    use redemptions::{Column, Entity};
    KeysetOrder { key: Expr::col((Entity, Column::CreatedAt)), id: Expr::col((Entity, Column::Id)), descending: true }
}

fn restrict(select: &mut SelectStatement, filter: &RedemptionFilter) {
    use redemptions::Column;
    if let Some(state) = filter.state {
        select.and_where(Column::State.eq(state.as_str()));
    }
    if let Some(reward) = filter.reward {
        select.and_where(Column::RewardId.eq(reward.uuid()));
    }
    if let Some(member) = filter.member {
        select.and_where(Column::MemberId.eq(member.uuid()));
    }
}

fn select(tx: &TenantTx) -> SelectStatement {
    use redemptions::{Column, Entity};
    Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned()
}

async fn read(tx: &TenantTx, select: &SelectStatement) -> Result<Vec<RedemptionRow>, DbError> {
    Ok(tx.query_all(select).await?.iter().map(RedemptionRow::read).collect::<Result<_, _>>()?)
}

/// How many pieces of the reward the member redeemed since then, without what came back.
pub(super) async fn sum_quantity(
    tx: &TenantTx,
    (member, reward): (MemberId, RewardId),
    since: Option<DateTime<Utc>>,
) -> Result<i64, DbError> {
    use redemptions::{Column, Entity};
    let counted = [RedemptionState::Pending, RedemptionState::Fulfilled].map(RedemptionState::as_str);
    let mut select = Query::select()
        .expr_as(Func::coalesce([Expr::col(Column::Quantity).sum(), Expr::val(0)]).cast_as("bigint"), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::MemberId.eq(member.uuid()))
        .and_where(Column::RewardId.eq(reward.uuid()))
        .and_where(Column::State.is_in(counted))
        .to_owned();
    if let Some(since) = since {
        select.and_where(Column::CreatedAt.gte(since));
    }
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// A new redemption, with what its points were earned by.
pub(super) async fn insert(tx: &TenantTx, row: &RedemptionRow, sources: &[SourceRow]) -> Result<(), DbError> {
    tx.insert(redemptions::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(row.id.uuid()),
        reward_id: Set(row.reward.uuid()),
        reward_name: Set(row.reward_name.clone()),
        member_id: Set(row.member.uuid()),
        quantity: Set(row.quantity),
        price: Set(row.price),
        points: Set(row.points),
        state: Set(row.state.as_str().to_owned()),
        hold_id: Set(row.hold.uuid()),
        entry_id: Set(row.entry.uuid()),
        reference: Set(row.reference.clone()),
        reason: Set(None),
        is_restocked: Set(false),
        actor: Set(row.actor.clone()),
        created_at: Set(row.created_at),
        lapses_at: Set(row.lapses_at),
        closed_at: Set(row.closed_at),
    })
    .await?;
    let paid = |(place, source): (i32, &SourceRow)| redemption_sources::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        redemption_id: Set(row.id.uuid()),
        place: Set(place),
        member_id: Set(row.member.uuid()),
        source: Set(source.source.as_str().to_owned()),
        rule_id: Set(source.rule.map(|rule| rule.uuid())),
        points: Set(source.points),
    };
    tx.insert_many((0..).zip(sources).map(paid).collect()).await
}

/// Notes how a pending redemption ended; whoever ends it has the member's account. False when the redemption is out of
/// sight meanwhile.
pub(super) async fn close(
    tx: &TenantTx,
    id: RedemptionId,
    (state, reason): (RedemptionState, Option<String>),
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    use redemptions::Column;
    let updated = tx
        .update::<redemptions::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::Reason, Expr::value(reason))
        .col_expr(Column::ClosedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Notes that the pending redemptions lapsed which keep these holds; gives how many did.
pub(super) async fn lapse(tx: &TenantTx, holds: &[PointsHoldId], now: DateTime<Utc>) -> Result<u64, DbError> {
    use redemptions::Column;
    let updated = tx
        .update::<redemptions::Entity>()
        .filter(is_any(tx, Expr::col(Column::HoldId), holds.iter().map(|id| id.uuid())))
        .filter(Column::State.eq(RedemptionState::Pending.as_str()))
        .col_expr(Column::State, Expr::value(RedemptionState::Lapsed.as_str()))
        .col_expr(Column::ClosedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected)
}

/// What the points of these redemptions were earned by, the most first.
pub(super) async fn list_sources(tx: &TenantTx, redemptions: &[RedemptionId]) -> Result<Vec<PaidRow>, DbError> {
    use redemption_sources::{Column, Entity};
    let select = Query::select()
        .columns([Column::RedemptionId, Column::Source, Column::RuleId, Column::Points])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::RedemptionId), redemptions.iter().map(|id| id.uuid())))
        .order_by(Column::Place, Order::Asc)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(PaidRow::read).collect::<Result<_, _>>()?)
}
