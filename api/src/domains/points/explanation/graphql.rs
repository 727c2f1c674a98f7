//! Why an entry was made, as clients see it.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject};

use super::model::{Step, StepKind};
use crate::domains::members::membership::Tier;
use crate::domains::points::{EntryRow, Points};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::costs;
use crate::graphql::scalars::BigInt;
use crate::platform::locale::Locale;

/// Why an entry was made. It is told from what was kept when it was made: no later change of a rule changes it.
/// Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PointsExplanation {
    /// In plain words, for the member whose points they are.
    text: String,
    /// The language of these words.
    locale: Locale,
    /// How a rule came to the amount: the points of the steps sum up to it. Empty where no rule did.
    steps: Vec<PointsExplanationStep>,
}

/// A step of a calculation. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PointsExplanationStep {
    /// What it is about.
    kind: StepKind,
    /// How many points it added; negative where it took some.
    points: BigInt,
    /// How much the event counted, of a QUANTITY; how many days, of a STREAK.
    count: Option<BigInt>,
    /// What was made of 100, of a TIER, of GROWTH and of CREATOR.
    percent: Option<i32>,
    /// Which tier, of a TIER.
    tier: Option<Tier>,
}

impl From<&Step> for PointsExplanationStep {
    fn from(step: &Step) -> Self {
        let Step { kind, points, count, percent, tier } = *step;
        Self { kind, points: points.into(), count: count.map(Into::into), percent, tier }
    }
}

/// Why the entry was made. Loaded for all entries of the page at once.
pub async fn explanation_of(
    ctx: &Context<'_>,
    entry: &Ref<EntryRow>,
    locale: Option<Locale>,
) -> Result<Option<PointsExplanation>, ApiError> {
    let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
    let load = |page: Arc<Page<EntryRow>>| async move { points.explain(&actor, page.reader(), page.rows()).await };
    let explanations = entry.load("pointsEntry.explanation", String::new(), load).await?;
    let locale = locale.unwrap_or(explanations.locale);
    let shown = explanations.by_entry.get(&entry.row()?.id).map(|explained| PointsExplanation {
        text: explained.tell(locale),
        locale,
        steps: explained.steps.iter().map(Into::into).collect(),
    });
    Ok(shown)
}
