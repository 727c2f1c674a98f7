//! Reads and writes `users` and `tenant_memberships`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, QueryFilter as _, QueryResult};
use shequn_entity::{second_factors, tenant_memberships, users};

use super::sessions::SessionOwner;
use crate::actor::Role;
use crate::error::ApiError;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, MembershipId, TenantId, UserId};

/// Status of a user or membership that may sign in.
pub(super) const ACTIVE: &str = "ACTIVE";

/// What sign-in needs to know of an account in a tenant.
pub(super) struct Account {
    /// Who, and where.
    pub(super) owner: SessionOwner,
    pub(super) password_hash: String,
}

/// What somebody is in a tenant now.
pub(super) struct Membership {
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) epoch: i32,
    pub(super) is_active: bool,
}

/// A user about to be inserted.
pub(super) struct NewUser {
    pub(super) id: UserId,
    pub(super) email_enc: Vec<u8>,
    pub(super) email_bidx: Vec<u8>,
    pub(super) password_hash: String,
}

/// A membership about to be inserted.
pub(super) struct NewMembership<'a> {
    pub(super) tenant: TenantId,
    pub(super) id: MembershipId,
    pub(super) user: UserId,
    pub(super) display_name: &'a str,
    pub(super) role: Role,
}

/// The active account behind an address in a tenant, before anybody is signed in.
pub(super) async fn find_account(
    tx: &SystemTx,
    tenant: TenantId,
    email_bidx: &[u8],
) -> Result<Option<Account>, ApiError> {
    let mut statement = select_account(tenant);
    statement.and_where(users::Column::EmailBidx.eq(email_bidx.to_vec()));
    read_account(tx, tenant, &statement).await
}

/// The active account behind a place in a tenant, between its password and its second factor.
pub(super) async fn find_account_of(
    tx: &SystemTx,
    tenant: TenantId,
    membership: MembershipId,
) -> Result<Option<Account>, ApiError> {
    let mut statement = select_account(tenant);
    statement.and_where(Expr::col((tenant_memberships::Entity, tenant_memberships::Column::Id)).eq(membership.uuid()));
    read_account(tx, tenant, &statement).await
}

fn select_account(tenant: TenantId) -> SelectStatement {
    use tenant_memberships::{Column as Membership, Entity as Memberships};
    Query::select()
        .column((users::Entity, users::Column::PasswordHash))
        .columns([(Memberships, Membership::Id), (Memberships, Membership::UserId), (Memberships, Membership::Epoch)])
        .column((second_factors::Entity, second_factors::Column::ConfirmedAt))
        .from(users::Entity)
        .inner_join(
            Memberships,
            Expr::col((Memberships, Membership::UserId)).equals((users::Entity, users::Column::Id)),
        )
        .left_join(
            second_factors::Entity,
            Expr::col((second_factors::Entity, second_factors::Column::UserId))
                .equals((users::Entity, users::Column::Id)),
        )
        .and_where(Membership::TenantId.eq(tenant.uuid()))
        .and_where(Membership::Status.eq(ACTIVE))
        .and_where(users::Column::Status.eq(ACTIVE))
        .to_owned()
}

async fn read_account(
    tx: &SystemTx,
    tenant: TenantId,
    statement: &SelectStatement,
) -> Result<Option<Account>, ApiError> {
    let Some(row) = tx.query_one(statement).await.map_err(DbError::from)? else { return Ok(None) };
    let read = || -> Result<_, DbErr> {
        let confirmed_at: Option<DateTime<Utc>> = row.try_get("", "confirmed_at")?;
        let owner = SessionOwner {
            tenant,
            user: Id::from_uuid(row.try_get("", "user_id")?),
            membership: Id::from_uuid(row.try_get("", "id")?),
            epoch: row.try_get("", "epoch")?,
            has_second_factor: confirmed_at.is_some(),
            proved_at: None,
            until: None,
        };
        Ok(Account { owner, password_hash: row.try_get("", "password_hash")? })
    };
    Ok(Some(read().map_err(DbError::from)?))
}

pub(super) async fn find_user(tx: &SystemTx, email_bidx: &[u8]) -> Result<Option<UserId>, ApiError> {
    let statement = Query::select()
        .column(users::Column::Id)
        .from(users::Entity)
        .and_where(users::Column::EmailBidx.eq(email_bidx.to_vec()))
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    Ok(row.map(|row| row.try_get("", "id")).transpose().map_err(DbError::from)?.map(Id::from_uuid))
}

pub(super) async fn insert_user(tx: &SystemTx, user: NewUser, now: DateTime<Utc>) -> Result<(), DbError> {
    use users::Column;
    let statement = Query::insert()
        .into_table(users::Entity)
        .columns([
            Column::Id,
            Column::EmailEnc,
            Column::EmailBidx,
            Column::PasswordHash,
            Column::Status,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .values_panic([
            user.id.uuid().into(),
            user.email_enc.into(),
            user.email_bidx.into(),
            user.password_hash.into(),
            ACTIVE.into(),
            now.into(),
            now.into(),
        ])
        .to_owned();
    tx.execute(&statement).await?;
    Ok(())
}

/// The place of a person in a tenant, whatever its status.
pub(super) async fn find_membership(
    tx: &SystemTx,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<MembershipId>, ApiError> {
    use tenant_memberships::Column;
    let statement = Query::select()
        .column(Column::Id)
        .from(tenant_memberships::Entity)
        .and_where(Column::TenantId.eq(tenant.uuid()).and(Column::UserId.eq(user.uuid())))
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    Ok(row.map(|row| row.try_get("", "id")).transpose().map_err(DbError::from)?.map(Id::from_uuid))
}

pub(super) async fn insert_membership(
    tx: &SystemTx,
    new: NewMembership<'_>,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    use tenant_memberships::Column;
    let statement = Query::insert()
        .into_table(tenant_memberships::Entity)
        .columns([
            Column::TenantId,
            Column::Id,
            Column::UserId,
            Column::DisplayName,
            Column::Role,
            Column::Status,
            Column::Epoch,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .values_panic([
            new.tenant.uuid().into(),
            new.id.uuid().into(),
            new.user.uuid().into(),
            new.display_name.into(),
            new.role.as_str().into(),
            ACTIVE.into(),
            1.into(),
            now.into(),
            now.into(),
        ])
        .to_owned();
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

/// Reads a membership of the transaction's tenant and holds it: whoever starts a session, or ends what a
/// membership may do, waits for the others. It comes before any lock on a session.
pub(super) async fn lock_membership(tx: &TenantTx, id: MembershipId) -> Result<Option<Membership>, ApiError> {
    use tenant_memberships::{Column, Entity};
    let statement = Query::select()
        .columns([Column::UserId, Column::Role, Column::Status, Column::Epoch])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        // Weaker than FOR UPDATE: rows that only refer to the membership may still be written.
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    let Some(row) = tx.query_one(&statement).await.map_err(DbError::from)? else { return Ok(None) };
    let role = read_role(&row)?;
    let read = || -> Result<_, DbErr> {
        let status: String = row.try_get("", "status")?;
        Ok(Membership {
            user: Id::from_uuid(row.try_get("", "user_id")?),
            role,
            epoch: row.try_get("", "epoch")?,
            is_active: status == ACTIVE,
        })
    };
    Ok(Some(read().map_err(DbError::from)?))
}

/// Holds all that a person is to tenants, in the order of ids; gives the epoch of one of them, if it is active.
pub(super) async fn lock_memberships_of(
    tx: &SystemTx,
    user: UserId,
    which: MembershipId,
) -> Result<Option<i32>, ApiError> {
    use tenant_memberships::{Column, Entity};
    let statement = Query::select()
        .columns([Column::Id, Column::Status, Column::Epoch])
        .from(Entity)
        .and_where(Column::UserId.eq(user.uuid()))
        .order_by(Column::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    let rows = tx.query_all(&statement).await.map_err(DbError::from)?;
    let read = |row: &QueryResult| -> Result<(MembershipId, String, i32), DbErr> {
        Ok((Id::from_uuid(row.try_get("", "id")?), row.try_get("", "status")?, row.try_get("", "epoch")?))
    };
    let all = rows.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(DbError::from)?;
    Ok(all.into_iter().find(|(id, status, _)| *id == which && status == ACTIVE).map(|(_, _, epoch)| epoch))
}

/// Makes the access tokens of a membership worthless.
pub(super) async fn raise_epoch(tx: &TenantTx, id: MembershipId, now: DateTime<Utc>) -> Result<(), ApiError> {
    use tenant_memberships::{Column, Entity};
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Epoch, Expr::col(Column::Epoch).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Makes the access tokens of a person worthless, in all tenants.
pub(super) async fn raise_epochs_of(tx: &SystemTx, user: UserId, now: DateTime<Utc>) -> Result<(), ApiError> {
    use tenant_memberships::{Column, Entity};
    let statement = Query::update()
        .table(Entity)
        .value(Column::Epoch, Expr::col(Column::Epoch).add(1))
        .value(Column::UpdatedAt, now)
        .and_where(Column::UserId.eq(user.uuid()))
        .to_owned();
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

pub(super) async fn update_role(
    tx: &TenantTx,
    id: MembershipId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    use tenant_memberships::{Column, Entity};
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Role, Expr::value(role.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// The password hash of somebody who works for the transaction's tenant.
pub(super) async fn get_password_hash(tx: &TenantTx, membership: MembershipId) -> Result<String, ApiError> {
    let row = get_person(tx, membership, users::Column::PasswordHash).await?;
    Ok(row.try_get("", "password_hash").map_err(DbError::from)?)
}

/// Puts a new hash in the place of the one that was looked at; false if that is not the account's any more.
pub(super) async fn replace_password(
    tx: &SystemTx,
    user: UserId,
    (old, new): (&str, &str),
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    use users::{Column, Entity};
    let statement = Query::update()
        .table(Entity)
        .value(Column::PasswordHash, new)
        .value(Column::UpdatedAt, now)
        .and_where(Column::Id.eq(user.uuid()).and(Column::PasswordHash.eq(old)))
        .to_owned();
    Ok(tx.execute(&statement).await.map_err(DbError::from)?.rows_affected() == 1)
}

/// The encrypted address of a user and the name it has in this tenant.
pub(super) async fn get_profile(tx: &TenantTx, membership: MembershipId) -> Result<(Vec<u8>, String), ApiError> {
    let row = get_person(tx, membership, users::Column::EmailEnc).await?;
    let read = || -> Result<_, DbErr> { Ok((row.try_get("", "email_enc")?, row.try_get("", "display_name")?)) };
    Ok(read().map_err(DbError::from)?)
}

/// The name of a membership and one column of the user behind it.
async fn get_person(tx: &TenantTx, membership: MembershipId, column: users::Column) -> Result<QueryResult, ApiError> {
    use tenant_memberships::{Column, Entity};
    let statement = Query::select()
        .column((users::Entity, column))
        .column((Entity, Column::DisplayName))
        .from(Entity)
        .inner_join(users::Entity, Expr::col((users::Entity, users::Column::Id)).equals((Entity, Column::UserId)))
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(membership.uuid()))
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    row.ok_or_else(|| ApiError::internal("a signed-in person has no membership"))
}

/// The role in a row's column `role`.
pub(super) fn read_role(row: &QueryResult) -> Result<Role, ApiError> {
    let text: String = row.try_get("", "role").map_err(DbError::from)?;
    Role::parse(&text).ok_or_else(|| ApiError::internal("a stored role is unknown"))
}
