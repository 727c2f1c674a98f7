//! Reads and writes rules and their versions.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, LockType, Order, Query, SelectStatement, WindowStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, QueryFilter as _};
use shequn_entity::{earning_rule_versions, earning_rules};

use super::model::{Definition, Filter, RuleState};
use super::model_score::Rule;
use super::row::{RuleRow, VersionRow, read_rule};
use crate::error::ApiError;
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::EarningRuleId;

/// The rules that pay for any of these events, in the order in which they were made.
pub(super) async fn list_active(tx: &TenantTx, events: &[&str]) -> Result<Vec<Rule>, DbError> {
    use earning_rules::{Column, Entity};
    let mut select = select_rules(tx);
    select
        .and_where(Expr::col((Entity, Column::State)).eq(RuleState::Active.as_str()))
        .and_where(Expr::col((Entity, Column::Event)).is_in(events.iter().copied()))
        .order_by((Entity, Column::Id), Order::Asc);
    Ok(tx.query_all(&select).await?.iter().map(read_rule).collect::<Result<_, _>>()?)
}

/// Rules by id; unknown ones are left out.
pub(super) async fn list_by_id(tx: &TenantTx, ids: &[EarningRuleId]) -> Result<Vec<RuleRow>, DbError> {
    use earning_rules::{Column, Entity};
    let mut select = select_rules(tx);
    select.and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())));
    Ok(tx.query_all(&select).await?.iter().map(RuleRow::read).collect::<Result<_, _>>()?)
}

/// The rule, held until the transaction ends.
pub(super) async fn lock(tx: &TenantTx, id: EarningRuleId) -> Result<Option<RuleRow>, DbError> {
    use earning_rules::{Column, Entity};
    let select = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Id.eq(id.uuid()))
        .lock(LockType::Update)
        .to_owned();
    if tx.query_one(&select).await?.is_none() {
        return Ok(None);
    }
    // In a statement of its own: one that waited for the lock sees the version as it was before.
    Ok(list_by_id(tx, &[id]).await?.pop())
}

/// A page of rules, newest first.
pub(super) async fn list(tx: &TenantTx, filter: &Filter, page: &KeysetPage) -> Result<Slice<RuleRow>, DbError> {
    use earning_rules::{Column, Entity};
    let order = KeysetOrder {
        key: Expr::col((Entity, Column::CreatedAt)),
        id: Expr::col((Entity, Column::Id)),
        descending: true,
    };
    let mut select = select_rules(tx);
    restrict(&mut select, filter);
    page.apply(&mut select, &order);
    let rows = tx.query_all(&select).await?;
    Ok(page.finish(rows.iter().map(RuleRow::read).collect::<Result<_, _>>()?))
}

/// How many rules the filter lets through.
pub(super) async fn count(tx: &TenantTx, filter: &Filter) -> Result<i64, DbError> {
    use earning_rules::{Column, Entity};
    let mut select = Query::select()
        .expr_as(Expr::col((Entity, Column::Id)).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter);
    total(tx, &select).await
}

/// How many rules are not archived.
pub(super) async fn count_open(tx: &TenantTx) -> Result<i64, DbError> {
    use earning_rules::{Column, Entity};
    let select = Query::select()
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::State.ne(RuleState::Archived.as_str()))
        .to_owned();
    total(tx, &select).await
}

async fn total(tx: &TenantTx, select: &SelectStatement) -> Result<i64, DbError> {
    let row = tx.query_one(select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn restrict(select: &mut SelectStatement, filter: &Filter) {
    use earning_rules::{Column, Entity};
    if let Some(state) = filter.state {
        select.and_where(Expr::col((Entity, Column::State)).eq(state.as_str()));
    }
    if let Some(event) = &filter.event {
        select.and_where(Expr::col((Entity, Column::Event)).eq(event.as_str()));
    }
}

fn select_rules(tx: &TenantTx) -> SelectStatement {
    use earning_rule_versions::{Column as Version, Entity as Versions};
    use earning_rules::{Column, Entity};
    let columns =
        [Column::Id, Column::Name, Column::Event, Column::State, Column::Version, Column::CreatedAt, Column::UpdatedAt];
    Query::select()
        .columns(columns.map(|column| (Entity, column)))
        .column((Versions, Version::Definition))
        .from(Entity)
        .join(
            JoinType::InnerJoin,
            Versions,
            tx.owns(Versions)
                .and(Expr::col((Versions, Version::RuleId)).eq(Expr::col((Entity, Column::Id))))
                .and(Expr::col((Versions, Version::Version)).eq(Expr::col((Entity, Column::Version)))),
        )
        .and_where(tx.owns(Entity))
        .to_owned()
}

/// The newest versions of each of these rules, the newest first.
pub(super) async fn list_versions(
    tx: &TenantTx,
    rules: &[EarningRuleId],
    most: u64,
) -> Result<Vec<VersionRow>, DbError> {
    use earning_rule_versions::{Column, Entity};
    let newest = WindowStatement::partition_by(Column::RuleId).order_by(Column::Version, Order::Desc).to_owned();
    let ranked = Query::select()
        .columns([Column::RuleId, Column::Version, Column::Definition, Column::Actor, Column::CreatedAt])
        .expr_window_as(sea_orm::sea_query::Func::cust("ROW_NUMBER"), newest, "place")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::RuleId), rules.iter().map(|id| id.uuid())))
        .to_owned();
    let select = Query::select()
        .expr(Expr::cust("*"))
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").lte(most))
        .order_by(Column::Version, Order::Desc)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(VersionRow::read).collect::<Result<_, _>>()?)
}

/// What these rules said from one version to another.
pub(super) async fn list_versions_between(
    tx: &TenantTx,
    rules: &BTreeSet<EarningRuleId>,
    (first, last): (i32, i32),
) -> Result<Vec<VersionRow>, DbError> {
    use earning_rule_versions::{Column, Entity};
    let select = Query::select()
        .columns([Column::RuleId, Column::Version, Column::Definition, Column::Actor, Column::CreatedAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::RuleId), rules.iter().map(|id| id.uuid())))
        .and_where(Column::Version.between(first, last))
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(VersionRow::read).collect::<Result<_, _>>()?)
}

/// Writes a new rule with its first version.
pub(super) async fn insert(tx: &TenantTx, (rule, actor): (&Rule, &str), now: DateTime<Utc>) -> Result<(), ApiError> {
    tx.insert(earning_rules::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(rule.id.uuid()),
        name: Set(rule.name.clone()),
        event: Set(rule.event.clone()),
        state: Set(RuleState::Draft.as_str().to_owned()),
        version: Set(rule.version),
        created_at: Set(now),
        updated_at: Set(now),
    })
    .await?;
    insert_version(tx, (rule.id, rule.version), (&rule.definition, actor), now).await
}

/// Writes what a rule says from now on.
pub(super) async fn insert_version(
    tx: &TenantTx,
    (rule, version): (EarningRuleId, i32),
    (definition, actor): (&Definition, &str),
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    tx.insert(earning_rule_versions::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        rule_id: Set(rule.uuid()),
        version: Set(version),
        definition: Set(serde_json::to_string(definition).map_err(ApiError::internal)?),
        actor: Set(actor.to_owned()),
        created_at: Set(now),
    })
    .await?;
    Ok(())
}

/// Gives a rule another name and version.
pub(super) async fn update(
    tx: &TenantTx,
    id: EarningRuleId,
    (name, version): (&str, i32),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    use earning_rules::Column;
    tx.update::<earning_rules::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::Name, Expr::value(name))
        .col_expr(Column::Version, Expr::value(version))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(())
}

/// Lets a rule pay, or not.
pub(super) async fn set_state(
    tx: &TenantTx,
    id: EarningRuleId,
    state: RuleState,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    use earning_rules::Column;
    tx.update::<earning_rules::Entity>()
        .filter(Column::Id.eq(id.uuid()))
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .exec(tx)
        .await?;
    Ok(())
}
