//! Reads `users` across tenants, for those who have no tenant yet or are in several.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, QueryResult};
use shequn_entity::tenant_memberships::{ActiveModel, Column as Membership, Entity as Memberships};
use shequn_entity::users::{Column, Entity};

use super::model::StaffStatus;
use crate::actor::Role;
use crate::error::ApiError;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, MembershipId, TenantId, UserId};

/// The account behind an address.
pub(super) struct Account {
    pub(super) user: UserId,
    pub(super) email_enc: Vec<u8>,
    pub(super) password_hash: String,
    /// Whether its owner may sign in anywhere.
    pub(super) is_active: bool,
}

/// The account with this address, whoever asks.
pub(super) async fn find_account(tx: &SystemTx, email_bidx: &[u8]) -> Result<Option<Account>, ApiError> {
    find_one(tx, Column::EmailBidx.eq(email_bidx.to_vec())).await
}

/// The account with this id, whoever asks.
pub(super) async fn find_account_by_id(tx: &SystemTx, user: UserId) -> Result<Option<Account>, ApiError> {
    find_one(tx, Column::Id.eq(user.uuid())).await
}

async fn find_one(tx: &SystemTx, condition: SimpleExpr) -> Result<Option<Account>, ApiError> {
    let select = Query::select()
        .columns([Column::Id, Column::EmailEnc, Column::PasswordHash, Column::Status])
        .from(Entity)
        .and_where(condition)
        .to_owned();
    let Some(row) = tx.query_one(&select).await.map_err(DbError::from)? else { return Ok(None) };
    let read = || -> Result<_, sea_orm::DbErr> {
        Ok(Account {
            user: Id::from_uuid(row.try_get("", "id")?),
            email_enc: row.try_get("", "email_enc")?,
            password_hash: row.try_get("", "password_hash")?,
            is_active: row.try_get::<String>("", "status")? == "ACTIVE",
        })
    };
    Ok(Some(read().map_err(DbError::from)?))
}

/// Where a person works, and by which membership with which epoch: the caller asks for nobody but themselves.
pub(super) async fn list_places(
    tx: &SystemTx,
    user: UserId,
) -> Result<Vec<(TenantId, Role, (MembershipId, i32))>, ApiError> {
    let select = Query::select()
        .columns([Membership::TenantId, Membership::Id, Membership::Role, Membership::Epoch])
        .from(Memberships)
        .and_where(Membership::UserId.eq(user.uuid()))
        .and_where(Membership::Status.eq(StaffStatus::Active.as_str()))
        .to_owned();
    let rows = tx.query_all(&select).await.map_err(DbError::from)?;
    let read = |row: &QueryResult| -> Result<_, sea_orm::DbErr> {
        Ok((
            Id::from_uuid(row.try_get("", "tenant_id")?),
            row.try_get::<String>("", "role")?,
            (Id::from_uuid(row.try_get("", "id")?), row.try_get("", "epoch")?),
        ))
    };
    let parse = |row| {
        let (tenant, role, membership) = read(row).map_err(DbError::from)?;
        let role = Role::parse(&role).ok_or_else(|| ApiError::internal("a stored role is unknown"))?;
        Ok((tenant, role, membership))
    };
    rows.iter().map(parse).collect()
}

/// Somebody who starts to work for the tenant.
pub(super) struct Joining {
    pub(super) user: UserId,
    /// For a membership that is not there yet.
    pub(super) id: MembershipId,
    pub(super) display_name: String,
    pub(super) role: Role,
}

/// Makes the membership, or begins an ended one anew; None when it has not ended.
pub(super) async fn join(tx: &TenantTx, joining: Joining, now: DateTime<Utc>) -> Result<Option<MembershipId>, DbError> {
    let select = Query::select()
        .columns([Membership::Id, Membership::Status])
        .from(Memberships)
        .and_where(tx.owns(Memberships))
        .and_where(Membership::UserId.eq(joining.user.uuid()))
        .lock(LockType::Update)
        .to_owned();
    let Some(row) = tx.query_one(&select).await? else {
        let id = joining.id;
        tx.insert(ActiveModel {
            tenant_id: Set(tx.tenant().uuid()),
            id: Set(id.uuid()),
            user_id: Set(joining.user.uuid()),
            display_name: Set(joining.display_name),
            role: Set(joining.role.as_str().to_owned()),
            status: Set(StaffStatus::Active.as_str().to_owned()),
            epoch: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
        })
        .await?;
        return Ok(Some(id));
    };
    if row.try_get::<String>("", "status")? == StaffStatus::Active.as_str() {
        return Ok(None);
    }
    let id: MembershipId = Id::from_uuid(row.try_get("", "id")?);
    tx.update::<Memberships>()
        .filter(Membership::Id.eq(id.uuid()))
        .col_expr(Membership::Status, Expr::value(StaffStatus::Active.as_str()))
        .col_expr(Membership::DisplayName, Expr::value(joining.display_name))
        .col_expr(Membership::Role, Expr::value(joining.role.as_str()))
        // What was signed for the old work is not good for the new.
        .col_expr(Membership::Epoch, Expr::col(Membership::Epoch).add(1))
        .col_expr(Membership::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(Some(id))
}
