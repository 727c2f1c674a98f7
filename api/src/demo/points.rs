//! Half a year of points: earned every week, by rules and by hand, spent on rewards or given to others now and then, and
//! some of them expired.
//! Of what is spent, two thirds were earned by checking in, as the field says.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::draw::Draw;
use super::stays::{Calendar, TIMEZONE};
use super::write::DemoError;
use super::{creators, earning, presents, rewards};
use crate::app::App;
use crate::domains::points::earning::Fact;
use crate::domains::points::{AwardDraft, Points, Source};
use crate::platform::Platform;
use crate::platform::clock::Clock;
use crate::platform::db::TenantTx;
use crate::platform::ids::MemberId;

const WEEKS: i64 = 26;
/// Every so many members takes part.
const EVERY: usize = 10;
/// Campaign points are good for so many days.
const CAMPAIGN_DAYS: i64 = 60;

/// More than so many points by hand within a day need a second person.
const LIMIT: i64 = 5_000;
/// Presents that wait for one.
const ASKED_FOR: usize = 8;

/// What points are given for: how likely, how many by hand (of purchases: yuan), in which words.
const EARNED: [(Source, u64, i64, &str); 5] = [
    (Source::CheckIn, 60, 60, "本周签到满五天"),
    (Source::Purchase, 20, 30, ""),
    (Source::Invite, 8, 50, "老带新活动"),
    (Source::Content, 7, 0, ""),
    (Source::Campaign, 5, 100, "山货节活动"),
];

/// How somebody came to points.
enum Earned {
    ByRule(Fact),
    ByHand(AwardDraft),
}

/// Lets the weeks pass one after the other, each with the ledger's clock in it.
pub(super) async fn make(app: &App, tx: &TenantTx, calendar: &Calendar, members: &[MemberId]) -> Result<(), DemoError> {
    let keepers: Vec<MemberId> = members.iter().step_by(EVERY).copied().collect();
    let first = calendar.evening(WEEKS * 7 + 1);
    app.tenants.set_points_policy_in(tx, None, Some(true)).await?;
    earning::make_rules(&at(app, first), tx).await?;
    let offered = rewards::make(&rewards::at(app, platform_at(app, first), &at(app, first)), tx).await?;
    for week in (1..=WEEKS).rev() {
        let now = calendar.evening(week * 7);
        let points = at(app, now);
        let shop = rewards::at(app, platform_at(app, now), &points);
        for member in &keepers {
            points.settle_in(tx, *member, now).await?;
        }
        let (mut facts, mut drafts) = (Vec::new(), Vec::new());
        for (number, member) in keepers.iter().enumerate() {
            match earned(number, *member, (week, now)) {
                Some(Earned::ByRule(fact)) => facts.push(fact),
                Some(Earned::ByHand(draft)) => drafts.push(draft),
                None => {}
            }
        }
        points.record_in(tx, facts, "system").await?;
        points.award_many_in(tx, drafts, "system").await?;
        for (number, member) in keepers.iter().enumerate() {
            rewards::redeem((&shop, &points), tx, &offered, ((number, week), *member)).await?;
        }
        presents::make(&points, tx, week, &keepers).await?;
        creators::make(app, tx, (week, now), &keepers).await?;
    }
    creators::leave_waiting(app, tx, calendar.evening(1), &keepers).await?;
    earning::check_in(app, tx, calendar, members).await?;
    ask_for_more(app, tx, &keepers).await
}

/// Lets a few presents wait for a second person.
async fn ask_for_more(app: &App, tx: &TenantTx, keepers: &[MemberId]) -> Result<(), DemoError> {
    app.tenants.set_points_policy_in(tx, Some(Some(LIMIT)), None).await?;
    let present = |member: &MemberId| AwardDraft {
        member: *member,
        amount: LIMIT + 1_000,
        source: Source::Campaign,
        reason: "年度山货达人奖".to_owned(),
        reference: None,
        available_at: None,
        expires_on: None,
    };
    app.points.ask_in(tx, keepers.iter().take(ASKED_FOR).map(present).collect()).await?;
    Ok(())
}

/// What services stood on then.
pub(super) fn platform_at(app: &App, now: DateTime<Utc>) -> Platform {
    Platform { clock: Clock::from_fn(move || now), ..app.platform.clone() }
}

/// The ledger as it was kept then; what lapses is told to the rewards of then.
pub(super) fn at(app: &App, now: DateTime<Utc>) -> Points {
    let points = Points::new(platform_at(app, now), app.tenants.clone(), app.communities.clone(), app.members.clone());
    points.watched_by(Arc::new(rewards::at(app, platform_at(app, now), &points)));
    points
}

fn earned(number: usize, member: MemberId, (week, now): (i64, DateTime<Utc>)) -> Option<Earned> {
    let mut draw = Draw::of("points", number * 64 + usize::try_from(week).unwrap_or_default());
    if !draw.happens(550) {
        return None;
    }
    let kind = draw.weigh(&EARNED.map(|(source, weight, amount, reason)| ((source, amount, reason), weight)));
    let (source, amount, reason) = kind?;
    let fact = |event: &str, quantity, reference| {
        let (event, occurred_at) = (event.to_owned(), now);
        let (community, streak, subject) = (None, None, None);
        Fact { member, event, occurred_at, quantity, community, streak, creator_percent: 100, subject, reference }
    };
    Some(match source {
        Source::Purchase => {
            let fen = (amount + draw.within(0..=amount)) * 100 + draw.within(0..=99);
            Earned::ByRule(fact(earning::ORDER_PAID, Some(fen), Some(format!("SO-{week}-{number}"))))
        }
        Source::Content => Earned::ByRule(fact(earning::CONTENT_FEATURED, None, None)),
        source => Earned::ByHand(AwardDraft {
            member,
            amount: amount + draw.within(0..=amount / 4),
            source,
            reason: reason.to_owned(),
            reference: None,
            available_at: None,
            expires_on: matches!(source, Source::Campaign).then(|| day_after(now)),
        }),
    })
}

fn day_after(now: DateTime<Utc>) -> NaiveDate {
    (now + TimeDelta::days(CAMPAIGN_DAYS)).with_timezone(&TIMEZONE).date_naive()
}
