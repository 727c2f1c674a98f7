//! Reads and writes what hangs on a member: `member_tags`, `member_identities`, `member_profile_values`.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, QueryFilter as _};
use shequn_entity::{member_identities, member_profile_values, member_tags};

use super::model::{Identity, IdentityKind};
use super::personal::INDEX_VERSION;
use super::profile::{Attribute, Observation, ProfileSource};
use super::row::IdentityRow;
use crate::domains::communities::Platform;
use crate::platform::db::any::is_any;
use crate::platform::db::bulk::Bulk;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, IdentityId, MemberId};

/// An identity about to be inserted, encrypted.
pub(super) struct NewIdentity {
    pub(super) id: IdentityId,
    pub(super) member: MemberId,
    pub(super) identity: Identity,
    pub(super) value_enc: Vec<u8>,
    pub(super) value_bidx: Vec<u8>,
}

pub(super) type ByMember<T> = HashMap<MemberId, Vec<T>>;

pub(super) async fn list_tags(tx: &TenantTx, members: &[MemberId]) -> Result<ByMember<String>, DbError> {
    use member_tags::{Column, Entity};
    let select = Query::select()
        .columns([Column::MemberId, Column::Tag])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .order_by(Column::Tag, sea_orm::Order::Asc)
        .to_owned();
    let mut found = ByMember::new();
    for row in tx.query_all(&select).await? {
        found.entry(Id::from_uuid(row.try_get("", "member_id")?)).or_default().push(row.try_get("", "tag")?);
    }
    Ok(found)
}

/// Rows for tags that are not there yet.
pub(super) async fn add_tags(tx: &TenantTx, tags: &[(MemberId, String)]) -> Result<(), DbError> {
    use member_tags::{Column, Entity};
    let kept = OnConflict::columns([Column::TenantId, Column::MemberId, Column::Tag]).do_nothing().to_owned();
    Bulk::new(Entity, tags.len())
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::MemberId, tags.iter().map(|(member, _)| member.uuid()))
        .each(Column::Tag, tags.iter().map(|(_, tag)| tag.clone()))
        .on_conflict(kept)
        .execute(tx)
        .await
}

/// Leaves exactly these tags.
pub(super) async fn set_tags(tx: &TenantTx, member: MemberId, tags: &BTreeSet<String>) -> Result<(), DbError> {
    use member_tags::{Column, Entity};
    tx.delete::<Entity>()
        .filter(Column::MemberId.eq(member.uuid()))
        .filter(Column::Tag.is_not_in(tags.iter().map(String::as_str)))
        .exec(tx)
        .await?;
    let tags: Vec<_> = tags.iter().map(|tag| (member, tag.clone())).collect();
    add_tags(tx, &tags).await
}

pub(super) async fn list_identities(tx: &TenantTx, members: &[MemberId]) -> Result<ByMember<IdentityRow>, DbError> {
    use member_identities::{Column, Entity};
    let select = Query::select()
        .columns([Column::MemberId, Column::Id, Column::Kind, Column::Platform, Column::AppId])
        .columns([Column::ValueEnc, Column::CreatedAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .order_by(Column::Id, sea_orm::Order::Asc)
        .to_owned();
    let mut found = ByMember::new();
    for row in tx.query_all(&select).await? {
        let unknown = |what: &str| DbErr::Type(format!("{what} holds a value that is not of its table"));
        let identity = IdentityRow {
            id: Id::from_uuid(row.try_get("", "id")?),
            kind: IdentityKind::parse(&row.try_get::<String>("", "kind")?).ok_or_else(|| unknown("kind"))?,
            platform: Platform::parse(&row.try_get::<String>("", "platform")?).ok_or_else(|| unknown("platform"))?,
            app_id: row.try_get("", "app_id")?,
            value_enc: row.try_get("", "value_enc")?,
            created_at: row.try_get("", "created_at")?,
        };
        found.entry(Id::from_uuid(row.try_get("", "member_id")?)).or_default().push(identity);
    }
    Ok(found)
}

pub(super) fn identity_model(tx: &TenantTx, new: NewIdentity, now: DateTime<Utc>) -> member_identities::ActiveModel {
    member_identities::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(new.id.uuid()),
        member_id: Set(new.member.uuid()),
        kind: Set(new.identity.kind.as_str().to_owned()),
        platform: Set(new.identity.platform.as_str().to_owned()),
        app_id: Set(new.identity.app_id),
        value_enc: Set(new.value_enc),
        value_bidx: Set(new.value_bidx),
        bidx_version: Set(INDEX_VERSION),
        active: Set(true),
        created_at: Set(now),
    }
}

/// Removes an identity of this member; answers whether there was one.
pub(super) async fn delete_identity(tx: &TenantTx, member: MemberId, id: IdentityId) -> Result<bool, DbError> {
    use member_identities::{Column, Entity};
    let done = tx
        .delete::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::MemberId.eq(member.uuid()))
        .exec(tx)
        .await?;
    Ok(done.rows_affected > 0)
}

/// An archived member's identities may be taken by others.
pub(super) async fn set_identities_active(tx: &TenantTx, member: MemberId, active: IsActive) -> Result<(), DbError> {
    use member_identities::{Column, Entity};
    tx.update::<Entity>()
        .filter(Column::MemberId.eq(member.uuid()))
        .col_expr(Column::Active, Expr::value(active == IsActive::Yes))
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether identities are held against others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IsActive {
    Yes,
    No,
}

pub(super) async fn list_profile(tx: &TenantTx, members: &[MemberId]) -> Result<ByMember<Observation>, DbError> {
    use member_profile_values::{Column, Entity};
    let select = Query::select()
        .columns([Column::MemberId, Column::Attribute, Column::Source, Column::Value])
        .columns([Column::ValueKey, Column::ObservedAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .to_owned();
    let mut found = ByMember::new();
    for row in tx.query_all(&select).await? {
        let unknown = |what: &str| DbErr::Type(format!("{what} holds a value that is not of its table"));
        let value = Observation {
            attribute: Attribute::parse(&row.try_get::<String>("", "attribute")?)
                .ok_or_else(|| unknown("attribute"))?,
            source: ProfileSource::parse(&row.try_get::<String>("", "source")?).ok_or_else(|| unknown("source"))?,
            value: row.try_get("", "value")?,
            key: row.try_get("", "value_key")?,
            observed_at: row.try_get("", "observed_at")?,
        };
        found.entry(Id::from_uuid(row.try_get("", "member_id")?)).or_default().push(value);
    }
    Ok(found)
}

/// Stores values; a source's older value gives way, a newer one stays.
pub(super) async fn put_profile(tx: &TenantTx, values: &[(MemberId, Observation)]) -> Result<(), DbError> {
    use member_profile_values::{Column, Entity};
    if values.is_empty() {
        return Ok(());
    }
    let mut conflict = OnConflict::columns([Column::TenantId, Column::MemberId, Column::Attribute, Column::Source]);
    conflict.update_columns([Column::Value, Column::ValueKey, Column::ObservedAt]);
    conflict.action_and_where(Expr::col((Entity, Column::ObservedAt)).lte(Expr::col(("excluded", Column::ObservedAt))));
    let mut insert = Query::insert()
        .into_table(Entity)
        .columns([
            Column::TenantId,
            Column::MemberId,
            Column::Attribute,
            Column::Source,
            Column::Value,
            Column::ValueKey,
            Column::ObservedAt,
        ])
        .on_conflict(conflict)
        .to_owned();
    for (member, value) in values {
        insert.values_panic([
            tx.tenant().uuid().into(),
            member.uuid().into(),
            value.attribute.as_str().into(),
            value.source.as_str().into(),
            value.value.clone().into(),
            value.key.as_str().into(),
            value.observed_at.into(),
        ]);
    }
    tx.execute(&insert).await?;
    Ok(())
}
