//! What a rule says, and what of it can be accepted.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domains::members::membership::Tier;
use crate::domains::points::model::Source;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{CommunityId, MemberId};
use crate::platform::text::parse_line;

/// Rules of a tenant that are not archived.
pub const MOST_RULES: i64 = 200;
/// Versions that are shown of a rule.
pub const MOST_VERSIONS: u64 = 100;
const NAME_LENGTH: usize = 120;
const EVENT_LENGTH: usize = 40;
const MOST_POINTS: i64 = 1_000_000;
const MOST_QUANTITY: i64 = 1_000_000_000_000;
const MOST_PERCENT: i32 = 1_000;
const MOST_DAYS: i32 = 365;
const LONGEST_STREAK: i32 = 366;
const MOST_BONUSES: usize = 10;
const MOST_COMMUNITIES: usize = 50;
const REFERENCE_LENGTH: usize = 128;

/// A member checked in.
pub const CHECK_IN: &str = "CHECK_IN";
/// A member joined a community.
pub const COMMUNITY_JOINED: &str = "COMMUNITY_JOINED";
/// A member brought another one into a community.
pub const MEMBER_INVITED: &str = "MEMBER_INVITED";
/// What a member handed in was approved; `quantity` is its score.
pub const SUBMISSION_APPROVED: &str = "SUBMISSION_APPROVED";
/// What the program itself records.
pub const RESERVED: [&str; 4] = [CHECK_IN, COMMUNITY_JOINED, MEMBER_INVITED, SUBMISSION_APPROVED];

named_enum! {
    /// Whether a rule pays.
    #[graphql(name = "EarningRuleState")]
    RuleState {
        /// It is being written.
        Draft "DRAFT",
        /// It pays.
        Active "ACTIVE",
        /// It does not pay for now.
        Paused "PAUSED",
        /// It never pays again.
        Archived "ARCHIVED",
    }
}

named_enum! {
    /// What came of a rule that answered.
    #[graphql(name = "EarningOutcome")]
    Outcome {
        /// All of it was paid.
        Paid "PAID",
        /// The member reached a cap: less was paid, or nothing.
        Capped "CAPPED",
        /// Nothing was paid, since the member's account is frozen.
        Withheld "WITHHELD",
    }
}

/// Points for each so many of what the event counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerUnit {
    /// So many, each time in full.
    pub quantity: i64,
    /// What is paid for them.
    pub points: i64,
}

/// More points on one day of a streak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreakBonus {
    /// Which.
    pub days: i32,
    /// What is paid on top.
    pub points: i64,
}

/// What members of a tier get of what others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierMultiplier {
    /// Theirs in the event's community.
    pub tier: Tier,
    /// 100 changes nothing.
    pub percent: i32,
}

/// The most that a rule pays to a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {
    /// In a day.
    pub per_day: Option<i64>,
    /// In a month.
    pub per_month: Option<i64>,
    /// Ever.
    pub per_member: Option<i64>,
}

/// What a rule says, in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// What its points are earned by.
    pub source: Source,
    /// For each event.
    pub points: i64,
    /// On top, by what the event counts.
    pub per_unit: Option<PerUnit>,
    /// On top, by the streak.
    pub streak_bonuses: Vec<StreakBonus>,
    /// Times this.
    pub tier_multipliers: Vec<TierMultiplier>,
    /// In these communities only; everywhere when there is none.
    pub communities: Vec<CommunityId>,
    /// No more than this.
    pub caps: Caps,
    /// For events from then on.
    pub starts_at: Option<DateTime<Utc>>,
    /// For events before.
    pub ends_at: Option<DateTime<Utc>>,
    /// The points are good so many days after the event.
    pub pending_days: i32,
    /// They are taken back if whoever was brought along leaves within so many days, and good only then.
    pub clawback_days: i32,
}

/// A rule that somebody wants.
#[derive(Clone, Debug)]
pub struct RuleDraft {
    /// What members read at what it pays.
    pub name: String,
    /// What it answers.
    pub event: String,
    /// What it says.
    pub definition: Definition,
}

impl RuleDraft {
    /// All that is wrong with it, or the same with its name in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        let name = checked_name(&self.name, &mut errors);
        if !is_event(&self.event) {
            errors.push(invalid("event", EVENT_FORM));
        }
        check_definition(&self.definition, &self.event, &mut errors);
        if errors.is_empty() { Ok(Self { name, ..self }) } else { Err(errors) }
    }
}

/// What is to become of a rule; None leaves it.
#[derive(Clone, Debug)]
pub struct RuleChange {
    /// The version that the change starts from.
    pub version: i32,
    /// Its name.
    pub name: Option<String>,
    /// What it says.
    pub definition: Option<Definition>,
}

impl RuleChange {
    /// All that is wrong with it for a rule that answers `event`, or the same with its name in order.
    pub fn check(self, event: &str) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        let name = self.name.as_ref().map(|name| checked_name(name, &mut errors));
        if let Some(definition) = &self.definition {
            check_definition(definition, event, &mut errors);
        }
        if errors.is_empty() { Ok(Self { name, ..self }) } else { Err(errors) }
    }
}

/// Whether a rule may go from one state to the other.
#[must_use]
pub fn may_become(from: RuleState, to: RuleState) -> bool {
    from != RuleState::Archived && (to != RuleState::Draft || from == RuleState::Draft)
}

/// Which rules to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<RuleState>,
    /// Answering this event.
    pub event: Option<String>,
}

/// What happened, as somebody says.
#[derive(Clone, Debug)]
pub struct Fact {
    /// To whom.
    pub member: MemberId,
    /// What.
    pub event: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// How many or how much, where the event counts something.
    pub quantity: Option<i64>,
    /// Where.
    pub community: Option<CommunityId>,
    /// How long a streak it makes.
    pub streak: Option<i32>,
    /// What the member's level as a creator multiplies by; 100 changes nothing.
    pub creator_percent: i32,
    /// Whom else it is about.
    pub subject: Option<MemberId>,
    /// What nobody records twice.
    pub reference: Option<String>,
}

impl Fact {
    /// All that is wrong with it when a client says so, or the same with its reference in order.
    pub fn check(self, now: DateTime<Utc>) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        if !is_event(&self.event) {
            errors.push(invalid("event", EVENT_FORM));
        } else if is_reserved(&self.event) {
            errors.push(UserError::at("event", UserErrorCode::Reserved, "The program itself records this event."));
        }
        if self.quantity.is_some_and(|quantity| !(0..=MOST_QUANTITY).contains(&quantity)) {
            errors.push(invalid("quantity", "Expected 0 to 1,000,000,000,000."));
        }
        let earliest = now - chrono::TimeDelta::days(31);
        if self.occurred_at < earliest || self.occurred_at > now + chrono::TimeDelta::minutes(5) {
            errors.push(invalid("occurredAt", "Expected a time of the last 31 days."));
        }
        let reference = self.reference.as_ref().map(|text| {
            parse_line(text, REFERENCE_LENGTH).unwrap_or_else(|problem| {
                errors.push(UserError::text("reference", problem));
                String::new()
            })
        });
        if errors.is_empty() { Ok(Self { reference, ..self }) } else { Err(errors) }
    }
}

/// Whether the program itself records this event.
#[must_use]
pub fn is_reserved(event: &str) -> bool {
    RESERVED.contains(&event)
}

/// Days of a tenant's history, both included.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

const EVENT_FORM: &str = "Expected 1 to 40 capital letters, digits and underscores, beginning with a letter.";

/// Whether the text names an event.
#[must_use]
pub fn is_event(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    begins && text.len() <= EVENT_LENGTH && text.bytes().all(fits)
}

fn checked_name(name: &str, errors: &mut Vec<UserError>) -> String {
    parse_line(name, NAME_LENGTH).unwrap_or_else(|problem| {
        errors.push(UserError::text("name", problem));
        String::new()
    })
}

/// Everything that is wrong with what a rule would say about this event.
pub fn check_definition(definition: &Definition, event: &str, errors: &mut Vec<UserError>) {
    let is_amount = |points: i64| (0..=MOST_POINTS).contains(&points);
    let is_percent = |percent: i32| (0..=MOST_PERCENT).contains(&percent);
    let is_days = |days: i32| (0..=MOST_DAYS).contains(&days);
    let is_cap = |cap: Option<i64>| cap.is_none_or(|cap| cap >= 1);
    let Definition { per_unit, caps, starts_at, ends_at, .. } = definition;
    let checks = [
        ("points", is_amount(definition.points), "Expected 0 to 1,000,000."),
        (
            "perUnit.quantity",
            per_unit.is_none_or(|unit| (1..=MOST_QUANTITY).contains(&unit.quantity)),
            "Expected 1 to 1,000,000,000,000.",
        ),
        ("perUnit.points", per_unit.is_none_or(|unit| is_amount(unit.points)), "Expected 0 to 1,000,000."),
        ("caps.perDay", is_cap(caps.per_day), "Expected at least 1."),
        ("caps.perMonth", is_cap(caps.per_month), "Expected at least 1."),
        ("caps.perMember", is_cap(caps.per_member), "Expected at least 1."),
        ("endsAt", starts_at.zip(*ends_at).is_none_or(|(start, end)| start < end), "A rule ends after it starts."),
        ("pendingDays", is_days(definition.pending_days), "Expected 0 to 365."),
        ("clawbackDays", is_days(definition.clawback_days), "Expected 0 to 365."),
        (
            "clawbackDays",
            definition.clawback_days == 0 || event == MEMBER_INVITED,
            "Only what is paid for MEMBER_INVITED is taken back.",
        ),
        ("communityIds", definition.communities.len() <= MOST_COMMUNITIES, "At most 50 communities."),
        ("streakBonuses", definition.streak_bonuses.len() <= MOST_BONUSES, "At most 10 bonuses."),
        ("tierMultipliers", are_apart(definition.tier_multipliers.iter().map(|one| one.tier)), "Each tier once."),
        ("streakBonuses", are_apart(definition.streak_bonuses.iter().map(|one| one.days)), "Each day once."),
    ];
    let failed = checks.into_iter().filter(|(_, holds, _)| !holds);
    errors.extend(failed.map(|(field, _, message)| invalid(&format!("definition.{field}"), message)));
    for (place, bonus) in definition.streak_bonuses.iter().enumerate() {
        if !(1..=LONGEST_STREAK).contains(&bonus.days) {
            errors.push(invalid(&format!("definition.streakBonuses.{place}.days"), "Expected 1 to 366."));
        }
        if !is_amount(bonus.points) {
            errors.push(invalid(&format!("definition.streakBonuses.{place}.points"), "Expected 0 to 1,000,000."));
        }
    }
    for (place, multiplier) in definition.tier_multipliers.iter().enumerate() {
        if !is_percent(multiplier.percent) {
            errors.push(invalid(&format!("definition.tierMultipliers.{place}.percent"), "Expected 0 to 1000."));
        }
    }
}

fn are_apart<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<_> = items.collect();
    let all = items.len();
    items.sort_unstable();
    items.dedup();
    items.len() == all
}

fn invalid(field: &str, message: &'static str) -> UserError {
    UserError::at(field, UserErrorCode::Invalid, message)
}
