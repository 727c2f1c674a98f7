//! What rules pay for an event, with what they have paid before.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, Months, NaiveDate, TimeDelta, Utc};

use super::model::{Definition, Outcome};
use crate::domains::members::membership::Tier;
use crate::platform::ids::{CommunityId, EarningRuleId, MemberId};

/// The most that one rule pays for one event.
const MOST: i64 = 1_000_000_000;
/// What multiplies by nothing.
pub const AS_IS: i32 = 100;

/// A rule as it stands.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: EarningRuleId,
    /// What members read.
    pub name: String,
    /// What it answers.
    pub event: String,
    /// Which version this is.
    pub version: i32,
    /// What that says.
    pub definition: Definition,
}

/// All that an event is scored by.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// To whom it happened.
    pub member: MemberId,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// On which day of the tenant.
    pub day: NaiveDate,
    /// How many or how much.
    pub quantity: Option<i64>,
    /// Where.
    pub community: Option<CommunityId>,
    /// As what of that community.
    pub tier: Option<Tier>,
    /// How long a streak it makes.
    pub streak: Option<i32>,
    /// What the member's growth node multiplies by.
    pub growth_percent: i32,
    /// What their level as a creator multiplies by.
    pub creator_percent: i32,
}

/// What a rule pays for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What it comes to without multipliers.
    pub base: i64,
    /// What these make of 100.
    pub percent: i32,
    /// How much of it is paid.
    pub amount: i64,
    /// Whether that is all of it.
    pub outcome: Outcome,
}

/// What these make of 100 together, each rounded down.
pub fn combined(percents: impl IntoIterator<Item = i32>) -> i32 {
    percents.into_iter().fold(AS_IS, |all, percent| all.saturating_mul(percent) / AS_IS)
}

/// The time that a cap is about, by its first and last day.
pub type Period = (NaiveDate, NaiveDate);

/// What a rule has paid to a member in a period.
pub type Spent = HashMap<(EarningRuleId, MemberId, Period), i64>;

impl Rule {
    /// Whether it has something to say about the event at all.
    #[must_use]
    pub fn answers(&self, event: &str, inputs: &Inputs) -> bool {
        let Definition { starts_at, ends_at, .. } = self.definition;
        self.event == event
            && starts_at.is_none_or(|start| start <= inputs.occurred_at)
            && ends_at.is_none_or(|end| inputs.occurred_at < end)
            && self.is_for(inputs.community)
    }

    /// Whether it holds where the event happened.
    #[must_use]
    pub fn is_for(&self, community: Option<CommunityId>) -> bool {
        let communities = &self.definition.communities;
        communities.is_empty() || community.is_some_and(|community| communities.contains(&community))
    }

    /// The periods that its caps are about, each with its cap.
    pub fn capped_periods(&self, day: NaiveDate) -> impl Iterator<Item = (Period, i64)> {
        let caps = self.definition.caps;
        let ever = (NaiveDate::MIN, NaiveDate::MAX);
        [(caps.per_day, (day, day)), (caps.per_month, month_of(day)), (caps.per_member, ever)]
            .into_iter()
            .filter_map(|(cap, period)| Some((period, cap?)))
    }

    /// What it pays for the event that it answers, and notes in `spent`; None when that is nothing, and would be
    /// without caps.
    pub fn pay(&self, inputs: &Inputs, spent: &mut Spent) -> Option<Payment> {
        let parts = self.definition.parts((inputs.quantity, inputs.streak), inputs.tier);
        let base = parts.base();
        let percent = combined([parts.tier_percent, inputs.growth_percent, inputs.creator_percent]);
        let whole = multiplied(base, percent).min(MOST);
        if whole == 0 {
            return None;
        }
        let periods: Vec<_> = self.capped_periods(inputs.day).collect();
        let key = |period| (self.id, inputs.member, period);
        let room = periods.iter().map(|(period, cap)| cap - spent.get(&key(*period)).copied().unwrap_or(0)).min();
        let amount = room.map_or(whole, |room| whole.min(room.max(0)));
        for (period, _) in periods {
            *spent.entry(key(period)).or_default() += amount;
        }
        let outcome = if amount < whole { Outcome::Capped } else { Outcome::Paid };
        Some(Payment { base, percent, amount, outcome })
    }

    /// From when what it pays for an event is good, and until when it is taken back; None for at once and for never.
    #[must_use]
    pub fn dates(&self, occurred_at: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let after = |days: i32| (days > 0).then(|| occurred_at + TimeDelta::days(i64::from(days)));
        let Definition { pending_days, clawback_days, .. } = self.definition;
        // What may be taken back stays pending as long: it cannot be spent meanwhile.
        (after(pending_days.max(clawback_days)), after(clawback_days))
    }
}

/// What a definition gives for an event, part by part, and what it makes of 100 for a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// For each event.
    pub points: i64,
    /// For what the event counts.
    pub counted: i64,
    /// For the streak that it makes.
    pub bonus: i64,
    /// What the tier makes of 100.
    pub tier_percent: i32,
}

impl Parts {
    /// What it comes to without multipliers.
    #[must_use]
    pub fn base(&self) -> i64 {
        self.points.saturating_add(self.counted).saturating_add(self.bonus)
    }
}

impl Definition {
    /// What it gives for an event of so much, with such a streak, to a member of this tier.
    #[must_use]
    pub fn parts(&self, (quantity, streak): (Option<i64>, Option<i32>), tier: Option<Tier>) -> Parts {
        let counted = self
            .per_unit
            .zip(quantity)
            .map_or(0, |(unit, quantity)| quantity.checked_div(unit.quantity).unwrap_or(0).saturating_mul(unit.points));
        let bonuses = self.streak_bonuses.iter().filter(|bonus| streak == Some(bonus.days)).map(|bonus| bonus.points);
        let of_tier = self.tier_multipliers.iter().find(|multiplier| Some(multiplier.tier) == tier);
        Parts {
            points: self.points,
            counted,
            bonus: bonuses.fold(0, i64::saturating_add),
            tier_percent: of_tier.map_or(AS_IS, |multiplier| multiplier.percent),
        }
    }
}

/// So many hundredths of an amount, rounded down.
#[must_use]
pub fn multiplied(amount: i64, percent: i32) -> i64 {
    amount.saturating_mul(i64::from(percent)) / i64::from(AS_IS)
}

fn month_of(day: NaiveDate) -> Period {
    let first = day.with_day(1).unwrap_or(day);
    (first, first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(day))
}

#[cfg(test)]
mod tests {
    use super::super::model::{Caps, PerUnit, StreakBonus, TierMultiplier};
    use super::*;
    use crate::domains::points::model::Source;
    use crate::platform::ids::Id;

    fn rule(change: impl FnOnce(&mut Definition)) -> Rule {
        let mut definition = Definition {
            source: Source::Campaign,
            points: 10,
            per_unit: None,
            streak_bonuses: Vec::new(),
            tier_multipliers: Vec::new(),
            communities: Vec::new(),
            caps: Caps::default(),
            starts_at: None,
            ends_at: None,
            pending_days: 0,
            clawback_days: 0,
        };
        change(&mut definition);
        let id = Id::from_uuid(uuid::Uuid::nil());
        Rule { id, name: "Share".to_owned(), event: "SHARE".to_owned(), version: 1, definition }
    }

    fn on(day: &str) -> Inputs {
        let day: NaiveDate = day.parse().unwrap();
        Inputs {
            member: Id::from_uuid(uuid::Uuid::nil()),
            occurred_at: day.and_hms_opt(4, 0, 0).unwrap().and_utc(),
            day,
            quantity: None,
            community: None,
            tier: None,
            streak: None,
            growth_percent: AS_IS,
            creator_percent: AS_IS,
        }
    }

    fn amounts(rule: &Rule, events: &[Inputs]) -> Vec<i64> {
        let mut spent = Spent::new();
        events.iter().map(|inputs| rule.pay(inputs, &mut spent).map_or(-1, |payment| payment.amount)).collect()
    }

    #[test]
    fn units_count_when_they_are_whole_and_multipliers_are_rounded_down() {
        let by_price = rule(|rule| {
            rule.points = 0;
            rule.per_unit = Some(PerUnit { quantity: 100, points: 3 });
            rule.tier_multipliers = vec![TierMultiplier { tier: Tier::Core, percent: 150 }];
        });
        let of = |quantity, tier| Inputs { quantity: Some(quantity), tier, ..on("2026-11-22") };
        assert_eq!(amounts(&by_price, &[of(99, None), of(199, None), of(100, Some(Tier::Core))]), [-1, 3, 4]);
    }

    #[test]
    fn a_bonus_is_for_one_day_of_the_streak() {
        let daily = rule(|rule| rule.streak_bonuses = vec![StreakBonus { days: 7, points: 50 }]);
        let of = |streak| Inputs { streak: Some(streak), ..on("2026-11-22") };
        assert_eq!(amounts(&daily, &[of(6), of(7), of(8)]), [10, 60, 10]);
    }

    #[test]
    fn the_narrowest_cap_holds_and_each_period_begins_anew() {
        let capped = rule(|rule| {
            rule.caps = Caps { per_day: Some(15), per_month: Some(40), per_member: Some(60) };
        });
        let days = ["2026-11-22", "2026-11-22", "2026-11-22", "2026-11-23", "2026-11-23", "2026-11-30", "2026-12-01"];
        let events: Vec<_> = days.into_iter().chain(["2026-12-01", "2026-12-02"]).map(on).collect();
        assert_eq!(amounts(&capped, &events), [10, 5, 0, 10, 5, 10, 10, 5, 5]);
        let outcome = capped.pay(&on("2026-11-22"), &mut Spent::new()).unwrap().outcome;
        assert_eq!(outcome, Outcome::Paid);
    }

    #[test]
    fn a_rule_starts_in_the_moment_and_has_ended_in_it() {
        let at: DateTime<Utc> = "2026-11-22T04:00:00Z".parse().unwrap();
        let answers = |change: fn(&mut Definition, DateTime<Utc>)| {
            rule(|rule| change(rule, at)).answers("SHARE", &on("2026-11-22"))
        };
        assert!(answers(|rule, at| rule.starts_at = Some(at)));
        assert!(!answers(|rule, at| rule.ends_at = Some(at)));
        assert!(!answers(|rule, _| rule.communities = vec![Id::from_uuid(uuid::Uuid::nil())]));
    }

    #[test]
    fn what_may_be_taken_back_is_not_good_before() {
        let invite = rule(|rule| {
            rule.pending_days = 3;
            rule.clawback_days = 7;
        });
        let at = on("2026-11-22").occurred_at;
        let week = Some(at + TimeDelta::days(7));
        assert_eq!(invite.dates(at), (week, week));
        assert_eq!(rule(|rule| rule.pending_days = 3).dates(at), (Some(at + TimeDelta::days(3)), None));
    }
}
