//! What a review reads and writes. Each statement names the tenant itself: the task is no request, and the members are
//! known to be the tenant's.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait as _, QueryResult, Statement, Value};
use shequn_entity::{growth_moves, growth_positions};

use super::model::Paths;
use super::model_review::{Facts, Move, Position};
use super::row::{read_path, read_position};
use crate::platform::db::bulk::Bulk;
use crate::platform::db::together::{Given, Together};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MemberId};
use crate::platform::text::spell_day;

/// All paths since the earliest of these versions, and the latest.
pub(super) async fn list_paths(tx: &TenantTx, versions: impl IntoIterator<Item = i32>) -> Result<Paths, DbError> {
    let sql = "SELECT version, nodes, window_months, source, created_at FROM growth_paths \
        WHERE tenant_id = $1 AND version >= $2 ORDER BY version DESC LIMIT $3";
    let least = versions.into_iter().min();
    let limit = if least.is_some() { i64::MAX } else { 1 };
    let values: [Value; 3] = [tx.tenant().uuid().into(), least.unwrap_or(0).into(), limit.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(Paths::of(rows.iter().map(read_path).collect::<Result<Vec<_>, _>>()?))
}

/// Gives a position at the first node to those of these members who have none, in the order of their ids, so that
/// nobody waits in a circle.
pub(super) async fn add_positions(tx: &TenantTx, members: &[MemberId], paths: &Paths) -> Result<(), DbError> {
    use growth_positions::{Column, Entity};
    let known = OnConflict::columns([Column::TenantId, Column::MemberId]).do_nothing().to_owned();
    Bulk::new(Entity, members.len())
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::MemberId, members.iter().map(|id| id.uuid()))
        .same(Column::PathVersion, paths.latest.version)
        .same(Column::Node, paths.latest.code_at(0))
        .same(Column::Value, 0_i64)
        .same(Column::Moves, 0_i64)
        .on_conflict(known)
        .execute(tx)
        .await
}

/// The positions of these members, held until the transaction ends, in the order of their ids.
pub(super) async fn lock_positions(tx: &TenantTx, members: &[MemberId]) -> Result<Vec<(MemberId, Position)>, DbError> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT member_id, path_version, node, value, moves, since, floor_node, floor_on, floor_until, review_at \
         FROM growth_positions WHERE tenant_id = {{tenant}} AND member_id {{members}} ORDER BY member_id {lock}"
    );
    let rows = of(tx, members).query(tx, &sql).await?;
    Ok(rows.iter().map(read_position).collect::<Result<_, _>>()?)
}

const FACTS: &str = "
SELECT e.member_id, CAST(SUM(e.amount) AS bigint) AS value, MIN(e.posted_at) AS earliest
FROM points_entries e
WHERE e.tenant_id = {tenant} AND e.asset = 'POINTS' AND e.member_id {members}
    AND e.kind = 'AWARD' AND e.posted_at >= {start}
    AND NOT EXISTS (SELECT 1 FROM points_entries r WHERE r.tenant_id = e.tenant_id AND r.reverses_id = e.id)
GROUP BY e.member_id";

/// What these members were awarded since then, without what was reversed, as the ledger is now. Their positions are
/// held already: a statement that waited for them would see the ledger as it was before.
pub(super) async fn sum_awards(
    tx: &TenantTx,
    members: &[MemberId],
    start: Option<DateTime<Utc>>,
) -> Result<HashMap<MemberId, Facts>, DbError> {
    let start = start.unwrap_or(DateTime::UNIX_EPOCH);
    let rows = of(tx, members).with("start", start).query(tx, FACTS).await?;
    let read = |row: &QueryResult| -> Result<_, DbError> {
        let facts = Facts { value: row.try_get("", "value")?, earliest: row.try_get("", "earliest")? };
        Ok((Id::from_uuid(row.try_get("", "member_id")?), facts))
    };
    rows.iter().map(read).collect()
}

fn of(tx: &TenantTx, members: &[MemberId]) -> Together {
    let ids: Vec<_> = members.iter().map(|id| id.uuid()).collect();
    Together::new(tx).with("tenant", tx.tenant().uuid()).with_any("members", &ids)
}

const POSITIONS: &str = "
UPDATE growth_positions SET path_version = g.path_version, node = g.node, value = g.value, moves = g.moves,
    since = NULLIF(g.since, {never}), floor_node = NULLIF(g.floor_node, ''), floor_on = NULLIF(g.floor_on, ''),
    floor_until = NULLIF(g.floor_until, {never}), review_at = NULLIF(g.review_at, {never})
FROM {given} g WHERE growth_positions.tenant_id = {tenant} AND growth_positions.member_id = g.member_id";

/// Writes positions, which are held.
pub(super) async fn put_positions(tx: &TenantTx, positions: &[(MemberId, Position)]) -> Result<(), DbError> {
    if positions.is_empty() {
        return Ok(());
    }
    // Stands for no time: PostgreSQL's arrays of parameters hold no NULL.
    let never = DateTime::<Utc>::UNIX_EPOCH;
    let each = || positions.iter().map(|(_, position)| position);
    let floors = || each().map(|position| position.floor.as_ref());
    let given = Given::default()
        .each("member_id", positions.iter().map(|(member, _)| member.uuid()))
        .each("path_version", each().map(|position| position.path_version))
        .each("node", each().map(|position| position.node.clone()))
        .each("value", each().map(|position| position.value))
        .each("moves", each().map(|position| position.moves))
        .each("since", each().map(|position| position.since.unwrap_or(never)))
        .each("floor_node", floors().map(|floor| floor.map(|floor| floor.node.clone()).unwrap_or_default()))
        .each("floor_on", floors().map(|floor| floor.map(|floor| spell_day(floor.on)).unwrap_or_default()))
        .each("floor_until", floors().map(|floor| floor.map_or(never, |floor| floor.until)))
        .each("review_at", each().map(|position| position.review_at.unwrap_or(never)));
    Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("never", never)
        .given("given", given)
        .step("positions", "growth_positions", POSITIONS, "false")
        .query(tx, "SELECT 1 AS done")
        .await?;
    Ok(())
}

/// A move, whose, and the position that it led to.
pub(super) type Moved = (MemberId, Move, Position);

/// Records moves that a review made.
pub(super) async fn insert_moves(tx: &TenantTx, moves: &[Moved], now: DateTime<Utc>) -> Result<(), DbError> {
    use growth_moves::{Column, Entity};
    let each = || moves.iter().map(|(_, moved, _)| moved);
    Bulk::new(Entity, moves.len())
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::MemberId, moves.iter().map(|(member, ..)| member.uuid()))
        .each(Column::Number, each().map(|moved| moved.number))
        .each(Column::Kind, each().map(|moved| moved.kind.as_str().to_owned()))
        .each(Column::Reason, each().map(|moved| moved.reason.as_str().to_owned()))
        .each(Column::FromNode, each().map(|moved| moved.from.0.clone()))
        .each(Column::FromName, each().map(|moved| moved.from.1.clone()))
        .each(Column::ToNode, each().map(|moved| moved.to.0.clone()))
        .each(Column::ToName, each().map(|moved| moved.to.1.clone()))
        .each(Column::Value, moves.iter().map(|(.., position)| position.value))
        .each(Column::PathVersion, moves.iter().map(|(.., position)| position.path_version))
        .same(Column::Actor, "system")
        .same(Column::MovedAt, now)
        .execute(tx)
        .await
}

/// Records a move that somebody made by hand: why, and who.
pub(super) async fn insert_by_hand(
    tx: &TenantTx,
    (member, moved, position): Moved,
    (text, actor, now): (String, &str, DateTime<Utc>),
) -> Result<(), DbError> {
    let row = growth_moves::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        member_id: Set(member.uuid()),
        number: Set(moved.number),
        kind: Set(moved.kind.as_str().to_owned()),
        reason: Set(moved.reason.as_str().to_owned()),
        from_node: Set(moved.from.0),
        from_name: Set(moved.from.1),
        to_node: Set(moved.to.0),
        to_name: Set(moved.to.1),
        value: Set(position.value),
        path_version: Set(position.path_version),
        text: Set(Some(text)),
        kept_on: Set(position.floor.map(|floor| spell_day(floor.on))),
        actor: Set(actor.to_owned()),
        moved_at: Set(now),
    };
    tx.insert(row).await
}
