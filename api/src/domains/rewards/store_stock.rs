//! What there is of rewards: taken, given back, and changed by hand. A reward's row is the lock of its numbers.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Order, Query, SimpleExpr, WindowStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, Iterable as _, QueryFilter as _};
use shequn_entity::{reward_stock_moves, rewards};

use super::model::{MOST_STOCK, RewardState, StockChange};
use super::row::StockMoveRow;
use super::store;
use crate::platform::db::any::is_any;
use crate::platform::db::together::Together;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{RewardId, StockMoveId};

/// Where pieces of a reward go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    /// From the stock, until somebody fulfils the redemption.
    Reserve,
    /// From the stock to the member at once.
    HandOver,
    /// From what is reserved to the member.
    Fulfil,
    /// From what is reserved back into the stock.
    GiveBack,
}

impl Move {
    /// By how much the stock, what is reserved and what is fulfilled change.
    fn changes(self, quantity: i64) -> [i64; 3] {
        match self {
            Self::Reserve => [-quantity, quantity, 0],
            Self::HandOver => [-quantity, 0, quantity],
            Self::Fulfil => [0, -quantity, quantity],
            Self::GiveBack => [quantity, -quantity, 0],
        }
    }

    fn is_taking(self) -> bool {
        matches!(self, Self::Reserve | Self::HandOver)
    }
}

/// Moves pieces, and holds the reward from here on; false where it has fewer, or is not offered any more.
pub(super) async fn put(tx: &TenantTx, id: RewardId, (to, quantity): (Move, i32)) -> Result<bool, DbError> {
    use rewards::Column;
    let quantity = i64::from(quantity);
    let [stock, reserved, fulfilled] = to.changes(quantity);
    let plus = |column: Column, change: i64| -> SimpleExpr { Expr::col(column).add(change) };
    let mut update = tx
        .update::<rewards::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Stock, plus(Column::Stock, stock))
        .col_expr(Column::Reserved, plus(Column::Reserved, reserved))
        .col_expr(Column::Fulfilled, plus(Column::Fulfilled, fulfilled));
    if to.is_taking() {
        update = update
            .filter(Column::State.eq(RewardState::Active.as_str()))
            .filter(Column::Stock.is_null().or(Column::Stock.gte(quantity)));
    }
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Both in one statement, on PostgreSQL of one snapshot: what lapses meanwhile is in neither.
const RESTOCK: &str = "
UPDATE rewards SET stock = stock + l.quantity, reserved = reserved - l.quantity FROM (
    SELECT CAST(COALESCE(SUM(quantity), 0) AS bigint) AS quantity FROM redemptions
    WHERE tenant_id = {tenant} AND reward_id = {reward} AND state = 'LAPSED' AND NOT is_restocked) l
WHERE rewards.tenant_id = {tenant} AND rewards.id = {reward} AND l.quantity > 0";

const RESTOCKED: &str = "
UPDATE redemptions SET is_restocked = true
WHERE tenant_id = {tenant} AND reward_id = {reward} AND state = 'LAPSED' AND NOT is_restocked";

/// Holds the reward, and takes into its numbers what lapsed.
pub(super) async fn restock(tx: &TenantTx, id: RewardId) -> Result<(), DbError> {
    if !store::lock(tx, id).await? {
        return Ok(());
    }
    Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("reward", id.uuid())
        .step("restocked", "rewards", RESTOCK, "tenant_id = {tenant} AND id = {reward}")
        .step("lapsed", "redemptions", RESTOCKED, "tenant_id = {tenant} AND reward_id = {reward}")
        .query(tx, "SELECT 1 AS done")
        .await?;
    Ok(())
}

/// Changes the stock by hand, and says so; false where it would be negative or too large. The reward is held.
pub(super) async fn adjust(
    tx: &TenantTx,
    (id, reward): (StockMoveId, RewardId),
    change: &StockChange,
    (actor, now): (&str, DateTime<Utc>),
) -> Result<bool, DbError> {
    use rewards::{Column, Entity};
    let after = || Expr::col(Column::Stock).add(change.delta);
    let updated = tx
        .update::<Entity>()
        .filter(Column::Id.eq(reward.uuid()))
        .filter(after().gte(0).and(after().lte(MOST_STOCK)))
        .col_expr(Column::Stock, after())
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    let Some(row) = store::list_by_id(tx, &[reward]).await?.pop() else { return Ok(false) };
    tx.insert(reward_stock_moves::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(id.uuid()),
        reward_id: Set(reward.uuid()),
        delta: Set(change.delta),
        stock_after: Set(row.stock.unwrap_or_default()),
        reason: Set(change.reason.clone()),
        actor: Set(actor.to_owned()),
        moved_at: Set(now),
    })
    .await?;
    Ok(true)
}

/// Adds codes to the stock of a reward, which is held.
pub(super) async fn add_codes(tx: &TenantTx, id: RewardId, count: i64) -> Result<(), DbError> {
    use rewards::Column;
    tx.update::<rewards::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Stock, Expr::col(Column::Stock).add(count))
        .exec(tx)
        .await?;
    Ok(())
}

/// The last changes by hand of each of these rewards, the newest first.
pub(super) async fn list_moves(tx: &TenantTx, rewards: &[RewardId], most: u64) -> Result<Vec<StockMoveRow>, DbError> {
    use reward_stock_moves::{Column, Entity};
    let mut newest = WindowStatement::partition_by(Column::RewardId);
    newest.order_by(Column::MovedAt, Order::Desc).order_by(Column::Id, Order::Desc);
    let ranked = Query::select()
        .columns(Column::iter())
        .expr_window_as(Func::cust("ROW_NUMBER"), newest, "place")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::RewardId), rewards.iter().map(|id| id.uuid())))
        .to_owned();
    let select = Query::select()
        .expr(Expr::cust("*"))
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").lte(most))
        .order_by("place", Order::Asc)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(StockMoveRow::read).collect::<Result<_, _>>()?)
}
