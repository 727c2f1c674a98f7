//! Reads and writes `sessions`, with what the membership behind them says now.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Order, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, DbErr, QueryFilter as _, QueryResult};
use shequn_entity::{second_factors, sessions, tenant_memberships};

use super::model::{EndReason, Ending, IDLE_LIFE, Place, SessionRow, SessionView, end_if_unused};
use crate::domains::auth::store::{ACTIVE, read_role};
use crate::error::ApiError;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, SessionId, TenantId, UserId};

pub async fn insert(tx: &TenantTx, session: &SessionRow, place: Place) -> Result<(), ApiError> {
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
        client: Set(place.client),
        address: Set(Some(place.address)),
        stepped_up_at: Set(session.stepped_up_at),
    };
    Ok(tx.insert(row).await?)
}

/// A session of the transaction's tenant with its owner's present role and epoch.
pub async fn find(tx: &TenantTx, id: SessionId) -> Result<Option<SessionRow>, ApiError> {
    read(tx, &select(tx, id)).await
}

/// As [`find`], holding the row until the transaction ends.
pub async fn lock(tx: &TenantTx, id: SessionId) -> Result<Option<SessionRow>, ApiError> {
    let mut statement = select(tx, id);
    statement.lock_with_tables(LockType::Update, [sessions::Entity]);
    read(tx, &statement).await
}

fn select(tx: &TenantTx, id: SessionId) -> SelectStatement {
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
        .columns([(Entity, Column::RevokedAt), (Entity, Column::SteppedUpAt)])
        .column((second_factors::Entity, second_factors::Column::ConfirmedAt))
        .columns([(Memberships, Membership::Role), (Memberships, Membership::Status), (Memberships, Membership::Epoch)])
        .from(Entity)
        .inner_join(
            Memberships,
            Expr::col((Memberships, Membership::TenantId))
                .equals((Entity, Column::TenantId))
                .and(Expr::col((Memberships, Membership::Id)).equals((Entity, Column::MembershipId))),
        )
        .left_join(
            second_factors::Entity,
            Expr::col((second_factors::Entity, second_factors::Column::UserId)).equals((Entity, Column::UserId)),
        )
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        .to_owned()
}

async fn read(tx: &TenantTx, statement: &SelectStatement) -> Result<Option<SessionRow>, ApiError> {
    let Some(row) = tx.query_one(statement).await.map_err(DbError::from)? else { return Ok(None) };
    let role = read_role(&row)?;
    let read = || -> Result<_, DbErr> {
        let revoked: Option<DateTime<Utc>> = row.try_get("", "revoked_at")?;
        let status: String = row.try_get("", "status")?;
        let factor: Option<DateTime<Utc>> = row.try_get("", "confirmed_at")?;
        Ok(SessionRow {
            tenant: Id::from_uuid(row.try_get("", "tenant_id")?),
            id: Id::from_uuid(row.try_get("", "id")?),
            user: Id::from_uuid(row.try_get("", "user_id")?),
            membership: Id::from_uuid(row.try_get("", "membership_id")?),
            role,
            epoch: row.try_get("", "epoch")?,
            generation: row.try_get("", "generation")?,
            rotated_at: row.try_get("", "rotated_at")?,
            expires_at: row.try_get("", "expires_at")?,
            stepped_up_at: row.try_get("", "stepped_up_at")?,
            has_second_factor: factor.is_some(),
            is_ended: revoked.is_some() || status != ACTIVE,
        })
    };
    Ok(Some(read().map_err(DbError::from)?))
}

/// When a live session of any tenant ends at the latest; None if it is over.
pub async fn find_end(
    tx: &SystemTx,
    (tenant, id): (TenantId, SessionId),
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    use sessions::{Column, Entity};
    let statement = Query::select()
        .column(Column::ExpiresAt)
        .from(Entity)
        .and_where(Column::TenantId.eq(tenant.uuid()).and(Column::Id.eq(id.uuid())))
        .and_where(Column::RevokedAt.is_null())
        .and_where(Column::ExpiresAt.gt(now).and(Column::RotatedAt.gt(now - IDLE_LIFE)))
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    Ok(row.map(|row| row.try_get("", "expires_at")).transpose().map_err(DbError::from)?)
}

/// A person's live sessions in the transaction's tenant, the one used last first.
pub async fn list_live(tx: &TenantTx, user: UserId, now: DateTime<Utc>) -> Result<Vec<SessionView>, ApiError> {
    use sessions::{Column, Entity};
    let statement = Query::select()
        .columns([Column::Id, Column::Client, Column::Address])
        .columns([Column::CreatedAt, Column::LastUsedAt, Column::ExpiresAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::UserId.eq(user.uuid()))
        .and_where(Column::RevokedAt.is_null())
        .and_where(Column::ExpiresAt.gt(now).and(Column::RotatedAt.gt(now - IDLE_LIFE)))
        .order_by(Column::LastUsedAt, Order::Desc)
        .order_by(Column::Id, Order::Desc)
        .to_owned();
    let rows = tx.query_all(&statement).await.map_err(DbError::from)?;
    let view = |row: &QueryResult| -> Result<_, DbErr> {
        let last_used_at = row.try_get("", "last_used_at")?;
        Ok(SessionView {
            id: Id::from_uuid(row.try_get("", "id")?),
            client: row.try_get("", "client")?,
            address: row.try_get("", "address")?,
            created_at: row.try_get("", "created_at")?,
            last_used_at,
            expires_at: end_if_unused(last_used_at, row.try_get("", "expires_at")?),
        })
    };
    Ok(rows.iter().map(view).collect::<Result<_, _>>().map_err(DbError::from)?)
}

/// The live sessions of the transaction's tenant, whoever's they are.
pub async fn list_live_of_tenant(tx: &TenantTx, now: DateTime<Utc>) -> Result<Vec<SessionId>, ApiError> {
    use sessions::{Column, Entity};
    let statement = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::RevokedAt.is_null())
        .and_where(Column::ExpiresAt.gt(now).and(Column::RotatedAt.gt(now - IDLE_LIFE)))
        .to_owned();
    let rows = tx.query_all(&statement).await.map_err(DbError::from)?;
    let id = |row: &QueryResult| -> Result<_, DbErr> { Ok(Id::from_uuid(row.try_get("", "id")?)) };
    Ok(rows.iter().map(id).collect::<Result<_, _>>().map_err(DbError::from)?)
}

/// Notes that the owner has just proved who they are.
pub async fn step_up(tx: &TenantTx, id: SessionId, now: DateTime<Utc>) -> Result<(), ApiError> {
    use sessions::Column;
    tx.update::<sessions::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::SteppedUpAt, Expr::value(now))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Makes the next refresh token the good one.
pub async fn rotate(tx: &TenantTx, session: &SessionRow, place: Place, now: DateTime<Utc>) -> Result<(), ApiError> {
    use sessions::Column;
    tx.update::<sessions::Entity>()
        .filter(Column::Id.eq(session.id.uuid()))
        .col_expr(Column::Generation, Expr::value(session.generation + 1))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .col_expr(Column::Client, Expr::value(place.client))
        .col_expr(Column::Address, Expr::value(place.address))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Ends these sessions, those that have not ended yet.
pub async fn end(tx: &TenantTx, ids: &[SessionId], reason: EndReason, now: DateTime<Utc>) -> Result<(), ApiError> {
    use sessions::Column;
    if ids.is_empty() {
        return Ok(());
    }
    tx.update::<sessions::Entity>()
        .filter(is_any(tx, Expr::col(Column::Id), ids.iter().map(|id| id.uuid())))
        .filter(Column::RevokedAt.is_null())
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::RevokeReason, Expr::value(reason.as_str()))
        .exec(tx)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Forgets a person's sessions whose time was over before `limit`, revoked or not.
pub async fn delete_before(tx: &TenantTx, user: UserId, limit: DateTime<Utc>) -> Result<(), ApiError> {
    use sessions::Column;
    let old = Column::UserId.eq(user.uuid()).and(Column::ExpiresAt.lt(limit));
    tx.delete::<sessions::Entity>().filter(old).exec(tx).await.map_err(DbError::from)?;
    Ok(())
}

/// Ends every live session of a person in all tenants; gives those that it ended.
pub async fn end_everywhere(
    tx: &SystemTx,
    ending: Ending<UserId>,
    now: DateTime<Utc>,
) -> Result<Vec<(TenantId, SessionId)>, ApiError> {
    use sessions::{Column, Entity};
    use tenant_memberships::{Column as Membership, Entity as Memberships};
    let user = ending.whose.uuid();
    let tenants = Query::select()
        .column(Membership::TenantId)
        .from(Memberships)
        .and_where(Membership::UserId.eq(user))
        .to_owned();
    let statement = Query::update()
        .table(Entity)
        .value(Column::RevokedAt, now)
        .value(Column::RevokeReason, ending.reason.as_str())
        // By tenant first: that is how the index leads.
        .and_where(Expr::col(Column::TenantId).in_subquery(tenants))
        .and_where(Expr::col(Column::UserId).eq(user))
        .and_where(Expr::col(Column::RevokedAt).is_null())
        .and_where(Expr::col(Column::RotatedAt).gt(now - IDLE_LIFE))
        .and_where_option(ending.except.map(|(tenant, id)| {
            Expr::col(Column::TenantId).eq(tenant.uuid()).and(Expr::col(Column::Id).eq(id.uuid())).not()
        }))
        .returning(Query::returning().columns([Column::TenantId, Column::Id]))
        .to_owned();
    let rows = tx.query_all(&statement).await.map_err(DbError::from)?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        Ok((Id::from_uuid(row.try_get("", "tenant_id")?), Id::from_uuid(row.try_get("", "id")?)))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>().map_err(DbError::from)?)
}
