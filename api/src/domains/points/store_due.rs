//! What time brings: lots that become good or expire, holds that end.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, QueryResult, Statement, Value};

use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, MemberId, TenantId};

const SUM_OF_LOTS: &str = "
SELECT CAST(COALESCE(SUM(CASE WHEN available_at <= $3 THEN pending END), 0) AS bigint) AS maturing,
    CAST(COALESCE(SUM(CASE WHEN expires_at <= $3 THEN available END), 0) AS bigint) AS expiring,
    (SELECT COUNT(*) FROM points_holds WHERE tenant_id = $1 AND member_id = $2 AND asset = 'POINTS'
        AND state = 'OPEN' AND expires_at <= $3) AS lapsing
FROM points_lots WHERE tenant_id = $1 AND member_id = $2 AND asset = 'POINTS' AND pending + available + held > 0";

/// The next time at which something is due; none where nothing is to come.
const NEXT: &str = "
UPDATE points_accounts SET due_at = (SELECT MIN(t) FROM (
    SELECT MIN(CASE WHEN pending > 0 THEN available_at WHEN available > 0 THEN expires_at END) AS t
        FROM points_lots WHERE tenant_id = $1 AND member_id = $2 AND asset = 'POINTS' AND pending + available + held > 0
    UNION ALL
    SELECT MIN(expires_at) AS t
        FROM points_holds WHERE tenant_id = $1 AND member_id = $2 AND asset = 'POINTS' AND state = 'OPEN') n)
WHERE tenant_id = $1 AND member_id = $2 AND asset = 'POINTS'";

const ACCOUNTS: &str = "
SELECT tenant_id, member_id FROM points_accounts
WHERE due_at IS NOT NULL AND due_at <= $1 AND frozen_at IS NULL ORDER BY due_at LIMIT $2";

/// What is due to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Points that become good.
    pub(super) maturing: i64,
    /// Points that expire.
    pub(super) expiring: i64,
    /// Holds that end.
    pub(super) lapsing: i64,
}

/// What is due to the account, which is held.
pub(super) async fn sum_due(tx: &TenantTx, member: MemberId, now: DateTime<Utc>) -> Result<Due, DbError> {
    let values: [Value; 3] = [tx.tenant().uuid().into(), member.uuid().into(), now.into()];
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), SUM_OF_LOTS, values)).await?;
    let Some(row) = row else { return Ok(Due::default()) };
    Ok(Due {
        maturing: row.try_get("", "maturing")?,
        expiring: row.try_get("", "expiring")?,
        lapsing: row.try_get("", "lapsing")?,
    })
}

/// Notes when the account is to be looked at next. The account is held.
pub(super) async fn put_next(tx: &TenantTx, member: MemberId) -> Result<(), DbError> {
    let values: [Value; 2] = [tx.tenant().uuid().into(), member.uuid().into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), NEXT, values)).await?;
    Ok(())
}

/// The accounts that have waited longest, of all tenants.
pub(super) async fn list_due(
    tx: &SystemTx,
    (now, limit): (DateTime<Utc>, u64),
) -> Result<Vec<(TenantId, MemberId)>, DbError> {
    let values: [Value; 2] = [now.into(), limit.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), ACCOUNTS, values)).await?;
    let read = |row: &QueryResult| -> Result<_, DbError> {
        Ok((Id::from_uuid(row.try_get("", "tenant_id")?), Id::from_uuid(row.try_get("", "member_id")?)))
    };
    rows.iter().map(read).collect()
}
