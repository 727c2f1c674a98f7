//! Reads the entries of transfers, and opens the account of whoever gets points for the first time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order};
use sea_orm::{ConnectionTrait as _, Statement, Value};
use shequn_entity::points_entries::{Column, Entity};

use super::row::EntryRow;
use super::store::select_entries;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{MemberId, PointsEntryId};

const OPEN: &str = "
INSERT INTO points_accounts (tenant_id, member_id, asset, issued, pending, available, held, redeemed, expired, revoked,
    transferred, entries, posted_at)
VALUES ($1, $2, 'POINTS', 0, 0, 0, 0, 0, 0, 0, 0, 0, $3)
ON CONFLICT (tenant_id, member_id, asset) DO NOTHING";

/// Opens an account for a member who has none yet.
pub(super) async fn open_account(tx: &TenantTx, member: MemberId, now: DateTime<Utc>) -> Result<(), DbError> {
    let values: [Value; 3] = [tx.tenant().uuid().into(), member.uuid().into(), now.into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), OPEN, values)).await?;
    Ok(())
}

/// The entries of these transfers and of their reversals, those first that were posted first.
pub(super) async fn list_entries(tx: &TenantTx, transfers: &[PointsEntryId]) -> Result<Vec<EntryRow>, DbError> {
    let mut select = select_entries(tx);
    select
        .and_where(Expr::col((Entity, Column::TransferId)).is_not_null())
        .and_where(is_any(tx, Expr::col((Entity, Column::TransferId)), transfers.iter().map(|id| id.uuid())))
        .order_by((Entity, Column::Seq), Order::Asc);
    Ok(tx.query_all(&select).await?.iter().map(EntryRow::read).collect::<Result<_, _>>()?)
}
