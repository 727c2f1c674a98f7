//! Writes `points_holds`.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, QueryFilter as _};
use shequn_entity::points_holds::{ActiveModel, Column, Entity};

use super::model::{HoldState, Spending};
use super::store::POINTS;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{PointsEntryId, PointsHoldId};

/// A hold whose entry is posted.
pub(super) async fn insert(
    tx: &TenantTx,
    (id, entry): (PointsHoldId, PointsEntryId),
    spending: &Spending,
    (now, lasts, kept_for): (DateTime<Utc>, TimeDelta, Option<String>),
) -> Result<(), DbError> {
    tx.insert(ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(id.uuid()),
        member_id: Set(spending.member.uuid()),
        asset: Set(POINTS.to_owned()),
        entry_id: Set(entry.uuid()),
        amount: Set(spending.amount),
        captured: Set(0),
        state: Set(HoldState::Open.as_str().to_owned()),
        reason: Set(spending.reason.clone()),
        reference: Set(spending.reference.clone()),
        expires_at: Set(now + lasts),
        created_at: Set(now),
        closed_at: Set(None),
        kept_for: Set(kept_for),
    })
    .await
}

/// Notes how the hold ended; it was locked.
pub(super) async fn close(
    tx: &TenantTx,
    id: PointsHoldId,
    (state, captured): (HoldState, i64),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::Captured, Expr::value(captured))
        .col_expr(Column::ClosedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(())
}
