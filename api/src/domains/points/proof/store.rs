//! Reads and writes `points_seals`, and the entries they prove.
//!
//! An entry belongs to the seal whose range of (transaction, seq) it is in, as the outbox orders its events. A database
//! that was restored into another cluster counts transactions anew: the range begins from nothing then, above the
//! largest seq there was.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, Iterable as _, QueryResult, Statement, Value};
use shequn_entity::points_seals::{Column, Entity};
use uuid::Uuid;

use super::super::keys::{Sealed, SealedLot};
use super::model::Sums;
use crate::platform::db::together::Together;
use crate::platform::db::{Constraint, DbError, ScopedTx, SystemTx, TenantTx};
use crate::platform::ids::{Id, MemberId, TenantId};

const ASSET: &str = "POINTS";
const POSITION: Constraint = Constraint {
    postgres: "points_seals_pkey",
    sqlite: "points_seals.tenant_id, points_seals.asset, points_seals.position",
};

/// Which entries: those behind a place and above a seq, up to another place where one is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) behind: (i64, i64),
    pub(super) above: i64,
    /// The last place, and the largest seq up to it: in another cluster transactions are counted from the start again.
    pub(super) last: Option<((i64, i64), i64)>,
}

/// A seal.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    pub(super) position: i64,
    pub(super) range: Range,
    pub(super) last: (i64, i64),
    pub(super) max_seq: i64,
    pub(super) entries: i64,
    pub(super) sums: Sums,
    pub(super) mac: Vec<u8>,
    pub(super) sealed_at: DateTime<Utc>,
}

/// An entry, and its place.
pub(super) struct Placed {
    pub(super) place: (i64, i64),
    pub(super) entry: Sealed,
    /// Reason and reference, unless they were erased.
    pub(super) texts: (Option<String>, Option<String>),
}

/// The tenants that have accounts, or seals, by steps over the key and not by all its rows.
const TENANTS: &str = "
WITH RECURSIVE t (id) AS (
    SELECT (SELECT tenant_id FROM points_accounts ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT a.tenant_id FROM points_accounts a WHERE a.tenant_id > t.id ORDER BY a.tenant_id LIMIT 1)
    FROM t WHERE t.id IS NOT NULL)
SELECT id FROM t WHERE id IS NOT NULL UNION SELECT tenant_id FROM points_seals WHERE position = 1 ORDER BY 1";

pub(super) async fn list_tenants(tx: &SystemTx) -> Result<Vec<TenantId>, DbError> {
    let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), TENANTS)).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
}

/// The tenant's last seal, and whether it is ahead of every transaction there is.
pub(super) async fn find_last(tx: &SystemTx, tenant: TenantId) -> Result<Option<(Seal, bool)>, DbError> {
    let select = select_seals()
        .and_where(Column::TenantId.eq(tenant.uuid()))
        .order_by(Column::Position, Order::Desc)
        .limit(1)
        .to_owned();
    let Some(seal) = tx.query_one(&select).await?.as_ref().map(read_seal).transpose()? else { return Ok(None) };
    let is_ahead = seal.last.0 >= next_transaction(tx).await?;
    Ok(Some((seal, is_ahead)))
}

/// The same for whoever looks at their own tenant.
pub(super) async fn find_last_own(tx: &TenantTx) -> Result<Option<(Seal, bool)>, DbError> {
    let select = select_seals().and_where(tx.owns(Entity)).order_by(Column::Position, Order::Desc).limit(1).to_owned();
    let Some(seal) = tx.query_one(&select).await?.as_ref().map(read_seal).transpose()? else { return Ok(None) };
    let is_ahead = seal.last.0 >= next_transaction(tx).await?;
    Ok(Some((seal, is_ahead)))
}

/// Lets the statements of this transaction run as long as they take: for counting anew, not for requests.
pub(super) async fn take_time(tx: &SystemTx) -> Result<(), DbError> {
    if tx.is_postgres() {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    }
    Ok(())
}

/// The id that no transaction has yet; SQLite has none.
async fn next_transaction<S: Send + Sync>(tx: &ScopedTx<S>) -> Result<i64, DbError> {
    if !tx.is_postgres() {
        return Ok(i64::MAX);
    }
    let sql = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next";
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(row.map(|row| row.try_get("", "next")).transpose()?.unwrap_or(i64::MAX))
}

/// Seals behind a position, in their order.
pub(super) async fn list_behind(
    tx: &SystemTx,
    (tenant, position): (TenantId, i64),
    limit: u64,
) -> Result<Vec<Seal>, DbError> {
    let select = select_seals()
        .and_where(Column::TenantId.eq(tenant.uuid()))
        .and_where(Column::Position.gt(position))
        .order_by(Column::Position, Order::Asc)
        .limit(limit)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(read_seal).collect::<Result<_, _>>()?)
}

/// Whose entries are in the range of a seal.
pub(super) async fn list_sealed(tx: &SystemTx, tenant: TenantId, range: Range) -> Result<Vec<MemberId>, DbError> {
    let (condition, values) = in_range(tx, range, 2);
    let sql = format!(
        "SELECT DISTINCT e.member_id FROM points_entries e \
         WHERE e.tenant_id = $1 AND e.asset = 'POINTS' AND {condition}"
    );
    let values = std::iter::once(tenant.uuid().into()).chain(values);
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "member_id")?))).collect()
}

/// The seals behind a position that were made since then.
pub(super) async fn list_since(
    tx: &SystemTx,
    (tenant, position): (TenantId, i64),
    since: DateTime<Utc>,
) -> Result<Vec<Seal>, DbError> {
    let select = select_seals()
        .and_where(Column::TenantId.eq(tenant.uuid()))
        .and_where(Column::Position.gt(position))
        .and_where(Column::SealedAt.gte(since))
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(read_seal).collect::<Result<_, _>>()?)
}

fn select_seals() -> SelectStatement {
    Query::select().columns(Column::iter()).from(Entity).and_where(Expr::col(Column::Asset).eq(ASSET)).to_owned()
}

fn read_seal(row: &QueryResult) -> Result<Seal, DbErr> {
    let last = (row.try_get("", "last_xid")?, row.try_get("", "last_seq")?);
    let max_seq = row.try_get("", "max_seq")?;
    Ok(Seal {
        position: row.try_get("", "position")?,
        range: Range {
            behind: (row.try_get("", "behind_xid")?, row.try_get("", "behind_seq")?),
            above: row.try_get("", "above_seq")?,
            last: Some((last, max_seq)),
        },
        last,
        max_seq,
        entries: row.try_get("", "entries")?,
        sums: read_sums(row, "")?,
        mac: row.try_get("", "mac")?,
        sealed_at: row.try_get("", "sealed_at")?,
    })
}

/// The eight sums of a row whose columns begin so.
pub(super) fn read_sums(row: &QueryResult, prefix: &str) -> Result<Sums, DbErr> {
    let read = |name: &str| -> Result<i64, DbErr> {
        Ok(row.try_get::<Option<i64>>("", &format!("{prefix}{name}"))?.unwrap_or(0))
    };
    Ok(Sums {
        issued: read("issued")?,
        pending: read("pending")?,
        available: read("available")?,
        held: read("held")?,
        redeemed: read("redeemed")?,
        expired: read("expired")?,
        revoked: read("revoked")?,
        transferred: read("transferred")?,
    })
}

/// Writes the seal; false when another process was faster with this position.
pub(super) async fn insert(tx: &SystemTx, tenant: TenantId, seal: &Seal) -> Result<bool, DbError> {
    let Seal { position, range, last, max_seq, entries, sums, mac, sealed_at } = seal;
    let mut columns = vec![
        (Column::TenantId, tenant.uuid().into()),
        (Column::Asset, ASSET.into()),
        (Column::Position, (*position).into()),
        (Column::BehindXid, range.behind.0.into()),
        (Column::BehindSeq, range.behind.1.into()),
        (Column::AboveSeq, range.above.into()),
        (Column::LastXid, last.0.into()),
        (Column::LastSeq, last.1.into()),
        (Column::MaxSeq, (*max_seq).into()),
        (Column::Entries, (*entries).into()),
        (Column::Mac, Expr::val(mac.clone())),
        (Column::SealedAt, (*sealed_at).into()),
    ];
    let accounts = [
        Column::Issued,
        Column::Pending,
        Column::Available,
        Column::Held,
        Column::Redeemed,
        Column::Expired,
        Column::Revoked,
        Column::Transferred,
    ];
    columns.extend(accounts.into_iter().zip(sums.list().map(Expr::from)));
    let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let insert = Query::insert().into_table(Entity).columns(names).values_panic(values).to_owned();
    match tx.execute(&insert).await.map_err(DbError::from) {
        Ok(_) => Ok(true),
        Err(error) if error.violates(POSITION) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The tenant's entries in the range that no transaction under way can add to, in their order.
pub(super) async fn list_entries(
    tx: &SystemTx,
    (tenant, range): (TenantId, Range),
    limit: u64,
) -> Result<Vec<Placed>, DbError> {
    let (xid, settled) = if tx.is_postgres() {
        // An id that no transaction has yet is of another cluster: nothing can be added under it.
        let settled =
            "AND (e.xid < pg_snapshot_xmin(pg_current_snapshot()) OR e.xid >= pg_snapshot_xmax(pg_current_snapshot()))";
        ("e.xid::text::bigint", settled)
    } else {
        ("e.xid", "")
    };
    let (condition, values) = in_range(tx, range, 3);
    let sql = format!(
        "SELECT e.seq, {xid} AS xid, e.id, e.member_id, e.asset, e.number, e.kind, e.from_account, e.to_account, e.amount, \
             e.pending_after, e.available_after, e.held_after, e.source, e.reason, e.reference, e.texts_mac, e.hold_id, \
             e.reverses_id, e.transfer_id, e.actor, e.posted_at, l.amount AS lot_amount, l.source AS lot_source, \
             l.earned_at AS lot_earned_at, l.available_at AS lot_available_at, l.expires_at AS lot_expires_at, \
             l.expires_on AS lot_expires_on \
         FROM points_entries e LEFT JOIN points_lots l ON l.tenant_id = e.tenant_id AND l.id = e.id \
         WHERE e.tenant_id = $1 AND e.asset = 'POINTS' AND {condition} {settled} ORDER BY e.xid, e.seq LIMIT $2"
    );
    let values = [tenant.uuid().into(), limit.into()].into_iter().chain(values);
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    let mut entries: Vec<_> = rows.iter().map(read_entry).collect::<Result<_, _>>()?;
    let mut moves = list_moves(tx, tenant, &entries).await?;
    for placed in &mut entries {
        placed.entry.moves = moves.remove(&placed.entry.id).unwrap_or_default();
    }
    Ok(entries)
}

/// What these entries moved in lots, by entry, in the order of the lots.
async fn list_moves(
    tx: &SystemTx,
    tenant: TenantId,
    entries: &[Placed],
) -> Result<HashMap<Uuid, Vec<(Uuid, i64)>>, DbError> {
    let mut moves: HashMap<Uuid, Vec<(Uuid, i64)>> = HashMap::new();
    if entries.is_empty() {
        return Ok(moves);
    }
    let ids: Vec<_> = entries.iter().map(|placed| placed.entry.id).collect();
    let sql = "SELECT entry_id, lot_id, amount FROM points_lot_moves \
        WHERE tenant_id = {tenant} AND entry_id {entries} ORDER BY entry_id, lot_id";
    let rows = Together::new(tx).with("tenant", tenant.uuid()).with_any("entries", &ids).query(tx, sql).await?;
    for row in rows {
        let moved = (row.try_get("", "lot_id")?, row.try_get("", "amount")?);
        moves.entry(row.try_get("", "entry_id")?).or_default().push(moved);
    }
    Ok(moves)
}

/// The condition that an entry `e` is in the range, with parameters from this number on.
pub(super) fn in_range<S>(tx: &ScopedTx<S>, range: Range, from: usize) -> (String, Vec<Value>) {
    let place = |offset: usize| from + offset;
    let mut values: Vec<Value> = vec![range.behind.0.into(), range.behind.1.into(), range.above.into()];
    let xid = |number: usize| {
        if tx.is_postgres() { format!("${number}::bigint::text::xid8") } else { format!("${number}") }
    };
    let mut condition = format!("(e.xid, e.seq) > ({}, ${}) AND e.seq > ${}", xid(place(0)), place(1), place(2));
    if let Some((last, max_seq)) = range.last {
        values.extend([Value::from(last.0), Value::from(last.1), Value::from(max_seq)]);
        let _ =
            write!(condition, " AND (e.xid, e.seq) <= ({}, ${}) AND e.seq <= ${}", xid(place(3)), place(4), place(5));
    }
    (condition, values)
}

fn read_entry(row: &QueryResult) -> Result<Placed, DbErr> {
    let lot = row.try_get::<Option<i64>>("", "lot_amount")?.map(|amount| -> Result<_, DbErr> {
        Ok(SealedLot {
            amount,
            source: row.try_get("", "lot_source")?,
            earned_at: row.try_get("", "lot_earned_at")?,
            available_at: row.try_get("", "lot_available_at")?,
            expires_at: row.try_get("", "lot_expires_at")?,
            expires_on: row.try_get("", "lot_expires_on")?,
        })
    });
    let entry = Sealed {
        id: row.try_get("", "id")?,
        member: row.try_get("", "member_id")?,
        asset: row.try_get("", "asset")?,
        number: row.try_get("", "number")?,
        kind: row.try_get("", "kind")?,
        from: row.try_get("", "from_account")?,
        to: row.try_get("", "to_account")?,
        amount: row.try_get("", "amount")?,
        after: [row.try_get("", "pending_after")?, row.try_get("", "available_after")?, row.try_get("", "held_after")?],
        source: row.try_get("", "source")?,
        texts: row.try_get("", "texts_mac")?,
        hold: row.try_get::<Option<Uuid>>("", "hold_id")?,
        reverses: row.try_get::<Option<Uuid>>("", "reverses_id")?,
        transfer: row.try_get::<Option<Uuid>>("", "transfer_id")?,
        actor: row.try_get("", "actor")?,
        posted_at: row.try_get("", "posted_at")?,
        lot: lot.transpose()?,
        moves: Vec::new(),
    };
    Ok(Placed {
        place: (row.try_get("", "xid")?, row.try_get("", "seq")?),
        entry,
        texts: (row.try_get("", "reason")?, row.try_get("", "reference")?),
    })
}
