//! What happened, and what rules paid for it.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::super::Outcome;
use super::super::row::{EventRow, PaymentRow, RuleRow};
use super::rule::EarningRule;
use crate::domains::members::membership::Tier;
use crate::domains::points::graphql::PointsEntry;
use crate::domains::points::{EntryRow, Points};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::scalars::{BigInt, Date, DateTime};
use crate::platform::ids::{EarningEventId, PointsEntryId};

/// Something that happened, for which rules may pay.
#[derive(Clone)]
pub struct EarningEvent(pub(super) Ref<EventRow>);

/// Something that happened, for which rules may pay. It was scored when it was recorded, and never is again.
#[Object]
impl EarningEvent {
    /// `eev_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What happened.
    async fn event(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.event)
    }

    /// To whom: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.member.into())
    }

    /// When.
    async fn occurred_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.occurred_at.into())
    }

    /// On which day, in the zone that the tenant had then.
    async fn day(&self) -> Result<Date, ApiError> {
        Ok(self.0.row()?.day.into())
    }

    /// How many or how much, where the event counts something.
    async fn quantity(&self) -> Result<Option<BigInt>, ApiError> {
        Ok(self.0.row()?.quantity.map(Into::into))
    }

    /// Where: `com_…`; null where that was not said, and for a key that is restricted to others.
    async fn community_id(&self, ctx: &Context<'_>) -> Result<Option<ID>, ApiError> {
        let is_told = self.is_told(ctx)?;
        Ok(self.0.row()?.community.filter(|_| is_told).map(Into::into))
    }

    /// What the member was to that community then; null where they did not belong to it, and where it is not told.
    async fn tier(&self, ctx: &Context<'_>) -> Result<Option<Tier>, ApiError> {
        let is_told = self.is_told(ctx)?;
        Ok(self.0.row()?.tier.filter(|_| is_told))
    }

    /// How long a streak it made, of a CHECK_IN.
    async fn streak(&self) -> Result<Option<i32>, ApiError> {
        Ok(self.0.row()?.streak)
    }

    /// What the member's growth node multiplied by then; 100 changed nothing.
    async fn growth_percent(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.growth_percent)
    }

    /// What the member's level in the creator programme multiplied by then, of a SUBMISSION_APPROVED; 100 changed nothing.
    async fn creator_percent(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.creator_percent)
    }

    /// Whom else it is about, such as the new member of a MEMBER_INVITED: `mbr_…`
    async fn subject_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.subject.map(Into::into))
    }

    /// What no event of this name shares with it; null where the community is not told.
    async fn reference(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        let is_told = self.is_told(ctx)?;
        Ok(self.0.row()?.reference.as_deref().filter(|_| is_told))
    }

    /// When it was recorded and scored.
    async fn recorded_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.recorded_at.into())
    }

    /// All that was paid for it. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn points(&self, ctx: &Context<'_>) -> Result<BigInt, ApiError> {
        let payments = self.load_payments(ctx).await?;
        let mut sum = 0;
        for payment in payments.get(&self.0.row()?.id).into_iter().flatten() {
            sum += payment.row()?.amount;
        }
        Ok(BigInt(sum))
    }

    /// What each rule that answered paid; none where no rule did, or what it came to was nothing. Counts as 3 items.
    #[graphql(directive = list_size::apply(Some(3), None, None))]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<EarningPayment>, ApiError> {
        let payments = self.load_payments(ctx).await?;
        Ok(payments.get(&self.0.row()?.id).into_iter().flatten().cloned().map(EarningPayment).collect())
    }
}

impl EarningEvent {
    /// Whether it is told where it happened.
    fn is_told(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        Ok(self.0.row()?.is_told_to(ctx.actor()?))
    }

    async fn load_payments(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Arc<HashMap<EarningEventId, Vec<Ref<PaymentRow>>>>, ApiError> {
        let points = ctx.service::<Points>()?.clone();
        let load = |page: Arc<Page<EventRow>>| async move {
            let ids: Vec<_> = page.rows().iter().map(|row| row.id).collect();
            let rows = points.payments_for(page.reader(), &ids).await?;
            let mut payments: HashMap<EarningEventId, Vec<Ref<PaymentRow>>> = HashMap::new();
            for payment in Page::new(Arc::clone(page.reader()), rows).refs() {
                payments.entry(payment.row()?.event).or_default().push(payment);
            }
            Ok(payments)
        };
        self.0.load("earningEvent.payments", String::new(), load).await
    }
}

/// What a rule paid for an event.
#[derive(Clone)]
pub struct EarningPayment(Ref<PaymentRow>);

/// What a rule paid for an event, and how it came to that.
#[Object]
impl EarningPayment {
    /// The rule, as it is now; null for a key that is restricted to communities. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn rule(&self, ctx: &Context<'_>) -> Option<Result<EarningRule, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<PaymentRow>>| async move {
                let mut ids: Vec<_> = page.rows().iter().map(|row| row.rule).collect();
                ids.sort_unstable();
                ids.dedup();
                let rows = points.rules_behind(&actor, page.reader(), &ids).await?;
                keyed(Page::new(Arc::clone(page.reader()), rows).refs(), RuleRow::id)
            };
            let rules = self.0.load("earningPayment.rule", String::new(), load).await?;
            Ok(rules.get(&self.0.row()?.rule).cloned().map(EarningRule))
        })
        .await
    }

    /// The version of the rule that the event was scored by.
    async fn rule_version(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.version)
    }

    /// Whether all of it was paid.
    async fn outcome(&self) -> Result<Outcome, ApiError> {
        Ok(self.0.row()?.outcome)
    }

    /// What the rule came to before its multipliers.
    async fn base(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.base.into())
    }

    /// What tier and growth node made of 100.
    async fn percent(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.percent)
    }

    /// How many points were paid.
    async fn amount(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.amount.into())
    }

    /// Until when it is taken back if the new member leaves; null where it is not.
    async fn returns_by(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.returns_by.map(Into::into))
    }

    /// The award; null where nothing was paid. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn entry(&self, ctx: &Context<'_>) -> Option<Result<PointsEntry, ApiError>> {
        nullable(async {
            let Some(entry) = self.0.row()?.entry else { return Ok(None) };
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<PaymentRow>>| async move {
                let ids: Vec<_> = page.rows().iter().filter_map(|row| row.entry).collect();
                let rows = points.entries_by_id(&actor, page.reader(), &ids).await?;
                keyed(Page::new(Arc::clone(page.reader()), rows).refs(), |row: &EntryRow| row.id)
            };
            let entries = self.0.load("earningPayment.entry", String::new(), load).await?;
            Ok(entries.get(&entry).cloned().map(PointsEntry::new))
        })
        .await
    }

    /// What it was paid for. Costs 1.
    #[graphql(name = "event", directive = costs::apply(1))]
    async fn earning_event(&self, ctx: &Context<'_>) -> Option<Result<EarningEvent, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<PaymentRow>>| async move {
                let mut ids: Vec<_> = page.rows().iter().map(|row| row.event).collect();
                ids.sort_unstable();
                ids.dedup();
                let rows = points.events_by_id(&actor, page.reader(), &ids).await?;
                keyed(Page::new(Arc::clone(page.reader()), rows).refs(), |row: &EventRow| row.id)
            };
            let events = self.0.load("earningPayment.event", String::new(), load).await?;
            Ok(events.get(&self.0.row()?.event).cloned().map(EarningEvent))
        })
        .await
    }
}

fn keyed<K: Eq + std::hash::Hash, R: Send + Sync + 'static>(
    refs: Vec<Ref<R>>,
    key: impl Fn(&R) -> K,
) -> Result<HashMap<K, Ref<R>>, ApiError> {
    refs.into_iter().map(|row| Ok((key(row.row()?), row))).collect()
}

/// The payment that an entry is; None for what no rule paid. Loaded for all entries of the page at once.
pub async fn payment_of(ctx: &Context<'_>, entry: &Ref<EntryRow>) -> Result<Option<EarningPayment>, ApiError> {
    let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
    let load = |page: Arc<Page<EntryRow>>| async move {
        let ids: Vec<_> = page.rows().iter().map(|row| row.id).collect();
        let rows = points.payments_of(&actor, page.reader(), &ids).await?;
        let refs = Page::new(Arc::clone(page.reader()), rows).refs();
        keyed(refs, |row: &PaymentRow| row.entry)
    };
    let payments: Arc<HashMap<Option<PointsEntryId>, _>> =
        entry.load("pointsEntry.earning", String::new(), load).await?;
    Ok(payments.get(&Some(entry.row()?.id)).cloned().map(EarningPayment))
}
