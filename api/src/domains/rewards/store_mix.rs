//! What members paid with for what they were handed in some time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr};
use shequn_entity::{redemption_sources, redemptions, rewards};

use super::model_redemption::RedemptionState;
use super::row::{SpentOn, named};
use crate::domains::points::Source;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::Id;

/// By what the points were earned, the most first.
pub(super) async fn sum_by_source(
    tx: &TenantTx,
    time: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<(Source, i64)>, DbError> {
    use redemption_sources::{Column, Entity};
    let select = Query::select()
        .column((Entity, Column::Source))
        .expr_as(Expr::col((Entity, Column::Points)).sum().cast_as("bigint"), "points")
        .from(redemptions::Entity)
        .inner_join(
            Entity,
            tx.owns(Entity)
                .and(Expr::col((Entity, Column::RedemptionId)).equals((redemptions::Entity, redemptions::Column::Id))),
        )
        .group_by_col((Entity, Column::Source))
        .order_by("points", Order::Desc)
        .order_by((Entity, Column::Source), Order::Asc)
        .to_owned();
    let rows = tx.query_all(&fulfilled(tx, select, time)).await?;
    let read = |row: &sea_orm::QueryResult| -> Result<_, DbErr> {
        Ok((named(row, "source", Source::parse)?, row.try_get("", "points")?))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// On what they were spent, the most first.
pub(super) async fn sum_by_reward(
    tx: &TenantTx,
    time: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<SpentOn>, DbError> {
    use redemptions::{Column, Entity};
    let select = Query::select()
        .columns([(rewards::Entity, rewards::Column::Id), (rewards::Entity, rewards::Column::Name)])
        .expr_as(Expr::col((Entity, Column::Points)).sum().cast_as("bigint"), "points")
        .expr_as(Expr::col((Entity, Column::Id)).count(), "total")
        .from(Entity)
        .inner_join(
            rewards::Entity,
            tx.owns(rewards::Entity)
                .and(Expr::col((rewards::Entity, rewards::Column::Id)).equals((Entity, Column::RewardId))),
        )
        .group_by_columns([(rewards::Entity, rewards::Column::Id), (rewards::Entity, rewards::Column::Name)])
        .order_by("points", Order::Desc)
        .order_by((rewards::Entity, rewards::Column::Id), Order::Asc)
        .to_owned();
    let rows = tx.query_all(&fulfilled(tx, select, time)).await?;
    let read = |row: &sea_orm::QueryResult| -> Result<_, DbErr> {
        Ok(SpentOn {
            reward: Id::from_uuid(row.try_get("", "id")?),
            name: row.try_get("", "name")?,
            points: row.try_get("", "points")?,
            redemptions: row.try_get("", "total")?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Of what was fulfilled from one time on to before another.
fn fulfilled(
    tx: &TenantTx,
    mut select: SelectStatement,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> SelectStatement {
    use redemptions::{Column, Entity};
    select
        .and_where(tx.owns(Entity))
        .and_where(Expr::col((Entity, Column::State)).eq(RedemptionState::Fulfilled.as_str()))
        .and_where(Column::ClosedAt.gte(from))
        .and_where(Column::ClosedAt.lt(to))
        .to_owned()
}
