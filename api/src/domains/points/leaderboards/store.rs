//! Reads boards: the scores of a period, of those who are in a community.
//!
//! The first places are a walk along the order's index, whatever the board's length. How many stand before a place is
//! counted: some 50 ms in the middle of a hundred thousand (ADR 0026).

use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, Statement};
use shequn_entity::leaderboard_scores::{Column, Entity};

use super::row::ScoreRow;
use crate::platform::db::keyset::KeysetPage;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::MemberId;

/// Which scores.
#[derive(Clone, Debug)]
pub(super) struct Board {
    /// Of which period.
    pub(super) key: String,
    /// Whose: the ids of those who are in the community now.
    pub(super) present: SelectStatement,
}

/// On which side of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

/// A page of scores, and one more.
pub(super) async fn list(tx: &TenantTx, board: &Board, page: &KeysetPage) -> Result<Vec<ScoreRow>, DbError> {
    let mut select = of(tx, board);
    select.columns([Column::MemberId, Column::Points, Column::ReachedAt]).limit(page.size.saturating_add(1));
    if let Some(after) = page.after.as_ref().and_then(ScoreRow::of_position) {
        select.and_where(beyond(&after, Side::Behind));
    }
    if let Some(before) = page.before.as_ref().and_then(ScoreRow::of_position) {
        select.and_where(beyond(&before, Side::Before));
    }
    let (down, up) = if page.backward { (Order::Asc, Order::Desc) } else { (Order::Desc, Order::Asc) };
    select.order_by(Column::Points, down).order_by(Column::ReachedAt, up.clone()).order_by(Column::MemberId, up);
    plan_for_this_board(tx).await?;
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(ScoreRow::read).collect::<Result<_, _>>()?)
}

/// How many stand before this one.
pub(super) async fn count_before(tx: &TenantTx, board: &Board, score: &ScoreRow) -> Result<i64, DbError> {
    count(tx, board, Some(beyond(score, Side::Before))).await
}

/// How many the board has.
pub(super) async fn count_all(tx: &TenantTx, board: &Board) -> Result<i64, DbError> {
    count(tx, board, None).await
}

async fn count(tx: &TenantTx, board: &Board, condition: Option<SimpleExpr>) -> Result<i64, DbError> {
    let mut select = of(tx, board);
    select.expr_as(Func::count(Expr::col(Column::MemberId)), "total");
    if let Some(condition) = condition {
        select.and_where(condition);
    }
    plan_for_this_board(tx).await?;
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// The score of a member who is on the board.
pub(super) async fn find(tx: &TenantTx, board: &Board, member: MemberId) -> Result<Option<ScoreRow>, DbError> {
    let mut select = of(tx, board);
    select.columns([Column::MemberId, Column::Points, Column::ReachedAt]).and_where(Column::MemberId.eq(member.uuid()));
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(ScoreRow::read).transpose()?)
}

fn of(tx: &TenantTx, board: &Board) -> SelectStatement {
    Query::select()
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Period.eq(board.key.as_str()))
        .and_where(Column::Points.gt(0))
        .and_where(Expr::col((Entity, Column::MemberId)).in_subquery(board.present.clone()))
        .to_owned()
}

/// More points first, of as many who had them first. The comparison of points alone bounds the walk along the index.
fn beyond(place: &ScoreRow, side: Side) -> SimpleExpr {
    let ties = Expr::tuple([Expr::col(Column::ReachedAt), Expr::col(Column::MemberId)]);
    let tie = Expr::tuple([Expr::val(place.reached_at), Expr::val(place.member.uuid())]);
    match side {
        Side::Before => Column::Points.gte(place.points).and(Column::Points.gt(place.points).or(ties.lt(tie))),
        Side::Behind => Column::Points.lte(place.points).and(Column::Points.lt(place.points).or(ties.gt(tie))),
    }
}

/// Whether to go along the scores or through the community depends on how large each is, and a plan that PostgreSQL
/// keeps for all boards knows neither: for a small community of a large tenant it is a thousand times slower.
async fn plan_for_this_board(tx: &TenantTx) -> Result<(), DbError> {
    if tx.is_postgres() {
        let sql = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)";
        tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    }
    Ok(())
}
