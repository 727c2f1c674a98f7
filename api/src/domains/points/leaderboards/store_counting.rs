//! What the task reads and writes. Each statement names the tenant itself: the task is no request.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Value};
use shequn_entity::leaderboard_scores::{Column, Entity};

use super::super::store_feed::{Follower, LEDGERS, statement};
use super::model::{Gain, Span, Zone, Zones};
use crate::platform::db::bulk::Bulk;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, MemberId, TenantId};

/// Follows the ledger.
pub(super) const FOLLOWER: Follower = Follower("leaderboard_cursors");

/// Of all letters that a period begins with, that of days is the first: the smallest is the oldest day, if there is any.
const TENANTS: &str = "
WITH RECURSIVE LEDGERS
SELECT t.id FROM a t LEFT JOIN leaderboard_cursors c ON c.tenant_id = t.id
WHERE t.id IS NOT NULL
    AND (HAS_UNREAD OR (SELECT MIN(s.period) FROM leaderboard_scores s WHERE s.tenant_id = t.id) < $1)
ORDER BY t.id";

/// The tenants that have entries to be counted, or days that are over long since.
pub(super) async fn list_tenants(tx: &SystemTx, oldest: Span) -> Result<Vec<TenantId>, DbError> {
    let sql = TENANTS.replace("LEDGERS", LEDGERS).replace("HAS_UNREAD", &Follower::has_unread(tx));
    let rows = tx.query_all_raw(statement(tx, &sql, [oldest.key().into()])).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
}

/// The zones in which the tenant's days were counted.
pub(super) async fn list_zones(tx: &TenantTx) -> Result<Zones, DbError> {
    let sql = "SELECT since, zone, counted_to FROM leaderboard_zones WHERE tenant_id = $1 ORDER BY since";
    let rows = tx.query_all_raw(statement(tx, sql, [tx.tenant().uuid().into()])).await?;
    Ok(Zones::of(rows.iter().map(read_zone).collect::<Result<_, _>>()?))
}

fn read_zone(row: &QueryResult) -> Result<Zone, DbErr> {
    let zone: String = row.try_get("", "zone")?;
    Ok(Zone {
        since: row.try_get("", "since")?,
        zone: zone.parse().map_err(|_| DbErr::Type("a stored time zone is unknown".to_owned()))?,
        counted_to: row.try_get("", "counted_to")?,
    })
}

/// Keeps the zone that goes on.
pub(super) async fn put_zone(tx: &TenantTx, zone: Zone) -> Result<(), DbError> {
    let sql = "INSERT INTO leaderboard_zones (tenant_id, since, zone, counted_to) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant_id, since) DO UPDATE SET counted_to = excluded.counted_to";
    let values: [Value; 4] =
        [tx.tenant().uuid().into(), zone.since.into(), zone.zone.name().into(), zone.counted_to.into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Adds to scores, and makes those that there are none of.
pub(super) async fn add(tx: &TenantTx, gains: &BTreeMap<(String, MemberId), Gain>) -> Result<(), DbError> {
    let new = |column| Expr::col(("excluded", column));
    let old = |column| Expr::col((Entity, column));
    let later = Expr::case(new(Column::ReachedAt).gt(old(Column::ReachedAt)), new(Column::ReachedAt))
        .finally(old(Column::ReachedAt));
    let known = OnConflict::columns([Column::TenantId, Column::Period, Column::MemberId])
        .values([(Column::Points, old(Column::Points).add(new(Column::Points))), (Column::ReachedAt, later.into())])
        .to_owned();
    Bulk::new(Entity, gains.len())
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::Period, gains.keys().map(|(period, _)| period.clone()))
        .each(Column::MemberId, gains.keys().map(|(_, member)| member.uuid()))
        .each(Column::Points, gains.values().map(|gain| gain.points))
        .each(Column::ReachedAt, gains.values().map(|gain| gain.at))
        .on_conflict(known)
        .execute(tx)
        .await
}

/// Takes some of the scores away whose period is below this key; answers how many.
pub(super) async fn delete_below(tx: &TenantTx, key: &str, limit: u64) -> Result<u64, DbError> {
    let sql = "DELETE FROM leaderboard_scores WHERE tenant_id = $1 AND (period, member_id) IN (\
        SELECT period, member_id FROM leaderboard_scores WHERE tenant_id = $1 AND period < $2 \
        ORDER BY period, member_id LIMIT $3)";
    let values: [Value; 3] = [tx.tenant().uuid().into(), key.into(), limit.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected())
}
