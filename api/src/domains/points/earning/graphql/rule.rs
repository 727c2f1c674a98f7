//! Rules, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::row::{RuleRow, VersionRow};
use super::super::{Definition, RuleState};
use crate::actor::Actor;
use crate::domains::members::membership::Tier;
use crate::domains::points::{Points, Source};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::ids::told_actor;
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::ids::EarningRuleId;

/// Points for each so many of what an event counts. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct EarningPerUnit {
    /// So many, each time in full.
    quantity: BigInt,
    /// What is paid for them.
    points: BigInt,
}

/// More points on one day of a streak. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct EarningStreakBonus {
    /// Which: 7 for the seventh day in a row.
    days: i32,
    /// What is paid on top.
    points: BigInt,
}

/// What members of a tier get of what others do. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct EarningTierMultiplier {
    /// Theirs in the event's community.
    tier: Tier,
    /// 100 changes nothing; the product is rounded down.
    percent: i32,
}

/// The most that a rule pays to one member. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct EarningCaps {
    /// In a day of the tenant's zone; null for as much as it comes to.
    per_day: Option<BigInt>,
    /// In a calendar month; null for as much as it comes to.
    per_month: Option<BigInt>,
    /// Ever, by all its versions; null for as much as it comes to.
    per_member: Option<BigInt>,
}

/// What a rule says. For an event it pays `points`, and `perUnit` and `streakBonuses` on top, times the multipliers of
/// tier and growth node, up to its caps. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct EarningRuleDefinition {
    /// What its points are earned by.
    source: Source,
    /// For each event.
    points: BigInt,
    /// On top, by what the event counts, such as money spent.
    per_unit: Option<EarningPerUnit>,
    /// On top, on some days of a streak.
    streak_bonuses: Vec<EarningStreakBonus>,
    /// Times this.
    tier_multipliers: Vec<EarningTierMultiplier>,
    /// It pays in these communities only: `com_…`; everywhere when there is none.
    community_ids: Vec<ID>,
    /// No more than this.
    caps: EarningCaps,
    /// For events from then on; null from ever.
    starts_at: Option<DateTime>,
    /// For events before then; null for ever.
    ends_at: Option<DateTime>,
    /// The points are good so many times 24 hours after the event.
    pending_days: i32,
    /// Of MEMBER_INVITED: taken back if the new member leaves the community within so many times 24 hours, and good only
    /// then.
    clawback_days: i32,
}

impl From<&Definition> for EarningRuleDefinition {
    fn from(definition: &Definition) -> Self {
        let Definition { source, points, per_unit, streak_bonuses, tier_multipliers, communities, caps, .. } =
            definition;
        Self {
            source: *source,
            points: (*points).into(),
            per_unit: per_unit
                .map(|unit| EarningPerUnit { quantity: unit.quantity.into(), points: unit.points.into() }),
            streak_bonuses: streak_bonuses
                .iter()
                .map(|bonus| EarningStreakBonus { days: bonus.days, points: bonus.points.into() })
                .collect(),
            tier_multipliers: tier_multipliers
                .iter()
                .map(|one| EarningTierMultiplier { tier: one.tier, percent: one.percent })
                .collect(),
            community_ids: communities.iter().map(|id| (*id).into()).collect(),
            caps: EarningCaps {
                per_day: caps.per_day.map(Into::into),
                per_month: caps.per_month.map(Into::into),
                per_member: caps.per_member.map(Into::into),
            },
            starts_at: definition.starts_at.map(Into::into),
            ends_at: definition.ends_at.map(Into::into),
            pending_days: definition.pending_days,
            clawback_days: definition.clawback_days,
        }
    }
}

/// What a rule said in one version. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct EarningRuleVersion {
    /// 1 for the first.
    version: i32,
    /// What it said.
    definition: EarningRuleDefinition,
    /// Who wrote it: the id of a person or a key; null where the program did.
    actor_id: Option<ID>,
    /// When it was written.
    created_at: DateTime,
}

impl EarningRuleVersion {
    /// As far as the caller is told of it.
    fn told(row: &VersionRow, reader: &Actor) -> Self {
        Self {
            version: row.version,
            definition: (&row.definition).into(),
            actor_id: told_actor(reader, &row.actor),
            created_at: row.created_at.into(),
        }
    }
}

/// A rule by which members earn points.
#[derive(Clone)]
pub struct EarningRule(pub(super) Ref<RuleRow>);

impl Noun for EarningRule {
    const NAME: &'static str = "EarningRule";
}

/// A rule by which members earn points. An event is scored once, by the rules that are active then; a change makes a
/// new version and changes nothing that was paid.
#[Object]
impl EarningRule {
    /// `erl_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.rule.id.into())
    }

    /// What members read at what it pays.
    async fn name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.rule.name)
    }

    /// The event that it answers: CHECK_IN, COMMUNITY_JOINED, MEMBER_INVITED, SUBMISSION_APPROVED, or one of the tenant's own.
    async fn event(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.rule.event)
    }

    /// Whether it pays.
    async fn state(&self) -> Result<RuleState, ApiError> {
        Ok(self.0.row()?.state)
    }

    /// Its newest version; 1 for a rule that was never changed.
    async fn version(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.rule.version)
    }

    /// What it says, in its newest version.
    async fn definition(&self) -> Result<EarningRuleDefinition, ApiError> {
        Ok((&self.0.row()?.rule.definition).into())
    }

    /// What it says and said, the newest version first; at most 100. Counts as 10 items.
    #[graphql(directive = list_size::apply(Some(10), None, None))]
    async fn versions(&self, ctx: &Context<'_>) -> Option<Result<Vec<EarningRuleVersion>, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<RuleRow>>| async move {
                let ids: Vec<_> = page.rows().iter().map(RuleRow::id).collect();
                let mut versions: HashMap<EarningRuleId, Vec<EarningRuleVersion>> = HashMap::new();
                for row in points.versions_of(&actor, page.reader(), &ids).await? {
                    versions.entry(row.rule).or_default().push(EarningRuleVersion::told(&row, &actor));
                }
                Ok(versions)
            };
            let versions = self.0.load("earningRule.versions", String::new(), load).await?;
            Ok(Some(versions.get(&self.0.row()?.rule.id).cloned().unwrap_or_default()))
        })
        .await
    }

    /// When it was written.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// When its name, state or version last changed.
    async fn updated_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.updated_at.into())
    }
}
