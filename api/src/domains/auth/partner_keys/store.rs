//! Reads and writes `partner_keys` and `partner_key_communities`.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, QuerySelect, Value};
use shequn_entity::partner_key_communities::{self as communities, Entity as Communities};
use shequn_entity::partner_keys::{ActiveModel, Column, Entity, Model};

use super::model::{Checked, Standing};
use super::row::{PartnerKeyRow, standing};
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, Id, PartnerKeyId, UserId};

/// A key about to be inserted.
pub(super) struct NewRow {
    pub(super) id: PartnerKeyId,
    pub(super) key: Checked,
    pub(super) secret_hash: Vec<u8>,
    pub(super) created_by: Option<UserId>,
}

/// A page of the tenant's keys, newest first.
pub(super) async fn list(tx: &TenantTx, page: &KeysetPage) -> Result<Slice<PartnerKeyRow>, DbError> {
    let order = KeysetOrder {
        key: Expr::col((Entity, Column::CreatedAt)),
        id: Expr::col((Entity, Column::Id)),
        descending: true,
    };
    let mut select = tx.find::<Entity>();
    page.apply(QuerySelect::query(&mut select), &order);
    let rows = select.all(tx).await?;
    Ok(page.finish(with_communities(tx, rows).await?))
}

/// How many keys the tenant has.
pub(super) async fn count(tx: &TenantTx) -> Result<i64, DbError> {
    let select = Query::select()
        .expr_as(Func::count(Expr::col((Entity, Column::Id))), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Keys by id, in no order; unknown ones are left out.
pub(super) async fn find_many(tx: &TenantTx, ids: &[PartnerKeyId]) -> Result<Vec<PartnerKeyRow>, DbError> {
    let of = is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid()));
    let rows = tx.find::<Entity>().filter(of).all(tx).await?;
    with_communities(tx, rows).await
}

/// The key, held until the transaction ends.
pub(super) async fn lock(tx: &TenantTx, id: PartnerKeyId) -> Result<Option<PartnerKeyRow>, DbError> {
    let select = tx.find::<Entity>().filter(Column::Id.eq(id.uuid())).lock_exclusive();
    let rows = select.all(tx).await?;
    Ok(with_communities(tx, rows).await?.into_iter().next())
}

/// What decides on requests with this key.
pub(super) async fn find_standing(tx: &TenantTx, id: PartnerKeyId) -> Result<Option<Standing>, DbError> {
    let Some(row) = tx.find::<Entity>().filter(Column::Id.eq(id.uuid())).one(tx).await? else { return Ok(None) };
    let own = if row.restricted { list_communities(tx, &[row.id]).await? } else { HashMap::new() };
    Ok(Some(standing(row, own.into_values().flatten().collect())))
}

async fn with_communities(tx: &TenantTx, rows: Vec<Model>) -> Result<Vec<PartnerKeyRow>, DbError> {
    let restricted: Vec<_> = rows.iter().filter(|row| row.restricted).map(|row| row.id).collect();
    let mut all = list_communities(tx, &restricted).await?;
    let read = |row: Model| {
        let own = all.remove(&row.id).unwrap_or_default();
        PartnerKeyRow::read(row, own)
    };
    Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
}

async fn list_communities(
    tx: &TenantTx,
    keys: &[uuid::Uuid],
) -> Result<HashMap<uuid::Uuid, Vec<CommunityId>>, DbError> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let of = is_any(tx, Expr::col((Communities, communities::Column::KeyId)), keys.iter().copied());
    for row in tx.find::<Communities>().filter(of).all(tx).await? {
        found.entry(row.key_id).or_default().push(Id::from_uuid(row.community_id));
    }
    found.values_mut().for_each(|ids| ids.sort_unstable());
    Ok(found)
}

pub(super) async fn insert(tx: &TenantTx, new: NewRow, now: DateTime<Utc>) -> Result<(), DbError> {
    let NewRow { id, key, secret_hash, created_by } = new;
    tx.insert(ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(id.uuid()),
        name: Set(key.name.clone()),
        scopes: Set(scopes(&key)),
        restricted: Set(key.communities.is_some()),
        networks: Set(networks(&key)),
        secret_hash: Set(secret_hash),
        rotated_at: Set(None),
        rotated_by: Set(None),
        previous_rotated_by: Set(None),
        previous_secret_hash: Set(None),
        previous_secret_until: Set(None),
        expires_at: Set(key.expires_at),
        disabled_at: Set(None),
        revoked_at: Set(None),
        last_used_at: Set(None),
        last_used_address: Set(None),
        created_by: Set(created_by.map(Id::uuid)),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    })
    .await?;
    insert_communities(tx, id, &key).await
}

async fn insert_communities(tx: &TenantTx, key: PartnerKeyId, of: &Checked) -> Result<(), DbError> {
    let row = |community: &CommunityId| communities::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        key_id: Set(key.uuid()),
        community_id: Set(community.uuid()),
    };
    tx.insert_many(of.communities.iter().flatten().map(row).collect()).await
}

pub(super) async fn update(tx: &TenantTx, id: PartnerKeyId, key: &Checked, now: DateTime<Utc>) -> Result<(), DbError> {
    touch(tx, id, now)
        .col_expr(Column::Name, Expr::value(key.name.as_str()))
        .col_expr(Column::Scopes, Expr::value(scopes(key)))
        .col_expr(Column::Restricted, Expr::value(key.communities.is_some()))
        .col_expr(Column::Networks, Expr::value(networks(key)))
        .col_expr(Column::ExpiresAt, Expr::value(key.expires_at))
        .exec(tx)
        .await?;
    tx.delete::<Communities>().filter(communities::Column::KeyId.eq(id.uuid())).exec(tx).await?;
    insert_communities(tx, id, key).await
}

/// Makes another secret the key's; the one before stays good for `overlap`.
pub(super) async fn rotate(
    tx: &TenantTx,
    id: PartnerKeyId,
    (hash, overlap, rotator): (Vec<u8>, TimeDelta, UserId),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let keeps = overlap > TimeDelta::zero();
    let before = if keeps { Expr::col(Column::SecretHash) } else { Expr::value(Value::Bytes(None)) };
    touch(tx, id, now)
        .col_expr(Column::PreviousSecretHash, before)
        .col_expr(Column::PreviousSecretUntil, Expr::value(keeps.then(|| now + overlap)))
        .col_expr(Column::SecretHash, Expr::value(hash))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::PreviousRotatedBy, Expr::col(Column::RotatedBy))
        .col_expr(Column::RotatedBy, Expr::value(rotator.uuid()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Who was given the key's secret, or the one before: whoever made the key, and the last two who rotated it.
pub(super) async fn list_holders(tx: &TenantTx, id: PartnerKeyId) -> Result<Vec<UserId>, DbError> {
    let key = tx.find::<Entity>().filter(Column::Id.eq(id.uuid())).one(tx).await?;
    let users = key.map(|key| [key.created_by, key.rotated_by, key.previous_rotated_by]);
    Ok(users.into_iter().flatten().flatten().map(Id::from_uuid).collect())
}

pub(super) async fn set_disabled(
    tx: &TenantTx,
    id: PartnerKeyId,
    disabled_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    touch(tx, id, now).col_expr(Column::DisabledAt, Expr::value(disabled_at)).exec(tx).await?;
    Ok(())
}

pub(super) async fn revoke(tx: &TenantTx, id: PartnerKeyId, now: DateTime<Utc>) -> Result<(), DbError> {
    touch(tx, id, now).col_expr(Column::RevokedAt, Expr::value(now)).exec(tx).await?;
    Ok(())
}

/// Notes a use, unless one after `unless_since` is noted: several processes may want to.
pub(super) async fn note_use(
    tx: &TenantTx,
    id: PartnerKeyId,
    (address, unless_since): (IpAddr, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::LastUsedAt.is_null().or(Column::LastUsedAt.lte(unless_since)))
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .col_expr(Column::LastUsedAddress, Expr::value(address.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

fn touch(tx: &TenantTx, id: PartnerKeyId, now: DateTime<Utc>) -> sea_orm::UpdateMany<Entity> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
}

fn scopes(key: &Checked) -> serde_json::Value {
    key.scopes.iter().map(|scope| scope.as_str()).collect()
}

fn networks(key: &Checked) -> serde_json::Value {
    key.networks.iter().map(ToString::to_string).collect()
}
