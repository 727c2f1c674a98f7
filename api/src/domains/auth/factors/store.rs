//! Reads and writes `second_factors` and `recovery_codes`.
//!
//! Both belong to people and not to tenants: what decides and writes works across tenants; within a tenant a
//! person may look at whether they have a factor, and the database shows no more there.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query, SimpleExpr};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr};
use shequn_entity::{recovery_codes, second_factors};

use crate::error::ApiError;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::UserId;

/// A stored factor, in force or waiting for its first code.
pub(super) struct Factor {
    /// Encrypted; equal bytes are the same enrolment.
    pub(super) secret_enc: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) confirmed_at: Option<DateTime<Utc>>,
}

pub(super) async fn find(tx: &SystemTx, user: UserId) -> Result<Option<Factor>, ApiError> {
    use second_factors::{Column, Entity};
    let statement = Query::select()
        .columns([Column::SecretEnc, Column::CreatedAt, Column::ConfirmedAt])
        .from(Entity)
        .and_where(Column::UserId.eq(user.uuid()))
        .to_owned();
    let Some(row) = tx.query_one(&statement).await.map_err(DbError::from)? else { return Ok(None) };
    let read = || -> Result<_, DbErr> {
        Ok(Factor {
            secret_enc: row.try_get("", "secret_enc")?,
            created_at: row.try_get("", "created_at")?,
            confirmed_at: row.try_get("", "confirmed_at")?,
        })
    };
    Ok(Some(read().map_err(DbError::from)?))
}

/// Since when a person has a factor, and how many recovery codes are left: for showing to that person.
pub(super) async fn look(tx: &TenantTx, user: UserId) -> Result<(Option<DateTime<Utc>>, i64), ApiError> {
    let confirmed = Query::select()
        .column(second_factors::Column::ConfirmedAt)
        .from(second_factors::Entity)
        .and_where(second_factors::Column::UserId.eq(user.uuid()))
        .to_owned();
    let row = tx.query_one(&confirmed).await.map_err(DbError::from)?;
    let confirmed = row.map(|row| row.try_get("", "confirmed_at")).transpose().map_err(DbError::from)?.flatten();
    let left = Query::select()
        .expr_as(Expr::col(recovery_codes::Column::UserId).count(), "left_over")
        .from(recovery_codes::Entity)
        .and_where(recovery_codes::Column::UserId.eq(user.uuid()))
        .and_where(recovery_codes::Column::UsedAt.is_null())
        .to_owned();
    let row = tx.query_one(&left).await.map_err(DbError::from)?;
    let left = row.map(|row| row.try_get("", "left_over")).transpose().map_err(DbError::from)?;
    Ok((confirmed, left.unwrap_or(0)))
}

/// Keeps a secret until its first code, in the place of one that still waited; false if a factor is in force.
pub(super) async fn put_pending(
    tx: &SystemTx,
    user: UserId,
    secret_enc: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    use second_factors::{Column, Entity};
    let conflict = OnConflict::column(Column::UserId)
        .update_columns([Column::SecretEnc, Column::CreatedAt, Column::LastStep])
        .action_and_where(Expr::col((Entity, Column::ConfirmedAt)).is_null())
        .to_owned();
    let statement = Query::insert()
        .into_table(Entity)
        .columns([Column::UserId, Column::SecretEnc, Column::CreatedAt, Column::LastStep])
        .values_panic([user.uuid().into(), secret_enc.into(), now.into(), 0_i64.into()])
        .on_conflict(conflict)
        .to_owned();
    Ok(tx.execute(&statement).await.map_err(DbError::from)?.rows_affected() == 1)
}

/// Puts a waiting secret in force, its first code used; false if it does not wait any more.
pub(super) async fn confirm(
    tx: &SystemTx,
    user: UserId,
    (secret_enc, step): (Vec<u8>, i64),
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    use second_factors::{Column, Entity};
    let statement = Query::update()
        .table(Entity)
        .value(Column::ConfirmedAt, now)
        .value(Column::LastStep, step)
        .and_where(is_enrolment(user, secret_enc))
        .and_where(Column::ConfirmedAt.is_null())
        .to_owned();
    Ok(tx.execute(&statement).await.map_err(DbError::from)?.rows_affected() == 1)
}

/// Uses the code of a step; false if that, or the code of a later step, has been used. One statement: of requests
/// that bring the same code, one changes the row.
pub(super) async fn use_step(
    tx: &SystemTx,
    user: UserId,
    (secret_enc, step): (Vec<u8>, i64),
) -> Result<bool, ApiError> {
    use second_factors::{Column, Entity};
    let statement = Query::update()
        .table(Entity)
        .value(Column::LastStep, step)
        .and_where(is_enrolment(user, secret_enc))
        .and_where(Column::ConfirmedAt.is_not_null())
        .and_where(Column::LastStep.lt(step))
        .to_owned();
    Ok(tx.execute(&statement).await.map_err(DbError::from)?.rows_affected() == 1)
}

/// The secret that a code was compared with, and none that came after it.
fn is_enrolment(user: UserId, secret_enc: Vec<u8>) -> SimpleExpr {
    use second_factors::Column;
    Column::UserId.eq(user.uuid()).and(Column::SecretEnc.eq(secret_enc))
}

/// Uses a recovery code; false if there is none like it, or not any more.
pub(super) async fn use_recovery_code(
    tx: &SystemTx,
    user: UserId,
    code_hash: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    use recovery_codes::{Column, Entity};
    let statement = Query::update()
        .table(Entity)
        .value(Column::UsedAt, now)
        .and_where(Column::UserId.eq(user.uuid()).and(Column::CodeHash.eq(code_hash)))
        .and_where(Column::UsedAt.is_null())
        .to_owned();
    Ok(tx.execute(&statement).await.map_err(DbError::from)?.rows_affected() == 1)
}

/// Puts new recovery codes in the place of all others.
pub(super) async fn replace_recovery_codes(
    tx: &SystemTx,
    user: UserId,
    hashes: Vec<Vec<u8>>,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    use recovery_codes::{Column, Entity};
    delete_recovery_codes(tx, user).await?;
    let mut statement = Query::insert();
    statement.into_table(Entity).columns([Column::UserId, Column::CodeHash, Column::CreatedAt]);
    for hash in hashes {
        statement.values_panic([user.uuid().into(), hash.into(), now.into()]);
    }
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

/// Takes a person's factor away, and its recovery codes; false if there is none, confirmed or waiting.
pub(super) async fn delete(tx: &SystemTx, user: UserId) -> Result<bool, ApiError> {
    use second_factors::{Column, Entity};
    delete_recovery_codes(tx, user).await?;
    let statement = Query::delete().from_table(Entity).and_where(Column::UserId.eq(user.uuid())).to_owned();
    Ok(tx.execute(&statement).await.map_err(DbError::from)?.rows_affected() == 1)
}

async fn delete_recovery_codes(tx: &SystemTx, user: UserId) -> Result<(), ApiError> {
    use recovery_codes::{Column, Entity};
    let statement = Query::delete().from_table(Entity).and_where(Column::UserId.eq(user.uuid())).to_owned();
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}
