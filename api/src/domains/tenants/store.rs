//! Reads and writes `tenants`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query};
use sea_orm::{ConnectionTrait, QueryResult};
use shequn_entity::tenants::{Column, Entity};

use super::model::{Tenant, TenantPolicy};
use crate::error::ApiError;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, TenantId};

const COLUMNS: [Column; 6] =
    [Column::Id, Column::Slug, Column::Name, Column::Timezone, Column::Country, Column::Policy];

/// A row about to be inserted.
pub(super) struct NewRow<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) data_key: Vec<u8>,
    pub(super) now: DateTime<Utc>,
}

pub(super) async fn insert(tx: &SystemTx, row: NewRow<'_>) -> Result<(), ApiError> {
    let tenant = row.tenant;
    let policy = serde_json::to_value(&tenant.policy).map_err(ApiError::internal)?;
    let statement = Query::insert()
        .into_table(Entity)
        .columns([
            Column::Id,
            Column::Slug,
            Column::Name,
            Column::Timezone,
            Column::Country,
            Column::Status,
            Column::DataKey,
            Column::Policy,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .values_panic([
            tenant.id.uuid().into(),
            tenant.slug.as_str().into(),
            tenant.name.as_str().into(),
            tenant.timezone.name().into(),
            tenant.country.as_str().into(),
            "ACTIVE".into(),
            row.data_key.into(),
            policy.into(),
            row.now.into(),
            row.now.into(),
        ])
        .to_owned();
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

/// The tenant with this slug, whoever asks: sign-in comes before any scope.
pub(super) async fn find_by_slug(tx: &SystemTx, slug: &str) -> Result<Option<Tenant>, ApiError> {
    let statement =
        Query::select().columns(COLUMNS).from(Entity).and_where(Expr::col(Column::Slug).eq(slug)).to_owned();
    tx.query_one(&statement).await.map_err(DbError::from)?.as_ref().map(read).transpose()
}

pub(super) async fn list_active(tx: &SystemTx, ids: &[TenantId]) -> Result<Vec<Tenant>, ApiError> {
    let statement = Query::select()
        .columns(COLUMNS)
        .from(Entity)
        .and_where(is_any(tx, Expr::col(Column::Id), ids.iter().map(|id| id.uuid())))
        .and_where(Expr::col(Column::Status).eq("ACTIVE"))
        .to_owned();
    tx.query_all(&statement).await.map_err(DbError::from)?.iter().map(read).collect()
}

pub(super) async fn has_any(tx: &SystemTx) -> Result<bool, ApiError> {
    let statement = Query::select().column(Column::Id).from(Entity).limit(1).to_owned();
    Ok(tx.query_one(&statement).await.map_err(DbError::from)?.is_some())
}

pub(super) async fn get(tx: &TenantTx) -> Result<Tenant, ApiError> {
    let statement =
        Query::select().columns(COLUMNS).from(Entity).and_where(tx.is_tenant(Entity)).and_where(own_id(tx)).to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    read(&row.ok_or_else(|| ApiError::internal("a scope names a tenant that is gone"))?)
}

/// The policy, held until the transaction ends.
pub(super) async fn lock_policy(tx: &TenantTx) -> Result<TenantPolicy, ApiError> {
    let statement = Query::select()
        .columns(COLUMNS)
        .from(Entity)
        .and_where(tx.is_tenant(Entity))
        .and_where(own_id(tx))
        .lock(LockType::Update)
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    Ok(read(&row.ok_or_else(|| ApiError::internal("a scope names a tenant that is gone"))?)?.policy)
}

pub(super) async fn get_data_key(tx: &TenantTx) -> Result<Vec<u8>, ApiError> {
    let statement = Query::select()
        .column(Column::DataKey)
        .from(Entity)
        .and_where(tx.is_tenant(Entity))
        .and_where(own_id(tx))
        .to_owned();
    let row = tx.query_one(&statement).await.map_err(DbError::from)?;
    let row = row.ok_or_else(|| ApiError::internal("a scope names a tenant that is gone"))?;
    Ok(row.try_get("", "data_key").map_err(DbError::from)?)
}

pub(super) async fn update_policy(tx: &TenantTx, policy: &TenantPolicy, now: DateTime<Utc>) -> Result<(), ApiError> {
    let policy = serde_json::to_value(policy).map_err(ApiError::internal)?;
    let statement = Query::update()
        .table(Entity)
        .values([(Column::Policy, policy.into()), (Column::UpdatedAt, now.into())])
        .and_where(own_id(tx))
        .to_owned();
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

pub(super) async fn update_timezone(tx: &TenantTx, zone: Tz, now: DateTime<Utc>) -> Result<(), ApiError> {
    let statement = Query::update()
        .table(Entity)
        .values([(Column::Timezone, zone.name().into()), (Column::UpdatedAt, now.into())])
        .and_where(tx.is_tenant(Entity))
        .and_where(own_id(tx))
        .to_owned();
    tx.execute(&statement).await.map_err(DbError::from)?;
    Ok(())
}

/// The tenant's own row: what is wanted, apart from any wall.
fn own_id(tx: &TenantTx) -> sea_orm::sea_query::SimpleExpr {
    Expr::col((Entity, Column::Id)).eq(tx.tenant().uuid())
}

fn read(row: &QueryResult) -> Result<Tenant, ApiError> {
    let read = || -> Result<_, sea_orm::DbErr> {
        Ok((
            TenantId::from(Id::from_uuid(row.try_get("", "id")?)),
            row.try_get::<String>("", "slug")?,
            row.try_get::<String>("", "name")?,
            row.try_get::<String>("", "timezone")?,
            row.try_get::<String>("", "country")?,
            row.try_get::<serde_json::Value>("", "policy")?,
        ))
    };
    let (id, slug, name, timezone, country, policy) = read().map_err(DbError::from)?;
    Ok(Tenant {
        id,
        slug,
        name,
        timezone: timezone.parse().map_err(|_| ApiError::internal("a stored time zone is unknown"))?,
        country,
        policy: serde_json::from_value(policy).map_err(ApiError::internal)?,
    })
}
