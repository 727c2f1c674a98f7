//! Who joined which community when, who left, and who rose in it.
//!
//! Joins come in waves: a founding, campaigns, and between them a trickle that follows the months and
//! prefers weekends. Each join has a stream of its own, so that the calendar moves days and nothing else.

use chrono::{DateTime, Datelike as _, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::communities::{ALL, Sample};
use super::draw::Draw;
use super::people::Person;
use crate::domains::members::membership::Tier;

pub(super) const TIMEZONE: Tz = chrono_tz::Asia::Shanghai;

/// How many people there are; those whom no community claims know the company from elsewhere.
const PEOPLE: usize = 3_000;
/// Of a hundred joins: at the founding, and by a campaign.
const WAVES: (i64, i64) = (18, 45);
/// Of a thousand who think of joining, how many do, from January to December: spring festival is slow.
const MONTHS: [u64; 12] = [420, 330, 640, 780, 930, 860, 560, 540, 790, 900, 1000, 500];
/// Of a thousand who would join from Monday to Thursday, how many have done so on the weekend before.
const WEEKEND_PULL: u64 = 360;
/// Joins by hour of the day.
#[rustfmt::skip]
const HOURS: [(i64, u64); 19] = [
    (6, 1), (7, 3), (8, 5), (9, 6), (10, 6), (11, 6), (12, 9), (13, 7), (14, 4), (15, 4), (16, 4), (17, 5), (18, 7),
    (19, 10), (20, 16), (21, 18), (22, 12), (23, 5), (0, 2),
];

/// Days counted back from the day the demo is made on.
pub(super) struct Calendar {
    midnight: DateTime<Tz>,
}

/// Everybody, and every membership there ever was.
pub(super) struct Plan {
    pub(super) people: Vec<Person>,
    pub(super) stays: Vec<PlannedStay>,
}

/// A membership; person and community by their places in their lists.
pub(super) struct PlannedStay {
    pub(super) person: usize,
    pub(super) community: usize,
    pub(super) tier: Tier,
    pub(super) joined_at: DateTime<Utc>,
    pub(super) left_at: Option<DateTime<Utc>>,
    /// Whether it lasted until now, or until the community was dissolved.
    is_loyal: bool,
}

impl Calendar {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        let local = now.with_timezone(&TIMEZONE);
        let midnight = TIMEZONE.from_local_datetime(&local.date_naive().and_time(NaiveTime::MIN)).earliest();
        Self { midnight: midnight.unwrap_or(local) }
    }

    fn day(&self, days_ago: i64) -> DateTime<Tz> {
        self.midnight - TimeDelta::days(days_ago)
    }

    /// A time of that day; China has had no summer time since 1991.
    pub(super) fn at(&self, days_ago: i64, draw: &mut Draw) -> DateTime<Utc> {
        let hour = draw.weigh(&HOURS).unwrap_or_default();
        let time = TimeDelta::hours(hour) + TimeDelta::seconds(draw.within(0..=3_599));
        (self.day(days_ago) + time).with_timezone(&Utc)
    }

    /// The beginning of that day.
    pub(super) fn morning(&self, days_ago: i64) -> DateTime<Utc> {
        self.day(days_ago).with_timezone(&Utc)
    }

    /// The end of that day.
    pub(super) fn evening(&self, days_ago: i64) -> DateTime<Utc> {
        (self.day(days_ago - 1) - TimeDelta::seconds(1)).with_timezone(&Utc)
    }
}

impl Plan {
    pub(super) fn new(calendar: &Calendar) -> Self {
        let mut plan = Self { people: Vec::new(), stays: Vec::new() };
        for (community, sample) in ALL.iter().enumerate() {
            let mut crowd = Draw::of("crowd", community);
            let mut stays: Vec<_> = (0..sample.joins)
                .map(|number| {
                    let person = plan.somebody(&mut crowd, community, sample);
                    stay(calendar, sample, (person, community), Draw::of(sample.name, number))
                })
                .collect();
            raise(&mut stays, sample, &mut crowd);
            plan.stays.extend(stays);
        }
        let strangers = plan.people.len()..PEOPLE;
        plan.people.extend(strangers.map(|number| Person { number, communities: Vec::new() }));
        plan
    }

    /// A newcomer, or one who is known from another community.
    fn somebody(&mut self, draw: &mut Draw, community: usize, sample: &Sample) -> usize {
        let number = self.people.len();
        if draw.happens(sample.known) {
            let last = i64::try_from(number).unwrap_or_default() - 1;
            let place = usize::try_from(draw.within(0..=last)).unwrap_or_default();
            if let Some(person) = self.people.get_mut(place)
                && !person.communities.contains(&community)
            {
                person.communities.push(community);
                return place;
            }
        }
        self.people.push(Person { number, communities: vec![community] });
        number
    }
}

fn stay(calendar: &Calendar, sample: &Sample, (person, community): (usize, usize), mut draw: Draw) -> PlannedStay {
    let joined = join_day(calendar, sample, &mut draw);
    let joined_at = calendar.at(joined, &mut draw);
    let left = leave_day(sample, joined, &mut draw);
    let left_at = left.map(|day| calendar.at(day, &mut draw)).or(sample.ended().map(|day| calendar.evening(day)));
    PlannedStay { person, community, tier: Tier::Ordinary, joined_at, left_at, is_loyal: left.is_none() }
}

fn join_day(calendar: &Calendar, sample: &Sample, draw: &mut Draw) -> i64 {
    let last = sample.ended().map_or(1, |ended| ended + 2);
    let (founding, campaign) = WAVES;
    let wave = draw.within(0..=99);
    let start = if wave < founding {
        Some((sample.founded, sample.founded / 30 + 1))
    } else if wave < founding + campaign {
        draw.pick(sample.campaigns).map(|day| (day, 3))
    } else {
        None
    };
    let day = match start {
        Some((day, lasting)) => day - draw.around(lasting),
        None => trickle(calendar, (last, sample.founded), draw),
    };
    weekend(calendar, day, draw).min(sample.founded).max(last)
}

/// A day between these, in a busy month rather than in a slow one.
fn trickle(calendar: &Calendar, (last, first): (i64, i64), draw: &mut Draw) -> i64 {
    let mut day = draw.within(last..=first);
    for _ in 0..4 {
        let month = usize::try_from(calendar.day(day).month0()).unwrap_or_default();
        if draw.happens(MONTHS.get(month).copied().unwrap_or_default()) {
            break;
        }
        day = draw.within(last..=first);
    }
    day
}

/// The day itself, or Saturday or Sunday before it.
fn weekend(calendar: &Calendar, day: i64, draw: &mut Draw) -> i64 {
    let since_monday = i64::from(calendar.day(day).weekday().num_days_from_monday());
    if since_monday <= 3 && draw.happens(WEEKEND_PULL) { day + since_monday + draw.within(1..=2) } else { day }
}

/// The day on which the member left before the community was dissolved.
fn leave_day(sample: &Sample, joined: i64, draw: &mut Draw) -> Option<i64> {
    let last = sample.ended().map_or(1, |ended| ended + 1);
    if joined <= last {
        return None;
    }
    if draw.happens(sample.left) {
        return Some(draw.within(last..=joined - 1));
    }
    (joined > 31 && draw.happens(sample.fleeing)).then(|| (1 + draw.around(6)).min(20))
}

/// Gives the loyal ones their tiers, exactly as many as the sample says: those who came early more likely.
fn raise(stays: &mut [PlannedStay], sample: &Sample, draw: &mut Draw) {
    let mut loyal: Vec<_> = stays.iter_mut().filter(|stay| stay.is_loyal).collect();
    let count = u64::try_from(loyal.len()).unwrap_or_default();
    let share = |permille: u64| usize::try_from((count * permille + 500) / 1000).unwrap_or_default();
    let (admins, cores) = (share(sample.tiers.0), share(sample.tiers.1));
    loyal.sort_by_cached_key(|stay| stay.joined_at.timestamp() + draw.within(0..=sample.founded) * 86_400);
    for (place, stay) in loyal.into_iter().enumerate() {
        stay.tier = match place {
            place if place < admins => Tier::Admin,
            place if place < admins + cores => Tier::Core,
            _ => Tier::Ordinary,
        };
    }
}
