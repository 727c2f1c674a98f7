//! A database that was restored into another cluster, where transaction ids start anew: its cursors are ahead of all
//! that happens, and would wait for as long as the first cluster lived.

use sea_orm::{ConnectionTrait as _, Statement};

use super::{Consumer, move_cursor, read_settled};
use crate::platform::Platform;
use crate::platform::db::DbError;

/// More events than one moment can leave behind its oldest transaction.
const ALL: u64 = 1 << 32;

const LOCK: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon FROM outbox_cursors \
    WHERE consumer = $1 AND xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint FOR UPDATE SKIP LOCKED";
/// Events that are seen under an id which this cluster has not given yet. They are in what is counted now, and one day
/// the ids come to them.
const FORGET: &str = "DELETE FROM outbox WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())";

/// Lets a consumer whose cursor is ahead of every transaction make its effects anew, and go on behind this moment.
pub(super) async fn start_over(platform: &Platform, consumer: &dyn Consumer) -> Result<(), DbError> {
    let tx = platform.db.system_snapshot().await?;
    // Once, and as long as it takes.
    tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    let lock = Statement::from_sql_and_values(tx.get_database_backend(), LOCK, [consumer.name().into()]);
    let Some(row) = tx.query_one_raw(lock).await? else { return Ok(()) };
    let cursor = (row.try_get("", "horizon")?, 0);
    tx.execute_unprepared(FORGET).await?;
    let later = read_settled(&tx, cursor, (Some(i64::MAX), ALL)).await?;
    consumer.start_over(&tx, &later).await?;
    move_cursor(&tx, platform, (consumer.name(), cursor)).await?;
    tx.commit().await?;
    tracing::warn!(consumer = consumer.name(), "outbox.started_over_after_restore");
    Ok(())
}
