//! The sealer: appends what was committed to the chains, in commit order, and signs how far they have come.
//!
//! One at a time across all processes: whoever holds the cursor seals, the others look again later. Links, heads and
//! cursor commit together, so that a killed sealer leaves neither a gap nor a double. As for the outbox, a reader
//! stops at the oldest transaction still running.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{ArrayType, OnConflict, Query};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryResult, Statement, Value};
use shequn_entity::{audit_checkpoints, audit_cursors, audit_heads, audit_links};
use uuid::Uuid;

use super::chain::{Chain, Checkpoint, START};
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::db::bulk::Bulk;
use crate::platform::db::{DbError, SystemTx};
use crate::platform::ids::{Id, TenantId};

const BATCH: u64 = 2_000;
const POLL: Duration = Duration::from_millis(500);
/// For events that come together to be sealed together.
const GATHER: Duration = Duration::from_millis(100);
const RETRY: Duration = Duration::from_secs(1);
/// At most so often a checkpoint is written for a tenant.
const CHECKPOINT_EVERY: TimeDelta = TimeDelta::minutes(1);
const SEALER: &str = "chain";

/// Seals until the task is aborted.
pub async fn seal_forever(platform: Platform) {
    loop {
        match seal(&platform).await {
            Ok(sealed) if sealed == BATCH => {}
            Ok(_) => {
                if let Err(error) = sign(&platform).await {
                    tracing::warn!(error = ?error, "audit.checkpoint_failed");
                }
                // Other processes write too, so waking is a shortcut and not the rule.
                tokio::time::timeout(POLL, platform.trail.0.notified()).await.unwrap_or_default();
                tokio::time::sleep(GATHER).await;
            }
            Err(error) => {
                tracing::warn!(error = ?error, "audit.sealing_failed");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// An event that is in no chain yet.
struct Unsealed {
    tenant: TenantId,
    id: Uuid,
    mac: Vec<u8>,
    xid: i64,
    seq: i64,
}

/// Where a chain ends.
#[derive(PartialEq, Eq)]
struct Head {
    position: i64,
    mac: Vec<u8>,
}

impl Head {
    /// The start where the row has none.
    fn from_row(row: &QueryResult, (position, mac): (&str, &str)) -> Result<Self, sea_orm::DbErr> {
        let (position, mac): (Option<i64>, Option<Vec<u8>>) = (row.try_get("", position)?, row.try_get("", mac)?);
        Ok(Self { position: position.unwrap_or(0), mac: mac.unwrap_or_else(|| START.to_vec()) })
    }
}

/// Seals one batch; answers how many events it had.
async fn seal(platform: &Platform) -> Result<u64, DbError> {
    let tx = platform.db.system().await?;
    let Some(cursor) = lock_cursor(&tx, platform).await? else { return Ok(0) };
    let events = read_batch(&tx, cursor).await?;
    let Some(last) = events.last() else {
        // Keeps a cursor that was just made.
        tx.commit().await?;
        return Ok(0);
    };
    append(&tx, platform, &events).await?;
    let statement = Query::update()
        .table(audit_cursors::Entity)
        .values([
            (audit_cursors::Column::Xid, last.xid.into()),
            (audit_cursors::Column::Seq, last.seq.into()),
            (audit_cursors::Column::UpdatedAt, platform.clock.now().into()),
        ])
        .cond_where(audit_cursors::Column::Sealer.eq(SEALER))
        .to_owned();
    tx.execute(&statement).await?;
    tx.commit().await?;
    Ok(u64::try_from(events.len()).unwrap_or(BATCH))
}

/// The sealer's place, locked; None while another process has it.
async fn lock_cursor(tx: &SystemTx, platform: &Platform) -> Result<Option<(i64, i64)>, DbError> {
    let select = if tx.is_postgres() {
        "SELECT xid, seq, xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS is_ahead \
         FROM audit_cursors WHERE sealer = $1 FOR UPDATE SKIP LOCKED"
    } else {
        "SELECT xid, seq, false AS is_ahead FROM audit_cursors WHERE sealer = $1"
    };
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), select, [SEALER.into()]);
    if let Some(row) = tx.query_one_raw(statement).await? {
        // Ahead of every transaction there is: this database was restored into another cluster, which counts anew.
        // What is sealed already is passed over.
        let is_ahead: bool = row.try_get("", "is_ahead")?;
        return Ok(Some(if is_ahead { (0, 0) } else { (row.try_get("", "xid")?, row.try_get("", "seq")?) }));
    }
    let insert = Query::insert()
        .into_table(audit_cursors::Entity)
        .columns([
            audit_cursors::Column::Sealer,
            audit_cursors::Column::Xid,
            audit_cursors::Column::Seq,
            audit_cursors::Column::UpdatedAt,
        ])
        .values_panic([SEALER.into(), 0_i64.into(), 0_i64.into(), platform.clock.now().into()])
        .on_conflict(OnConflict::column(audit_cursors::Column::Sealer).do_nothing().to_owned())
        .to_owned();
    let made = tx.execute(&insert).await?.rows_affected();
    Ok((made == 1).then_some((0, 0)))
}

async fn read_batch(tx: &SystemTx, (xid, seq): (i64, i64)) -> Result<Vec<Unsealed>, DbError> {
    let (sql, values): (&str, Vec<Value>) = if tx.is_postgres() {
        (
            "SELECT e.seq, e.xid::text::bigint AS xid, e.tenant_id, e.id, e.mac FROM audit_events e \
             WHERE (e.xid, e.seq) > ($1::bigint::text::xid8, $2::bigint) \
               AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) \
               AND NOT EXISTS (SELECT FROM audit_links l WHERE l.tenant_id = e.tenant_id AND l.event_id = e.id) \
             ORDER BY e.xid, e.seq LIMIT $3",
            vec![xid.into(), seq.into(), BATCH.into()],
        )
    } else {
        (
            "SELECT e.seq, 0 AS xid, e.tenant_id, e.id, e.mac FROM audit_events e WHERE e.seq > $1 \
               AND NOT EXISTS (SELECT 1 FROM audit_links l WHERE l.tenant_id = e.tenant_id AND l.event_id = e.id) \
             ORDER BY e.seq LIMIT $2",
            vec![seq.into(), BATCH.into()],
        )
    };
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let read = |row: &QueryResult| -> Result<Unsealed, DbError> {
        Ok(Unsealed {
            tenant: Id::from_uuid(row.try_get("", "tenant_id")?),
            id: row.try_get("", "id")?,
            mac: row.try_get("", "mac")?,
            xid: row.try_get("", "xid")?,
            seq: row.try_get("", "seq")?,
        })
    };
    tx.query_all_raw(statement).await?.iter().map(read).collect()
}

/// Appends the events to their tenants' chains. Where a head is not the last link somebody was at the database: to go
/// on from there would fail or hide it, so that this tenant waits for the operator and the others do not.
async fn append(tx: &SystemTx, platform: &Platform, events: &[Unsealed]) -> Result<(), DbError> {
    let mut heads = read_heads(tx, events).await?;
    let mut chains: BTreeMap<TenantId, Chain> = BTreeMap::new();
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        let Some(head) = heads.get_mut(&event.tenant) else { continue };
        let chain = chains.entry(event.tenant).or_insert_with(|| Chain::of(&platform.master, event.tenant));
        head.position += 1;
        head.mac = chain.link(head.position, &head.mac, (Id::from_uuid(event.id), &event.mac)).to_vec();
        links.push((event, head.position, head.mac.clone()));
    }
    use audit_links::Column;
    Bulk::new(audit_links::Entity, links.len())
        .each(Column::TenantId, links.iter().map(|(event, ..)| event.tenant.uuid()))
        .each(Column::Position, links.iter().map(|(_, position, _)| *position))
        .each(Column::EventId, links.iter().map(|(event, ..)| event.id))
        .each(Column::Mac, links.iter().map(|(.., mac)| mac.clone()))
        .execute(tx)
        .await?;
    put_heads(tx, &heads, platform.clock.now()).await
}

/// The heads of the events' tenants, without those that are not the last link of their chain.
async fn read_heads(tx: &SystemTx, events: &[Unsealed]) -> Result<BTreeMap<TenantId, Head>, DbError> {
    let tenants: BTreeSet<Uuid> = events.iter().map(|event| event.tenant.uuid()).collect();
    let ids: Vec<Value> = tenants.into_iter().map(Value::from).collect();
    let (list, values) = if tx.is_postgres() {
        ("SELECT unnest($1::uuid[])".to_owned(), vec![Value::Array(ArrayType::Uuid, Some(Box::new(ids)))])
    } else {
        let places: Vec<String> = (1..=ids.len()).map(|place| format!("(${place})")).collect();
        (format!("VALUES {}", places.join(", ")), ids)
    };
    let sql = format!(
        "WITH t (id) AS ({list}) \
         SELECT t.id, h.position, h.mac, l.position AS last_position, l.mac AS last_mac FROM t \
         LEFT JOIN audit_heads h ON h.tenant_id = t.id LEFT JOIN audit_links l ON l.tenant_id = t.id \
           AND l.position = (SELECT max(position) FROM audit_links WHERE tenant_id = t.id)"
    );
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let mut heads = BTreeMap::new();
    for row in tx.query_all_raw(statement).await? {
        let tenant = Id::from_uuid(row.try_get("", "id")?);
        let head = Head::from_row(&row, ("position", "mac"))?;
        let last = Head::from_row(&row, ("last_position", "last_mac"))?;
        if head == last {
            heads.insert(tenant, head);
        } else {
            let (head, last) = (head.position, last.position);
            tracing::error!(tenant.id = %tenant, head, last, "audit.head_is_not_the_last_link");
        }
    }
    Ok(heads)
}

async fn put_heads(tx: &SystemTx, heads: &BTreeMap<TenantId, Head>, now: DateTime<Utc>) -> Result<(), DbError> {
    use audit_heads::Column;
    let moved = OnConflict::column(Column::TenantId)
        .update_columns([Column::Position, Column::Mac, Column::SealedAt])
        .to_owned();
    Bulk::new(audit_heads::Entity, heads.len())
        .each(Column::TenantId, heads.keys().map(|tenant| tenant.uuid()))
        .each(Column::Position, heads.values().map(|head| head.position))
        .each(Column::Mac, heads.values().map(|head| head.mac.clone()))
        .same(Column::SealedAt, now)
        .same(Column::SignedPosition, 0_i64)
        .same(Column::SignedAt, DateTime::<Utc>::UNIX_EPOCH)
        .on_conflict(moved)
        .execute(tx)
        .await
}

/// Writes a checkpoint for each tenant that has news and whose last checkpoint is old enough.
async fn sign(platform: &Platform) -> Result<(), ApiError> {
    let tx = platform.db.system().await?;
    let now = platform.clock.now();
    let skip_locked = if tx.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
    // What was signed in the future was signed while the clock was ahead.
    let sql = format!(
        "SELECT tenant_id, position, mac, sealed_at FROM audit_heads \
         WHERE position > signed_position AND (signed_at <= $1 OR signed_at > $2) \
         ORDER BY signed_at LIMIT $3{skip_locked}"
    );
    let values: [Value; 3] = [(now - CHECKPOINT_EVERY).into(), now.into(), BATCH.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    for row in tx.query_all_raw(statement).await.map_err(DbError::from)? {
        let (tenant, position, head, sealed_at) = read_unsigned(&row).map_err(DbError::from)?;
        let checkpoint = Checkpoint::sign(&platform.master, tenant, (position, &head), sealed_at)?;
        write_checkpoint(&tx, &checkpoint, now).await?;
    }
    Ok(tx.commit().await?)
}

fn read_unsigned(row: &QueryResult) -> Result<(TenantId, i64, Vec<u8>, DateTime<Utc>), sea_orm::DbErr> {
    let tenant = Id::from_uuid(row.try_get("", "tenant_id")?);
    Ok((tenant, row.try_get("", "position")?, row.try_get("", "mac")?, row.try_get("", "sealed_at")?))
}

async fn write_checkpoint(tx: &SystemTx, checkpoint: &Checkpoint, now: DateTime<Utc>) -> Result<(), DbError> {
    use audit_checkpoints::{Column, Entity};
    let tenant = checkpoint.tenant.uuid();
    let (head, signature) = checkpoint.bytes();
    let insert = Query::insert()
        .into_table(Entity)
        .columns([Column::TenantId, Column::Position, Column::Head, Column::SealedAt, Column::Signature])
        .values_panic([
            tenant.into(),
            checkpoint.position.into(),
            head.into(),
            checkpoint.sealed_at.into(),
            signature.into(),
        ])
        .to_owned();
    tx.execute(&insert).await?;
    let update = Query::update()
        .table(audit_heads::Entity)
        .values([
            (audit_heads::Column::SignedPosition, checkpoint.position.into()),
            (audit_heads::Column::SignedAt, now.into()),
        ])
        .and_where(audit_heads::Column::TenantId.eq(tenant))
        .to_owned();
    tx.execute(&update).await?;
    Ok(())
}
