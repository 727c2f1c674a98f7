//! What rules must pay: the scoring once more, in memory and in whole numbers, so that the product is not tested by
//! itself. Times are seconds since 1970; the tenant is in Asia/Shanghai, which is eight hours ahead all year.

use std::collections::BTreeSet;

use sqlx::types::chrono::DateTime;

pub const HOUR: i64 = 60 * 60;
pub const DAY: i64 = 24 * HOUR;
const SHANGHAI: i64 = 8 * HOUR;
/// The most that one rule pays for one event.
const LARGEST: i128 = 1_000_000_000;
const LARGEST_QUANTITY: i64 = 1_000_000_000_000;
const LATEST: i64 = 31 * DAY;
const AHEAD: i64 = 5 * 60;

pub const TIERS: [&str; 3] = ["ORDINARY", "CORE", "ADMIN"];
pub const STATES: [&str; 3] = ["ACTIVE", "PAUSED", "ARCHIVED"];

/// What a rule says. Communities are counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    pub points: i64,
    /// For each so many, so many points.
    pub per_unit: Option<(i64, i64)>,
    /// What is paid besides where the event brings exactly this streak.
    pub bonuses: Vec<(i64, i64)>,
    /// Percent by tier.
    pub tiers: Vec<(&'static str, i64)>,
    pub communities: Vec<usize>,
    pub caps: Caps,
    pub starts_at: Option<i64>,
    pub ends_at: Option<i64>,
    pub pending_days: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Caps {
    pub per_day: Option<i64>,
    pub per_month: Option<i64>,
    pub per_member: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub event: &'static str,
    pub state: &'static str,
    pub version: i64,
    pub definition: Definition,
}

/// Something that a member did, as a client says it.
#[derive(Clone, Debug)]
pub struct Happening {
    pub event: &'static str,
    /// None is now.
    pub occurred_at: Option<i64>,
    pub quantity: Option<i64>,
    pub community: Option<usize>,
    pub reference: Option<String>,
}

/// What a rule, counted from 0, paid or would have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payment {
    pub rule: usize,
    pub version: i64,
    pub outcome: &'static str,
    pub base: i64,
    pub percent: i64,
    pub amount: i64,
}

struct Paid {
    rule: usize,
    day: i64,
    amount: i64,
    good_at: i64,
}

/// What one member was paid, and for what.
#[derive(Default)]
pub struct Book {
    /// The member's tier in each community, none where they do not belong.
    pub tiers: Vec<Option<&'static str>>,
    references: BTreeSet<(&'static str, String)>,
    paid: Vec<Paid>,
}

impl Book {
    pub fn of(tiers: Vec<Option<&'static str>>) -> Self {
        Self { tiers, ..Self::default() }
    }

    /// What each rule that answers pays, in their order; or `CODE at field` of what is wrong.
    pub fn record(&mut self, rules: &[Rule], happening: &Happening, now: i64) -> Result<Vec<Payment>, &'static str> {
        let occurred_at = happening.occurred_at.unwrap_or(now);
        if !(0..=LARGEST_QUANTITY).contains(&happening.quantity.unwrap_or(0)) {
            return Err("INVALID at quantity");
        }
        if occurred_at < now - LATEST || occurred_at > now + AHEAD {
            return Err("INVALID at occurredAt");
        }
        if let Some(reference) = &happening.reference
            && !self.references.insert((happening.event, reference.clone()))
        {
            return Err("ALREADY_RECORDED at reference");
        }
        let answering = rules.iter().enumerate().filter(|(_, rule)| answers(rule, happening, occurred_at));
        Ok(answering.filter_map(|(place, rule)| self.pay((place, rule), happening, occurred_at)).collect())
    }

    /// What is not good yet, and what can be spent.
    pub fn balances(&self, now: i64) -> (i64, i64) {
        let sum = |is_pending: bool| {
            self.paid.iter().filter(|paid| (paid.good_at > now) == is_pending).map(|paid| paid.amount).sum::<i64>()
        };
        (sum(true), sum(false))
    }

    /// How many entries were made of what was paid.
    pub fn awards(&self) -> usize {
        self.paid.len()
    }

    fn pay(&mut self, (place, rule): (usize, &Rule), happening: &Happening, occurred_at: i64) -> Option<Payment> {
        let definition = &rule.definition;
        let base = definition.base(happening.quantity);
        let tier = happening.community.and_then(|community| self.tiers[community]);
        let percent = definition.percent(tier);
        let whole = (i128::from(base) * i128::from(percent) / 100).min(LARGEST) as i64;
        let day = day_of(occurred_at);
        let amount = whole.min(self.left(place, definition.caps, day));
        if amount > 0 {
            let good_at = occurred_at + definition.pending_days * DAY;
            self.paid.push(Paid { rule: place, day, amount, good_at });
        }
        let outcome = if amount < whole { "CAPPED" } else { "PAID" };
        let payment = Payment { rule: place, version: rule.version, outcome, base, percent, amount };
        (whole > 0).then_some(payment)
    }

    /// How much of the rule's caps is left; a reversal gives nothing back, so what was paid counts.
    fn left(&self, rule: usize, caps: Caps, day: i64) -> i64 {
        let spent = |is_meant: &dyn Fn(&Paid) -> bool| {
            self.paid.iter().filter(|paid| paid.rule == rule && is_meant(paid)).map(|paid| paid.amount).sum::<i64>()
        };
        let month = month_of(day);
        let left = [
            caps.per_day.map(|cap| cap - spent(&|paid| paid.day == day)),
            caps.per_month.map(|cap| cap - spent(&|paid| month_of(paid.day) == month)),
            caps.per_member.map(|cap| cap - spent(&|_| true)),
        ];
        // A cap that an edit has lowered below what was paid leaves nothing.
        left.into_iter().flatten().min().unwrap_or(i64::MAX).max(0)
    }
}

impl Definition {
    /// No client says how long a streak is, so no bonus is due for what clients record.
    fn base(&self, quantity: Option<i64>) -> i64 {
        let of_units = self.per_unit.map_or(0, |(unit, points)| quantity.unwrap_or(0) / unit * points);
        self.points + of_units
    }

    fn percent(&self, tier: Option<&str>) -> i64 {
        let known = self.tiers.iter().find(|(name, _)| Some(*name) == tier);
        known.map_or(100, |(_, percent)| *percent)
    }
}

fn answers(rule: &Rule, happening: &Happening, occurred_at: i64) -> bool {
    let definition = &rule.definition;
    rule.state == "ACTIVE"
        && rule.event == happening.event
        && definition.starts_at.is_none_or(|from| from <= occurred_at)
        && definition.ends_at.is_none_or(|to| occurred_at < to)
        && (definition.communities.is_empty()
            || happening.community.is_some_and(|community| definition.communities.contains(&community)))
}

/// Days since 1970, as Shanghai counts them.
pub fn day_of(at: i64) -> i64 {
    (at + SHANGHAI).div_euclid(DAY)
}

/// When a day begins in Shanghai.
pub fn start_of(day: i64) -> i64 {
    day * DAY - SHANGHAI
}

/// `2027-11-30`.
pub fn date(day: i64) -> String {
    DateTime::from_timestamp(day * DAY, 0).unwrap().date_naive().to_string()
}

/// `2027-11`.
pub fn month_of(day: i64) -> String {
    date(day)[..7].to_owned()
}

/// `2027-11-30T16:00:00Z`.
pub fn spelt(at: i64) -> String {
    DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
