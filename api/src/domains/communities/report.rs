//! Survival of new communities: how many of those old enough lived through their first months.

use chrono::{DateTime, Months, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::domains::tenants::SurvivalPolicy;

/// The survival figure of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Communities that are old enough to be judged.
    pub cohort: usize,
    /// Those of them that lived through the months.
    pub survived: usize,
    /// What it is measured by.
    pub policy: SurvivalPolicy,
}

/// When a community founded at `founded` has lived through `months`, on the tenant's calendar.
#[must_use]
pub fn milestone(founded: DateTime<Utc>, months: u32, timezone: Tz) -> DateTime<Utc> {
    let local = founded.with_timezone(&timezone).naive_local();
    local
        .checked_add_months(Months::new(months))
        // A clock that jumps over the hour takes the first one there is.
        .and_then(|end| timezone.from_local_datetime(&end).earliest())
        .map_or(DateTime::<Utc>::MAX_UTC, |end| end.with_timezone(&Utc))
}

/// Judges each community by founding and end.
#[must_use]
pub fn survival(
    lives: &[(DateTime<Utc>, Option<DateTime<Utc>>)],
    policy: SurvivalPolicy,
    timezone: Tz,
    now: DateTime<Utc>,
) -> Survival {
    let judged: Vec<_> = lives
        .iter()
        .map(|(founded, ended)| (milestone(*founded, policy.months, timezone), *ended))
        .filter(|(milestone, _)| *milestone <= now)
        .collect();
    let survived = judged.iter().filter(|(milestone, ended)| ended.is_none_or(|ended| ended >= *milestone)).count();
    Survival { cohort: judged.len(), survived, policy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_calendar_months_of_the_tenant() {
        let shanghai: Tz = "Asia/Shanghai".parse().unwrap();
        // 30 November, midnight in Shanghai; three months later February has no 30th.
        assert_eq!(milestone(at("2025-11-29T16:00:00Z"), 3, shanghai), at("2026-02-27T16:00:00Z"));
    }

    #[test]
    fn one_that_ends_at_the_milestone_has_survived_and_a_young_one_is_not_judged() {
        let now = at("2026-06-01T00:00:00Z");
        let lives = [
            (at("2026-01-01T00:00:00Z"), Some(at("2026-04-01T00:00:00Z"))),
            (at("2026-01-01T00:00:00Z"), Some(at("2026-03-31T23:59:59Z"))),
            (at("2026-01-01T00:00:00Z"), None),
            (at("2026-05-01T00:00:00Z"), None),
        ];
        let report = survival(&lives, SurvivalPolicy::default(), Tz::UTC, now);
        assert_eq!((report.cohort, report.survived), (3, 2));
    }
}
