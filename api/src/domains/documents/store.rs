//! Reads and writes `document_registries` and `trusted_documents`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LikeExpr, OnConflict, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, DbErr, QueryFilter as _, QueryResult, QuerySelect as _,
};
use shequn_entity::document_registries::{Column as RegistryColumn, Entity as Registries};
use shequn_entity::trusted_documents::{ActiveModel, Column, Entity};

use super::model::{Filter, Hash, Hashes, Mode};
use super::row::{DocumentRow, RegistryRow};
use crate::platform::db::any::is_any;
use crate::platform::db::bulk::Bulk;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{DocumentRegistryId, Id, PartnerKeyId, TenantId, TrustedDocumentId};

/// A document about to be inserted.
pub(super) struct NewDocument {
    pub(super) id: TrustedDocumentId,
    pub(super) document_id: String,
    pub(super) hash: Hash,
    pub(super) text: String,
    pub(super) operation_names: Vec<String>,
}

/// The id of a key's registry, or of the tenant's own.
pub(super) fn registry_id(tenant: TenantId, key: Option<PartnerKeyId>) -> DocumentRegistryId {
    Id::from_uuid(key.map_or(tenant.uuid(), Id::uuid))
}

/// A registry; None where nothing was ever done to one.
pub(super) async fn find(tx: &TenantTx, id: DocumentRegistryId) -> Result<Option<RegistryRow>, DbError> {
    let row = tx.find::<Registries>().filter(RegistryColumn::Id.eq(id.uuid())).one(tx).await?;
    Ok(row.as_ref().map(RegistryRow::read).transpose()?)
}

/// The registry that a key goes by: its own, else the tenant's.
pub(super) async fn find_for(tx: &TenantTx, key: Option<PartnerKeyId>) -> Result<Option<RegistryRow>, DbError> {
    let own = registry_id(tx.tenant(), key);
    let ids = [own.uuid(), tx.tenant().uuid()];
    let of = is_any(tx, Expr::col((Registries, RegistryColumn::Id)), ids);
    let rows = tx.find::<Registries>().filter(of).all(tx).await?;
    let row = rows.iter().find(|row| row.id == own.uuid()).or_else(|| rows.first());
    Ok(row.map(RegistryRow::read).transpose()?)
}

/// The registry, held until the transaction ends; None where nothing was ever done to one.
pub(super) async fn lock(tx: &TenantTx, id: DocumentRegistryId) -> Result<Option<RegistryRow>, DbError> {
    let row = tx.find::<Registries>().filter(RegistryColumn::Id.eq(id.uuid())).lock_exclusive().one(tx).await?;
    Ok(row.as_ref().map(RegistryRow::read).transpose()?)
}

/// Makes a registry unless it is there.
pub(super) async fn insert_if_absent(
    tx: &TenantTx,
    key: Option<PartnerKeyId>,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    Bulk::new(Registries, 1)
        .same(RegistryColumn::TenantId, tx.tenant().uuid())
        .same(RegistryColumn::Id, registry_id(tx.tenant(), key).uuid())
        .same(RegistryColumn::PartnerKeyId, key.map(Id::uuid))
        .same(RegistryColumn::Mode, mode.as_str())
        .same(RegistryColumn::CreatedAt, now)
        .same(RegistryColumn::UpdatedAt, now)
        .same(RegistryColumn::Version, 1)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .execute(tx)
        .await
}

/// Notes that a registry has changed, and how it treats other documents from now on.
pub(super) async fn touch(
    tx: &TenantTx,
    id: DocumentRegistryId,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.update::<Registries>()
        .filter(RegistryColumn::Id.eq(id.uuid()))
        .col_expr(RegistryColumn::Mode, Expr::value(mode.as_str()))
        .col_expr(RegistryColumn::UpdatedAt, Expr::value(now))
        .col_expr(RegistryColumn::Version, Expr::col(RegistryColumn::Version).add(1))
        .exec(tx)
        .await?;
    Ok(())
}

/// The hashes of all documents of a registry.
pub(super) async fn read_hashes(tx: &TenantTx, registry: DocumentRegistryId) -> Result<Hashes, DbError> {
    hashes(tx, &select_hashes(tx, registry)).await
}

/// The hashes of the documents with these ids; the caller keeps their number in bounds.
pub(super) async fn find_hashes<'a>(
    tx: &TenantTx,
    registry: DocumentRegistryId,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Hashes, DbError> {
    let mut select = select_hashes(tx, registry);
    select.and_where(Expr::col((Entity, Column::DocumentId)).is_in(ids));
    hashes(tx, &select).await
}

fn select_hashes(tx: &TenantTx, registry: DocumentRegistryId) -> SelectStatement {
    Query::select()
        .columns([Column::DocumentId, Column::Sha256].map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_of(registry))
        .to_owned()
}

async fn hashes(tx: &TenantTx, select: &SelectStatement) -> Result<Hashes, DbError> {
    let read = |row: &QueryResult| -> Result<(String, Hash), DbErr> {
        let hash: Vec<u8> = row.try_get("", "sha256")?;
        let hash = hash.try_into().map_err(|_| DbErr::Type("a hash of a document has another length".to_owned()))?;
        Ok((row.try_get("", "document_id")?, hash))
    };
    let rows: Vec<_> = tx.query_all(select).await?.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Hashes::of(rows))
}

/// The text of a document.
pub(super) async fn find_text(
    tx: &TenantTx,
    registry: DocumentRegistryId,
    hash: &Hash,
) -> Result<Option<String>, DbError> {
    let of = Column::Sha256.eq(hash.to_vec());
    let row = tx.find::<Entity>().filter(Column::RegistryId.eq(registry.uuid())).filter(of).one(tx).await?;
    Ok(row.map(|row| row.text))
}

/// A page of a registry's documents, newest first.
pub(super) async fn list(
    tx: &TenantTx,
    (registry, filter): (DocumentRegistryId, &Filter),
    page: &KeysetPage,
    columns: &Columns<Column>,
) -> Result<Slice<DocumentRow>, DbError> {
    let order = KeysetOrder {
        key: Expr::col((Entity, Column::CreatedAt)),
        id: Expr::col((Entity, Column::Id)),
        descending: true,
    };
    let always = [Column::Id, Column::DocumentId, Column::Sha256, Column::OperationNames, Column::CreatedAt];
    let mut select = restricted(tx, registry, filter);
    select.columns(always.map(|column| (Entity, column))).columns(columns.iter().map(|column| (Entity, column)));
    page.apply(&mut select, &order);
    let rows = tx.query_all(&select).await?;
    Ok(page.finish(rows.iter().map(|row| DocumentRow::read(row, columns)).collect::<Result<_, _>>()?))
}

/// How many documents the filter lets through.
pub(super) async fn count(tx: &TenantTx, registry: DocumentRegistryId, filter: &Filter) -> Result<i64, DbError> {
    let mut select = restricted(tx, registry, filter);
    select.expr_as(Func::count(Expr::col((Entity, Column::Id))), "total");
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn restricted(tx: &TenantTx, registry: DocumentRegistryId, filter: &Filter) -> SelectStatement {
    let mut select = Query::select().from(Entity).and_where(tx.owns(Entity)).and_where(is_of(registry)).to_owned();
    if let Some(id) = &filter.document_id {
        select.and_where(Expr::col((Entity, Column::DocumentId)).eq(id.as_str()));
    }
    if let Some(name) = &filter.operation_name {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // Names stand one space apart, so that none finds nothing; LIKE has its own idea of other signs.
        let name = if name.chars().all(is_name) { name.replace('_', "\\_") } else { String::new() };
        let pattern = LikeExpr::new(format!("% {name} %")).escape('\\');
        select.and_where(Expr::col((Entity, Column::OperationNames)).like(pattern));
    }
    select
}

/// Puts documents into a registry; the caller keeps their number in bounds.
pub(super) async fn insert(
    tx: &TenantTx,
    registry: DocumentRegistryId,
    documents: Vec<NewDocument>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = |document: NewDocument| ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(document.id.uuid()),
        registry_id: Set(registry.uuid()),
        document_id: Set(document.document_id),
        sha256: Set(document.hash.to_vec()),
        text: Set(document.text),
        operation_names: Set(spaced(&document.operation_names)),
        created_at: Set(now),
    };
    tx.insert_many(documents.into_iter().map(row).collect()).await
}

/// Takes documents out of a registry.
pub(super) async fn delete(tx: &TenantTx, registry: DocumentRegistryId, ids: &[String]) -> Result<(), DbError> {
    tx.delete::<Entity>()
        .filter(Column::RegistryId.eq(registry.uuid()))
        .filter(Column::DocumentId.is_in(ids.iter().map(String::as_str)))
        .exec(tx)
        .await?;
    Ok(())
}

fn is_of(registry: DocumentRegistryId) -> SimpleExpr {
    Expr::col((Entity, Column::RegistryId)).eq(registry.uuid())
}

fn spaced(names: &[String]) -> String {
    names.iter().fold(" ".to_owned(), |text, name| text + name + " ")
}
