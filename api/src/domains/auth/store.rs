//! Reads and writes `users`, `tenant_memberships` and `sessions`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, QueryFilter as _, QueryResult};
use shequn_entity::{sessions, tenant_memberships, users};

use super::model::SessionRow;
use crate::actor::Role;
use crate::error::ApiError;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, MembershipId, SessionId, TenantId, UserId};

/// Status of a user or membership that may sign in.
const ACTIVE: &str = "ACTIVE";

/// What sign-in needs to know of an account in a tenant.
pub(super) struct Account {
    pub(super) user: UserId,
    pub(super) membership: MembershipId,
    pub(super) role: Role,
    pub(super) password_hash: String,
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
    use tenant_memberships::{Column as Membership, Entity as Memberships};
    let statement = Query::select()
        .column((users::Entity, users::Column::PasswordHash))
        .columns([(Memberships, Membership::Id), (Memberships, Membership::UserId), (Memberships, Membership::Role)])
        .from(users::Entity)
        .inner_join(
            Memberships,
            Expr::col((Memberships, Membership::UserId)).equals((users::Entity, users::Column::Id)),
        )
        .and_where(Membership::TenantId.eq(tenant.uuid()))
        .and_where(users::Column::EmailBidx.eq(email_bidx.to_vec()))
        .and_where(Membership::Status.eq(ACTIVE))
        .and_where(users::Column::Status.eq(ACTIVE))
        .to_owned();
    let Some(row) = tx.query_one(&statement).await.map_err(DbError::from)? else { return Ok(None) };
    let read = || -> Result<_, sea_orm::DbErr> {
        Ok((
            Id::from_uuid(row.try_get("", "user_id")?),
            Id::from_uuid(row.try_get("", "id")?),
            row.try_get::<String>("", "role")?,
            row.try_get::<String>("", "password_hash")?,
        ))
    };
    let (user, membership, role, password_hash) = read().map_err(DbError::from)?;
    Ok(Some(Account { user, membership, role: read_role(&role)?, password_hash }))
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

pub(super) async fn insert_user(tx: &SystemTx, user: NewUser, now: DateTime<Utc>) -> Result<(), ApiError> {
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
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

pub(super) async fn is_staff(tx: &SystemTx, tenant: TenantId, user: UserId) -> Result<bool, ApiError> {
    use tenant_memberships::Column;
    let statement = Query::select()
        .column(Column::Id)
        .from(tenant_memberships::Entity)
        .and_where(Column::TenantId.eq(tenant.uuid()).and(Column::UserId.eq(user.uuid())))
        .to_owned();
    Ok(tx.query_one(&statement).await.map_err(DbError::from)?.is_some())
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

pub(super) async fn insert_session(tx: &TenantTx, session: &SessionRow) -> Result<(), ApiError> {
    let row = sessions::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(session.id.uuid()),
        membership_id: Set(session.membership.uuid()),
        user_id: Set(session.user.uuid()),
        generation: Set(session.generation),
        rotated_at: Set(session.rotated_at),
        created_at: Set(session.rotated_at),
        last_used_at: Set(session.rotated_at),
        expires_at: Set(session.expires_at),
        revoked_at: Set(None),
        revoke_reason: Set(None),
    };
    Ok(tx.insert(row).await?)
}

/// A session of the transaction's tenant with its owner's present role.
pub(super) async fn find_session(tx: &TenantTx, id: SessionId) -> Result<Option<SessionRow>, ApiError> {
    read_session(tx, &select_session(tx, id)).await
}

/// As [`find_session`], holding the row until the transaction ends.
pub(super) async fn lock_session(tx: &TenantTx, id: SessionId) -> Result<Option<SessionRow>, ApiError> {
    let mut statement = select_session(tx, id);
    statement.lock_with_tables(LockType::Update, [sessions::Entity]);
    read_session(tx, &statement).await
}

fn select_session(tx: &TenantTx, id: SessionId) -> SelectStatement {
    use sessions::{Column, Entity};
    use tenant_memberships::{Column as Membership, Entity as Memberships};
    Query::select()
        .columns([
            (Entity, Column::TenantId),
            (Entity, Column::Id),
            (Entity, Column::UserId),
            (Entity, Column::MembershipId),
        ])
        .columns([(Entity, Column::Generation), (Entity, Column::RotatedAt), (Entity, Column::ExpiresAt)])
        .column((Entity, Column::RevokedAt))
        .columns([(Memberships, Membership::Role), (Memberships, Membership::Status)])
        .from(Entity)
        .inner_join(
            Memberships,
            Expr::col((Memberships, Membership::TenantId))
                .equals((Entity, Column::TenantId))
                .and(Expr::col((Memberships, Membership::Id)).equals((Entity, Column::MembershipId))),
        )
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        .to_owned()
}

async fn read_session(tx: &TenantTx, statement: &SelectStatement) -> Result<Option<SessionRow>, ApiError> {
    let Some(row) = tx.query_one(statement).await.map_err(DbError::from)? else { return Ok(None) };
    let role: String = row.try_get("", "role").map_err(DbError::from)?;
    let role = read_role(&role)?;
    Ok(Some(read_session_row(&row, role).map_err(DbError::from)?))
}

fn read_session_row(row: &QueryResult, role: Role) -> Result<SessionRow, sea_orm::DbErr> {
    let revoked: Option<DateTime<Utc>> = row.try_get("", "revoked_at")?;
    let status: String = row.try_get("", "status")?;
    Ok(SessionRow {
        tenant: Id::from_uuid(row.try_get("", "tenant_id")?),
        id: Id::from_uuid(row.try_get("", "id")?),
        user: Id::from_uuid(row.try_get("", "user_id")?),
        membership: Id::from_uuid(row.try_get("", "membership_id")?),
        role,
        generation: row.try_get("", "generation")?,
        rotated_at: row.try_get("", "rotated_at")?,
        expires_at: row.try_get("", "expires_at")?,
        is_ended: revoked.is_some() || status != ACTIVE,
    })
}

pub(super) async fn rotate_session(tx: &TenantTx, session: &SessionRow, now: DateTime<Utc>) -> Result<(), ApiError> {
    use sessions::Column;
    tx.update::<sessions::Entity>()
        .filter(Column::Id.eq(session.id.uuid()))
        .col_expr(Column::Generation, Expr::value(session.generation + 1))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Ends a session unless it has ended.
pub(super) async fn revoke_session(
    tx: &TenantTx,
    id: SessionId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    use sessions::Column;
    tx.update::<sessions::Entity>()
        .filter(Column::Id.eq(id.uuid()).and(Column::RevokedAt.is_null()))
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::RevokeReason, Expr::value(reason))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// The encrypted address of a user and the name it has in this tenant.
pub(super) async fn get_profile(tx: &TenantTx, membership: MembershipId) -> Result<(Vec<u8>, String), ApiError> {
    use tenant_memberships::{Column, Entity};
    let statement = Query::select()
        .column((users::Entity, users::Column::EmailEnc))
        .column((Entity, Column::DisplayName))
        .from(Entity)
        .inner_join(users::Entity, Expr::col((users::Entity, users::Column::Id)).equals((Entity, Column::UserId)))
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(membership.uuid()))
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    let row = row.ok_or_else(|| ApiError::internal("a signed-in person has no membership"))?;
    let read =
        || -> Result<_, sea_orm::DbErr> { Ok((row.try_get("", "email_enc")?, row.try_get("", "display_name")?)) };
    Ok(read().map_err(DbError::from)?)
}

fn read_role(text: &str) -> Result<Role, ApiError> {
    Role::parse(text).ok_or_else(|| ApiError::internal("a stored role is unknown"))
}
