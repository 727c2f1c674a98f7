//! Lots, as staff see them and as their member does.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::super::row::LotRow;
use super::super::{Points, Source};
use super::object::PointsEntry;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::costs;
use crate::graphql::scalars::{BigInt, Date, DateTime};
use crate::platform::ids::PointsEntryId;

/// Points that were given together, and what is left of them.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PointsLot {
    /// What their member sees of them, too.
    #[graphql(flatten)]
    shown: MyPointsLot,
    #[graphql(skip)]
    lot: Ref<LotRow>,
}

impl PointsLot {
    /// As staff see it.
    pub(super) fn new(lot: Ref<LotRow>) -> Result<Self, ApiError> {
        Ok(Self { shown: lot.row()?.into(), lot })
    }
}

/// Where a lot comes from.
#[ComplexObject]
impl PointsLot {
    /// The entry that gave them: `pen_…`
    async fn entry_id(&self) -> Result<ID, ApiError> {
        Ok(self.lot.row()?.entry().into())
    }

    /// The entry that gave them: by which rule in which version, by whom, or from which member. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn entry(&self, ctx: &Context<'_>) -> Result<PointsEntry, ApiError> {
        let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
        let load = |page: Arc<Page<LotRow>>| async move {
            let ids: Vec<_> = page.rows().iter().map(LotRow::entry).collect();
            let rows = points.entries_by_id(&actor, page.reader(), &ids).await?;
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            let refs = Page::new(Arc::clone(page.reader()), rows).refs().into_iter().map(PointsEntry::new);
            Ok(ids.into_iter().zip(refs).collect::<HashMap<PointsEntryId, PointsEntry>>())
        };
        let entries = self.lot.load("pointsLot.entry", String::new(), load).await?;
        let entry = entries.get(&self.lot.row()?.entry()).cloned();
        entry.ok_or_else(|| ApiError::internal("a lot lacks the entry that gave it"))
    }
}

/// Points that a member was given together, and what is left of them. Who of the staff gave them is not told.
#[derive(SimpleObject, Clone, Debug)]
pub struct MyPointsLot {
    /// `plt_…`, and behind it the id of the entry that gave them.
    id: ID,
    /// How many were given.
    amount: BigInt,
    /// Of these, not good yet.
    pending: BigInt,
    /// To be spent.
    available: BigInt,
    /// Set aside.
    held: BigInt,
    /// What they were earned by.
    source: Source,
    /// When they were given.
    earned_at: DateTime,
    /// From when they are good; null for those that were from the start.
    available_at: Option<DateTime>,
    /// When they end; null for never.
    expires_at: Option<DateTime>,
    /// The last day on which they are good, in the zone that the tenant had when they were given; null for ever.
    expires_on: Option<Date>,
}

impl From<&LotRow> for MyPointsLot {
    fn from(row: &LotRow) -> Self {
        Self {
            id: row.id.into(),
            amount: row.amount.into(),
            pending: row.pending.into(),
            available: row.available.into(),
            held: row.held.into(),
            source: row.source,
            earned_at: row.earned_at.into(),
            available_at: row.available_at.map(Into::into),
            expires_at: row.expires_at.map(Into::into),
            expires_on: row.expires_on.map(Into::into),
        }
    }
}
