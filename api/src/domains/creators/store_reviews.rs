//! Writes what reviewers decide, and reads it.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, Iterable as _, QueryFilter as _};
use shequn_entity::{submission_reviews, submissions};

use super::model_submission::MOST_REVIEWS;
use super::row::ReviewRow;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{EarningEventId, SubmissionId};

/// Writes a decision on a submission, which is held, and what the submission is by it; `event` is what an approval
/// recorded, at the time of the review. False when the submission is out of sight meanwhile.
pub(super) async fn decide(
    tx: &TenantTx,
    (review, marks): (&ReviewRow, serde_json::Value),
    event: Option<EarningEventId>,
) -> Result<bool, DbError> {
    use submissions::Column;
    let approved = event.is_some();
    let approved_at: Option<DateTime<Utc>> = approved.then_some(review.reviewed_at);
    let updated = tx
        .update::<submissions::Entity>()
        .filter(Column::Id.eq(review.submission.uuid()))
        .col_expr(Column::State, Expr::value(review.decision.leads_to().as_str()))
        .col_expr(Column::Reviews, Expr::value(review.number))
        .col_expr(Column::Score, Expr::value(review.score.filter(|_| approved)))
        .col_expr(Column::Points, Expr::value(if approved { review.points } else { 0 }))
        .col_expr(Column::EventId, Expr::value(event.map(|id| id.uuid())))
        .col_expr(Column::ApprovedAt, Expr::value(approved_at))
        .col_expr(Column::Note, Expr::value(review.note.clone()))
        .col_expr(Column::ReviewedAt, Expr::value(review.reviewed_at))
        .exec(tx)
        .await?;
    tx.insert(submission_reviews::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        submission_id: Set(review.submission.uuid()),
        number: Set(review.number),
        member_id: Set(review.member.uuid()),
        revision: Set(review.revision),
        decision: Set(review.decision.as_str().to_owned()),
        programme_version: Set(review.programme_version),
        marks: Set(marks),
        score: Set(review.score),
        level: Set(review.level.clone()),
        percent: Set(review.percent),
        points: Set(review.points),
        note: Set(review.note.clone()),
        actor: Set(review.actor.clone()),
        reviewed_at: Set(review.reviewed_at),
    })
    .await?;
    Ok(updated.rows_affected == 1)
}

/// The last decisions on each of these submissions, the newest first. Numbers have no gaps: they are counted from the
/// submission's own.
pub(super) async fn list(tx: &TenantTx, ids: &[SubmissionId]) -> Result<Vec<ReviewRow>, DbError> {
    use submission_reviews::{Column, Entity};
    let most = i32::try_from(MOST_REVIEWS).unwrap_or(i32::MAX);
    let is_of_it = Expr::col((submissions::Entity, submissions::Column::Id)).equals((Entity, Column::SubmissionId));
    let oldest = Expr::col((submissions::Entity, submissions::Column::Reviews)).sub(most);
    let select = Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .inner_join(submissions::Entity, tx.owns_in_whole(submissions::Entity).and(is_of_it))
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col((Entity, Column::SubmissionId)), ids.iter().map(|id| id.uuid())))
        .and_where(Expr::col((Entity, Column::Number)).gt(oldest))
        .order_by((Entity, Column::Number), Order::Desc)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(ReviewRow::read).collect::<Result<_, _>>()?)
}
