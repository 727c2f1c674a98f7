//! What members had approved, and what was handed in within some days.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, QueryResult};
use shequn_entity::submissions::{Column, Entity};

use super::model::Record;
use super::model_submission::{Reach, SubmissionState};
use super::row::named;
use super::store::is_seen;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MemberId};

/// What these members had approved after a time, and is approved still; those without have none.
pub(super) async fn sum_approved(
    tx: &TenantTx,
    members: &[MemberId],
    since: DateTime<Utc>,
) -> Result<HashMap<MemberId, Record>, DbError> {
    let select = Query::select()
        .column(Column::MemberId)
        .expr_as(Expr::col(Column::Id).count(), "approved")
        .expr_as(sum(Column::Score), "scores")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .and_where(Column::ApprovedAt.gt(since))
        .group_by_col(Column::MemberId)
        .to_owned();
    let read = |row: &QueryResult| -> Result<_, DbError> {
        let record = Record { approved: row.try_get("", "approved")?, scores: row.try_get("", "scores")? };
        Ok((Id::from_uuid(row.try_get("", "member_id")?), record))
    };
    tx.query_all(&select).await?.iter().map(read).collect()
}

/// What of the submissions of some days stands in one state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) state: SubmissionState,
    pub(super) count: i64,
    pub(super) scores: i64,
    pub(super) points: i64,
}

/// What became of the submissions that were handed in from one time on to before another, by state.
pub(super) async fn sum_by_state(
    tx: &TenantTx,
    reach: Reach<'_>,
    time: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Standing>, DbError> {
    let mut select = Query::select();
    select
        .column(Column::State)
        .expr_as(Expr::col(Column::Id).count(), "total")
        .expr_as(sum(Column::Score), "scores")
        .expr_as(sum(Column::Points), "points")
        .group_by_col(Column::State);
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        Ok(Standing {
            state: named(row, "state", SubmissionState::parse)?,
            count: row.try_get("", "total")?,
            scores: row.try_get("", "scores")?,
            points: row.try_get("", "points")?,
        })
    };
    let rows = tx.query_all(&submitted((tx, reach), select, time)).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// How many members handed something in from one time on to before another.
pub(super) async fn count_members(
    tx: &TenantTx,
    reach: Reach<'_>,
    time: (DateTime<Utc>, DateTime<Utc>),
) -> Result<i64, DbError> {
    let mut select = Query::select();
    select.expr_as(Expr::col(Column::MemberId).count_distinct(), "total");
    let row = tx.query_one(&submitted((tx, reach), select, time)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn submitted(
    (tx, reach): (&TenantTx, Reach<'_>),
    mut select: SelectStatement,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> SelectStatement {
    select
        .from(Entity)
        .and_where(is_seen(tx, reach))
        .and_where(Column::SubmittedAt.gte(from))
        .and_where(Column::SubmittedAt.lt(to))
        .to_owned()
}

fn sum(column: Column) -> Expr {
    Func::coalesce([Expr::col(column).sum(), Expr::val(0)]).cast_as("bigint")
}
