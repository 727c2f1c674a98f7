//! A tenant's events as its own people look through them, newest first; each filter has an index in this order.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query, SelectStatement};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, Iterable as _};
use shequn_entity::audit_events::{Column, Entity, Model};
use shequn_entity::audit_heads;

use super::chain::Checkpoint;
use super::event::{Event, Outcome};
use crate::error::ApiError;
use crate::platform::crypto::MasterKey;
use crate::platform::db::keyset::{KeyValue, KeysetOrder, KeysetPage, Position, Slice};
use crate::platform::db::{DbError, TenantTx};

/// Which events to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// By whom: a public id.
    pub actor: Option<String>,
    /// The mutation's or command's name.
    pub operation: Option<String>,
    /// Of which thing: a public id.
    pub object: Option<String>,
    /// In which larger thing: a public id.
    pub within: Option<String>,
    /// Which ended so.
    pub outcome: Option<Outcome>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// A page of the tenant's events, the newest first.
pub async fn list(tx: &TenantTx, filter: &Filter, page: &KeysetPage) -> Result<Slice<Event>, DbError> {
    let mut select = Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter);
    let order = KeysetOrder {
        key: Expr::col((Entity, Column::OccurredAt)),
        id: Expr::col((Entity, Column::Id)),
        descending: true,
    };
    page.apply(&mut select, &order);
    let rows = tx.query_all(&select).await?;
    let events = rows.iter().map(|row| Model::from_query_result(row, "").map(Event::from)).collect::<Result<_, _>>()?;
    Ok(page.finish(events))
}

/// How many events the filter lets through.
pub async fn count(tx: &TenantTx, filter: &Filter) -> Result<i64, DbError> {
    let mut select = Query::select()
        .expr_as(Func::count(Expr::col((Entity, Column::Id))), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned();
    restrict(&mut select, filter);
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn restrict(select: &mut SelectStatement, filter: &Filter) {
    let column = |column: Column| Expr::col((Entity, column));
    let equals = [
        (Column::ActorId, filter.actor.as_deref()),
        (Column::Operation, filter.operation.as_deref()),
        (Column::ObjectId, filter.object.as_deref()),
        (Column::WithinId, filter.within.as_deref()),
        (Column::Outcome, filter.outcome.map(Outcome::as_str)),
    ];
    for (name, value) in equals {
        if let Some(value) = value {
            select.and_where(column(name).eq(value));
        }
    }
    // What went well is most of all; the index has the rest, and is used for a condition in its own words.
    if filter.outcome.is_some_and(|outcome| outcome != Outcome::Succeeded) {
        select.and_where(Expr::cust("outcome <> 'SUCCEEDED'"));
    }
    if let Some(from) = filter.from {
        select.and_where(column(Column::OccurredAt).gte(from));
    }
    if let Some(to) = filter.to {
        select.and_where(column(Column::OccurredAt).lt(to));
    }
}

impl Event {
    /// Where the event stands in the list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.occurred_at), id: self.id.uuid() }
    }
}

/// A checkpoint of how far the tenant's chain has come; None while it is empty.
pub async fn checkpoint(tx: &TenantTx, master: &MasterKey) -> Result<Option<Checkpoint>, ApiError> {
    let head = tx.find::<audit_heads::Entity>().one(tx).await.map_err(DbError::from)?;
    let sign =
        |head: audit_heads::Model| Checkpoint::sign(master, tx.tenant(), (head.position, &head.mac), head.sealed_at);
    head.map(sign).transpose()
}
