//! Reads and changes `tenant_memberships` of one tenant.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LockType, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, QueryResult};
use shequn_entity::tenant_memberships::{Column, Entity};
use shequn_entity::{sessions, users};

use super::model::{StaffFilter, StaffStatus, Standing};
use super::row::StaffRow;
use crate::actor::Role;
use crate::error::ApiError;
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MembershipId, UserId};

/// A page of the tenant's staff, those who came first in front.
pub(super) async fn list(tx: &TenantTx, filter: &StaffFilter, page: &KeysetPage) -> Result<Slice<StaffRow>, ApiError> {
    let order = KeysetOrder {
        key: Expr::col((Entity, Column::CreatedAt)),
        id: Expr::col((Entity, Column::Id)),
        descending: false,
    };
    let mut select = select(tx);
    restrict(&mut select, filter);
    page.apply(&mut select, &order);
    Ok(page.finish(read_all(tx, &select).await?))
}

/// How many people the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &StaffFilter) -> Result<i64, ApiError> {
    let mut select = Query::select()
        .expr_as(Func::count(Expr::col((Entity, Column::Id))), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter);
    let row = tx.query_one(&select).await.map_err(DbError::from)?;
    Ok(row.map(|row| row.try_get("", "total")).transpose().map_err(DbError::from)?.unwrap_or(0))
}

/// Staff by id, in no order; unknown ones are left out.
pub(super) async fn find_many(tx: &TenantTx, ids: &[MembershipId]) -> Result<Vec<StaffRow>, ApiError> {
    let mut select = select(tx);
    select.and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())));
    read_all(tx, &select).await
}

/// When each of these people last signed in to the tenant, as far as their sessions tell.
pub(super) async fn list_last_sign_ins(
    tx: &TenantTx,
    people: &[UserId],
) -> Result<HashMap<UserId, DateTime<Utc>>, ApiError> {
    use sessions::{Column as Session, Entity as Sessions};
    let select = Query::select()
        .column(Session::UserId)
        .expr_as(Func::max(Expr::col(Session::CreatedAt)), "last")
        .from(Sessions)
        .and_where(tx.owns(Sessions))
        .and_where(is_any(tx, Expr::col(Session::UserId), people.iter().map(|id| id.uuid())))
        .group_by_col(Session::UserId)
        .to_owned();
    let rows = tx.query_all(&select).await.map_err(DbError::from)?;
    let read = |row: &QueryResult| -> Result<_, sea_orm::DbErr> {
        Ok((Id::from_uuid(row.try_get("", "user_id")?), row.try_get("", "last")?))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>().map_err(DbError::from)?)
}

/// What somebody is to the tenant.
pub(super) async fn lock_standing(tx: &TenantTx, id: MembershipId) -> Result<Option<Standing>, ApiError> {
    let select = Query::select()
        .columns([Column::Id, Column::Role, Column::Status])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    tx.query_one(&select).await.map_err(DbError::from)?.as_ref().map(read_standing).transpose()
}

/// What these people are to the tenant, and its owners: held until the transaction ends, so that of two decisions
/// at the same time the second sees what the first has made. In the order of ids, so that neither waits in a ring.
pub(super) async fn lock_standings(tx: &TenantTx, people: &[MembershipId]) -> Result<Vec<Standing>, ApiError> {
    let named = is_any(tx, Expr::col(Column::Id), people.iter().map(|id| id.uuid()));
    let is_owner = Column::Role.eq(Role::Owner.as_str()).and(Column::Status.eq(StaffStatus::Active.as_str()));
    let select = Query::select()
        .columns([Column::Id, Column::Role, Column::Status])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(named.or(is_owner))
        .order_by(Column::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    tx.query_all(&select).await.map_err(DbError::from)?.iter().map(read_standing).collect()
}

/// Begins or ends somebody's work.
pub(super) async fn update_status(
    tx: &TenantTx,
    id: MembershipId,
    status: StaffStatus,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Whether somebody with this address works for the tenant. Accounts outside it are not looked at.
pub(super) async fn has_active(tx: &TenantTx, email_bidx: &[u8]) -> Result<bool, ApiError> {
    let mut select = select(tx);
    select
        .and_where(users::Column::EmailBidx.eq(email_bidx.to_vec()))
        .and_where(Column::Status.eq(StaffStatus::Active.as_str()));
    Ok(tx.query_one(&select).await.map_err(DbError::from)?.is_some())
}

fn select(tx: &TenantTx) -> SelectStatement {
    Query::select()
        .columns([
            (Entity, Column::Id),
            (Entity, Column::UserId),
            (Entity, Column::DisplayName),
            (Entity, Column::Role),
            (Entity, Column::Status),
            (Entity, Column::CreatedAt),
        ])
        .column((users::Entity, users::Column::EmailEnc))
        .from(Entity)
        .inner_join(users::Entity, Expr::col((users::Entity, users::Column::Id)).equals((Entity, Column::UserId)))
        .and_where(tx.owns(Entity))
        .to_owned()
}

fn restrict(select: &mut SelectStatement, filter: &StaffFilter) {
    select
        .and_where_option(filter.role.map(|role| Column::Role.eq(role.as_str())))
        .and_where_option(filter.status.map(|status| Column::Status.eq(status.as_str())));
}

async fn read_all(tx: &TenantTx, select: &SelectStatement) -> Result<Vec<StaffRow>, ApiError> {
    tx.query_all(select).await.map_err(DbError::from)?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<StaffRow, ApiError> {
    let standing = read_standing(row)?;
    let read = || -> Result<_, sea_orm::DbErr> {
        Ok(StaffRow {
            id: standing.id,
            user: Id::from_uuid(row.try_get("", "user_id")?),
            email_enc: row.try_get("", "email_enc")?,
            display_name: row.try_get("", "display_name")?,
            role: standing.role,
            status: if standing.is_active { StaffStatus::Active } else { StaffStatus::Ended },
            created_at: row.try_get("", "created_at")?,
        })
    };
    Ok(read().map_err(DbError::from)?)
}

fn read_standing(row: &QueryResult) -> Result<Standing, ApiError> {
    let read = || -> Result<(_, String, String), sea_orm::DbErr> {
        Ok((row.try_get("", "id")?, row.try_get("", "role")?, row.try_get("", "status")?))
    };
    let (id, role, status) = read().map_err(DbError::from)?;
    Ok(Standing {
        id: Id::from_uuid(id),
        role: Role::parse(&role).ok_or_else(|| ApiError::internal("a stored role is unknown"))?,
        is_active: status == StaffStatus::Active.as_str(),
    })
}
