//! Reads and writes `communities`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LockType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, QueryFilter as _, QueryResult};
use shequn_entity::communities::{ActiveModel, Column, Entity};

use super::model::{
    Changes, CommunityType, Draft, Filter, LifecycleStage, Platform, Positioning, Sort, USUAL_MESSAGE_KINDS,
};
use super::row::CommunityRow;
use crate::error::ApiError;
use crate::platform::db::any::is_any;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::prefix::starts_with;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, Id};
use crate::platform::text::sort_key;

/// The column a sort needs.
fn sort_column(sort: Sort) -> Column {
    match sort {
        Sort::NameAsc | Sort::NameDesc => Column::NameKey,
        Sort::CreatedAtAsc | Sort::CreatedAtDesc => Column::CreatedAt,
        Sort::MemberCountAsc | Sort::MemberCountDesc => Column::MemberCount,
    }
}

/// A page of the tenant's communities.
pub(super) async fn list(
    tx: &TenantTx,
    filter: &Filter,
    sort: Sort,
    page: &KeysetPage,
    mut columns: Columns<Column>,
) -> Result<Slice<CommunityRow>, DbError> {
    let key = sort_column(sort);
    columns.add(key);
    let order = KeysetOrder {
        key: Expr::col((Entity, key)),
        id: Expr::col((Entity, Column::Id)),
        descending: matches!(sort, Sort::NameDesc | Sort::CreatedAtDesc | Sort::MemberCountDesc),
    };
    let mut select = select(tx, &columns);
    restrict(&mut select, filter);
    page.apply(&mut select, &order);
    let rows = tx.query_all(&select).await?;
    let rows = rows.iter().map(|row| CommunityRow::read(row, &columns)).collect::<Result<_, _>>()?;
    Ok(page.finish(rows))
}

/// How many communities the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &Filter) -> Result<i64, DbError> {
    let mut select = Query::select()
        .expr_as(Func::count(Expr::col((Entity, Column::Id))), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter);
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Communities by id, in no order; unknown ones are left out.
pub(super) async fn find_many(
    tx: &TenantTx,
    ids: &[CommunityId],
    columns: &Columns<Column>,
) -> Result<Vec<CommunityRow>, DbError> {
    let mut select = select(tx, columns);
    select.and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())));
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(|row| CommunityRow::read(row, columns)).collect::<Result<_, _>>()?)
}

fn select(tx: &TenantTx, columns: &Columns<Column>) -> SelectStatement {
    Query::select()
        .column((Entity, Column::Id))
        .columns(columns.iter().filter(|column| !matches!(column, Column::Id)).map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned()
}

fn restrict(select: &mut SelectStatement, filter: &Filter) {
    let column = |column: Column| Expr::col((Entity, column));
    let archived = match filter.archived {
        true => column(Column::ArchivedAt).is_not_null(),
        false => column(Column::ArchivedAt).is_null(),
    };
    select.and_where(archived);
    let equals: [(Column, Option<&str>); 4] = [
        (Column::Type, filter.kind.map(CommunityType::as_str)),
        (Column::Positioning, filter.positioning.map(Positioning::as_str)),
        (Column::Platform, filter.platform.map(Platform::as_str)),
        (Column::Stage, filter.stage.map(LifecycleStage::as_str)),
    ];
    for (name, value) in equals {
        if let Some(value) = value {
            select.and_where(column(name).eq(value));
        }
    }
    if let Some(text) = &filter.text {
        select.cond_where(starts_with(column(Column::NameKey), &sort_key(text)));
    }
}

/// Against whom a row is held until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Against everybody: the row is about to change.
    Alone,
    /// Against change only: others may rely on it at the same time.
    Shared,
}

/// The row that a change is decided on, held until the transaction ends.
pub(super) async fn lock(tx: &TenantTx, id: CommunityId, hold: Hold) -> Result<Option<CommunityRow>, DbError> {
    let columns = Columns::of([Column::Version, Column::ArchivedAt, Column::Stage, Column::FoundedAt, Column::EndedAt]);
    let mut select = select(tx, &columns);
    select.and_where(is(id)).lock(match hold {
        Hold::Alone => LockType::Update,
        Hold::Shared => LockType::Share,
    });
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| CommunityRow::read(&row, &columns)).transpose()?)
}

fn is(id: CommunityId) -> SimpleExpr {
    Expr::col((Entity, Column::Id)).eq(id.uuid())
}

pub(super) async fn insert(tx: &TenantTx, id: CommunityId, draft: &Draft, now: DateTime<Utc>) -> Result<(), ApiError> {
    let stage = draft.stage.unwrap_or(LifecycleStage::Startup);
    let touchpoints = draft.touchpoints.as_deref().unwrap_or(&[super::model::Touchpoint::Group]);
    let message_kinds = draft.message_kinds.as_deref().unwrap_or(USUAL_MESSAGE_KINDS);
    let monetisation = draft.monetisation.as_deref().unwrap_or(draft.kind.usual_monetisation());
    let row = ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(id.uuid()),
        name_key: Set(sort_key(&draft.name)),
        name: Set(draft.name.clone()),
        r#type: Set(draft.kind.as_str().to_owned()),
        positioning: Set(draft.positioning.as_str().to_owned()),
        platform: Set(draft.platform.as_str().to_owned()),
        touchpoints: Set(touchpoints.iter().map(|value| value.as_str()).collect()),
        message_kinds: Set(message_kinds.iter().map(|value| value.as_str()).collect()),
        monetisation: Set(monetisation.iter().map(|value| value.as_str()).collect()),
        value_proposition: Set(draft.value_proposition.clone()),
        stage: Set(stage.as_str().to_owned()),
        quota_admin: Set(draft.quota.admin_percent),
        quota_core: Set(draft.quota.core_percent),
        quota_tolerance: Set(draft.quota.tolerance_points),
        member_count: Set(0),
        founded_at: Set(draft.founded_at.unwrap_or(now)),
        ended_at: Set((stage == LifecycleStage::Ended).then_some(now)),
        archived_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    };
    Ok(tx.insert(row).await?)
}

pub(super) async fn update(
    tx: &TenantTx,
    id: CommunityId,
    changes: &Changes,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let list = |values: Vec<&'static str>| Expr::value(values.into_iter().collect::<serde_json::Value>());
    let mut update = touch(tx, id, now);
    if let Some(name) = &changes.name {
        update = update
            .col_expr(Column::Name, Expr::value(name.as_str()))
            .col_expr(Column::NameKey, Expr::value(sort_key(name)));
    }
    if let Some(positioning) = changes.positioning {
        update = update.col_expr(Column::Positioning, Expr::value(positioning.as_str()));
    }
    if let Some(value_proposition) = &changes.value_proposition {
        update = update.col_expr(Column::ValueProposition, Expr::value(value_proposition.as_str()));
    }
    if let Some(touchpoints) = &changes.touchpoints {
        update = update.col_expr(Column::Touchpoints, list(touchpoints.iter().map(|value| value.as_str()).collect()));
    }
    if let Some(kinds) = &changes.message_kinds {
        update = update.col_expr(Column::MessageKinds, list(kinds.iter().map(|value| value.as_str()).collect()));
    }
    if let Some(monetisation) = &changes.monetisation {
        update = update.col_expr(Column::Monetisation, list(monetisation.iter().map(|value| value.as_str()).collect()));
    }
    if let Some(stage) = changes.stage {
        update = update.col_expr(Column::Stage, Expr::value(stage.as_str()));
        if stage == LifecycleStage::Ended {
            update = update.col_expr(Column::EndedAt, Expr::value(now));
        }
    }
    if let Some(quota) = changes.quota {
        update = update
            .col_expr(Column::QuotaAdmin, Expr::value(quota.admin_percent))
            .col_expr(Column::QuotaCore, Expr::value(quota.core_percent))
            .col_expr(Column::QuotaTolerance, Expr::value(quota.tolerance_points));
    }
    update.exec(tx).await?;
    Ok(())
}

pub(super) async fn end(
    tx: &TenantTx,
    id: CommunityId,
    ended_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let ended = Expr::value(LifecycleStage::Ended.as_str());
    let update = touch(tx, id, now).col_expr(Column::Stage, ended);
    update.col_expr(Column::EndedAt, Expr::value(ended_at)).exec(tx).await?;
    Ok(())
}

pub(super) async fn set_archived(
    tx: &TenantTx,
    id: CommunityId,
    archived_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    touch(tx, id, now).col_expr(Column::ArchivedAt, Expr::value(archived_at)).exec(tx).await?;
    Ok(())
}

fn touch(tx: &TenantTx, id: CommunityId, now: DateTime<Utc>) -> sea_orm::UpdateMany<Entity> {
    tx.update::<Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
}

/// Founding and end of each community founded before `until`, for the survival report.
pub(super) async fn list_lives(
    tx: &TenantTx,
    until: DateTime<Utc>,
) -> Result<Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>, DbError> {
    let select = Query::select()
        .columns([Column::FoundedAt, Column::EndedAt, Column::ArchivedAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Expr::col(Column::FoundedAt).lte(until))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        let ended: Option<DateTime<Utc>> = row.try_get("", "ended_at")?;
        let archived: Option<DateTime<Utc>> = row.try_get("", "archived_at")?;
        Ok((row.try_get("", "founded_at")?, ended.into_iter().chain(archived).min()))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Id and name key of every community in use, for rosters that name them.
pub(super) async fn list_open(tx: &TenantTx) -> Result<Vec<(CommunityId, String)>, DbError> {
    let select = Query::select()
        .columns([Column::Id, Column::NameKey])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Expr::col(Column::ArchivedAt).is_null())
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok((Id::from_uuid(row.try_get("", "id")?), row.try_get("", "name_key")?))).collect()
}

/// Those of these communities that there are.
pub(super) async fn list_known(tx: &TenantTx, ids: &[CommunityId]) -> Result<Vec<CommunityId>, DbError> {
    let select = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::Id), ids.iter().map(|id| id.uuid())))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
}
