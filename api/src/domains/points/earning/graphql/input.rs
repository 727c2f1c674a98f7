//! What is given to write rules, to record events and to try drafts.

use async_graphql::{ID, InputObject};

use super::super::{
    AS_IS, Caps, Definition, Fact, PerUnit, RuleChange, RuleDraft, RuleState, StreakBonus, TierMultiplier, Trial,
};
use crate::domains::members::membership::Tier;
use crate::domains::points::Source;
use crate::error::UserError;
use crate::graphql::ids::parse_input_id;
use crate::graphql::scalars::{BigInt, Date, DateTime};

/// Points for each so many of what the event counts.
#[derive(InputObject)]
pub struct EarningPerUnitInput {
    /// So many, 1 to 1,000,000,000,000: what is left over pays nothing.
    quantity: BigInt,
    /// What is paid for them, 0 to 1,000,000.
    points: BigInt,
}

/// More points on one day of a streak.
#[derive(InputObject)]
pub struct EarningStreakBonusInput {
    /// Which, 1 to 366: 7 for the seventh day in a row.
    days: i32,
    /// What is paid on top, 0 to 1,000,000.
    points: BigInt,
}

/// What members of a tier get of what others do.
#[derive(InputObject)]
pub struct EarningTierMultiplierInput {
    /// Theirs in the event's community.
    tier: Tier,
    /// 0 to 1000; 100 changes nothing.
    percent: i32,
}

/// The most that the rule pays to one member.
#[derive(InputObject)]
pub struct EarningCapsInput {
    /// In a day of the tenant's zone, at least 1.
    per_day: Option<BigInt>,
    /// In a calendar month, at least 1.
    per_month: Option<BigInt>,
    /// Ever, by all versions of the rule, at least 1.
    per_member: Option<BigInt>,
}

/// What a rule says.
#[derive(InputObject)]
pub struct EarningRuleDefinitionInput {
    /// What its points are earned by; CAMPAIGN unless told otherwise.
    source: Option<Source>,
    /// For each event, 0 to 1,000,000.
    points: BigInt,
    /// On top, by what the event counts, such as money spent.
    per_unit: Option<EarningPerUnitInput>,
    /// On top, on some days of a streak of check-ins; at most 10.
    streak_bonuses: Option<Vec<EarningStreakBonusInput>>,
    /// Times this.
    tier_multipliers: Option<Vec<EarningTierMultiplierInput>>,
    /// It pays in these communities only: `com_…`; at most 50, everywhere when there is none.
    community_ids: Option<Vec<ID>>,
    /// No more than this.
    caps: Option<EarningCapsInput>,
    /// For events from then on.
    starts_at: Option<DateTime>,
    /// For events before then.
    ends_at: Option<DateTime>,
    /// The points are good so many times 24 hours after the event, 0 to 365; at once unless told otherwise.
    pending_days: Option<i32>,
    /// Of MEMBER_INVITED: taken back if the new member leaves the community within so many times 24 hours, 0 to 365.
    clawback_days: Option<i32>,
}

impl EarningRuleDefinitionInput {
    fn definition(self) -> Result<Definition, UserError> {
        let id = |(place, id): (usize, ID)| parse_input_id(&format!("definition.communityIds.{place}"), &id);
        let points = |number: Option<BigInt>| number.map(|number| number.0);
        Ok(Definition {
            source: self.source.unwrap_or(Source::Campaign),
            points: self.points.0,
            per_unit: self.per_unit.map(|unit| PerUnit { quantity: unit.quantity.0, points: unit.points.0 }),
            streak_bonuses: self
                .streak_bonuses
                .into_iter()
                .flatten()
                .map(|bonus| StreakBonus { days: bonus.days, points: bonus.points.0 })
                .collect(),
            tier_multipliers: self
                .tier_multipliers
                .into_iter()
                .flatten()
                .map(|one| TierMultiplier { tier: one.tier, percent: one.percent })
                .collect(),
            communities: self.community_ids.into_iter().flatten().enumerate().map(id).collect::<Result<_, _>>()?,
            caps: self.caps.map_or_else(Caps::default, |caps| Caps {
                per_day: points(caps.per_day),
                per_month: points(caps.per_month),
                per_member: points(caps.per_member),
            }),
            starts_at: self.starts_at.map(|time| time.0),
            ends_at: self.ends_at.map(|time| time.0),
            pending_days: self.pending_days.unwrap_or(0),
            clawback_days: self.clawback_days.unwrap_or(0),
        })
    }
}

/// A rule to be written.
#[derive(InputObject)]
pub struct EarningRuleCreateInput {
    /// What members read at what it pays, 1 to 120 characters.
    name: String,
    /// The event that it answers: CHECK_IN, COMMUNITY_JOINED, MEMBER_INVITED, SUBMISSION_APPROVED, or one of your own, such as ORDER_PAID: 1 to
    /// 40 capital letters, digits and underscores.
    event: String,
    /// What it says.
    definition: EarningRuleDefinitionInput,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

impl EarningRuleCreateInput {
    pub(super) fn draft(self) -> Result<RuleDraft, UserError> {
        Ok(RuleDraft { name: self.name, event: self.event, definition: self.definition.definition()? })
    }
}

/// What is to become of a rule.
#[derive(InputObject)]
pub struct EarningRuleUpdateInput {
    /// Which: `erl_…`
    pub(super) rule_id: ID,
    /// The version that you read: VERSION_CONFLICT when there is a newer one.
    version: i32,
    /// Another name, 1 to 120 characters; the same when left out.
    name: Option<String>,
    /// What it says from now on, as a whole; the same when left out. Makes a new version.
    definition: Option<EarningRuleDefinitionInput>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

impl EarningRuleUpdateInput {
    pub(super) fn change(self) -> Result<RuleChange, UserError> {
        let definition = self.definition.map(EarningRuleDefinitionInput::definition).transpose()?;
        Ok(RuleChange { version: self.version, name: self.name, definition })
    }
}

/// Whether a rule is to pay.
#[derive(InputObject)]
pub struct EarningRuleStateSetInput {
    /// Which: `erl_…`
    pub(super) rule_id: ID,
    /// The new state. ARCHIVED is for good, and what was in force is no DRAFT again.
    pub(super) state: RuleState,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: Option<String>,
}

/// Something that happened to a member.
#[derive(InputObject)]
pub struct EarningEventRow {
    /// To whom: `mbr_…`
    member_id: ID,
    /// What: 1 to 40 capital letters, digits and underscores, such as ORDER_PAID. The program's own (CHECK_IN,
    /// COMMUNITY_JOINED, MEMBER_INVITED, SUBMISSION_APPROVED) are RESERVED.
    event: String,
    /// How many or how much, 0 to 1,000,000,000,000: of money the smallest units, such as fen.
    quantity: Option<BigInt>,
    /// Where: `com_…`
    community_id: Option<ID>,
    /// When, within the last 31 days; now unless told otherwise.
    occurred_at: Option<DateTime>,
    /// Your own reference, such as an order's, 1 to 128 characters: no event of this name is recorded twice with it.
    reference: Option<String>,
}

impl EarningEventRow {
    pub(super) fn fact(&self, now: chrono::DateTime<chrono::Utc>) -> Result<Fact, UserError> {
        Ok(Fact {
            member: parse_input_id("memberId", &self.member_id)?,
            event: self.event.clone(),
            occurred_at: self.occurred_at.map_or(now, |time| time.0),
            quantity: self.quantity.map(|number| number.0),
            community: self.community_id.as_ref().map(|id| parse_input_id("communityId", id)).transpose()?,
            streak: None,
            creator_percent: AS_IS,
            subject: None,
            reference: self.reference.clone(),
        })
    }
}

/// An event to be recorded.
#[derive(InputObject)]
pub struct EarningEventRecordInput {
    /// What happened.
    #[graphql(flatten)]
    pub(super) event: EarningEventRow,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// Events to be recorded.
#[derive(InputObject)]
pub struct EarningEventRecordBulkInput {
    /// What happened, at most 1,000 events.
    pub(super) events: Vec<EarningEventRow>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// A draft, and the days to try it on.
#[derive(InputObject)]
pub struct PointsSimulateInput {
    /// The rule that the draft is to change: `erl_…`; without `definition` the rule itself is tried.
    rule_id: Option<ID>,
    /// What the draft answers; needed without `ruleId`, and passed over with it.
    event: Option<String>,
    /// The draft.
    definition: Option<EarningRuleDefinitionInput>,
    /// The first day, in the tenant's zone.
    from: Date,
    /// The last day; at most 366 days.
    to: Date,
    /// Members to show, 1 to 100; 20 unless told otherwise.
    pub(super) first: Option<i32>,
}

impl PointsSimulateInput {
    pub(super) fn trial(self) -> Result<Trial, UserError> {
        Ok(Trial {
            rule: self.rule_id.map(|id| parse_input_id("ruleId", &id)).transpose()?,
            event: self.event,
            definition: self.definition.map(EarningRuleDefinitionInput::definition).transpose()?,
            from: self.from.0,
            to: self.to.0,
        })
    }
}
