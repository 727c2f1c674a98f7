//! Days, weeks and months, and what entries of the ledger add to each.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::super::model_feed::Change;
use crate::named_enum;
use crate::platform::ids::MemberId;

/// How long boards of a day are kept. Those of weeks and months stay.
const DAYS_KEPT: TimeDelta = TimeDelta::days(400);

named_enum! {
    /// How long a leaderboard goes, by the calendar in the tenant's zone.
    #[graphql(name = "LeaderboardPeriod")]
    Period {
        /// A day. Boards of days are kept for 400 days.
        Day "DAY",
        /// An ISO week, from Monday to Sunday.
        Week "WEEK",
        /// A month.
        Month "MONTH",
    }
}

/// One day, week or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which of the three.
    pub period: Period,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
}

impl Period {
    /// The one that the day is in.
    #[must_use]
    pub fn around(self, day: NaiveDate) -> Span {
        let (from, to) = match self {
            Self::Day => (day, day),
            Self::Week => {
                let from = day - Days::new(day.weekday().num_days_from_monday().into());
                (from, from + Days::new(6))
            }
            Self::Month => {
                let from = day.with_day(1).unwrap_or(day);
                (from, from + Months::new(1) - Days::new(1))
            }
        };
        Span { period: self, from, to }
    }
}

impl Span {
    /// What scores are kept under: `D2026-11-22`, `W2026-W47`, `M2026-11`.
    #[must_use]
    pub fn key(&self) -> String {
        let spelling = match self.period {
            Period::Day => "D%Y-%m-%d",
            Period::Week => "W%G-W%V",
            Period::Month => "M%Y-%m",
        };
        self.from.format(spelling).to_string()
    }
}

/// The first day of which a board is kept; the zone may make it another by one.
#[must_use]
pub fn oldest_day(now: DateTime<Utc>) -> Span {
    Period::Day.around((now - DAYS_KEPT).date_naive())
}

/// A zone of the tenant, from a posting on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The first time whose day is this zone's.
    pub since: DateTime<Utc>,
    /// The zone.
    pub zone: Tz,
    /// The latest award that was counted in it.
    pub counted_to: DateTime<Utc>,
}

/// In which zones days were counted: the day of an award follows from when it was posted, and from nothing else. So a
/// reversal finds the day that its award was counted on, and who counts anew comes to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    earlier: Vec<Zone>,
    /// The one that goes on.
    last: Option<Zone>,
}

impl Zones {
    /// As they were kept, the first one first.
    #[must_use]
    pub fn of(mut kept: Vec<Zone>) -> Self {
        let last = kept.pop();
        Self { earlier: kept, last }
    }

    /// Goes on in this zone: for all times that are later than whatever was counted before.
    #[must_use]
    pub fn going_on_in(mut self, zone: Tz) -> Self {
        let since = match self.last {
            Some(last) if last.zone == zone => return self,
            Some(last) => last.counted_to + TimeDelta::microseconds(1),
            None => DateTime::UNIX_EPOCH,
        };
        self.earlier.extend(self.last);
        self.last = Some(Zone { since, zone, counted_to: since });
        self
    }

    /// The zone that goes on, as it is to be kept.
    #[must_use]
    pub fn last(&self) -> Option<Zone> {
        self.last
    }

    /// The day of an award, which is counted now.
    fn count(&mut self, at: DateTime<Utc>) -> NaiveDate {
        if let Some(last) = &mut self.last {
            last.counted_to = last.counted_to.max(at);
        }
        let zone = self.last.iter().chain(self.earlier.iter().rev()).find(|zone| zone.since <= at);
        zone.map_or(at.date_naive(), |zone| at.with_timezone(&zone.zone).date_naive())
    }
}

/// What is added to a score, and when the last entry of it was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gain {
    /// Less than 0 where more was reversed than given.
    pub points: i64,
    /// The latest posting.
    pub at: DateTime<Utc>,
}

/// What entries add to the scores of members, by period and member; nothing for days that are not kept.
#[must_use]
pub fn add_up(changes: &[Change], zones: &mut Zones, oldest: Span) -> BTreeMap<(String, MemberId), Gain> {
    let mut gains: BTreeMap<_, Gain> = BTreeMap::new();
    for change in changes {
        let day = zones.count(change.awarded_at);
        let spans = Period::ALL.iter().map(|period| period.around(day));
        for span in spans.filter(|span| span.period != Period::Day || span.from >= oldest.from) {
            let new = Gain { points: 0, at: change.posted_at };
            let gain = gains.entry((span.key(), change.member)).or_insert(new);
            gain.points = gain.points.saturating_add(change.points);
            gain.at = gain.at.max(change.posted_at);
        }
    }
    gains
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Asia::Shanghai, Pacific::Honolulu};
    use uuid::Uuid;

    use super::*;
    use crate::platform::ids::Id;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_is_an_iso_week_also_where_years_meet() {
        let week = Period::Week.around(day("2027-01-03"));
        assert_eq!((week.from, week.to, week.key()), (day("2026-12-28"), day("2027-01-03"), "W2026-W53".to_owned()));
        let next = Period::Week.around(day("2027-01-04"));
        assert_eq!((next.from, next.key()), (day("2027-01-04"), "W2027-W01".to_owned()));
    }

    #[test]
    fn a_month_ends_on_its_last_day_and_a_day_is_itself() {
        let month = Period::Month.around(day("2028-02-11"));
        assert_eq!((month.from, month.to, month.key()), (day("2028-02-01"), day("2028-02-29"), "M2028-02".to_owned()));
        assert_eq!(Period::Day.around(day("2028-02-29")).key(), "D2028-02-29");
    }

    #[test]
    fn a_change_of_zone_moves_no_day_that_was_counted() {
        let (first, second) = (at("2026-11-22T17:00:00Z"), at("2026-11-22T18:00:00Z"));
        let mut zones = Zones::default().going_on_in(Shanghai);
        assert_eq!(zones.count(first), day("2026-11-23"));
        let mut zones = zones.going_on_in(Honolulu);
        assert_eq!(zones.count(second), day("2026-11-22"));
        assert_eq!(zones.count(first), day("2026-11-23"), "counted in Shanghai, reversed in Honolulu");
        // Posted before what was counted last, and committed after it.
        assert_eq!(zones.count(first - TimeDelta::seconds(1)), day("2026-11-23"));
        assert_eq!(zones.clone().going_on_in(Honolulu), zones);
        let back = zones.going_on_in(Shanghai).last().unwrap();
        assert_eq!((back.since, back.zone), (second + TimeDelta::microseconds(1), Shanghai));
    }

    #[test]
    fn a_reversal_is_taken_off_the_day_of_its_award_and_old_days_are_left_out() {
        let member = Id::from_uuid(Uuid::from_u128(7));
        let (then, later) = (at("2026-10-31T12:00:00Z"), at("2026-11-22T12:00:00Z"));
        let award = Change { member, points: 50, awarded_at: then, posted_at: then };
        let reversal = Change { member, points: -50, awarded_at: then, posted_at: later };
        let other = Change { member, points: 7, awarded_at: later, posted_at: later };
        let mut zones = Zones::default().going_on_in(Shanghai);
        let oldest = Period::Day.around(day("2026-11-01"));
        let gains = add_up(&[award, reversal, other], &mut zones, oldest);
        let told: Vec<_> = gains.iter().map(|((key, _), gain)| (key.as_str(), gain.points, gain.at)).collect();
        let expected = [
            ("D2026-11-22", 7, later),
            ("M2026-10", 0, later),
            ("M2026-11", 7, later),
            ("W2026-W44", 0, later),
            ("W2026-W47", 7, later),
        ];
        assert_eq!(told, expected);
    }
}
