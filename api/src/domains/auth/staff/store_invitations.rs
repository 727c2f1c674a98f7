//! Reads and writes `invitations`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LockType, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, QueryResult};
use shequn_entity::invitations::{ActiveModel, Column, Entity};

use super::model::{InvitationFilter, InvitationStatus, Life};
use super::row::InvitationRow;
use crate::actor::Role;
use crate::error::ApiError;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, InvitationId, MembershipId};
use crate::platform::locale::Locale;

const COLUMNS: [Column; 12] = [
    Column::Id,
    Column::EmailEnc,
    Column::EmailBidx,
    Column::DisplayName,
    Column::Role,
    Column::Locale,
    Column::Version,
    Column::InvitedBy,
    Column::ExpiresAt,
    Column::AcceptedAt,
    Column::RevokedAt,
    Column::CreatedAt,
];

/// A page of the tenant's invitations, the newest in front.
pub(super) async fn list(
    tx: &TenantTx,
    filter: &InvitationFilter,
    page: &KeysetPage,
    now: DateTime<Utc>,
) -> Result<Slice<InvitationRow>, ApiError> {
    let order = KeysetOrder { key: Expr::col(Column::CreatedAt), id: Expr::col(Column::Id), descending: true };
    let mut select = select(tx);
    restrict(&mut select, filter, now);
    page.apply(&mut select, &order);
    let rows = tx.query_all(&select).await.map_err(DbError::from)?;
    Ok(page.finish(rows.iter().map(read).collect::<Result<_, _>>()?))
}

/// How many invitations the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &InvitationFilter, now: DateTime<Utc>) -> Result<i64, ApiError> {
    let mut select = Query::select()
        .expr_as(Func::count(Expr::col(Column::Id)), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter, now);
    let row = tx.query_one(&select).await.map_err(DbError::from)?;
    Ok(row.map(|row| row.try_get("", "total")).transpose().map_err(DbError::from)?.unwrap_or(0))
}

pub(super) async fn find(tx: &TenantTx, id: InvitationId) -> Result<Option<InvitationRow>, ApiError> {
    find_one(tx, select(tx).and_where(Column::Id.eq(id.uuid()))).await
}

/// As [`find`], holding the row until the transaction ends.
pub(super) async fn lock(tx: &TenantTx, id: InvitationId) -> Result<Option<InvitationRow>, ApiError> {
    find_one(tx, select(tx).and_where(Column::Id.eq(id.uuid())).lock(LockType::Update)).await
}

/// The invitation that nobody has accepted or taken back, whatever its age.
pub(super) async fn lock_unanswered(tx: &TenantTx, email_bidx: &[u8]) -> Result<Option<InvitationRow>, ApiError> {
    let mut select = select(tx);
    select
        .and_where(Column::EmailBidx.eq(email_bidx.to_vec()))
        .and_where(Column::AcceptedAt.is_null().and(Column::RevokedAt.is_null()))
        .lock(LockType::Update);
    find_one(tx, &select).await
}

pub(super) async fn insert(tx: &TenantTx, row: &InvitationRow) -> Result<(), DbError> {
    tx.insert(ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(row.id.uuid()),
        email_enc: Set(row.email_enc.clone()),
        email_bidx: Set(row.email_bidx.clone()),
        display_name: Set(row.display_name.clone()),
        role: Set(row.role.as_str().to_owned()),
        locale: Set(row.locale.as_str().to_owned()),
        version: Set(row.version),
        invited_by: Set(row.invited_by.uuid()),
        expires_at: Set(row.life.expires_at),
        accepted_at: Set(row.life.accepted_at),
        revoked_at: Set(row.life.revoked_at),
        created_at: Set(row.created_at),
        updated_at: Set(row.created_at),
    })
    .await
}

/// Writes what can change: version, end, and what has become of it.
pub(super) async fn update(tx: &TenantTx, row: &InvitationRow, now: DateTime<Utc>) -> Result<(), ApiError> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(row.id.uuid()))
        .col_expr(Column::Version, Expr::value(row.version))
        .col_expr(Column::ExpiresAt, Expr::value(row.life.expires_at))
        .col_expr(Column::AcceptedAt, Expr::value(row.life.accepted_at))
        .col_expr(Column::RevokedAt, Expr::value(row.life.revoked_at))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes back what this person has invited to, in one of these roles, and nobody has accepted.
pub(super) async fn revoke_of(
    tx: &TenantTx,
    inviter: MembershipId,
    roles: &[Role],
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    tx.update::<Entity>()
        .filter(Column::InvitedBy.eq(inviter.uuid()))
        .filter(Column::Role.is_in(roles.iter().map(|role| role.as_str())))
        .filter(Column::AcceptedAt.is_null().and(Column::RevokedAt.is_null()))
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

fn select(tx: &TenantTx) -> SelectStatement {
    Query::select().columns(COLUMNS).from(Entity).and_where(tx.owns(Entity)).to_owned()
}

/// The same four cases as [`Life::status`].
fn restrict(select: &mut SelectStatement, filter: &InvitationFilter, now: DateTime<Utc>) {
    let unanswered = || Column::AcceptedAt.is_null().and(Column::RevokedAt.is_null());
    select.and_where_option(filter.status.map(|status| match status {
        InvitationStatus::Open => unanswered().and(Column::ExpiresAt.gt(now)),
        InvitationStatus::Expired => unanswered().and(Column::ExpiresAt.lte(now)),
        InvitationStatus::Accepted => Column::AcceptedAt.is_not_null(),
        InvitationStatus::Revoked => Column::AcceptedAt.is_null().and(Column::RevokedAt.is_not_null()),
    }));
}

async fn find_one(tx: &TenantTx, select: &SelectStatement) -> Result<Option<InvitationRow>, ApiError> {
    tx.query_one(select).await.map_err(DbError::from)?.as_ref().map(read).transpose()
}

fn read(row: &QueryResult) -> Result<InvitationRow, ApiError> {
    let named =
        || -> Result<(String, String), sea_orm::DbErr> { Ok((row.try_get("", "role")?, row.try_get("", "locale")?)) };
    let (role, locale) = named().map_err(DbError::from)?;
    let role = Role::parse(&role).ok_or_else(|| ApiError::internal("a stored role is unknown"))?;
    let locale = Locale::parse(&locale).ok_or_else(|| ApiError::internal("a stored language is unknown"))?;
    let read = || -> Result<_, sea_orm::DbErr> {
        Ok(InvitationRow {
            id: Id::from_uuid(row.try_get("", "id")?),
            email_enc: row.try_get("", "email_enc")?,
            email_bidx: row.try_get("", "email_bidx")?,
            display_name: row.try_get("", "display_name")?,
            role,
            locale,
            version: row.try_get("", "version")?,
            invited_by: Id::from_uuid(row.try_get("", "invited_by")?),
            life: Life {
                expires_at: row.try_get("", "expires_at")?,
                accepted_at: row.try_get("", "accepted_at")?,
                revoked_at: row.try_get("", "revoked_at")?,
            },
            created_at: row.try_get("", "created_at")?,
        })
    };
    Ok(read().map_err(DbError::from)?)
}
