//! What a reward is, and what of it can be accepted.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::domains::members::membership::Tier;
use crate::domains::points::start_of_next;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::CommunityId;
use crate::platform::text::{TextProblem, parse_line};

/// The most points that one redemption takes, and the most that one reward costs.
pub const MOST_POINTS: i64 = 1_000_000_000;
/// The most that a reward has in stock.
pub const MOST_STOCK: i64 = 1_000_000_000;
/// The most that one redemption takes.
pub const MOST_QUANTITY: i32 = 100;
/// Voucher codes that are added at a time.
const MOST_CODES: usize = 1_000;
/// Changes of the stock that are shown of a reward.
pub const MOST_SHOWN: u64 = 100;
const NAME_LENGTH: usize = 120;
const DESCRIPTION_LENGTH: usize = 2_000;
const REASON_LENGTH: usize = 200;
const CODE_BYTES: usize = 128;
const MOST_COMMUNITIES: usize = 50;
const USUAL_DAYS: i32 = 30;
const LONGEST_DAYS: i32 = 90;

named_enum! {
    /// Whether a reward can be redeemed.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    #[graphql(name = "RewardState")]
    RewardState {
        /// It is being written.
        Draft "DRAFT",
        /// It can.
        Active "ACTIVE",
        /// It cannot for now.
        Paused "PAUSED",
        /// It never can again. What is pending can still be fulfilled or cancelled.
        Archived "ARCHIVED",
    }
}

named_enum! {
    /// How members get what they redeemed.
    #[graphql(name = "RewardFulfilment")]
    Fulfilment {
        /// Somebody hands it over, and says so by `redemptionFulfil`.
        Manual "MANUAL",
        /// They get a code at once, one for each piece.
        VoucherCode "VOUCHER_CODE",
    }
}

named_enum! {
    /// What a limit is for: calendar time in the tenant's zone.
    #[graphql(name = "RewardLimitPeriod")]
    Period {
        /// A day.
        Day "DAY",
        /// A week, from Monday on.
        Week "WEEK",
        /// A calendar month.
        Month "MONTH",
        /// All time.
        Ever "EVER",
    }
}

impl Period {
    /// When the period began in which this time is; None for ever.
    #[must_use]
    pub fn start(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&zone).date_naive();
        let first = match self {
            Self::Day => today,
            Self::Week => today.week(Weekday::Mon).first_day(),
            Self::Month => today.with_day(1)?,
            Self::Ever => return None,
        };
        Some(start_of_next(first - TimeDelta::days(1), zone))
    }
}

/// The most that a member redeems in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Pieces, not requests.
    pub quantity: i32,
    /// In what time.
    pub period: Period,
}

/// What can be changed of a reward.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What members read.
    pub name: String,
    /// More of it.
    pub description: Option<String>,
    /// In points, for one.
    pub price: i64,
    /// The most for a member; None for as many as there are.
    pub limit: Option<Limit>,
    /// For their members only; for everybody when there is none.
    pub communities: Vec<CommunityId>,
    /// For members of this tier or a higher one, in one of the communities.
    pub minimum_tier: Option<Tier>,
    /// From then on.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until then.
    pub ends_at: Option<DateTime<Utc>>,
    /// How long the points are set aside before what was redeemed lapses.
    pub fulfil_within_days: Option<i32>,
}

impl Terms {
    /// All that is wrong with them, or the same with their texts in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        let name = line("name", &self.name, NAME_LENGTH, &mut errors);
        let description = self.description.as_deref().filter(|text| !text.trim().is_empty());
        let description = description.map(|text| line("description", text, DESCRIPTION_LENGTH, &mut errors));
        let mut check = |is_right: bool, field: &str, message: &'static str| {
            if !is_right {
                errors.push(UserError::at(field, UserErrorCode::Invalid, message));
            }
        };
        check((1..=MOST_POINTS).contains(&self.price), "price", "Expected 1 to 1,000,000,000.");
        let is_limit = self.limit.is_none_or(|limit| (1..=1_000_000).contains(&limit.quantity));
        check(is_limit, "limit.quantity", "Expected 1 to 1,000,000.");
        let is_span = !matches!((self.starts_at, self.ends_at), (Some(from), Some(to)) if from >= to);
        check(is_span, "endsAt", "It would end before it starts.");
        let days = self.fulfil_within_days.unwrap_or(USUAL_DAYS);
        check((1..=LONGEST_DAYS).contains(&days), "fulfilWithinDays", "Expected 1 to 90 days.");
        if self.communities.len() > MOST_COMMUNITIES {
            errors.push(UserError::at("communityIds", UserErrorCode::TooLong, "At most 50 communities."));
        }
        let mut communities = self.communities;
        communities.sort_unstable();
        communities.dedup();
        let terms = Self { name, description, communities, fulfil_within_days: Some(days), ..self };
        if errors.is_empty() { Ok(terms) } else { Err(errors) }
    }

    /// How long the points are set aside.
    #[must_use]
    pub fn days(&self) -> i32 {
        self.fulfil_within_days.unwrap_or(USUAL_DAYS)
    }
}

/// A reward as somebody wants it.
#[derive(Clone, Debug)]
pub struct RewardDraft {
    /// What it is.
    pub terms: Terms,
    /// How members get it; it stays so.
    pub fulfilment: Fulfilment,
    /// How many there are; None for without end, and for codes, which are counted.
    pub stock: Option<i64>,
}

impl RewardDraft {
    /// All that is wrong with it, or the same with its texts in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let wrong = match (self.fulfilment, self.stock) {
            (Fulfilment::VoucherCode, Some(_)) => Some("Its stock is its codes: add those."),
            (Fulfilment::Manual, Some(stock)) if !(0..=MOST_STOCK).contains(&stock) => {
                Some("Expected 0 to 1,000,000,000.")
            }
            _ => None,
        };
        let stock = if self.fulfilment == Fulfilment::VoucherCode { Some(0) } else { self.stock };
        let wrong = wrong.map(|message| UserError::at("stock", UserErrorCode::Invalid, message));
        match (self.terms.check(), wrong) {
            (Ok(terms), None) => Ok(Self { terms, stock, ..self }),
            (checked, wrong) => Err(checked.err().into_iter().flatten().chain(wrong).collect()),
        }
    }
}

/// What becomes of a reward: all of its terms as they are to be.
#[derive(Clone, Debug)]
pub struct RewardChange {
    /// The version that was read.
    pub version: i32,
    /// What it is from now on.
    pub terms: Terms,
}

/// More or less of a reward.
#[derive(Clone, Debug)]
pub struct StockChange {
    /// By how many.
    pub delta: i64,
    /// Why, in words.
    pub reason: String,
}

impl StockChange {
    /// All that is wrong with it, or the same with its text in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        if self.delta == 0 || !(-MOST_STOCK..=MOST_STOCK).contains(&self.delta) {
            let message = "Expected -1,000,000,000 to 1,000,000,000, and not 0.";
            errors.push(UserError::at("delta", UserErrorCode::Invalid, message));
        }
        let reason = line("reason", &self.reason, REASON_LENGTH, &mut errors);
        if errors.is_empty() { Ok(Self { reason, ..self }) } else { Err(errors) }
    }
}

/// A voucher code: worth money to whoever reads it, so it prints nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Code(String);

impl Code {
    /// As a client gave it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The code itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn check(self) -> Result<Self, TextProblem> {
        let text = parse_line(&self.0, CODE_BYTES)?;
        if text.len() > CODE_BYTES { Err(TextProblem::TooLong { max: CODE_BYTES }) } else { Ok(Self(text)) }
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

/// The codes in order, or what is wrong with each.
pub fn checked_codes(codes: Vec<Code>) -> Result<Vec<Code>, Vec<UserError>> {
    if codes.is_empty() {
        return Err(vec![UserError::at("codes", UserErrorCode::Required, "At least one.")]);
    }
    if codes.len() > MOST_CODES {
        return Err(vec![UserError::at("codes", UserErrorCode::TooLong, "At most 1,000 at a time.")]);
    }
    let (mut checked, mut errors) = (Vec::with_capacity(codes.len()), Vec::new());
    for (place, code) in codes.into_iter().enumerate() {
        match code.check() {
            Ok(code) => checked.push(code),
            Err(TextProblem::TooLong { .. }) => {
                let message = "This has more than 128 bytes.";
                errors.push(UserError::at(&format!("codes.{place}"), UserErrorCode::TooLong, message));
            }
            Err(problem) => errors.push(UserError::text(&format!("codes.{place}"), problem)),
        }
    }
    if errors.is_empty() { Ok(checked) } else { Err(errors) }
}

/// What is said of codes that the tenant has already.
#[must_use]
pub fn doubled(places: impl IntoIterator<Item = usize>) -> Vec<UserError> {
    let message = "The tenant has this code already.";
    let error = |place| UserError::at(&format!("codes.{place}"), UserErrorCode::AlreadyExists, message);
    places.into_iter().map(error).collect()
}

/// Whether a reward may come from one state into another: what was offered is no draft again.
#[must_use]
pub fn may_become(from: RewardState, to: RewardState) -> bool {
    from == to || to != RewardState::Draft
}

/// Which rewards to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<RewardState>,
    /// For the members of this community, or for everybody.
    pub community: Option<CommunityId>,
    /// Offered at this time: active, begun and not over.
    pub offered_at: Option<DateTime<Utc>>,
}

/// The text in order; what is wrong with it goes to the errors.
pub fn line(field: &str, text: &str, max: usize, errors: &mut Vec<UserError>) -> String {
    parse_line(text, max).unwrap_or_else(|problem| {
        errors.push(UserError::text(field, problem));
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_at_midnight_of_the_tenants_zone() {
        // Sunday, the first of November, half past midnight in Shanghai.
        let now = "2026-10-31T16:30:00Z".parse().unwrap();
        let start = |period: Period| period.start(now, chrono_tz::Asia::Shanghai).map(|time| time.to_rfc3339());
        assert_eq!(start(Period::Day).as_deref(), Some("2026-10-31T16:00:00+00:00"));
        assert_eq!(start(Period::Week).as_deref(), Some("2026-10-25T16:00:00+00:00"));
        assert_eq!(start(Period::Month).as_deref(), Some("2026-10-31T16:00:00+00:00"));
        assert_eq!(start(Period::Ever), None);
    }

    #[test]
    fn codes_are_trimmed_and_told_apart_by_bytes() {
        let code = |text: &str| Code::new(text.to_owned());
        assert_eq!(checked_codes(vec![code(" A-1 ")]), Ok(vec![code("A-1")]));
        let errors = checked_codes(vec![code("ok"), code("  "), code(&"券".repeat(43))]).unwrap_err();
        let fields: Vec<_> = errors.iter().filter_map(|error| error.field.clone()).map(|path| path.join(".")).collect();
        assert_eq!(fields, ["codes.1", "codes.2"]);
        assert_eq!(format!("{:?}", code("secret")), "Code(…)");
    }

    #[test]
    fn everything_that_is_wrong_with_a_reward_is_named() {
        let terms = Terms {
            name: " ".to_owned(),
            description: Some(" ".to_owned()),
            price: 0,
            limit: Some(Limit { quantity: 0, period: Period::Day }),
            communities: Vec::new(),
            minimum_tier: None,
            starts_at: Some("2026-11-01T00:00:00Z".parse().unwrap()),
            ends_at: Some("2026-11-01T00:00:00Z".parse().unwrap()),
            fulfil_within_days: Some(91),
        };
        let draft = RewardDraft { terms, fulfilment: Fulfilment::VoucherCode, stock: Some(1) };
        let errors = draft.check().unwrap_err();
        let fields: Vec<_> = errors.iter().filter_map(|error| error.field.clone()).map(|path| path.join(".")).collect();
        assert_eq!(fields, ["name", "price", "limit.quantity", "endsAt", "fulfilWithinDays", "stock"]);
    }
}
