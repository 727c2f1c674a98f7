//! Which day it is, what a streak is, and what making a missed day up changes.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{CheckInId, CommunityId, MemberId};
use crate::platform::text::parse_line;

/// Cards that are given at a time.
const MOST_CARDS: i32 = 100;
const REASON_LENGTH: usize = 200;
/// Days whose check-ins are shown at a time.
const MOST_DAYS: i64 = 100;
/// The longest that may lie between check-ins on two days that follow each other.
const TWO_DAYS: TimeDelta = TimeDelta::hours(48);

named_enum! {
    /// How a day came to count.
    #[graphql(name = "CheckInKind")]
    Kind {
        /// The member checked in on the day itself.
        OnTime "ON_TIME",
        /// They had missed it, and spent a card on it later.
        MadeUp "MADE_UP",
    }
}

/// A check-in on time, as those are told who reward it.
#[derive(Clone, Debug)]
pub struct CheckInFact {
    /// Which.
    pub id: CheckInId,
    /// Whose.
    pub member: MemberId,
    /// Where, if they said so.
    pub community: Option<CommunityId>,
    /// Its place in its run: 1 begins one.
    pub streak: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// On which day of the tenant.
    pub day: NaiveDate,
}

/// A time, and the zone by which its day is told.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time.
    pub at: DateTime<Utc>,
    /// The tenant's zone.
    pub zone: Tz,
}

impl Moment {
    /// Which day it is.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.at.with_timezone(&self.zone).date_naive()
    }
}

/// A member's last check-in by day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Which day.
    pub day: NaiveDate,
    /// By which zone it was told.
    pub zone: Tz,
    /// When; noon of a day that was made up.
    pub at: DateTime<Utc>,
}

impl Last {
    /// Whether a check-in at `now` would go on from this one. Where the tenant has moved to another zone since, days were
    /// cut short or left out through no fault of the member: then it is enough to come within two days.
    fn goes_on_at(&self, now: &Moment) -> bool {
        follows(self.day, now.day(), now.zone) || (self.zone != now.zone && now.at - self.at <= TWO_DAYS)
    }
}

/// Whether no day lies between the two; one that the zone skipped, as Samoa did with 2011-12-30, is none.
fn follows(day: NaiveDate, next: NaiveDate, zone: Tz) -> bool {
    day.iter_days().skip(1).take_while(|between| *between < next).all(|between| noon(between, zone).is_none())
}

/// Noon of a day; no clock skips it on a day that there is.
fn noon(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let noon = day.and_time(NaiveTime::MIN) + TimeDelta::hours(12);
    zone.from_local_datetime(&noon).earliest().map(|time| time.with_timezone(&Utc))
}

/// Where a member stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Their last check-in; None for whoever has none.
    pub last: Option<Last>,
    /// That of the last day.
    pub streak: i32,
    /// The longest that they ever had.
    pub longest: i32,
    /// Days on which they checked in, those that were made up too.
    pub total: i32,
    /// Cards to make days up with.
    pub cards: i32,
}

impl Record {
    /// Whether they have checked in today. Where the tenant has moved west, today may be before the last day; then they
    /// have, too.
    #[must_use]
    pub fn is_done(&self, now: &Moment) -> bool {
        self.last.is_some_and(|last| last.day >= now.day())
    }

    /// The streak as it is now; 0 once a day was missed.
    #[must_use]
    pub fn streak_at(&self, now: &Moment) -> i32 {
        let goes_on = self.last.is_some_and(|last| last.goes_on_at(now));
        if goes_on { self.streak } else { 0 }
    }

    /// As it is after a check-in now; None for whoever has checked in today.
    #[must_use]
    pub fn checked_in(&self, now: &Moment) -> Option<Self> {
        if self.is_done(now) {
            return None;
        }
        let streak = self.streak_at(now) + 1;
        Some(Self {
            last: Some(Last { day: now.day(), zone: now.zone, at: now.at }),
            streak,
            longest: self.longest.max(streak),
            total: self.total + 1,
            cards: self.cards,
        })
    }
}

/// A check-in among others: its day, and its place in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The day.
    pub day: NaiveDate,
    /// The place.
    pub streak: i32,
}

/// What is known of a member's days round one that they want to make up.
#[derive(Clone, Debug)]
pub struct Around {
    /// The last check-in before it.
    pub before: Option<Mark>,
    /// The check-ins on the day and behind it, in order.
    pub from: Vec<Mark>,
}

/// A run that goes on from the day that was made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Its last day.
    pub until: NaiveDate,
    /// The streak of the last day, as it is then.
    pub streak: i32,
    /// By how much that of each of its days grew.
    pub by: i32,
}

/// What making a day up comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeUp {
    /// Its own place in its run.
    pub streak: i32,
    /// The days behind it that count on from it.
    pub raised: Option<Raised>,
    /// Where the member stands then.
    pub record: Record,
}

/// Why a day is not made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMissed {
    /// The member checked in on it.
    AlreadyCheckedIn,
    /// They had not begun by then: there was nothing to miss.
    NotBegun,
    /// The member has no card.
    NoCards,
}

/// A day that is gone, and not so long that it could not be made up.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// The day.
    pub day: NaiveDate,
    noon: DateTime<Utc>,
    zone: Tz,
}

impl Past {
    /// One of the last `within_days` before today.
    pub fn check(day: NaiveDate, now: &Moment, within_days: u32) -> Result<Self, Vec<UserError>> {
        let refused = |message| Err(vec![invalid("day", message)]);
        let age = (now.day() - day).num_days();
        if age < 1 {
            return refused("Only a day before today can have been missed.");
        }
        if age > i64::from(within_days) {
            return refused("It is longer ago than the tenant's policy lets days be made up.");
        }
        match noon(day, now.zone) {
            Some(noon) => Ok(Self { day, noon, zone: now.zone }),
            None => refused("The tenant's zone skipped this day."),
        }
    }
}

/// Makes a day up with a card, if the member missed it after they had begun.
pub fn make_up(record: &Record, past: &Past, around: &Around) -> Result<MadeUp, NotMissed> {
    let Past { day, noon, zone } = *past;
    if around.from.first().is_some_and(|mark| mark.day == day) {
        return Err(NotMissed::AlreadyCheckedIn);
    }
    let before = around.before.ok_or(NotMissed::NotBegun)?;
    if record.cards < 1 {
        return Err(NotMissed::NoCards);
    }
    let (streak, raised) = join(day, before, &around.from, zone);
    Ok(MadeUp { streak, raised, record: record.with_made_up(Last { day, zone, at: noon }, streak, raised) })
}

/// The streak of a day that was missed, and what becomes of the run behind it.
fn join(day: NaiveDate, before: Mark, behind: &[Mark], zone: Tz) -> (i32, Option<Raised>) {
    let next = behind.first();
    // It lies within a run that another zone has kept whole.
    let is_within = next.is_some_and(|next| next.streak > 1);
    let streak = if is_within || follows(before.day, day, zone) { before.streak + 1 } else { 1 };
    let raised = next.filter(|next| is_within || follows(day, next.day, zone)).map(|next| {
        let last = behind.iter().skip(1).take_while(|mark| mark.streak > 1).last().unwrap_or(next);
        let by = if is_within { 1 } else { streak };
        Raised { until: last.day, streak: last.streak + by, by }
    });
    (streak, raised)
}

impl Record {
    /// With the day that was made up, and a card less.
    fn with_made_up(&self, made_up: Last, streak: i32, raised: Option<Raised>) -> Self {
        let later = self.last.filter(|last| last.day > made_up.day);
        let now = match (later, raised) {
            (None, _) => streak,
            (Some(last), Some(raised)) if raised.until == last.day => raised.streak,
            (Some(_), _) => self.streak,
        };
        Self {
            last: later.or(Some(made_up)),
            streak: now,
            longest: self.longest.max(raised.map_or(streak, |raised| raised.streak)),
            total: self.total + 1,
            cards: self.cards - 1,
        }
    }
}

/// How many cards are given and what for, or all that is wrong with them.
pub fn checked_cards(count: i32, reason: &str) -> Result<String, Vec<UserError>> {
    let reason = parse_line(reason, REASON_LENGTH).map_err(|problem| UserError::text("reason", problem));
    let is_count = (1..=MOST_CARDS).contains(&count);
    let count = if is_count { None } else { Some(invalid("count", "Expected 1 to 100.")) };
    match (reason, count) {
        (Ok(reason), None) => Ok(reason),
        (reason, count) => Err(count.into_iter().chain(reason.err()).collect()),
    }
}

/// Whether so many days may be shown at a time.
#[must_use]
pub fn is_range(from: NaiveDate, to: NaiveDate) -> bool {
    (0..MOST_DAYS).contains(&(to - from).num_days())
}

fn invalid(field: &str, message: &'static str) -> UserError {
    UserError::at(field, UserErrorCode::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::Los_Angeles, Asia::Shanghai, Asia::Tokyo, Pacific};

    fn at(time: &str, zone: Tz) -> Moment {
        Moment { at: time.parse().unwrap(), zone }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Somebody whose last check-in was then.
    fn after(moments: &[Moment]) -> Record {
        moments.iter().fold(Record::default(), |record, moment| record.checked_in(moment).unwrap())
    }

    #[test]
    fn a_day_begins_at_midnight_in_the_tenants_zone_and_counts_once() {
        let late = at("2026-11-22T15:59:59.999999Z", Shanghai);
        let record = after(&[late]);
        assert_eq!((late.day(), record.streak), (day("2026-11-22"), 1));
        assert_eq!(record.checked_in(&late), None);
        assert_eq!(record.checked_in(&at("2026-11-22T16:00:00Z", Shanghai)).map(|record| record.streak), Some(2));
    }

    #[test]
    fn a_streak_lasts_through_the_next_day_and_is_over_then() {
        let record = after(&[at("2026-11-22T01:00:00Z", Shanghai)]);
        assert_eq!(record.streak_at(&at("2026-11-23T15:59:59Z", Shanghai)), 1);
        let broken = at("2026-11-23T16:00:00Z", Shanghai);
        assert_eq!(record.streak_at(&broken), 0);
        let record = record.checked_in(&broken).unwrap();
        assert_eq!((record.streak, record.longest, record.total), (1, 1, 2));
    }

    #[test]
    fn a_tenant_that_moves_west_has_its_day_twice_and_members_check_in_once() {
        let record = after(&[at("2026-11-22T01:00:00Z", Tokyo), at("2026-11-23T01:00:00Z", Tokyo)]);
        let (same_day, before) = (at("2026-11-23T23:00:00Z", Los_Angeles), at("2026-11-23T02:00:00Z", Los_Angeles));
        assert_eq!((same_day.day(), before.day()), (day("2026-11-23"), day("2026-11-22")));
        assert!(record.is_done(&same_day) && record.is_done(&before) && record.streak_at(&before) == 2);
        let next = at("2026-11-24T08:00:00Z", Los_Angeles);
        assert_eq!(record.checked_in(&next).map(|record| record.streak), Some(3));
    }

    #[test]
    fn a_day_that_is_lost_by_moving_east_breaks_no_streak() {
        let sunday = at("2026-11-23T04:00:00Z", Los_Angeles);
        let record = after(&[sunday]);
        let tuesday = at("2026-11-24T04:00:00Z", Tokyo);
        assert_eq!((tuesday.day() - sunday.day()).num_days(), 2);
        assert_eq!(record.checked_in(&tuesday).map(|record| record.streak), Some(2));
        assert_eq!(record.streak_at(&at("2026-11-25T04:00:00Z", Tokyo)), 1, "48 hours");
        assert_eq!(record.streak_at(&at("2026-11-25T04:00:01Z", Tokyo)), 0);
        assert_eq!(record.streak_at(&at("2026-11-24T08:00:00Z", Los_Angeles)), 0, "nobody moved");
    }

    #[test]
    fn a_day_that_a_zone_skips_is_neither_missed_nor_made_up() {
        let record = after(&[at("2011-12-29T20:00:00Z", Pacific::Apia)]);
        let next = at("2011-12-30T20:00:00Z", Pacific::Apia);
        assert_eq!(next.day(), day("2011-12-31"));
        assert_eq!(record.checked_in(&next).map(|record| record.streak), Some(2));
        assert!(Past::check(day("2011-12-30"), &next, 7).is_err() && Past::check(day("2011-12-29"), &next, 7).is_ok());
    }

    #[test]
    fn a_day_within_a_run_that_another_zone_kept_whole_lengthens_it_by_one() {
        let record = after(&[at("2026-11-23T04:00:00Z", Los_Angeles), at("2026-11-24T04:00:00Z", Tokyo)]);
        let past = Past::check(day("2026-11-23"), &at("2026-11-24T05:00:00Z", Tokyo), 7).unwrap();
        let mark = |text: &str, streak| Mark { day: day(text), streak };
        let around = Around { before: Some(mark("2026-11-22", 1)), from: vec![mark("2026-11-24", 2)] };
        let made_up = make_up(&Record { cards: 1, ..record }, &past, &around).unwrap();
        assert_eq!((made_up.streak, made_up.record.streak, made_up.record.total), (2, 3, 3));
    }

    #[test]
    fn what_was_made_up_today_keeps_no_streak_beyond_its_own_day() {
        let record = Record { cards: 1, ..after(&[at("2026-11-10T04:00:00Z", Tokyo)]) };
        let now = at("2026-11-17T04:00:00Z", Tokyo);
        let past = Past::check(day("2026-11-11"), &now, 7).unwrap();
        let around = Around { before: Some(Mark { day: day("2026-11-10"), streak: 1 }), from: Vec::new() };
        let made_up = make_up(&record, &past, &around).unwrap().record;
        assert_eq!((made_up.streak, made_up.streak_at(&Moment { zone: Shanghai, ..now })), (2, 0));
    }

    #[test]
    fn everything_that_is_wrong_with_cards_is_named() {
        let fields = |count, reason| {
            let errors = checked_cards(count, reason).err().unwrap_or_default();
            errors.into_iter().filter_map(|error| error.field).flatten().collect::<Vec<_>>()
        };
        assert_eq!(fields(0, " "), ["count", "reason"]);
        assert_eq!(fields(101, "Thanks"), ["count"]);
        assert_eq!(fields(100, "Thanks"), [""; 0]);
    }
}
