//! Half a year of points: earned every week, spent now and then, and some of them expired.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::draw::Draw;
use super::stays::{Calendar, TIMEZONE};
use super::write::DemoError;
use crate::app::App;
use crate::domains::points::{AwardDraft, HoldDraft, Points, Source, Spending};
use crate::platform::Platform;
use crate::platform::clock::Clock;
use crate::platform::db::TenantTx;
use crate::platform::ids::MemberId;

const WEEKS: i64 = 26;
/// Every so many members takes part.
const EVERY: usize = 10;
/// Campaign points are good for so many days.
const CAMPAIGN_DAYS: i64 = 60;

/// What points are given for: how likely, how many, in which words.
const EARNED: [(Source, u64, i64, &str); 5] = [
    (Source::CheckIn, 60, 20, "本周签到满五天"),
    (Source::Purchase, 20, 88, "购物返积分"),
    (Source::Invite, 8, 50, "邀请好友入群"),
    (Source::Content, 7, 30, "优质晒单"),
    (Source::Campaign, 5, 100, "山货节活动"),
];

/// What they are spent on.
const REWARDS: [(i64, &str); 3] = [(50, "兑换五元优惠券"), (120, "兑换山货小礼包"), (300, "兑换露营杯")];

/// Lets the weeks pass one after the other, each with the ledger's clock in it.
pub(super) async fn make(app: &App, tx: &TenantTx, calendar: &Calendar, members: &[MemberId]) -> Result<(), DemoError> {
    let keepers: Vec<MemberId> = members.iter().step_by(EVERY).copied().collect();
    for week in (1..=WEEKS).rev() {
        let now = calendar.evening(week * 7);
        let points = at(app, now);
        for member in &keepers {
            points.settle_in(tx, *member, now).await?;
        }
        let drafts = keepers.iter().enumerate().filter_map(|(number, member)| earned(number, *member, (week, now)));
        points.award_many_in(tx, drafts.collect(), "system").await?;
        for (number, member) in keepers.iter().enumerate() {
            spend(&points, tx, (number, week), *member).await?;
        }
    }
    Ok(())
}

/// The ledger as it was kept then.
fn at(app: &App, now: DateTime<Utc>) -> Points {
    let platform = Platform { clock: Clock::from_fn(move || now), ..app.platform.clone() };
    Points::new(platform, app.tenants.clone(), app.members.clone())
}

fn earned(number: usize, member: MemberId, (week, now): (i64, DateTime<Utc>)) -> Option<AwardDraft> {
    let mut draw = Draw::of("points", number * 64 + usize::try_from(week).unwrap_or_default());
    if !draw.happens(550) {
        return None;
    }
    let kind = draw.weigh(&EARNED.map(|(source, weight, amount, reason)| ((source, amount, reason), weight)));
    let (source, amount, reason) = kind?;
    let reference = matches!(source, Source::Purchase).then(|| format!("SO-{}", draw.within(100_000..=999_999)));
    Some(AwardDraft {
        member,
        amount: amount + draw.within(0..=amount / 4),
        source,
        reason: reason.to_owned(),
        reference,
        available_at: matches!(source, Source::Purchase).then(|| now + TimeDelta::days(7)),
        expires_on: matches!(source, Source::Campaign).then(|| day_after(now)),
    })
}

fn day_after(now: DateTime<Utc>) -> NaiveDate {
    (now + TimeDelta::days(CAMPAIGN_DAYS)).with_timezone(&TIMEZONE).date_naive()
}

/// Buys a reward now and then, if there is enough; most take it at once.
async fn spend(
    points: &Points,
    tx: &TenantTx,
    (number, week): (usize, i64),
    member: MemberId,
) -> Result<(), DemoError> {
    let mut draw = Draw::of("rewards", number * 64 + usize::try_from(week).unwrap_or_default());
    let Some((amount, reason)) = draw.happens(90).then(|| draw.pick(&REWARDS)).flatten() else { return Ok(()) };
    if points.available_in(tx, member).await? < amount {
        return Ok(());
    }
    let spending = Spending { member, amount, reason: reason.to_owned(), reference: None };
    let held = points.hold_in(tx, HoldDraft { spending, seconds: None }, "system").await?;
    if draw.happens(900) {
        points.capture_in(tx, (held.hold, None), "system").await?;
    } else {
        points.release_in(tx, held.hold, "system").await?;
    }
    Ok(())
}
