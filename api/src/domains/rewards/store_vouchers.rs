//! Writes voucher codes, which it knows encrypted only, and hands them out.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryFilter as _};
use shequn_entity::reward_vouchers::{Column, Entity};

use crate::platform::db::any::is_any;
use crate::platform::db::together::{Given, Together};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, RedemptionId, RewardId, VoucherId};

/// A code as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) id: VoucherId,
    pub(super) code: Vec<u8>,
    /// By which it is found again.
    pub(super) index: Vec<u8>,
}

/// Waits for whoever else is about to write the same code, and passes it over then.
const INSERT: &str = "
INSERT INTO reward_vouchers (tenant_id, id, reward_id, code_enc, code_index, redemption_id, added_at)
SELECT {tenant}, g.id, {reward}, g.code_enc, g.code_index, NULL, {now} FROM {given} g WHERE true ORDER BY g.code_index
ON CONFLICT (tenant_id, code_index) DO NOTHING";

/// Adds the codes that the tenant does not have; gives how many those were. They are written in the order of their
/// indexes, so that nobody waits in a circle.
pub(super) async fn insert(
    tx: &TenantTx,
    reward: RewardId,
    codes: &[Sealed],
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let given = Given::default()
        .each("id", codes.iter().map(|code| code.id.uuid()))
        .each("code_enc", codes.iter().map(|code| code.code.clone()))
        .each("code_index", codes.iter().map(|code| code.index.clone()));
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("reward", reward.uuid())
        .with("now", now)
        .given("given", given)
        .step("added", "reward_vouchers", INSERT, "tenant_id = {tenant} AND id IN (SELECT id FROM {given})")
        .query(tx, "SELECT id FROM {added} a")
        .await?;
    Ok(rows.len())
}

/// Which of these indexes are of codes that are none of those to be added.
pub(super) async fn list_known(tx: &TenantTx, codes: &[Sealed]) -> Result<Vec<Vec<u8>>, DbError> {
    let select = Query::select()
        .columns([Column::Id, Column::CodeIndex])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Expr::col(Column::CodeIndex).is_in(codes.iter().map(|code| code.index.clone())))
        .to_owned();
    let own: HashSet<_> = codes.iter().map(|code| code.id.uuid()).collect();
    let mut known = Vec::new();
    for row in tx.query_all(&select).await? {
        if !own.contains(&row.try_get("", "id")?) {
            known.push(row.try_get("", "code_index")?);
        }
    }
    Ok(known)
}

/// Hands out so many free codes of the reward, those that were added first before the others; gives how many. The reward is
/// held, so that nobody else takes any meanwhile.
pub(super) async fn hand_out(
    tx: &TenantTx,
    (reward, redemption): (RewardId, RedemptionId),
    quantity: i32,
) -> Result<u64, DbError> {
    let free = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::RewardId.eq(reward.uuid()))
        .and_where(Column::RedemptionId.is_null())
        .order_by(Column::Id, Order::Asc)
        .limit(u64::try_from(quantity).unwrap_or_default())
        .to_owned();
    let updated = tx
        .update::<Entity>()
        .filter(Expr::col(Column::Id).in_subquery(free))
        .col_expr(Column::RedemptionId, Expr::value(redemption.uuid()))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected)
}

/// The codes that these redemptions handed out, as they are stored.
pub(super) async fn list_of(
    tx: &TenantTx,
    redemptions: &[RedemptionId],
) -> Result<Vec<(RedemptionId, Sealed)>, DbError> {
    let select = Query::select()
        .columns([Column::Id, Column::RedemptionId, Column::CodeEnc, Column::CodeIndex])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::RedemptionId), redemptions.iter().map(|id| id.uuid())))
        .order_by(Column::Id, Order::Asc)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    let read = |row: &sea_orm::QueryResult| -> Result<_, DbError> {
        let sealed = Sealed {
            id: Id::from_uuid(row.try_get("", "id")?),
            code: row.try_get("", "code_enc")?,
            index: row.try_get("", "code_index")?,
        };
        Ok((Id::from_uuid(row.try_get("", "redemption_id")?), sealed))
    };
    rows.iter().map(read).collect()
}
