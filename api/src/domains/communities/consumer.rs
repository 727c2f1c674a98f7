//! Keeps `communities.member_count`: the one outbox consumer of this slice.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _};
use shequn_entity::communities::{Column, Entity};

use crate::platform::db::{DbError, SystemTx};
use crate::platform::outbox::{Consumer, Event};

/// Members joined or left a community; the payload's `delta` says by how many it grew.
pub const MEMBERS_CHANGED: &str = "community.members_changed";

/// Adds up what joined and left. Its updates and its place in the outbox commit together, so a killed
/// process neither loses nor repeats one.
pub struct MemberCounts;

#[async_trait]
impl Consumer for MemberCounts {
    fn name(&self) -> &'static str {
        "communities.member_counts"
    }

    async fn handle(&self, tx: &SystemTx, events: &[Event]) -> Result<(), DbError> {
        // Ordered by id, so that two dispatchers can never wait for each other.
        let mut deltas = BTreeMap::new();
        for event in events.iter().filter(|event| event.kind == MEMBERS_CHANGED) {
            let delta = event.payload.get("delta").and_then(serde_json::Value::as_i64).unwrap_or(0);
            *deltas.entry((event.tenant, event.aggregate_id)).or_insert(0_i64) += delta;
        }
        for ((tenant, community), delta) in deltas {
            let delta = i32::try_from(delta).unwrap_or(0);
            let update = Query::update()
                .table(Entity)
                .value(Column::MemberCount, Expr::col(Column::MemberCount).add(delta))
                .and_where(Column::TenantId.eq(tenant.uuid()))
                .and_where(Column::Id.eq(community))
                .to_owned();
            tx.execute(&update).await?;
        }
        Ok(())
    }
}
