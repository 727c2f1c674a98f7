//! Reads and writes `members`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Cond, Expr, ExprTrait as _, Func, LockType, Order, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, QueryFilter as _};
use shequn_entity::members::{ActiveModel, Column, Entity};
use shequn_entity::{community_memberships, member_profile_values, member_tags};

use super::model::{Filter, Name, Sort};
use super::personal::INDEX_VERSION;
use super::profile::Attribute;
use super::row::MemberRow;
use crate::platform::db::any::is_any;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::prefix::starts_with;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::MemberId;
use crate::platform::text::sort_key;

/// A member about to be inserted, encrypted.
pub(super) struct NewRow {
    pub(super) id: MemberId,
    pub(super) name: Name,
    pub(super) external_ref: Option<String>,
    pub(super) phone_enc: Option<Vec<u8>>,
    pub(super) phone_bidx: Option<Vec<u8>>,
    pub(super) real_name_enc: Option<Vec<u8>>,
    pub(super) data_key: Vec<u8>,
}

/// Changed columns of a member, encrypted; the outer None leaves a column as it is.
#[derive(Default)]
pub(super) struct ChangedRow {
    pub(super) name: Option<Name>,
    pub(super) external_ref: Option<Option<String>>,
    /// Ciphertext and blind index.
    pub(super) phone: Option<Option<(Vec<u8>, Vec<u8>)>>,
    pub(super) real_name_enc: Option<Option<Vec<u8>>>,
}

/// A page of the tenant's members.
pub(super) async fn list(
    tx: &TenantTx,
    filter: &Filter,
    sort: Sort,
    page: &KeysetPage,
    mut columns: Columns<Column>,
) -> Result<Slice<MemberRow>, DbError> {
    let key = match sort {
        Sort::NameAsc | Sort::NameDesc => Column::NameKey,
        Sort::CreatedAtAsc | Sort::CreatedAtDesc => Column::CreatedAt,
    };
    columns.add(key);
    let order = KeysetOrder {
        key: Expr::col((Entity, key)),
        id: Expr::col((Entity, Column::Id)),
        descending: matches!(sort, Sort::NameDesc | Sort::CreatedAtDesc),
    };
    let mut select = select(tx, &columns);
    restrict(tx, &mut select, filter);
    page.apply(&mut select, &order);
    Ok(page.finish(fetch(tx, &select, &columns).await?))
}

/// How many members the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &Filter) -> Result<i64, DbError> {
    let mut select = Query::select()
        .expr_as(Func::count(Expr::col((Entity, Column::Id))), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(tx, &mut select, filter);
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Members by id, in no order; unknown ones are left out.
pub(super) async fn find_many(
    tx: &TenantTx,
    ids: &[MemberId],
    columns: &Columns<Column>,
) -> Result<Vec<MemberRow>, DbError> {
    let mut select = select(tx, columns);
    select.and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())));
    fetch(tx, &select, columns).await
}

/// What a single member is looked up by.
pub(super) enum Key {
    Id(MemberId),
    ExternalRef(String),
    /// Of an active member.
    Phone(Vec<u8>),
}

pub(super) async fn find_by(tx: &TenantTx, key: &Key, columns: &Columns<Column>) -> Result<Option<MemberRow>, DbError> {
    let mut select = select(tx, columns);
    match key {
        Key::Id(id) => select.and_where(Column::Id.eq(id.uuid())),
        Key::ExternalRef(text) => select.and_where(Column::ExternalRef.eq(text.as_str())),
        Key::Phone(index) => {
            select.and_where(Column::PhoneBidx.eq(index.clone())).and_where(Column::ArchivedAt.is_null())
        }
    };
    Ok(fetch(tx, &select, columns).await?.into_iter().next())
}

/// The row that a change is decided on, held until the transaction ends.
pub(super) async fn lock(tx: &TenantTx, id: MemberId) -> Result<Option<MemberRow>, DbError> {
    let columns = Columns::of([Column::Version, Column::ArchivedAt, Column::DataKey]);
    let mut select = select(tx, &columns);
    select.and_where(Column::Id.eq(id.uuid())).lock(LockType::Update);
    Ok(fetch(tx, &select, &columns).await?.into_iter().next())
}

/// Holds these against whoever else does, and against changes; rows that only refer to them do not wait.
pub(super) async fn lock_many(tx: &TenantTx, ids: &[MemberId]) -> Result<(), DbError> {
    let select = Query::select()
        .column((Entity, Column::Id))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())))
        .order_by((Entity, Column::Id), Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    tx.query_all(&select).await?;
    Ok(())
}

fn select(tx: &TenantTx, columns: &Columns<Column>) -> SelectStatement {
    Query::select()
        .column((Entity, Column::Id))
        .columns(columns.iter().filter(|column| !matches!(column, Column::Id)).map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned()
}

async fn fetch(tx: &TenantTx, select: &SelectStatement, columns: &Columns<Column>) -> Result<Vec<MemberRow>, DbError> {
    let rows = tx.query_all(select).await?;
    Ok(rows.iter().map(|row| MemberRow::read(row, columns)).collect::<Result<_, _>>()?)
}

fn restrict(tx: &TenantTx, select: &mut SelectStatement, filter: &Filter) {
    select.and_where(if filter.archived { Column::ArchivedAt.is_not_null() } else { Column::ArchivedAt.is_null() });
    if let Some(from) = filter.created_from {
        select.and_where(Column::CreatedAt.gte(from));
    }
    if let Some(to) = filter.created_to {
        select.and_where(Column::CreatedAt.lt(to));
    }
    if let Some(text) = &filter.text {
        let mut any = Cond::any()
            .add(starts_with(Expr::col((Entity, Column::NameKey)), &sort_key(&text.line)))
            .add(Column::ExternalRef.eq(text.line.as_str()));
        if let Some(index) = &text.phone_index {
            any = any.add(Column::PhoneBidx.eq(index.clone()));
        }
        select.cond_where(any);
    }
    let member = || Expr::col((Entity, Column::Id));
    if let Some(tag) = &filter.tag {
        use member_tags::{Column as Tag, Entity as Tags};
        let tagged = Query::select()
            .column(Tag::MemberId)
            .from(Tags)
            .and_where(tx.owns(Tags))
            .and_where(Tag::Tag.eq(tag.as_str()))
            .to_owned();
        select.and_where(member().in_subquery(tagged));
    }
    if let Some(city) = &filter.city {
        use member_profile_values::{Column as Value, Entity as Values};
        let there = Query::select()
            .column(Value::MemberId)
            .from(Values)
            .and_where(tx.owns(Values))
            .and_where(Value::Attribute.eq(Attribute::City.as_str()))
            .and_where(Value::ValueKey.eq(sort_key(city)))
            .to_owned();
        select.and_where(member().in_subquery(there));
    }
    if let Some(tier) = filter.tier {
        use community_memberships::{Column as Membership, Entity as Memberships};
        let belonging = Query::select()
            .column(Membership::MemberId)
            .from(Memberships)
            .and_where(tx.owns(Memberships))
            .and_where(Membership::Tier.eq(tier.as_str()))
            .and_where(Membership::LeftAt.is_null())
            .to_owned();
        select.and_where(member().in_subquery(belonging));
    }
}

pub(super) fn active_model(tx: &TenantTx, row: NewRow, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(row.id.uuid()),
        display_name: Set(row.name.text),
        name_key: Set(row.name.key),
        external_ref: Set(row.external_ref),
        phone_enc: Set(row.phone_enc),
        phone_bidx: Set(row.phone_bidx),
        bidx_version: Set(INDEX_VERSION),
        real_name_enc: Set(row.real_name_enc),
        data_key: Set(Some(row.data_key)),
        archived_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    }
}

pub(super) async fn update(tx: &TenantTx, id: MemberId, row: ChangedRow, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut update = touch(tx, id, now);
    if let Some(name) = row.name {
        update = update
            .col_expr(Column::DisplayName, Expr::value(name.text))
            .col_expr(Column::NameKey, Expr::value(name.key));
    }
    if let Some(external_ref) = row.external_ref {
        update = update.col_expr(Column::ExternalRef, Expr::value(external_ref));
    }
    if let Some(phone) = row.phone {
        let (sealed, index) = phone.unzip();
        update = update
            .col_expr(Column::PhoneEnc, Expr::value(sealed))
            .col_expr(Column::PhoneBidx, Expr::value(index))
            .col_expr(Column::BidxVersion, Expr::value(INDEX_VERSION));
    }
    if let Some(sealed) = row.real_name_enc {
        update = update.col_expr(Column::RealNameEnc, Expr::value(sealed));
    }
    update.exec(tx).await?;
    Ok(())
}

pub(super) async fn set_archived(
    tx: &TenantTx,
    id: MemberId,
    archived_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    touch(tx, id, now).col_expr(Column::ArchivedAt, Expr::value(archived_at)).exec(tx).await?;
    Ok(())
}

/// Moves the version on, alone or with other columns.
pub(super) fn touch(tx: &TenantTx, id: MemberId, now: DateTime<Utc>) -> sea_orm::UpdateMany<Entity> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
}
