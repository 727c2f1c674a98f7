//! Keeps `communities.member_count`: the one outbox consumer of this slice.

use std::cmp::max;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query, UpdateStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryResult};
use shequn_entity::communities::{Column, Entity};
use uuid::Uuid;

use crate::platform::db::{DbError, SystemTx};
use crate::platform::ids::{CommunityId, Id, TenantId};
use crate::platform::outbox::{Consumer, Event};

/// Communities that are counted anew at a time.
const PAGE: u64 = 1_000;

/// Members joined or left a community; the payload's `delta` says by how many it grew.
pub const MEMBERS_CHANGED: &str = "community.members_changed";

/// Who knows which members a community has; this slice does not.
#[async_trait]
pub trait MemberCensus: Send + Sync {
    /// How many members the community has in the eyes of the transaction.
    async fn count_members_in(&self, tx: &SystemTx, of: (TenantId, CommunityId)) -> Result<i64, DbError>;
}

/// Adds up what joined and left. Its updates and its place in the outbox commit together, so a killed
/// process neither loses nor repeats one.
pub struct MemberCounts {
    census: Arc<dyn MemberCensus>,
}

impl MemberCounts {
    /// For `app.rs`.
    #[must_use]
    pub fn new(census: Arc<dyn MemberCensus>) -> Self {
        Self { census }
    }
}

#[async_trait]
impl Consumer for MemberCounts {
    fn name(&self) -> &'static str {
        "communities.member_counts"
    }

    async fn handle(&self, tx: &SystemTx, events: &[Event]) -> Result<(), DbError> {
        for (community, delta) in deltas(events) {
            let delta = i32::try_from(delta).unwrap_or(0);
            let update =
                update(community).value(Column::MemberCount, Expr::col(Column::MemberCount).add(delta)).to_owned();
            tx.execute(&update).await?;
        }
        Ok(())
    }

    /// A count that would leave its range was wrong before these events: it is counted anew, less what later events
    /// will add, so that it is right from there on.
    async fn mend(&self, tx: &SystemTx, events: &[Event]) -> Result<(), DbError> {
        let Some(last) = events.last() else { return Ok(()) };
        for (community, delta) in deltas(events) {
            if add_within_range(tx, community, delta).await? {
                continue;
            }
            let (tenant, id): (_, CommunityId) = (community.0, Id::from_uuid(community.1));
            let later = deltas(&last.list_later(tx, community).await?).remove(&community).unwrap_or(0);
            let count = self.count_anew(tx, (community, later)).await?;
            tx.execute(&update(community).value(Column::MemberCount, count).to_owned()).await?;
            tracing::error!(tenant.id = %tenant, community.id = %id, count, "communities.member_count_was_wrong");
        }
        Ok(())
    }

    async fn start_over(&self, tx: &SystemTx, later: &[Event]) -> Result<(), DbError> {
        let later = deltas(later);
        let mut page = list_behind(tx, (Id::from_uuid(Uuid::nil()), Uuid::nil())).await?;
        while let Some(&(last, _)) = page.last() {
            for (community, known) in page {
                let later = later.get(&community).copied().unwrap_or(0);
                let count = self.count_anew(tx, (community, later)).await?;
                if count != known {
                    tx.execute(&update(community).value(Column::MemberCount, count).to_owned()).await?;
                }
            }
            page = list_behind(tx, last).await?;
        }
        Ok(())
    }
}

impl MemberCounts {
    /// Who is there, less what later events will add.
    async fn count_anew(&self, tx: &SystemTx, (of, later): ((TenantId, Uuid), i64)) -> Result<i32, DbError> {
        let present = self.census.count_members_in(tx, (of.0, Id::from_uuid(of.1))).await?;
        Ok(i32::try_from(max(present.saturating_sub(later), 0)).unwrap_or(i32::MAX))
    }
}

/// The next communities behind one, and what is said to be their count; none at the end.
async fn list_behind(tx: &SystemTx, (tenant, id): (TenantId, Uuid)) -> Result<Vec<((TenantId, Uuid), i32)>, DbError> {
    let tenant = tenant.uuid();
    let select = Query::select()
        .columns([Column::TenantId, Column::Id, Column::MemberCount])
        .from(Entity)
        .and_where(Column::TenantId.gt(tenant).or(Column::TenantId.eq(tenant).and(Column::Id.gt(id))))
        .order_by(Column::TenantId, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(PAGE)
        .to_owned();
    let read = |row: &QueryResult| -> Result<_, DbError> {
        let community = (Id::from_uuid(row.try_get("", "tenant_id")?), row.try_get("", "id")?);
        Ok((community, row.try_get("", "member_count")?))
    };
    tx.query_all(&select).await?.iter().map(read).collect()
}

/// By how much each community grew. Ordered by id, so that two dispatchers can never wait for each other.
fn deltas(events: &[Event]) -> BTreeMap<(TenantId, Uuid), i64> {
    let mut deltas = BTreeMap::new();
    for event in events.iter().filter(|event| event.kind == MEMBERS_CHANGED) {
        let delta = event.payload.get("delta").and_then(serde_json::Value::as_i64).unwrap_or(0);
        let sum = deltas.entry((event.tenant, event.aggregate_id)).or_insert(0_i64);
        *sum = sum.saturating_add(delta);
    }
    deltas
}

fn update((tenant, community): (TenantId, Uuid)) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .and_where(Column::TenantId.eq(tenant.uuid()))
        .and_where(Column::Id.eq(community))
        .to_owned()
}

/// Adds unless the sum would be no count; answers whether it did.
async fn add_within_range(tx: &SystemTx, community: (TenantId, Uuid), delta: i64) -> Result<bool, DbError> {
    let Ok(delta) = i32::try_from(delta) else { return Ok(false) };
    let (least, most) = (max(0_i32.saturating_sub(delta), 0), i32::MAX.saturating_sub(max(delta, 0)));
    let update = update(community)
        .value(Column::MemberCount, Expr::col(Column::MemberCount).add(delta))
        .and_where(Column::MemberCount.between(least, most))
        .to_owned();
    Ok(tx.execute(&update).await?.rows_affected() > 0)
}
