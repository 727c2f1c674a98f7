//! Reads and writes the versions of the programme.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Order, Query};
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, Iterable as _};
use shequn_entity::creator_programmes::{ActiveModel, Column, Entity};

use super::model::Programme;
use super::row::read_programme;
use crate::platform::db::{DbError, TenantTx};

/// The latest version; None for a tenant that never had another than the default.
pub(super) async fn find_latest(tx: &TenantTx) -> Result<Option<Programme>, DbError> {
    let select = Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .order_by(Column::Version, Order::Desc)
        .limit(1)
        .to_owned();
    Ok(tx.query_one(&select).await?.as_ref().map(read_programme).transpose()?)
}

/// Writes a version; false when somebody was faster.
pub(super) async fn insert(
    tx: &TenantTx,
    programme: &Programme,
    (criteria, levels): (serde_json::Value, serde_json::Value),
    (actor, now): (&str, DateTime<Utc>),
) -> Result<bool, DbError> {
    tx.insert_new(ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        version: Set(programme.version),
        criteria: Set(criteria),
        levels: Set(levels),
        minimum_score: Set(programme.minimum_score),
        window_days: Set(programme.window_days),
        actor: Set(actor.to_owned()),
        created_at: Set(now),
    })
    .await
}
