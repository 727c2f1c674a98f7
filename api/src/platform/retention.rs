//! What is deleted for its age: events of the outbox, and outcomes remembered under idempotency keys, but for those
//! of calls that may never be done twice.
//!
//! Piece by piece, each in a transaction of its own: a table of any size is trimmed, and no writer waits for long.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait as _, Statement, Value};

use super::Platform;
use super::db::DbError;

const KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Rows in one piece.
const PIECE: u64 = 10_000;

/// By the key, which follows time: there is no index by time. A piece of which nothing is old is the last.
const EVENTS: &str =
    "DELETE FROM outbox WHERE created_at < $1 AND seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT $2)";
const OUTCOMES: &str = "DELETE FROM idempotency_records WHERE (tenant_id, actor, operation, key) IN \
    (SELECT tenant_id, actor, operation, key FROM idempotency_records \
     WHERE NOT is_lasting AND created_at < $1 ORDER BY created_at LIMIT $2)";

/// Deletes what is too old; what goes wrong with one table does not keep the other.
pub async fn trim(platform: &Platform) -> Result<(), DbError> {
    let limit = platform.clock.now() - KEPT_FOR;
    let events = delete(platform, EVENTS, limit).await;
    delete(platform, OUTCOMES, limit).await.and(events)
}

async fn delete(platform: &Platform, sql: &str, limit: DateTime<Utc>) -> Result<(), DbError> {
    loop {
        let tx = platform.db.system().await?;
        let values: [Value; 2] = [limit.into(), PIECE.into()];
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        let deleted = tx.execute_raw(statement).await?.rows_affected();
        tx.commit().await?;
        if deleted == 0 {
            return Ok(());
        }
    }
}
