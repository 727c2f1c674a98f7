//! Set-based reads and writes of an import: a handful of statements for a whole batch.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{ArrayType, Expr, ExprTrait as _, Func, LockType, OnConflict, Query, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, NotSet, QueryFilter as _, Value};
use shequn_entity::{community_memberships, import_jobs, member_identities, members};

use super::model::Place;
use crate::domains::members::personal::INDEX_VERSION;
use crate::domains::members::store::NewRow;
use crate::domains::members::store_details::NewIdentity;
use crate::platform::db::any::is_any;
use crate::platform::db::bulk::Bulk;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, Id, ImportId, MemberId};

/// A member that a row may fill.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: MemberId,
    pub(super) data_key: Option<Vec<u8>>,
    pub(super) is_archived: bool,
    /// In the part of the tenant that the caller may reach; others only keep their reference taken.
    pub(super) is_reachable: bool,
}

/// Where an identity belongs, without its plain value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct IdentityKey {
    pub(super) kind: String,
    pub(super) platform: String,
    pub(super) app_id: String,
    /// Its blind index.
    pub(super) value: Vec<u8>,
}

/// Whether PostgreSQL plans each statement for its parameters, or may go on with a plan it has.
///
/// A plan made while the tables were empty walks a whole tenant for each list of a thousand, until somebody
/// analyses them. Planning is cheap beside a batch; but the checks of foreign keys, which are planned the same
/// way, run for each row, so the usual way must be back before anything is written.
pub(super) async fn plan(tx: &TenantTx, planning: Planning) -> Result<(), DbError> {
    if tx.is_postgres() {
        tx.execute_unprepared(match planning {
            Planning::EachTime => "SET LOCAL plan_cache_mode = force_custom_plan",
            Planning::AsUsual => "SET LOCAL plan_cache_mode = auto",
        })
        .await?;
    }
    Ok(())
}

/// See [`plan`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Planning {
    EachTime,
    AsUsual,
}

/// The members with these references, held until the transaction ends. References are unique in the whole tenant.
pub(super) async fn lock_by_reference(tx: &TenantTx, references: &[&str]) -> Result<HashMap<String, Known>, DbError> {
    use members::{Column, Entity};
    let mut select = Query::select()
        .columns([Column::Id, Column::ExternalRef, Column::DataKey, Column::ArchivedAt])
        .from(Entity)
        .and_where(tx.owns_in_whole(Entity))
        .and_where(is_any_text(tx, Expr::col(Column::ExternalRef), references))
        .to_owned();
    // SQLite has one writer and nothing to lock, and would walk the whole tenant for the sake of the order.
    if tx.is_postgres() {
        select.order_by(Column::Id, sea_orm::Order::Asc).lock(LockType::Update);
    }
    let mut found = HashMap::new();
    for row in tx.query_all(&select).await? {
        let archived: Option<DateTime<Utc>> = row.try_get("", "archived_at")?;
        let known = Known {
            id: Id::from_uuid(row.try_get("", "id")?),
            data_key: row.try_get("", "data_key")?,
            is_archived: archived.is_some(),
            is_reachable: true,
        };
        found.insert(row.try_get("", "external_ref")?, known);
    }
    if tx.scope().is_confined() {
        let reachable = reachable(tx, found.values().map(|known| known.id)).await?;
        found.values_mut().for_each(|known| known.is_reachable = reachable.contains(&known.id));
    }
    Ok(found)
}

/// Those of these members who are in the part of the tenant that the transaction is for.
async fn reachable(tx: &TenantTx, members: impl Iterator<Item = MemberId>) -> Result<HashSet<MemberId>, DbError> {
    use members::{Column, Entity};
    let select = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::Id), members.map(Id::uuid)))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
}

/// Who has these phone numbers, in the whole tenant: they are unique there.
pub(super) async fn phone_holders(tx: &TenantTx, indexes: Vec<Vec<u8>>) -> Result<HashMap<Vec<u8>, MemberId>, DbError> {
    use members::{Column, Entity};
    if indexes.is_empty() {
        return Ok(HashMap::new());
    }
    let select = Query::select()
        .columns([Column::Id, Column::PhoneBidx])
        .from(Entity)
        .and_where(tx.owns_in_whole(Entity))
        .and_where(Column::ArchivedAt.is_null())
        .and_where(is_any_bytes(tx, Expr::col(Column::PhoneBidx), indexes))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok((row.try_get("", "phone_bidx")?, Id::from_uuid(row.try_get("", "id")?)))).collect()
}

/// Who has these identities, in the whole tenant. Asked for by kind, platform and app together, as their index is ordered.
pub(super) async fn identity_holders(
    tx: &TenantTx,
    wanted: impl IntoIterator<Item = IdentityKey>,
) -> Result<HashMap<IdentityKey, MemberId>, DbError> {
    let mut families: HashMap<_, Vec<_>> = HashMap::new();
    for key in wanted {
        families.entry((key.kind, key.platform, key.app_id)).or_default().push(key.value);
    }
    let mut found = HashMap::new();
    for (family, values) in families {
        found.extend(family_holders(tx, family, values).await?);
    }
    Ok(found)
}

async fn family_holders(
    tx: &TenantTx,
    (kind, platform, app_id): (String, String, String),
    values: Vec<Vec<u8>>,
) -> Result<Vec<(IdentityKey, MemberId)>, DbError> {
    use member_identities::{Column, Entity};
    let select = Query::select()
        .columns([Column::MemberId, Column::ValueBidx])
        .from(Entity)
        .and_where(tx.owns_in_whole(Entity))
        // As the partial index says it: SQLite does not see that `active = ?` asks for the same.
        .and_where(Expr::col(Column::Active))
        .and_where(Column::Kind.eq(kind.as_str()))
        .and_where(Column::Platform.eq(platform.as_str()))
        .and_where(Column::AppId.eq(app_id.as_str()))
        .and_where(is_any_bytes(tx, Expr::col(Column::ValueBidx), values))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let (kind, platform, app_id) = (kind.clone(), platform.clone(), app_id.clone());
            let key = IdentityKey { kind, platform, app_id, value: row.try_get("", "value_bidx")? };
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
    let members: Vec<_> = members.into_iter().map(Id::uuid).collect();
    if members.is_empty() {
        return Ok(HashSet::new());
    }
    let select = Query::select()
        .columns([Column::CommunityId, Column::MemberId])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::LeftAt.is_null())
        .and_where(is_any(tx, Expr::col(Column::MemberId), members))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok((Id::from_uuid(row.try_get("", "community_id")?), Id::from_uuid(row.try_get("", "member_id")?))))
        .collect()
}

/// Makes members and fills known ones: a value that a row does not give stays.
pub(super) async fn put_members(tx: &TenantTx, rows: Vec<NewRow>, now: DateTime<Utc>) -> Result<(), DbError> {
    use members::{Column, Entity};
    let kept = |column: Column| -> (Column, SimpleExpr) {
        let given = Expr::col(("excluded", column));
        (column, Func::coalesce([given, Expr::col((Entity, column))]).into())
    };
    let mut conflict = OnConflict::columns([Column::TenantId, Column::Id]);
    conflict
        .update_columns([Column::DisplayName, Column::NameKey, Column::UpdatedAt])
        .values([kept(Column::PhoneEnc), kept(Column::PhoneBidx), kept(Column::RealNameEnc)])
        .value(Column::Version, Expr::col((Entity, Column::Version)).add(1));
    let count = rows.len();
    let columns = rows.iter();
    Bulk::new(Entity, count)
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::Id, columns.clone().map(|row| row.id.uuid()))
        .each(Column::DisplayName, columns.clone().map(|row| row.name.text.clone()))
        .each(Column::NameKey, columns.clone().map(|row| row.name.key.clone()))
        .each(Column::ExternalRef, columns.clone().filter_map(|row| row.external_ref.clone()))
        .each_bytes(Column::PhoneEnc, columns.clone().map(|row| row.phone_enc.clone()))
        .each_bytes(Column::PhoneBidx, columns.clone().map(|row| row.phone_bidx.clone()))
        .each_bytes(Column::RealNameEnc, columns.clone().map(|row| row.real_name_enc.clone()))
        .each(Column::DataKey, columns.map(|row| row.data_key.clone()))
        .same(Column::CreatedAt, now)
        .same(Column::UpdatedAt, now)
        .on_conflict(conflict)
        .execute(tx)
        .await
}

/// Makes identities.
pub(super) async fn put_identities(tx: &TenantTx, rows: Vec<NewIdentity>, now: DateTime<Utc>) -> Result<(), DbError> {
    use member_identities::{Column, Entity};
    let columns = rows.iter();
    Bulk::new(Entity, rows.len())
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::Id, columns.clone().map(|row| row.id.uuid()))
        .each(Column::MemberId, columns.clone().map(|row| row.member.uuid()))
        .each(Column::Kind, columns.clone().map(|row| row.identity.kind.as_str().to_owned()))
        .each(Column::Platform, columns.clone().map(|row| row.identity.platform.as_str().to_owned()))
        .each(Column::AppId, columns.clone().map(|row| row.identity.app_id.clone()))
        .each(Column::ValueEnc, columns.clone().map(|row| row.value_enc.clone()))
        .each(Column::ValueBidx, columns.map(|row| row.value_bidx.clone()))
        .same(Column::BidxVersion, INDEX_VERSION)
        .same(Column::Active, true)
        .same(Column::CreatedAt, now)
        .execute(tx)
        .await
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
    /// What of the file is done, its header among it.
    pub(super) place: Place,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) refused: i64,
    pub(super) is_finished: bool,
}

impl Job {
    pub(super) fn new(id: ImportId) -> Self {
        Self { id, place: Place::default(), created: 0, updated: 0, refused: 0, is_finished: false }
    }
}

/// The job of a file, held until the transaction ends.
pub(super) async fn lock_job(tx: &TenantTx, digest: &[u8]) -> Result<Option<Job>, DbError> {
    use import_jobs::Column;
    let select = tx.find::<import_jobs::Entity>().filter(Column::FileDigest.eq(digest.to_vec()));
    let row = sea_orm::QuerySelect::lock_exclusive(select).one(tx).await?;
    let whole = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(row.map(|row| Job {
        id: Id::from_uuid(row.id),
        place: Place { bytes: whole(row.byte_offset), lines: whole(row.line) },
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
        byte_offset: Set(stored(job.place.bytes)),
        line: Set(stored(job.place.lines)),
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
        .col_expr(Column::ByteOffset, Expr::value(stored(job.place.bytes)))
        .col_expr(Column::Line, Expr::value(stored(job.place.lines)))
        .col_expr(Column::RowsCreated, Expr::value(job.created))
        .col_expr(Column::RowsUpdated, Expr::value(job.updated))
        .col_expr(Column::RowsRefused, Expr::value(job.refused))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::FinishedAt, Expr::value(job.is_finished.then_some(now)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Files are shorter than 8 EiB.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
