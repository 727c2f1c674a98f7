//! Reads paths, positions and moves for whoever looks at them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, Iterable as _};
use shequn_entity::{growth_moves, growth_paths, growth_positions};

use super::model::{Path, Paths};
use super::model_review::Position;
use super::row::{MoveRow, read_path, read_position};
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeyValue, KeysetPage, Position as Place};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::MemberId;

/// The latest path, and those since the earliest of these versions.
pub(super) async fn list_paths(tx: &TenantTx, versions: impl IntoIterator<Item = i32>) -> Result<Paths, DbError> {
    use growth_paths::{Column, Entity};
    let mut select = Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .order_by(Column::Version, Order::Desc)
        .to_owned();
    match versions.into_iter().min() {
        Some(least) => select.and_where(Column::Version.gte(least)),
        None => select.limit(1),
    };
    let rows = tx.query_all(&select).await?;
    Ok(Paths::of(rows.iter().map(read_path).collect::<Result<Vec<_>, _>>()?))
}

/// Writes a version of the path; false when somebody was faster.
pub(super) async fn insert_path(
    tx: &TenantTx,
    path: &Path,
    (nodes, actor, now): (serde_json::Value, &str, DateTime<Utc>),
) -> Result<bool, DbError> {
    let row = growth_paths::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        version: Set(path.version),
        nodes: Set(nodes),
        window_months: Set(path.window_months.and_then(|months| i32::try_from(months).ok())),
        source: Set(path.source.clone()),
        actor: Set(actor.to_owned()),
        created_at: Set(now),
    };
    tx.insert_new(row).await
}

/// The positions of these members; those who were never given points have none.
pub(super) async fn list_positions(
    tx: &TenantTx,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Position>, DbError> {
    use growth_positions::{Column, Entity};
    let select = Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(read_position).collect::<Result<_, _>>()?)
}

/// How many members stand at each node, by its code.
pub(super) async fn count_by_node(tx: &TenantTx) -> Result<HashMap<String, i64>, DbError> {
    use growth_positions::{Column, Entity};
    let select = Query::select()
        .column(Column::Node)
        .expr_as(Expr::col(Column::MemberId).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .group_by_col(Column::Node)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok((row.try_get("", "node")?, row.try_get("", "total")?))).collect()
}

/// For each of these members a page of moves, the newest first, and one more. Numbers have no gaps, so that a page is
/// a range of them: that of a member ends at their last number, or before the cursor's.
pub(super) async fn list_moves(
    tx: &TenantTx,
    members: &[MemberId],
    page: &KeysetPage,
) -> Result<HashMap<MemberId, Vec<MoveRow>>, DbError> {
    use growth_moves::{Column, Entity};
    use growth_positions::{Column as Position, Entity as Positions};
    let number = || Expr::col((Entity, Column::Number));
    let (after, before) = (page.after.as_ref().and_then(number_of), page.before.as_ref().and_then(number_of));
    let wanted = i64::try_from(page.size).unwrap_or(i64::MAX - 1).saturating_add(1);
    let last: SimpleExpr = match after {
        Some(after) => Expr::val(after - 1),
        None => Expr::col((Positions, Position::Moves)),
    };
    let first = before.map_or(1, |before| before.saturating_add(1));
    let is_theirs = Expr::col((Positions, Position::MemberId)).eq(Expr::col((Entity, Column::MemberId)));
    let mut select = Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .inner_join(Positions, tx.owns(Positions).and(is_theirs))
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col((Entity, Column::MemberId)), members.iter().map(|id| id.uuid())))
        .and_where(number().lte(last.clone()))
        .and_where(number().gte(first))
        .to_owned();
    if page.backward {
        select.and_where(number().lt(first.saturating_add(wanted))).order_by_expr(number(), Order::Asc);
    } else {
        select.and_where(number().gt(last.sub(wanted))).order_by_expr(number(), Order::Desc);
    }
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in tx.query_all(&select).await? {
        let moved = MoveRow::read(&row)?;
        found.entry(moved.member).or_default().push(moved);
    }
    Ok(found)
}

fn number_of(place: &Place) -> Option<i64> {
    if let KeyValue::Long(number) = place.key { Some(number) } else { None }
}
