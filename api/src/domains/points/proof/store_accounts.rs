//! Accounts counted anew: from entries, and from lots.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement, Value};

use super::model::{CountedAccount, LotSums};
use super::store::read_sums;
use crate::platform::db::together::Together;
use crate::platform::db::{DbError, ScopedTx, SystemTx};
use crate::platform::ids::{Id, MemberId, PointsLotId, TenantId};

/// In one statement, so that all is of one moment.
const ACCOUNTS: &str = "
SELECT a.member_id, a.issued, a.pending, a.available, a.held, a.redeemed, a.expired, a.revoked, a.transferred,
    a.entries,
    e.issued AS posted_issued, e.pending AS posted_pending, e.available AS posted_available, e.held AS posted_held,
    e.redeemed AS posted_redeemed, e.expired AS posted_expired, e.revoked AS posted_revoked,
    e.transferred AS posted_transferred, e.found, e.broken,
    z.pending_after, z.available_after, z.held_after,
    l.pending AS lots_pending, l.available AS lots_available, l.held AS lots_held, l.expired AS lots_expired, h.held AS open_holds,
    CASE WHEN (l.next IS NULL OR a.due_at <= l.next) AND (h.next IS NULL OR a.due_at <= h.next) THEN 1 ELSE 0 END
        AS is_in_time
FROM points_accounts a
LEFT JOIN (SELECT member_id, COUNT(*) AS found,
        CAST(SUM(-d.issued) AS bigint) AS issued, CAST(SUM(d.pending) AS bigint) AS pending,
        CAST(SUM(d.available) AS bigint) AS available, CAST(SUM(d.held) AS bigint) AS held,
        CAST(SUM(d.redeemed) AS bigint) AS redeemed, CAST(SUM(d.expired) AS bigint) AS expired,
        CAST(SUM(d.revoked) AS bigint) AS revoked, CAST(SUM(d.transferred) AS bigint) AS transferred,
        CAST(SUM(CASE WHEN number = before_number + 1 AND pending_after = before_pending + d.pending
            AND available_after = before_available + d.available AND held_after = before_held + d.held
            THEN 0 ELSE 1 END) AS bigint) AS broken
    FROM (SELECT member_id, number, pending_after, available_after, held_after,
            CASE 'ISSUED' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS issued,
            CASE 'PENDING' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS pending,
            CASE 'AVAILABLE' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS available,
            CASE 'HELD' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS held,
            CASE 'REDEEMED' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS redeemed,
            CASE 'EXPIRED' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS expired,
            CASE 'REVOKED' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS revoked,
            CASE 'TRANSFERRED' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END AS transferred,
            LAG(number, 1, 0) OVER w AS before_number, LAG(pending_after, 1, 0) OVER w AS before_pending,
            LAG(available_after, 1, 0) OVER w AS before_available, LAG(held_after, 1, 0) OVER w AS before_held
        FROM points_entries
        WHERE tenant_id = {tenant} AND asset = 'POINTS' AND member_id {members}
        WINDOW w AS (PARTITION BY member_id ORDER BY number)) d
    GROUP BY member_id) e ON e.member_id = a.member_id
LEFT JOIN points_entries z ON z.tenant_id = {tenant} AND z.member_id = a.member_id AND z.asset = 'POINTS'
    AND z.number = a.entries
LEFT JOIN (SELECT member_id, CAST(SUM(pending) AS bigint) AS pending, CAST(SUM(available) AS bigint) AS available,
        CAST(SUM(held) AS bigint) AS held, CAST(SUM(expired) AS bigint) AS expired,
        MIN(CASE WHEN pending > 0 THEN available_at WHEN available > 0 THEN expires_at END) AS next
    FROM points_lots
    WHERE tenant_id = {tenant} AND asset = 'POINTS' AND member_id {members}
    GROUP BY member_id) l ON l.member_id = a.member_id
LEFT JOIN (SELECT member_id, CAST(SUM(amount) AS bigint) AS held, MIN(expires_at) AS next
    FROM points_holds
    WHERE tenant_id = {tenant} AND asset = 'POINTS' AND member_id {members} AND state = 'OPEN'
    GROUP BY member_id) h ON h.member_id = a.member_id
WHERE a.tenant_id = {tenant} AND a.member_id {members} AND a.asset = 'POINTS'";

/// Lots whose rest is not what they began with and what entries moved.
const LOTS: &str = "
SELECT l.member_id, l.id FROM points_lots l
LEFT JOIN points_entries o ON o.tenant_id = {tenant} AND o.id = l.id
LEFT JOIN (SELECT m.lot_id,
        SUM(CASE 'PENDING' WHEN e.to_account THEN m.amount WHEN e.from_account THEN -m.amount ELSE 0 END) AS pending,
        SUM(CASE 'AVAILABLE' WHEN e.to_account THEN m.amount WHEN e.from_account THEN -m.amount ELSE 0 END) AS available,
        SUM(CASE 'HELD' WHEN e.to_account THEN m.amount WHEN e.from_account THEN -m.amount ELSE 0 END) AS held,
        SUM(CASE 'EXPIRED' WHEN e.to_account THEN m.amount WHEN e.from_account THEN -m.amount ELSE 0 END) AS expired
    FROM points_lot_moves m JOIN points_entries e ON e.tenant_id = m.tenant_id AND e.id = m.entry_id
    WHERE m.tenant_id = {tenant} AND e.member_id {members}
    GROUP BY m.lot_id) d ON d.lot_id = l.id
WHERE l.tenant_id = {tenant} AND l.asset = 'POINTS' AND l.member_id {members}
    AND (o.id IS NULL OR o.amount <> l.amount OR o.member_id <> l.member_id
        OR l.pending <> CASE WHEN o.to_account = 'PENDING' THEN l.amount ELSE 0 END + COALESCE(d.pending, 0)
        OR l.available <> CASE WHEN o.to_account = 'AVAILABLE' THEN l.amount ELSE 0 END + COALESCE(d.available, 0)
        OR l.held <> COALESCE(d.held, 0) OR l.expired <> COALESCE(d.expired, 0))
ORDER BY l.id";

/// These members' accounts, each counted three times.
pub(super) async fn count_anew<S: Send + Sync>(
    tx: &ScopedTx<S>,
    tenant: TenantId,
    members: &[MemberId],
) -> Result<Vec<CountedAccount>, DbError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let rows = of(tx, tenant, members).query(tx, ACCOUNTS).await?;
    Ok(rows.iter().map(read_account).collect::<Result<_, _>>()?)
}

/// The lots of these members that are not what entries made of them.
pub(super) async fn list_wrong_lots<S: Send + Sync>(
    tx: &ScopedTx<S>,
    tenant: TenantId,
    members: &[MemberId],
) -> Result<Vec<(MemberId, PointsLotId)>, DbError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let rows = of(tx, tenant, members).query(tx, LOTS).await?;
    let read = |row: &QueryResult| -> Result<_, DbError> {
        Ok((Id::from_uuid(row.try_get("", "member_id")?), Id::from_uuid(row.try_get("", "id")?)))
    };
    rows.iter().map(read).collect()
}

fn of<S>(tx: &ScopedTx<S>, tenant: TenantId, members: &[MemberId]) -> Together {
    let ids: Vec<_> = members.iter().map(|id| id.uuid()).collect();
    Together::new(tx).with("tenant", tenant.uuid()).with_any("members", &ids)
}

fn read_account(row: &QueryResult) -> Result<CountedAccount, DbErr> {
    let number = |name: &str| -> Result<i64, DbErr> { Ok(row.try_get::<Option<i64>>("", name)?.unwrap_or(0)) };
    Ok(CountedAccount {
        member: Id::from_uuid(row.try_get("", "member_id")?),
        balance: read_sums(row, "")?,
        entries: number("entries")?,
        posted: read_sums(row, "posted_")?,
        count: number("found")?,
        broken: number("broken")?,
        last: [number("pending_after")?, number("available_after")?, number("held_after")?],
        lots: LotSums {
            pending: number("lots_pending")?,
            available: number("lots_available")?,
            held: number("lots_held")?,
            expired: number("lots_expired")?,
        },
        open_holds: number("open_holds")?,
        is_in_time: row.try_get::<i32>("", "is_in_time")? == 1,
    })
}

/// The accounts behind one in the order of their members; fewer than `limit` at the end.
pub(super) async fn list_members(
    tx: &SystemTx,
    (tenant, behind): (TenantId, MemberId),
    limit: u64,
) -> Result<Vec<MemberId>, DbError> {
    let sql = "SELECT member_id FROM points_accounts \
        WHERE tenant_id = $1 AND asset = 'POINTS' AND member_id > $2 ORDER BY member_id LIMIT $3";
    let values: [Value; 3] = [tenant.uuid().into(), behind.uuid().into(), limit.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "member_id")?))).collect()
}

/// How many members have entries, lots or holds, and no account.
pub(super) async fn count_gone(tx: &SystemTx, tenant: TenantId) -> Result<i64, DbError> {
    let without = |table: &str| {
        format!(
            "SELECT x.member_id FROM {table} x WHERE x.tenant_id = $1 AND NOT EXISTS (SELECT 1 FROM points_accounts a \
             WHERE a.tenant_id = x.tenant_id AND a.member_id = x.member_id AND a.asset = x.asset)"
        )
    };
    let all = ["points_entries", "points_lots", "points_holds"].map(without).join(" UNION ");
    let sql = format!("SELECT COUNT(*) AS gone FROM ({all}) g");
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [tenant.uuid().into()]);
    let row = tx.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "gone")).transpose()?.unwrap_or(0))
}

/// Marks the account as one that does not add up; answers whether it had no such mark.
pub(super) async fn freeze<S: Send + Sync>(
    tx: &ScopedTx<S>,
    (tenant, member): (TenantId, MemberId),
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    put(tx, "frozen_at = $3 WHERE frozen_at IS NULL", (tenant, member, now)).await
}

/// Takes the mark away. The account is looked at anew: who mended it may have moved what is due.
pub(super) async fn unfreeze<S: Send + Sync>(
    tx: &ScopedTx<S>,
    (tenant, member): (TenantId, MemberId),
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    put(tx, "frozen_at = NULL, due_at = $3 WHERE frozen_at IS NOT NULL", (tenant, member, now)).await
}

async fn put<S: Send + Sync>(
    tx: &ScopedTx<S>,
    change: &str,
    (tenant, member, now): (TenantId, MemberId, DateTime<Utc>),
) -> Result<bool, DbError> {
    let sql = format!("UPDATE points_accounts SET {change} AND tenant_id = $1 AND member_id = $2 AND asset = 'POINTS'");
    let values: [Value; 3] = [tenant.uuid().into(), member.uuid().into(), now.into()];
    let done = tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(done.rows_affected() > 0)
}

/// The accounts behind one of all tenants, in the order of the key; fewer than `limit` at the end.
pub(super) async fn list_behind(
    tx: &SystemTx,
    (tenant, member): (TenantId, MemberId),
    limit: u64,
) -> Result<Vec<(TenantId, MemberId)>, DbError> {
    let sql = "SELECT tenant_id, member_id FROM points_accounts WHERE (tenant_id, member_id) > ($1, $2) \
        ORDER BY tenant_id, member_id LIMIT $3";
    let values: [Value; 3] = [tenant.uuid().into(), member.uuid().into(), limit.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    let read = |row: &QueryResult| -> Result<_, DbError> {
        Ok((Id::from_uuid(row.try_get("", "tenant_id")?), Id::from_uuid(row.try_get("", "member_id")?)))
    };
    rows.iter().map(read).collect()
}
