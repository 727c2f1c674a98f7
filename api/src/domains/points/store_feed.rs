//! Reads the ledger for those who follow it: new entries in the order in which they were committed.
//!
//! The order and its end are those of the outbox (`docs/adr/0019-*`). A database that was restored into another cluster
//! counts transactions anew: what is left behind the cursor in the old order is read first, then what has a larger seq
//! than all of that. Each statement names the tenant itself: who follows is no request.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement, Value};

use super::model::EntryKind;
use super::model_feed::Change;
use crate::platform::db::{DbError, ScopedTx, SystemTx, TenantTx, horizon};
use crate::platform::ids::Id;

/// The tenants that have a ledger, `a (id)` of a recursive WITH: by steps over the keys and not by all their rows.
pub(super) const LEDGERS: &str = "
a (id) AS (
    SELECT (SELECT tenant_id FROM points_accounts ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.tenant_id FROM points_accounts n WHERE n.tenant_id > a.id ORDER BY n.tenant_id LIMIT 1)
    FROM a WHERE a.id IS NOT NULL)";

/// Who follows the ledger: by the table that says how far they have read it, a row a tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follower(pub(super) &'static str);

/// How far the ledger was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    xid: i64,
    seq: i64,
    above_seq: i64,
    max_seq: i64,
    /// It is ahead of every transaction that there is: of another cluster.
    is_ahead: bool,
}

/// Entries that come next.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many.
    pub(super) count: usize,
    /// Those that changed what members were awarded, in order.
    pub(super) changes: Vec<Change>,
    /// Behind the last one; None when there are none.
    pub(super) cursor: Option<Cursor>,
}

/// The newest entry is behind the cursor `c`. By its order, so that a ledger that is read up costs one step in an index:
/// whether there is any, the planner would like to find out in the table itself.
const NEWEST: &str = "SELECT (e.xid, e.seq) > (COALESCE(c.xid, 0)::text::xid8, COALESCE(c.seq, 0)) \
    FROM points_entries e WHERE e.tenant_id = t.id ORDER BY e.xid DESC, e.seq DESC LIMIT 1";
/// Above the entries of another cluster there are only those of this one.
const ABOVE: &str = "EXISTS (SELECT 1 FROM points_entries e WHERE e.tenant_id = t.id AND e.seq > c.above_seq \
    AND (e.xid, e.seq) > (c.xid::text::xid8, c.seq) AND e.xid < pg_snapshot_xmax(pg_current_snapshot()))";
const SQLITE: &str = "EXISTS (SELECT 1 FROM points_entries e \
    WHERE e.tenant_id = t.id AND e.seq > COALESCE(c.above_seq, 0) AND e.xid = 0 AND e.seq > COALESCE(c.seq, 0))";
const IS_AHEAD: &str = "xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

impl Follower {
    /// The condition that the ledger of a tenant `t` has entries behind its cursor `c`, which may be missing.
    pub(super) fn has_unread(tx: &SystemTx) -> String {
        if tx.is_postgres() {
            format!("(c.{IS_AHEAD} OR CASE WHEN c.above_seq > 0 THEN {ABOVE} ELSE ({NEWEST}) END)")
        } else {
            SQLITE.to_owned()
        }
    }

    /// The tenant's cursor, held until the transaction ends; None when another process holds it.
    pub(super) async fn claim(self, tx: &TenantTx, now: DateTime<Utc>) -> Result<Option<Cursor>, DbError> {
        if let Some(cursor) = self.read(tx, "FOR UPDATE SKIP LOCKED").await? {
            return Ok(Some(cursor));
        }
        let insert = format!(
            "INSERT INTO {} (tenant_id, xid, seq, above_seq, max_seq, updated_at) \
             VALUES ($1, 0, 0, 0, 0, $2) ON CONFLICT (tenant_id) DO NOTHING",
            self.0
        );
        let made = tx.execute_raw(statement(tx, &insert, [tx.tenant().uuid().into(), now.into()])).await?;
        Ok((made.rows_affected() == 1).then(Cursor::default))
    }

    /// Waits for whoever holds the tenant's cursor, and sets it back to the ledger's beginning.
    pub(super) async fn set_back(self, tx: &TenantTx, now: DateTime<Utc>) -> Result<(), DbError> {
        if self.read(tx, "FOR UPDATE").await?.is_some() {
            self.put_cursor(tx, &Cursor::default(), now).await?;
        }
        Ok(())
    }

    /// Moves the cursor, which is held.
    pub(super) async fn put_cursor(self, tx: &TenantTx, cursor: &Cursor, now: DateTime<Utc>) -> Result<(), DbError> {
        let update = format!(
            "UPDATE {} SET xid = $2, seq = $3, above_seq = $4, max_seq = $5, updated_at = $6 WHERE tenant_id = $1",
            self.0
        );
        let Cursor { xid, seq, above_seq, max_seq, .. } = *cursor;
        let values: [Value; 6] =
            [tx.tenant().uuid().into(), xid.into(), seq.into(), above_seq.into(), max_seq.into(), now.into()];
        tx.execute_raw(statement(tx, &update, values)).await?;
        Ok(())
    }

    /// When the first entry was posted that the follower has not read yet; None when they have read all there are.
    pub(super) async fn waiting_since(self, tx: &TenantTx) -> Result<Option<DateTime<Utc>>, DbError> {
        let cursor = self.read(tx, "").await?.unwrap_or_default();
        if cursor.is_ahead {
            return Ok(None);
        }
        let rows = list_behind(tx, &cursor, (Some(i64::MAX), 1)).await?;
        Ok(rows.first().map(|row| row.try_get("", "posted_at")).transpose()?)
    }

    async fn read(self, tx: &TenantTx, lock: &str) -> Result<Option<Cursor>, DbError> {
        let (is_ahead, lock) = if tx.is_postgres() { (IS_AHEAD, lock) } else { ("false", "") };
        let select = format!(
            "SELECT xid, seq, above_seq, max_seq, {is_ahead} AS is_ahead FROM {} WHERE tenant_id = $1 {lock}",
            self.0
        );
        let row = tx.query_one_raw(statement(tx, &select, [tx.tenant().uuid().into()])).await?;
        Ok(row.as_ref().map(read_cursor).transpose()?)
    }
}

/// The next entries behind the cursor that none can be added before.
pub(super) async fn list_new(tx: &TenantTx, cursor: &Cursor, limit: u64) -> Result<Found, DbError> {
    let rows = list_behind(tx, cursor, (None, limit)).await?;
    if !rows.is_empty() || !tx.is_postgres() {
        return Ok(found(&rows, cursor)?);
    }
    if cursor.is_ahead {
        let anew = Cursor { above_seq: cursor.max_seq, max_seq: cursor.max_seq, ..Cursor::default() };
        return Ok(found(&list_behind(tx, &anew, (None, limit)).await?, &anew)?);
    }
    // Below the oldest transaction of the whole server there are none: below that of this database there may be.
    let horizon = horizon::settled_below(tx).await?;
    Ok(found(&list_behind(tx, cursor, (Some(horizon), limit)).await?, cursor)?)
}

async fn list_behind(
    tx: &TenantTx,
    cursor: &Cursor,
    (horizon, limit): (Option<i64>, u64),
) -> Result<Vec<QueryResult>, DbError> {
    let Cursor { xid, seq, above_seq, .. } = *cursor;
    let mut values: Vec<Value> = vec![tx.tenant().uuid().into(), limit.into(), seq.into(), above_seq.into()];
    let (shown, condition) = if tx.is_postgres() {
        values.extend([Value::from(xid), Value::from(horizon)]);
        // An id that no transaction has yet is of another cluster: nothing can be added under it.
        let elsewhere = if above_seq > 0 { "" } else { "OR e.xid >= pg_snapshot_xmax(pg_current_snapshot())" };
        let settled =
            format!("(e.xid < COALESCE($6::bigint::text::xid8, pg_snapshot_xmin(pg_current_snapshot())) {elsewhere})");
        ("e.xid::text::bigint", format!("(e.xid, e.seq) > ($5::bigint::text::xid8, $3) AND {settled}"))
    } else {
        ("e.xid", "e.xid = 0 AND e.seq > $3".to_owned())
    };
    let sql = format!(
        "SELECT {shown} AS xid, e.seq, e.member_id, e.kind, e.amount, e.posted_at, o.posted_at AS awarded_at \
         FROM points_entries e LEFT JOIN points_entries o \
            ON o.tenant_id = e.tenant_id AND o.id = e.reverses_id AND o.kind = 'AWARD' \
         WHERE e.tenant_id = $1 AND e.seq > $4 AND {condition} ORDER BY e.xid, e.seq LIMIT $2"
    );
    Ok(tx.query_all_raw(statement(tx, &sql, values)).await?)
}

fn found(rows: &[QueryResult], cursor: &Cursor) -> Result<Found, DbErr> {
    let mut found = Found { count: rows.len(), ..Found::default() };
    let mut behind = *cursor;
    for row in rows {
        behind.xid = row.try_get("", "xid")?;
        behind.seq = row.try_get("", "seq")?;
        behind.max_seq = behind.max_seq.max(behind.seq);
        found.changes.extend(read_change(row)?);
    }
    found.cursor = (!rows.is_empty()).then_some(behind);
    Ok(found)
}

/// An award, or the reversal of one; what else there is changes nothing.
fn read_change(row: &QueryResult) -> Result<Option<Change>, DbErr> {
    let (kind, amount): (String, i64) = (row.try_get("", "kind")?, row.try_get("", "amount")?);
    let posted_at = row.try_get("", "posted_at")?;
    let (points, awarded_at) = match EntryKind::parse(&kind) {
        Some(EntryKind::Award) => (amount, Some(posted_at)),
        Some(EntryKind::Reverse) => (amount.saturating_neg(), row.try_get("", "awarded_at")?),
        _ => return Ok(None),
    };
    let member = Id::from_uuid(row.try_get("", "member_id")?);
    Ok(awarded_at.map(|awarded_at| Change { member, points, awarded_at, posted_at }))
}

fn read_cursor(row: &QueryResult) -> Result<Cursor, DbErr> {
    Ok(Cursor {
        xid: row.try_get("", "xid")?,
        seq: row.try_get("", "seq")?,
        above_seq: row.try_get("", "above_seq")?,
        max_seq: row.try_get("", "max_seq")?,
        is_ahead: row.try_get("", "is_ahead")?,
    })
}

/// A statement whose values are numbered.
pub(super) fn statement<S: Send + Sync>(
    tx: &ScopedTx<S>,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}
