//! Up to where a PostgreSQL database is settled: which transaction ids can bring no new event to the outbox, nor any
//! other row that notes who wrote it.
//!
//! A snapshot knows every transaction that runs, in all databases of the server. One that runs in another database
//! writes nothing here, so that it need not be waited for: `docs/adr/0019-*` says why this is sound.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait as _, DbErr, Statement};

use super::{DbError, ScopedTx};

/// In this order, each a statement of its own: the proof needs it.
const SNAPSHOT: &str = "SELECT pg_current_snapshot()::text AS snapshot";
const ELSEWHERE: &str = "SELECT pid FROM pg_stat_activity \
    WHERE datid <> (SELECT oid FROM pg_database WHERE datname = current_database())";
const RUNNING: &str = "SELECT transactionid::text AS xid, pid FROM pg_locks \
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted AND pid IS NOT NULL";

/// The oldest transaction that may still bring a row; those below are over, or run in another database.
pub async fn settled_below<S: Send + Sync>(tx: &ScopedTx<S>) -> Result<i64, DbError> {
    let ask = |sql: &str| Statement::from_string(tx.get_database_backend(), sql);
    let snapshot = tx.query_one_raw(ask(SNAPSHOT)).await?;
    let snapshot: String = snapshot.map(|row| row.try_get("", "snapshot")).transpose()?.unwrap_or_default();
    let rows = tx.query_all_raw(ask(ELSEWHERE)).await?;
    let elsewhere: HashSet<i32> = rows.iter().map(|row| row.try_get("", "pid")).collect::<Result<_, _>>()?;
    let mut foreign = HashSet::new();
    for row in tx.query_all_raw(ask(RUNNING)).await? {
        if elsewhere.contains(&row.try_get("", "pid")?) {
            let xid: String = row.try_get("", "xid")?;
            foreign.extend(xid.parse::<i64>().ok());
        }
    }
    let unknown = || DbErr::Type(format!("{snapshot} is no snapshot"));
    Ok(bound(&snapshot, &foreign).ok_or_else(unknown)?)
}

/// The first running transaction of a snapshot, `xmin:xmax:xid,xid,…`, that is not foreign; else its end. Locks show
/// the lower 32 bits of an id, which are unique among those that run.
fn bound(snapshot: &str, foreign: &HashSet<i64>) -> Option<i64> {
    let mut parts = snapshot.split(':').skip(1);
    let end: i64 = parts.next()?.parse().ok()?;
    let running = parts.next()?.split(',').filter(|xid| !xid.is_empty()).map(str::parse::<i64>);
    let running: Vec<_> = running.collect::<Result<_, _>>().ok()?;
    let ours = running.into_iter().filter(|xid| !foreign.contains(&(xid & 0xffff_ffff)));
    Some(ours.min().unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_here_is_waited_for() {
        let foreign = HashSet::from([100, 7]);
        assert_eq!(bound("100:110:", &foreign), Some(110));
        assert_eq!(bound("100:110:100", &foreign), Some(110));
        assert_eq!(bound("100:110:100,103,105", &foreign), Some(103));
        assert_eq!(bound("4294967303:4294967320:4294967303,4294967310", &foreign), Some(4_294_967_310));
        assert_eq!(bound("", &foreign), None);
        assert_eq!(bound("100:110:x", &foreign), None);
    }
}
