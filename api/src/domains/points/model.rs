//! Points to be given, taken or set aside, and until when they are good.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

pub use super::model_kinds::{Account, EntryKind, HoldState, Source};
use crate::error::{UserError, UserErrorCode};
use crate::platform::ids::MemberId;
use crate::platform::text::parse_line;

/// The most points that one entry moves. So many entries that a balance would leave 64 bits cannot be written.
pub const MOST: i64 = 1_000_000_000;
const REASON_LENGTH: usize = 200;
const REFERENCE_LENGTH: usize = 128;
/// Holds that one member may have open.
pub const MOST_HOLDS: i64 = 100;
/// Lots and holds that are shown of one member.
pub const MOST_SHOWN: u64 = 100;
/// How long a hold lasts, in seconds.
const SHORTEST_HOLD: i32 = 60;
const USUAL_HOLD: i32 = 15 * 60;
const LONGEST_HOLD: i32 = 30 * 24 * 60 * 60;
/// How far ahead points may be given: nobody plans further, and no date leaves its range.
const FURTHEST: TimeDelta = TimeDelta::days(366 * 20);

/// Points to be given, as somebody asked for it.
#[derive(Clone, Debug)]
pub struct AwardDraft {
    /// To whom.
    pub member: MemberId,
    /// How many.
    pub amount: i64,
    /// What for, by kind.
    pub source: Source,
    /// What for, in words.
    pub reason: String,
    /// The partner's own.
    pub reference: Option<String>,
    /// From when they are good; at once when it is not to come.
    pub available_at: Option<DateTime<Utc>>,
    /// The last day on which they are good; by the tenant's policy when nobody says.
    pub expires_on: Option<NaiveDate>,
}

/// What dates depend on.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The time.
    pub now: DateTime<Utc>,
    /// The tenant's zone.
    pub zone: Tz,
    /// For how many calendar months points are good; None for ever.
    pub lifetime_months: Option<u32>,
}

impl Calendar {
    /// The day of a time.
    #[must_use]
    pub fn day_of(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }

    /// When points end that are good from then on, and the last day before that; None for never.
    #[must_use]
    pub fn expiry(&self, from: DateTime<Utc>) -> Option<(DateTime<Utc>, NaiveDate)> {
        let day = last_day(from, self.zone, self.lifetime_months?)?;
        Some((start_of_next(day, self.zone), day))
    }
}

/// Points to be given, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// To whom.
    pub member: MemberId,
    /// How many.
    pub amount: i64,
    /// What for, by kind.
    pub source: Source,
    /// What for, in words.
    pub reason: String,
    /// The partner's own.
    pub reference: Option<String>,
    /// From when they are good; None for at once.
    pub available_at: Option<DateTime<Utc>>,
    /// When they end, and the last day before that; None for never.
    pub expires: Option<(DateTime<Utc>, NaiveDate)>,
}

impl AwardDraft {
    /// All that is wrong with it, or the award.
    pub fn check(self, calendar: &Calendar) -> Result<Award, Vec<UserError>> {
        let Calendar { now, zone, lifetime_months } = *calendar;
        let mut errors = Vec::new();
        check_amount(self.amount, &mut errors);
        let reason = line("reason", &self.reason, REASON_LENGTH, &mut errors);
        let reference = checked_reference(self.reference.as_deref(), &mut errors);
        let available_at = self.available_at.filter(|time| *time > now);
        if available_at.is_some_and(|time| time > now + FURTHEST) {
            errors.push(invalid("availableAt", "Points become good within 20 years."));
        }
        let today = now.with_timezone(&zone).date_naive();
        if self.expires_on.is_some_and(|day| day < today) {
            errors.push(invalid("expiresOn", "This day is over."));
        }
        if self.expires_on.is_some_and(|day| day > today + FURTHEST) {
            errors.push(invalid("expiresOn", "Points expire within 20 years, or never."));
        }
        let last_day = self.expires_on.or_else(|| last_day(now, zone, lifetime_months?));
        let expires = last_day.map(|day| (start_of_next(day, zone), day));
        if let (Some(from), Some((to, _))) = (available_at, expires)
            && from >= to
        {
            errors.push(invalid("availableAt", "The points would expire before they are good."));
        }
        let Self { member, amount, source, .. } = self;
        let award = Award { member, amount, source, reason, reference, available_at, expires };
        if errors.is_empty() { Ok(award) } else { Err(errors) }
    }
}

/// Points to be taken away, or set aside.
#[derive(Clone, Debug)]
pub struct Spending {
    /// From whom.
    pub member: MemberId,
    /// How many.
    pub amount: i64,
    /// What for, in words.
    pub reason: String,
    /// The partner's own.
    pub reference: Option<String>,
}

impl Spending {
    /// All that is wrong with it, or the same with its texts in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        check_amount(self.amount, &mut errors);
        let reason = line("reason", &self.reason, REASON_LENGTH, &mut errors);
        let reference = checked_reference(self.reference.as_deref(), &mut errors);
        if errors.is_empty() { Ok(Self { reason, reference, ..self }) } else { Err(errors) }
    }
}

/// Points to be set aside for a while.
#[derive(Clone, Debug)]
pub struct HoldDraft {
    /// Whose, and how many.
    pub spending: Spending,
    /// For how long.
    pub seconds: Option<i32>,
}

impl HoldDraft {
    /// All that is wrong with it, or what is set aside and for how long.
    pub fn check(self) -> Result<(Spending, TimeDelta), Vec<UserError>> {
        let seconds = self.seconds.unwrap_or(USUAL_HOLD);
        let lasts = (SHORTEST_HOLD..=LONGEST_HOLD).contains(&seconds);
        let late = (!lasts).then(|| invalid("expiresInSeconds", "A hold lasts 60 to 2,592,000 seconds."));
        match (self.spending.check(), late) {
            (Ok(spending), None) => Ok((spending, TimeDelta::seconds(i64::from(seconds)))),
            (checked, late) => Err(checked.err().into_iter().flatten().chain(late).collect()),
        }
    }
}

/// A reason in order, or what is wrong with it.
pub fn checked_reason(reason: &str) -> Result<String, Vec<UserError>> {
    parse_line(reason, REASON_LENGTH).map_err(|problem| vec![UserError::text("reason", problem)])
}

/// How much of a hold is spent: all of it unless told otherwise.
pub fn check_captured(amount: Option<i64>, held: i64) -> Result<i64, Vec<UserError>> {
    match amount.unwrap_or(held) {
        amount if (1..=held).contains(&amount) => Ok(amount),
        _ => Err(vec![invalid("amount", "Expected 1 to what is held.")]),
    }
}

fn check_amount(amount: i64, errors: &mut Vec<UserError>) {
    if !(1..=MOST).contains(&amount) {
        errors.push(invalid("amount", "Expected 1 to 1,000,000,000."));
    }
}

fn checked_reference(text: Option<&str>, errors: &mut Vec<UserError>) -> Option<String> {
    text.map(|text| line("reference", text, REFERENCE_LENGTH, errors))
}

/// The text in order; what is wrong with it goes to the errors.
pub fn line(field: &str, text: &str, max: usize, errors: &mut Vec<UserError>) -> String {
    parse_line(text, max).unwrap_or_else(|problem| {
        errors.push(UserError::text(field, problem));
        String::new()
    })
}

fn invalid(field: &str, message: &'static str) -> UserError {
    UserError::at(field, UserErrorCode::Invalid, message)
}

/// The last day of the month that is so many months after the one in which the points were given.
fn last_day(from: DateTime<Utc>, zone: Tz, months: u32) -> Option<NaiveDate> {
    let first = from.with_timezone(&zone).date_naive().with_day(1)?;
    first.checked_add_months(Months::new(months + 1))?.pred_opt()
}

/// When the day after this one begins. Where clocks skip midnight, the day begins when they have.
#[must_use]
pub fn start_of_next(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let mut start = (day + TimeDelta::days(1)).and_time(NaiveTime::MIN);
    loop {
        if let Some(time) = zone.from_local_datetime(&start).earliest() {
            return time.with_timezone(&Utc);
        }
        start += TimeDelta::minutes(15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::Id;
    use crate::platform::text::spell_day;

    fn calendar(now: &str) -> Calendar {
        Calendar { now: now.parse().unwrap(), zone: chrono_tz::Asia::Shanghai, lifetime_months: Some(12) }
    }

    fn draft() -> AwardDraft {
        AwardDraft {
            member: Id::from_uuid(uuid::Uuid::nil()),
            amount: 1,
            source: Source::Manual,
            reason: "Thanks".to_owned(),
            reference: None,
            available_at: None,
            expires_on: None,
        }
    }

    #[test]
    fn points_are_good_to_the_end_of_the_month_in_the_tenants_zone() {
        // The first of December in Shanghai.
        let award = draft().check(&calendar("2026-11-30T16:30:00Z")).unwrap();
        assert_eq!(award.expires.map(|(end, _)| end), Some("2027-12-31T16:00:00Z".parse().unwrap()));
        let award = draft().check(&calendar("2026-11-30T15:30:00Z")).unwrap();
        assert_eq!(award.expires.map(|(_, day)| spell_day(day)), Some("2027-11-30".to_owned()));
        let ever = Calendar { lifetime_months: None, ..calendar("2026-11-30T15:30:00Z") };
        assert_eq!(draft().check(&ever).unwrap().expires, None);
    }

    #[test]
    fn the_last_day_is_good_and_the_day_before_today_is_over() {
        let now = calendar("2026-11-30T15:30:00Z");
        let on = |day: &str| AwardDraft { expires_on: Some(day.parse().unwrap()), ..draft() };
        let (end, day) = on("2026-11-30").check(&now).unwrap().expires.unwrap();
        assert_eq!(end, "2026-11-30T16:00:00Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(spell_day(day), "2026-11-30");
        let errors = on("2026-11-29").check(&now).unwrap_err();
        assert_eq!(errors[0].field, Some(vec!["expiresOn".to_owned()]));
    }

    #[test]
    fn a_day_that_has_no_midnight_begins_when_clocks_have_skipped_it() {
        let start = start_of_next("2018-11-03".parse().unwrap(), chrono_tz::America::Sao_Paulo);
        assert_eq!(start, "2018-11-04T03:00:00Z".parse::<DateTime<Utc>>().unwrap());
    }

    #[test]
    fn points_that_would_never_be_good_are_refused() {
        let late = AwardDraft {
            available_at: Some("2026-12-02T00:00:00Z".parse().unwrap()),
            expires_on: Some("2026-12-01".parse().unwrap()),
            ..draft()
        };
        let errors = late.check(&calendar("2026-11-30T15:30:00Z")).unwrap_err();
        assert_eq!(errors[0].field, Some(vec!["availableAt".to_owned()]));
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let wrong = AwardDraft { amount: 0, reason: " ".to_owned(), reference: Some("x".repeat(129)), ..draft() };
        let errors = wrong.check(&calendar("2026-11-30T15:30:00Z")).unwrap_err();
        let fields: Vec<_> = errors.into_iter().filter_map(|error| error.field).flatten().collect();
        assert_eq!(fields, ["amount", "reason", "reference"]);
        assert!(check_captured(Some(6), 5).is_err() && check_captured(None, 5) == Ok(5));
    }
}
