//! Reads and writes requests, and what was moved by hand.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Cond, Expr, ExprTrait as _, LockType, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait as _, Iterable as _, QueryFilter as _, QueryResult,
};
use shequn_entity::points_approvals::{ActiveModel, Column, Entity};

use super::super::earning::RESERVED;
use super::super::model::EntryKind;
use super::model::{Filter, LIFE, Request, State};
use super::row::ApprovalRow;
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::together::Together;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MemberId, PointsApprovalId, PointsEntryId};
use crate::platform::text::spell_day;

/// By hand is what no rule paid, and what one paid for an event that a person recorded; what was reversed is not moved
/// any more. Numbers have no gaps and times never go back within an account, so that the entries of the window are those
/// behind the last one before it.
const MOVED: &str = "
WITH first AS MATERIALIZED (
    SELECT a.member_id, COALESCE((
        SELECT b.number FROM points_entries b
        WHERE b.tenant_id = {tenant} AND b.member_id = a.member_id AND b.asset = 'POINTS' AND b.posted_at <= {since}
        ORDER BY b.number DESC LIMIT 1), 0) AS behind
    FROM points_accounts a WHERE a.tenant_id = {tenant} AND a.member_id {members} AND a.asset = 'POINTS')
SELECT e.member_id, CAST(SUM(e.amount) AS bigint) AS moved
FROM first f JOIN points_entries e ON e.member_id = f.member_id AND e.number > f.behind
WHERE e.tenant_id = {tenant} AND e.asset = 'POINTS' AND e.kind = {kind}
    AND NOT EXISTS (SELECT 1 FROM earning_payments p
        JOIN earning_events v ON v.tenant_id = p.tenant_id AND v.id = p.event_id
        WHERE p.tenant_id = {tenant} AND p.entry_id = e.id AND (SUBSTR(e.actor, 1, 4) <> 'usr_' OR v.event IN (RESERVED)))
    AND NOT EXISTS (SELECT 1 FROM points_entries r WHERE r.tenant_id = {tenant} AND r.reverses_id = e.id)
GROUP BY e.member_id";

/// How many points were given to these members by hand since then, or taken. They are held already: a statement that
/// waited for them would see the ledger as it was before.
pub(super) async fn sum_by_hand(
    tx: &TenantTx,
    members: &[MemberId],
    (kind, since): (EntryKind, DateTime<Utc>),
) -> Result<HashMap<MemberId, i64>, DbError> {
    let ids: Vec<_> = members.iter().map(|id| id.uuid()).collect();
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("kind", kind.as_str())
        .with("since", since)
        .with_any("members", &ids)
        .query(tx, &MOVED.replace("RESERVED", &format!("'{}'", RESERVED.join("', '"))))
        .await?;
    let read = |row: &QueryResult| Ok((Id::from_uuid(row.try_get("", "member_id")?), row.try_get("", "moved")?));
    rows.iter().map(read).collect()
}

/// SQLite takes so many values at a time.
const AT_ONCE: usize = 200;

/// Keeps requests, of whoever `asked_by` is the label of, and behind whom these people may be.
pub(super) async fn insert(
    tx: &TenantTx,
    requests: &[Request],
    (asked_by, people): (&str, &serde_json::Value),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = |request: &Request| ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(request.id.uuid()),
        member_id: Set(request.member.uuid()),
        to_member_id: Set(request.to.map(|id| id.uuid())),
        kind: Set(request.kind.as_str().to_owned()),
        amount: Set(request.amount),
        source: Set(request.source.map(|source| source.as_str().to_owned())),
        reason: Set(request.reason.clone()),
        reference: Set(request.reference.clone()),
        available_at: Set(request.available_at),
        expires_on: Set(request.expires_on.map(spell_day)),
        state: Set(State::Pending.as_str().to_owned()),
        asked_by: Set(asked_by.to_owned()),
        people: Set(people.clone()),
        created_at: Set(now),
        lapses_at: Set(now + LIFE),
        decided_by: Set(None),
        decided_at: Set(None),
        decision: Set(None),
        entry_id: Set(None),
    };
    for some in requests.chunks(AT_ONCE) {
        tx.insert_many(some.iter().map(row).collect()).await?;
    }
    Ok(())
}

/// How a request ended.
pub(super) struct Ending {
    pub(super) state: State,
    /// The label of whoever ended it.
    pub(super) by: String,
    pub(super) at: DateTime<Utc>,
    pub(super) decision: Option<String>,
    pub(super) entry: Option<PointsEntryId>,
}

/// Ends a request, which is held.
pub(super) async fn end(tx: &TenantTx, id: PointsApprovalId, ending: Ending) -> Result<(), DbError> {
    tx.update::<Entity>()
        .col_expr(Column::State, Expr::value(ending.state.as_str()))
        .col_expr(Column::DecidedBy, Expr::value(ending.by))
        .col_expr(Column::DecidedAt, Expr::value(ending.at))
        .col_expr(Column::Decision, Expr::value(ending.decision))
        .col_expr(Column::EntryId, Expr::value(ending.entry.map(|id| id.uuid())))
        .filter(Column::Id.eq(id.uuid()))
        .exec(tx)
        .await?;
    Ok(())
}

/// The request, held until the transaction ends.
pub(super) async fn lock(tx: &TenantTx, id: PointsApprovalId) -> Result<Option<ApprovalRow>, DbError> {
    let select = select(tx).and_where(Column::Id.eq(id.uuid())).lock(LockType::Update).to_owned();
    Ok(read(tx, &select).await?.pop())
}

/// Requests by id; unknown ones are left out.
pub(super) async fn list_by_id(tx: &TenantTx, ids: &[PointsApprovalId]) -> Result<Vec<ApprovalRow>, DbError> {
    let ids = ids.iter().map(|id| id.uuid());
    read(tx, select(tx).and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids))).await
}

/// Those that these entries were posted by.
pub(super) async fn list_of_entries(tx: &TenantTx, entries: &[PointsEntryId]) -> Result<Vec<ApprovalRow>, DbError> {
    let ids = entries.iter().map(|id| id.uuid());
    read(tx, select(tx).and_where(is_any(tx, Expr::col((Entity, Column::EntryId)), ids))).await
}

/// A page of requests, newest first.
pub(super) async fn list(
    tx: &TenantTx,
    (filter, now): (&Filter, DateTime<Utc>),
    page: &KeysetPage,
) -> Result<Slice<ApprovalRow>, DbError> {
    let mut select = select(tx);
    restrict(&mut select, (filter, now));
    let (key, id) = (Expr::col((Entity, Column::CreatedAt)), Expr::col((Entity, Column::Id)));
    page.apply(&mut select, &KeysetOrder { key, id, descending: true });
    Ok(page.finish(read(tx, &select).await?))
}

/// How many requests the filter lets through.
pub(super) async fn count(tx: &TenantTx, (filter, now): (&Filter, DateTime<Utc>)) -> Result<i64, DbError> {
    let mut select = Query::select()
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, (filter, now));
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn restrict(select: &mut SelectStatement, (filter, now): (&Filter, DateTime<Utc>)) {
    if let Some(member) = filter.member {
        select.and_where(Column::MemberId.eq(member.uuid()));
    }
    if !filter.states.is_empty() {
        select.cond_where(filter.states.iter().fold(Cond::any(), |any, state| any.add(is_in(*state, now))));
    }
}

fn is_in(state: State, now: DateTime<Utc>) -> Condition {
    let is_stored = |state: State| Cond::all().add(Column::State.eq(state.as_str()));
    match state {
        State::Pending => is_stored(State::Pending).add(Column::LapsesAt.gt(now)),
        State::Lapsed => is_stored(State::Pending).add(Column::LapsesAt.lte(now)),
        State::Approved | State::Rejected | State::Withdrawn => is_stored(state),
    }
}

fn select(tx: &TenantTx) -> SelectStatement {
    Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned()
}

async fn read(tx: &TenantTx, select: &SelectStatement) -> Result<Vec<ApprovalRow>, DbError> {
    Ok(tx.query_all(select).await?.iter().map(ApprovalRow::read).collect::<Result<_, _>>()?)
}
