//! Set-based reads and writes of an import: a handful of statements for a whole batch.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{ArrayType, Expr, ExprTrait as _, Func, LockType, OnConflict, Query, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, NotSet, QueryFilter as _, Value};
use shequn_entity::{community_memberships, import_jobs, member_identities, members};

use crate::domains::members::store::NewRow;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, Id, ImportId, MemberId};

/// A member that a row may fill.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: MemberId,
    pub(super) data_key: Option<Vec<u8>>,
    pub(super) is_archived: bool,
}

/// Where an identity belongs, without its plain value.
pub(super) type IdentityKey = (String, String, String, Vec<u8>);

/// The members with these references, held until the transaction ends.
pub(super) async fn lock_by_reference(tx: &TenantTx, references: &[&str]) -> Result<HashMap<String, Known>, DbError> {
    use members::{Column, Entity};
    let select = Query::select()
        .columns([Column::Id, Column::ExternalRef, Column::DataKey, Column::ArchivedAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any_text(tx, Expr::col(Column::ExternalRef), references))
        .order_by(Column::Id, sea_orm::Order::Asc)
        .lock(LockType::Update)
        .to_owned();
    let mut found = HashMap::new();
    for row in tx.query_all(&select).await? {
        let archived: Option<DateTime<Utc>> = row.try_get("", "archived_at")?;
        let known = Known {
            id: Id::from_uuid(row.try_get("", "id")?),
            data_key: row.try_get("", "data_key")?,
            is_archived: archived.is_some(),
        };
        found.insert(row.try_get("", "external_ref")?, known);
    }
    Ok(found)
}

/// Who has these phone numbers.
pub(super) async fn phone_holders(tx: &TenantTx, indexes: Vec<Vec<u8>>) -> Result<HashMap<Vec<u8>, MemberId>, DbError> {
    use members::{Column, Entity};
    let select = Query::select()
        .columns([Column::Id, Column::PhoneBidx])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::ArchivedAt.is_null())
        .and_where(is_any_bytes(tx, Expr::col(Column::PhoneBidx), indexes))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok((row.try_get("", "phone_bidx")?, Id::from_uuid(row.try_get("", "id")?)))).collect()
}

/// Who has these identities.
pub(super) async fn identity_holders(
    tx: &TenantTx,
    indexes: Vec<Vec<u8>>,
) -> Result<HashMap<IdentityKey, MemberId>, DbError> {
    use member_identities::{Column, Entity};
    let select = Query::select()
        .columns([Column::MemberId, Column::Kind, Column::Platform, Column::AppId, Column::ValueBidx])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Active.eq(true))
        .and_where(is_any_bytes(tx, Expr::col(Column::ValueBidx), indexes))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let key = (
                row.try_get("", "kind")?,
                row.try_get("", "platform")?,
                row.try_get("", "app_id")?,
                row.try_get("", "value_bidx")?,
            );
            Ok((key, Id::from_uuid(row.try_get("", "member_id")?)))
        })
        .collect()
}

/// Present memberships of these members.
pub(super) async fn present_memberships(
    tx: &TenantTx,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashSet<(CommunityId, MemberId)>, DbError> {
    use community_memberships::{Column, Entity};
    let select = Query::select()
        .columns([Column::CommunityId, Column::MemberId])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::LeftAt.is_null())
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.into_iter().map(Id::uuid)))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok((Id::from_uuid(row.try_get("", "community_id")?), Id::from_uuid(row.try_get("", "member_id")?))))
        .collect()
}

/// Makes members and fills known ones: a value that a row does not give stays.
pub(super) async fn put_members(tx: &TenantTx, rows: Vec<NewRow>, now: DateTime<Utc>) -> Result<(), DbError> {
    use members::{Column, Entity};
    if rows.is_empty() {
        return Ok(());
    }
    let kept = |column: Column| -> (Column, SimpleExpr) {
        let given = Expr::col(("excluded", column));
        (column, Func::coalesce([given, Expr::col((Entity, column))]).into())
    };
    let mut conflict = OnConflict::columns([Column::TenantId, Column::Id]);
    conflict
        .update_columns([Column::DisplayName, Column::NameKey, Column::UpdatedAt])
        .values([kept(Column::PhoneEnc), kept(Column::PhoneBidx), kept(Column::RealNameEnc)])
        .value(Column::Version, Expr::col((Entity, Column::Version)).add(1));
    let mut insert = Query::insert().into_table(Entity).on_conflict(conflict).to_owned();
    insert.columns([
        Column::TenantId,
        Column::Id,
        Column::DisplayName,
        Column::NameKey,
        Column::ExternalRef,
        Column::PhoneEnc,
        Column::PhoneBidx,
        Column::RealNameEnc,
        Column::DataKey,
        Column::CreatedAt,
        Column::UpdatedAt,
    ]);
    for row in rows {
        insert.values_panic([
            tx.tenant().uuid().into(),
            row.id.uuid().into(),
            row.name.text.into(),
            row.name.key.into(),
            row.external_ref.into(),
            row.phone_enc.into(),
            row.phone_bidx.into(),
            row.real_name_enc.into(),
            row.data_key.into(),
            now.into(),
            now.into(),
        ]);
    }
    tx.execute(&insert).await?;
    Ok(())
}

fn is_any_text(tx: &TenantTx, column: SimpleExpr, values: &[&str]) -> SimpleExpr {
    if tx.is_postgres() {
        let values = values.iter().map(|&value| Value::from(value)).collect();
        column.eq(PgFunc::any(Expr::val(Value::Array(ArrayType::String, Some(Box::new(values))))))
    } else {
        column.is_in(values.iter().copied())
    }
}

fn is_any_bytes(tx: &TenantTx, column: SimpleExpr, values: Vec<Vec<u8>>) -> SimpleExpr {
    if tx.is_postgres() {
        let values = values.into_iter().map(Value::from).collect();
        column.eq(PgFunc::any(Expr::val(Value::Array(ArrayType::Bytes, Some(Box::new(values))))))
    } else {
        column.is_in(values)
    }
}

/// How far the import of a file has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) id: ImportId,
    /// Bytes of the file that are done, its header among them.
    pub(super) byte_offset: i64,
    /// Lines of the file that are done.
    pub(super) line: i64,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) refused: i64,
    pub(super) is_finished: bool,
}

/// The job of a file, held until the transaction ends.
pub(super) async fn lock_job(tx: &TenantTx, digest: &[u8]) -> Result<Option<Job>, DbError> {
    use import_jobs::Column;
    let select = tx.find::<import_jobs::Entity>().filter(Column::FileDigest.eq(digest.to_vec()));
    let row = sea_orm::QuerySelect::lock_exclusive(select).one(tx).await?;
    Ok(row.map(|row| Job {
        id: Id::from_uuid(row.id),
        byte_offset: row.byte_offset,
        line: row.line,
        created: row.rows_created,
        updated: row.rows_updated,
        refused: row.rows_refused,
        is_finished: row.finished_at.is_some(),
    }))
}

/// A new job for a file.
pub(super) async fn insert_job(
    tx: &TenantTx,
    job: &Job,
    (digest, name): (&[u8], &str),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.insert(import_jobs::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(job.id.uuid()),
        file_digest: Set(digest.to_vec()),
        file_name: Set(name.to_owned()),
        byte_offset: Set(job.byte_offset),
        line: Set(job.line),
        rows_created: Set(0),
        rows_updated: Set(0),
        rows_refused: Set(0),
        finished_at: NotSet,
        started_at: Set(now),
        updated_at: Set(now),
    })
    .await
}

/// Moves a job on, in the transaction of the rows it moves over.
pub(super) async fn update_job(tx: &TenantTx, job: &Job, now: DateTime<Utc>) -> Result<(), DbError> {
    use import_jobs::Column;
    tx.update::<import_jobs::Entity>()
        .filter(Column::Id.eq(job.id.uuid()))
        .col_expr(Column::ByteOffset, Expr::value(job.byte_offset))
        .col_expr(Column::Line, Expr::value(job.line))
        .col_expr(Column::RowsCreated, Expr::value(job.created))
        .col_expr(Column::RowsUpdated, Expr::value(job.updated))
        .col_expr(Column::RowsRefused, Expr::value(job.refused))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::FinishedAt, Expr::value(job.is_finished.then_some(now)))
        .exec(tx)
        .await?;
    Ok(())
}
