//! Events: written in the transaction of what they tell about, read in commit order, without gaps.
//!
//! A consumer's effects and its cursor commit together, so that each event takes effect once even when
//! the process is killed. On PostgreSQL the order is (transaction id, seq) and a reader stops at the
//! oldest transaction that may still write here; on SQLite there is one writer and `seq` is the commit order.

mod restored;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, NotSet, QueryResult, Statement, Value};
use shequn_entity::{outbox, outbox_cursors};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Platform;
use super::db::{DbError, SystemTx, TenantTx, horizon};
use super::ids::{EventKind, Id, TenantId};

const BATCH: u64 = 500;
/// How large a batch grows while it fails.
const LARGEST_BATCH: u64 = 32_000;
const POLL: Duration = Duration::from_millis(500);
const RETRY: Duration = Duration::from_secs(1);

/// Something that happened, about to be recorded.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What kind of thing it happened to, e.g. `community`.
    pub aggregate_type: &'static str,
    /// Which one.
    pub aggregate_id: Uuid,
    /// What happened, e.g. `community.members_changed`.
    pub kind: &'static str,
    /// The facts, without personal data.
    pub payload: serde_json::Value,
}

/// Something that happened, as consumers get it.
#[derive(Clone, Debug)]
pub struct Event {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which thing it happened to.
    pub aggregate_id: Uuid,
    /// What happened.
    pub kind: String,
    /// The facts.
    pub payload: serde_json::Value,
    xid: i64,
    seq: i64,
}

/// Reacts to events inside the transaction that moves its cursor.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// The name of its cursor; a promise.
    fn name(&self) -> &'static str;
    /// Applies a batch; an error leaves everything as it was, and the batch comes again.
    async fn handle(&self, tx: &SystemTx, events: &[Event]) -> Result<(), DbError>;
    /// Applies a batch that `handle` keeps failing on as well as it can be applied: what lies behind it must not
    /// wait for ever. The transaction sees one moment. An error leaves everything as it was here too.
    async fn mend(&self, tx: &SystemTx, events: &[Event]) -> Result<(), DbError> {
        self.handle(tx, events).await
    }
    /// Makes its effects anew from all that the transaction sees, less what the events in `later` tell: those come
    /// again. The transaction sees one moment.
    async fn start_over(&self, tx: &SystemTx, later: &[Event]) -> Result<(), DbError>;
}

impl Event {
    /// What happened to a thing behind this event, as far as the transaction sees it.
    pub async fn list_later(&self, tx: &SystemTx, of: (TenantId, Uuid)) -> Result<Vec<Event>, DbError> {
        let sql = if tx.is_postgres() {
            "SELECT seq, xid::text::bigint AS xid, tenant_id, aggregate_id, kind, payload FROM outbox \
             WHERE tenant_id = $1 AND aggregate_id = $2 AND (xid, seq) > ($3::bigint::text::xid8, $4::bigint)"
        } else {
            "SELECT seq, 0 AS xid, tenant_id, aggregate_id, kind, payload FROM outbox \
             WHERE tenant_id = $1 AND aggregate_id = $2 AND $3 = 0 AND seq > $4"
        };
        let values: [Value; 4] = [of.0.uuid().into(), of.1.into(), self.xid.into(), self.seq.into()];
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        tx.query_all_raw(statement).await?.iter().map(read_event).collect()
    }
}

/// How a batch is applied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Usual,
    /// By [`Consumer::mend`].
    Mending,
}

/// Records events and tells the dispatcher of this process that there are some.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Notify>);

impl Outbox {
    /// Records events in the caller's transaction.
    pub async fn emit(&self, platform: &Platform, tx: &TenantTx, events: Vec<NewEvent>) -> Result<(), DbError> {
        let rows = events
            .into_iter()
            .map(|event| outbox::ActiveModel {
                seq: NotSet,
                tenant_id: Set(tx.tenant().uuid()),
                id: Set(platform.new_id::<EventKind>().uuid()),
                aggregate_type: Set(event.aggregate_type.to_owned()),
                aggregate_id: Set(event.aggregate_id),
                kind: Set(event.kind.to_owned()),
                payload: Set(event.payload),
                created_at: Set(platform.clock.now()),
            })
            .collect();
        tx.insert_many(rows).await?;
        self.0.notify_one();
        Ok(())
    }

    /// Runs `consumer` until the task is aborted.
    pub async fn dispatch(self, platform: Platform, consumer: Arc<dyn Consumer>) {
        let (mut limit, mut way) = (BATCH, Way::Usual);
        loop {
            let done = step(&platform, consumer.as_ref(), (limit, way)).await;
            // A batch can end between two events whose transactions took their ids in one order and their locks in
            // the other: by itself it makes no sense (nobody left before joining), with what follows it does.
            (limit, way) = match &done {
                Ok(_) => (BATCH, Way::Usual),
                Err(_) if limit < LARGEST_BATCH => (LARGEST_BATCH.min(limit * 4), Way::Usual),
                Err(_) => (LARGEST_BATCH, Way::Mending),
            };
            match done {
                Ok(0) => {
                    // Other processes write too, so waking is a shortcut and not the rule.
                    tokio::time::timeout(POLL, self.0.notified()).await.unwrap_or_default();
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(consumer = consumer.name(), error = ?error, "outbox.dispatch_failed");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}

/// Handles one batch; answers how many events it had.
async fn step(platform: &Platform, consumer: &dyn Consumer, (limit, way): (u64, Way)) -> Result<usize, DbError> {
    let tx = match way {
        Way::Usual => platform.db.system().await?,
        Way::Mending => platform.db.system_snapshot().await?,
    };
    let cursor = match lock_cursor(&tx, consumer.name(), platform).await? {
        Place::At(cursor) => cursor,
        Place::Taken => return Ok(0),
        Place::Ahead => {
            // Gives the cursor back: what follows sees a moment of its own.
            tx.commit().await?;
            restored::start_over(platform, consumer).await?;
            return Ok(0);
        }
    };
    let events = read_batch(&tx, cursor, limit).await?;
    let Some(last) = events.last() else {
        // Keeps a cursor that was just made.
        tx.commit().await?;
        return Ok(0);
    };
    match way {
        Way::Usual => consumer.handle(&tx, &events).await?,
        Way::Mending => consumer.mend(&tx, &events).await?,
    }
    move_cursor(&tx, platform, (consumer.name(), (last.xid, last.seq))).await?;
    tx.commit().await?;
    Ok(events.len())
}

async fn move_cursor(
    tx: &SystemTx,
    platform: &Platform,
    (name, (xid, seq)): (&str, (i64, i64)),
) -> Result<(), DbError> {
    use outbox_cursors::{Column, Entity};
    let statement = Query::update()
        .table(Entity)
        .values([
            (Column::Xid, xid.into()),
            (Column::Seq, seq.into()),
            (Column::UpdatedAt, platform.clock.now().into()),
        ])
        .and_where(Column::Consumer.eq(name))
        .to_owned();
    tx.execute(&statement).await?;
    Ok(())
}

/// What became of taking a cursor.
enum Place {
    /// It is ours, locked.
    At((i64, i64)),
    /// Another process has it.
    Taken,
    /// It is ours, and ahead of every transaction that there is.
    Ahead,
}

async fn lock_cursor(tx: &SystemTx, name: &str, platform: &Platform) -> Result<Place, DbError> {
    let select = if tx.is_postgres() {
        "SELECT xid, seq, xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS is_ahead \
         FROM outbox_cursors WHERE consumer = $1 FOR UPDATE SKIP LOCKED"
    } else {
        "SELECT xid, seq, false AS is_ahead FROM outbox_cursors WHERE consumer = $1"
    };
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), select, [name.into()]);
    if let Some(row) = tx.query_one_raw(statement).await? {
        let cursor = (row.try_get("", "xid")?, row.try_get("", "seq")?);
        return Ok(if row.try_get("", "is_ahead")? { Place::Ahead } else { Place::At(cursor) });
    }
    let insert = Query::insert()
        .into_table(outbox_cursors::Entity)
        .columns([
            outbox_cursors::Column::Consumer,
            outbox_cursors::Column::Xid,
            outbox_cursors::Column::Seq,
            outbox_cursors::Column::UpdatedAt,
        ])
        .values_panic([name.into(), 0_i64.into(), 0_i64.into(), platform.clock.now().into()])
        .on_conflict(OnConflict::column(outbox_cursors::Column::Consumer).do_nothing().to_owned())
        .to_owned();
    let made = tx.execute(&insert).await?.rows_affected();
    Ok(if made == 1 { Place::At((0, 0)) } else { Place::Taken })
}

async fn read_batch(tx: &SystemTx, cursor: (i64, i64), limit: u64) -> Result<Vec<Event>, DbError> {
    // Below the oldest transaction of the server, as long as that is enough.
    let events = read_settled(tx, cursor, (None, limit)).await?;
    if !events.is_empty() || !tx.is_postgres() || !is_any_behind(tx, cursor).await? {
        return Ok(events);
    }
    let horizon = horizon::settled_below(tx).await?;
    read_settled(tx, cursor, (Some(horizon), limit)).await
}

async fn read_settled(
    tx: &SystemTx,
    (xid, seq): (i64, i64),
    (horizon, limit): (Option<i64>, u64),
) -> Result<Vec<Event>, DbError> {
    let (sql, values): (&str, Vec<Value>) = if tx.is_postgres() {
        (
            "SELECT seq, xid::text::bigint AS xid, tenant_id, aggregate_id, kind, payload FROM outbox \
             WHERE (xid, seq) > ($1::bigint::text::xid8, $2::bigint) \
               AND xid < COALESCE($4::bigint::text::xid8, pg_snapshot_xmin(pg_current_snapshot())) \
             ORDER BY outbox.xid, seq LIMIT $3",
            vec![xid.into(), seq.into(), limit.into(), horizon.into()],
        )
    } else {
        (
            "SELECT seq, 0 AS xid, tenant_id, aggregate_id, kind, payload FROM outbox \
             WHERE seq > $1 ORDER BY seq LIMIT $2",
            vec![seq.into(), limit.into()],
        )
    };
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    tx.query_all_raw(statement).await?.iter().map(read_event).collect()
}

async fn is_any_behind(tx: &SystemTx, (xid, seq): (i64, i64)) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM outbox WHERE (xid, seq) > ($1::bigint::text::xid8, $2::bigint) LIMIT 1";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [xid.into(), seq.into()]);
    Ok(tx.query_one_raw(statement).await?.is_some())
}

fn read_event(row: &QueryResult) -> Result<Event, DbError> {
    Ok(Event {
        tenant: Id::from_uuid(row.try_get("", "tenant_id")?),
        aggregate_id: row.try_get("", "aggregate_id")?,
        kind: row.try_get("", "kind")?,
        payload: row.try_get("", "payload")?,
        xid: row.try_get("", "xid")?,
        seq: row.try_get("", "seq")?,
    })
}
