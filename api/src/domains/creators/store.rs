//! Reads and writes submissions and their revisions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait as _, Func, LockType, Order, Query, SelectStatement, SimpleExpr, WindowStatement,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, Iterable as _, QueryFilter as _};
use shequn_entity::submission_revisions::{self, Column as Said};
use shequn_entity::submissions::{self, Column, Entity};

use super::model_submission::{Content, Filter, Reach, SubmissionDraft, SubmissionState};
use super::row::{RevisionRow, SubmissionRow};
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MemberId, SubmissionId};

/// Holds a submission until the transaction ends; false when there is none. What it says is read afterwards, by a
/// statement of its own: this one may have waited.
pub(super) async fn lock(tx: &TenantTx, id: SubmissionId) -> Result<bool, DbError> {
    let select = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        .lock(LockType::Update)
        .to_owned();
    Ok(tx.query_one(&select).await?.is_some())
}

/// Submissions by id; unknown ones are left out.
pub(super) async fn list_by_id(
    tx: &TenantTx,
    reach: Reach<'_>,
    ids: &[SubmissionId],
) -> Result<Vec<SubmissionRow>, DbError> {
    let ids = ids.iter().map(|id| id.uuid());
    let select = select(tx, reach).and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids)).to_owned();
    read(tx, &select).await
}

/// A page of submissions, newest first.
pub(super) async fn list(
    tx: &TenantTx,
    (filter, reach): (&Filter, Reach<'_>),
    page: &KeysetPage,
) -> Result<Slice<SubmissionRow>, DbError> {
    let mut select = select(tx, reach);
    restrict(&mut select, filter);
    page.apply(&mut select, &newest_first());
    Ok(page.finish(read(tx, &select).await?))
}

/// How many submissions the filter lets through.
pub(super) async fn count(tx: &TenantTx, (filter, reach): (&Filter, Reach<'_>)) -> Result<i64, DbError> {
    let mut select = Query::select()
        .expr_as(Expr::col((Entity, Column::Id)).count(), "total")
        .from(Entity)
        .and_where(is_seen(tx, reach))
        .to_owned();
    restrict(&mut select, filter);
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// For each of these members a page of submissions, newest first, and one more.
pub(super) async fn list_of_members(
    tx: &TenantTx,
    (members, reach): (&[MemberId], Reach<'_>),
    page: &KeysetPage,
) -> Result<HashMap<MemberId, Vec<SubmissionRow>>, DbError> {
    let direction = if page.backward { Order::Asc } else { Order::Desc };
    let mut window = WindowStatement::partition_by((Entity, Column::MemberId));
    window.order_by((Entity, Column::SubmittedAt), direction.clone()).order_by((Entity, Column::Id), direction);
    let ids = members.iter().map(|id| id.uuid());
    let mut numbered = select(tx, reach);
    numbered.expr_window_as(Func::cust("ROW_NUMBER"), window, "place").and_where(is_any(
        tx,
        Expr::col((Entity, Column::MemberId)),
        ids,
    ));
    page.bound(&mut numbered, &newest_first());
    let select = Query::select()
        .column(Asterisk)
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(page.size + 1))
        .order_by("place", Order::Asc)
        .to_owned();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in read(tx, &select).await? {
        found.entry(row.member).or_default().push(row);
    }
    Ok(found)
}

/// How many submissions each of these members has; those without have no number.
pub(super) async fn count_of_members(
    tx: &TenantTx,
    (members, reach): (&[MemberId], Reach<'_>),
) -> Result<HashMap<MemberId, i64>, DbError> {
    let select = Query::select()
        .column(Column::MemberId)
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(is_seen(tx, reach))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .group_by_col(Column::MemberId)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok((Id::from_uuid(row.try_get("", "member_id")?), row.try_get("", "total")?))).collect()
}

/// How many submissions of the member nobody has decided on.
pub(super) async fn count_open(tx: &TenantTx, member: MemberId) -> Result<i64, DbError> {
    let open = SubmissionState::ALL.iter().filter(|state| state.is_open()).map(|state| state.as_str());
    let select = Query::select()
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::MemberId.eq(member.uuid()))
        .and_where(Column::State.is_in(open))
        .to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// How many submissions the member handed in after a time.
pub(super) async fn count_since(tx: &TenantTx, member: MemberId, since: DateTime<Utc>) -> Result<i64, DbError> {
    let select = Query::select()
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::MemberId.eq(member.uuid()))
        .and_where(Column::SubmittedAt.gt(since))
        .to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Writes a submission with its first revision; false when its reference is another's.
pub(super) async fn insert(
    tx: &TenantTx,
    id: SubmissionId,
    draft: &SubmissionDraft,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let is_new = tx
        .insert_new(submissions::ActiveModel {
            tenant_id: Set(tx.tenant().uuid()),
            id: Set(id.uuid()),
            member_id: Set(draft.member.uuid()),
            community_id: Set(draft.community.map(Id::uuid)),
            kind: Set(draft.kind.as_str().to_owned()),
            reference: Set(draft.reference.clone()),
            state: Set(SubmissionState::Submitted.as_str().to_owned()),
            revision: Set(1),
            reviews: Set(0),
            score: Set(None),
            points: Set(0),
            event_id: Set(None),
            approved_at: Set(None),
            note: Set(None),
            submitted_at: Set(now),
            revised_at: Set(now),
            reviewed_at: Set(None),
        })
        .await?;
    if !is_new {
        return Ok(false);
    }
    insert_revision(tx, (id, draft.member, 1), &draft.content, now).await?;
    Ok(true)
}

/// Writes the next revision of a submission, which is held and waits for a review again; false when the submission is out
/// of sight meanwhile.
pub(super) async fn revise(
    tx: &TenantTx,
    at: (SubmissionId, MemberId, i32),
    content: &Content,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    insert_revision(tx, at, content, now).await?;
    let (id, _, revision) = at;
    let updated = tx
        .update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Revision, Expr::value(revision))
        .col_expr(Column::State, Expr::value(SubmissionState::Submitted.as_str()))
        .col_expr(Column::RevisedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Notes that a submission, which is held, was taken back; false when it is out of sight meanwhile.
pub(super) async fn withdraw(tx: &TenantTx, id: SubmissionId) -> Result<bool, DbError> {
    let updated = tx
        .update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::State, Expr::value(SubmissionState::Withdrawn.as_str()))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

async fn insert_revision(
    tx: &TenantTx,
    (submission, member, revision): (SubmissionId, MemberId, i32),
    content: &Content,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.insert(submission_revisions::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        submission_id: Set(submission.uuid()),
        revision: Set(revision),
        member_id: Set(member.uuid()),
        title: Set(content.title.clone()),
        body: Set(content.body.clone()),
        links: Set(serde_json::Value::from(content.links.clone())),
        submitted_at: Set(now),
    })
    .await
}

/// What these submissions said, the newest first.
pub(super) async fn list_revisions(tx: &TenantTx, ids: &[SubmissionId]) -> Result<Vec<RevisionRow>, DbError> {
    let select = Query::select()
        .columns(Said::iter())
        .from(submission_revisions::Entity)
        .and_where(tx.owns(submission_revisions::Entity))
        .and_where(is_any(tx, Expr::col(Said::SubmissionId), ids.iter().map(|id| id.uuid())))
        .order_by(Said::Revision, Order::Desc)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(RevisionRow::read).collect::<Result<_, _>>()?)
}

/// What these submissions say now.
pub(super) async fn list_latest(tx: &TenantTx, ids: &[SubmissionId]) -> Result<Vec<RevisionRow>, DbError> {
    let select = Query::select()
        .columns(Said::iter().map(|column| (submission_revisions::Entity, column)))
        .from(submission_revisions::Entity)
        .inner_join(Entity, tx.owns(Entity).and(is_latest()))
        .and_where(tx.owns_in_whole(submission_revisions::Entity))
        .and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())))
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(RevisionRow::read).collect::<Result<_, _>>()?)
}

fn newest_first() -> KeysetOrder {
    let (key, id) = (Expr::col((Entity, Column::SubmittedAt)), Expr::col((Entity, Column::Id)));
    KeysetOrder { key, id, descending: true }
}

fn restrict(select: &mut SelectStatement, filter: &Filter) {
    let column = |column: Column| Expr::col((Entity, column));
    if let Some(state) = filter.state {
        select.and_where(column(Column::State).eq(state.as_str()));
    }
    if let Some(member) = filter.member {
        select.and_where(column(Column::MemberId).eq(member.uuid()));
    }
    if let Some(community) = filter.community {
        select.and_where(column(Column::CommunityId).eq(community.uuid()));
    }
    if let Some(kind) = filter.kind {
        select.and_where(column(Column::Kind).eq(kind.as_str()));
    }
}

/// The tenant's submissions, in the part of it that the authority is for; of these, those for no community or for one
/// within reach.
pub(super) fn is_seen(tx: &TenantTx, reach: Reach<'_>) -> SimpleExpr {
    let is_own = tx.owns(Entity);
    let Some(communities) = reach else { return is_own };
    let community = || Expr::col((Entity, Column::CommunityId));
    let is_within = is_any(tx, community(), communities.iter().map(|id| id.uuid()));
    is_own.and(community().is_null().or(is_within))
}

fn select(tx: &TenantTx, reach: Reach<'_>) -> SelectStatement {
    let columns = [
        Column::Id,
        Column::MemberId,
        Column::CommunityId,
        Column::Kind,
        Column::Reference,
        Column::State,
        Column::Revision,
        Column::Reviews,
        Column::Score,
        Column::Points,
        Column::EventId,
        Column::Note,
        Column::SubmittedAt,
        Column::RevisedAt,
        Column::ReviewedAt,
    ];
    Query::select()
        .columns(columns.map(|column| (Entity, column)))
        .column((submission_revisions::Entity, Said::Title))
        .from(Entity)
        .inner_join(submission_revisions::Entity, tx.owns_in_whole(submission_revisions::Entity).and(is_latest()))
        .and_where(is_seen(tx, reach))
        .to_owned()
}

fn is_latest() -> SimpleExpr {
    let said = |column: Said| Expr::col((submission_revisions::Entity, column));
    let is_of_it = said(Said::SubmissionId).equals((Entity, Column::Id));
    is_of_it.and(said(Said::Revision).equals((Entity, Column::Revision)))
}

async fn read(tx: &TenantTx, select: &SelectStatement) -> Result<Vec<SubmissionRow>, DbError> {
    Ok(tx.query_all(select).await?.iter().map(SubmissionRow::read).collect::<Result<_, _>>()?)
}
