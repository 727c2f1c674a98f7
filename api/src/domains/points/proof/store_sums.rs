//! The sums of a whole tenant, each from its own table.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, Statement};
use shequn_entity::{points_accounts, points_lots};

use super::model::{LotSums, Sums};
use super::store::{Range, in_range, read_sums};
use crate::platform::db::{DbError, ScopedTx, TenantTx};
use crate::platform::ids::TenantId;

/// What the balances of a tenant come to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Balances {
    pub(super) accounts: i64,
    pub(super) frozen: i64,
    pub(super) sums: Sums,
    pub(super) smallest: i64,
}

pub(super) async fn sum_balances(tx: &TenantTx) -> Result<Balances, DbError> {
    use points_accounts::{Column, Entity};
    let sum = |column: Column| -> SimpleExpr { Expr::col(column).sum().cast_as("bigint") };
    let smallest = Expr::cust(
        "MIN(CASE WHEN pending <= available AND pending <= held THEN pending \
         WHEN available <= held THEN available ELSE held END)",
    );
    let select = Query::select()
        .expr_as(Expr::col(Column::MemberId).count(), "accounts")
        .expr_as(Expr::col(Column::FrozenAt).count(), "frozen")
        .expr_as(sum(Column::Issued), "issued")
        .expr_as(sum(Column::Pending), "pending")
        .expr_as(sum(Column::Available), "available")
        .expr_as(sum(Column::Held), "held")
        .expr_as(sum(Column::Redeemed), "redeemed")
        .expr_as(sum(Column::Expired), "expired")
        .expr_as(sum(Column::Revoked), "revoked")
        .expr_as(sum(Column::Transferred), "transferred")
        .expr_as(smallest, "smallest")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Asset.eq("POINTS"))
        .to_owned();
    let Some(row) = tx.query_one(&select).await? else { return Ok(Balances::default()) };
    Ok(Balances {
        accounts: row.try_get("", "accounts")?,
        frozen: row.try_get("", "frozen")?,
        sums: read_sums(&row, "")?,
        smallest: row.try_get::<Option<i64>>("", "smallest")?.unwrap_or(0),
    })
}

pub(super) async fn sum_lots(tx: &TenantTx) -> Result<LotSums, DbError> {
    use points_lots::{Column, Entity};
    let sum = |column: Column| -> SimpleExpr { Expr::col(column).sum().cast_as("bigint") };
    let select = Query::select()
        .expr_as(sum(Column::Pending), "pending")
        .expr_as(sum(Column::Available), "available")
        .expr_as(sum(Column::Held), "held")
        .expr_as(sum(Column::Expired), "expired")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Asset.eq("POINTS"))
        .to_owned();
    let Some(row) = tx.query_one(&select).await? else { return Ok(LotSums::default()) };
    let read = |name| -> Result<i64, DbError> { Ok(row.try_get::<Option<i64>>("", name)?.unwrap_or(0)) };
    Ok(LotSums {
        pending: read("pending")?,
        available: read("available")?,
        held: read("held")?,
        expired: read("expired")?,
    })
}

/// How many entries of the tenant are in the range, and what they come to.
pub(super) async fn sum_entries<S: Send + Sync>(
    tx: &ScopedTx<S>,
    (tenant, range): (TenantId, Range),
) -> Result<(i64, Sums), DbError> {
    let (condition, values) = in_range(tx, range, 2);
    let sum = |account: &str| {
        let delta = format!("CASE '{account}' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END");
        let sign = if account == "ISSUED" { "-" } else { "" };
        format!("CAST(SUM({sign}({delta})) AS bigint) AS {}", account.to_lowercase())
    };
    let accounts = ["ISSUED", "PENDING", "AVAILABLE", "HELD", "REDEEMED", "EXPIRED", "REVOKED", "TRANSFERRED"];
    let sums = accounts.map(sum).join(", ");
    let sql = format!(
        "SELECT COUNT(*) AS found, {sums} FROM points_entries e WHERE e.tenant_id = $1 AND e.asset = 'POINTS' AND {condition}"
    );
    let values = std::iter::once(tenant.uuid().into()).chain(values);
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    let Some(row) = row else { return Ok((0, Sums::default())) };
    Ok((row.try_get("", "found")?, read_sums(&row, "")?))
}
