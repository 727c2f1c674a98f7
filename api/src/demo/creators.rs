//! What the demo tenant's members made: half a year of submissions, most of them approved, and some that wait.

use chrono::{DateTime, TimeDelta, Utc};

use super::draw::Draw;
use super::points::{at, platform_at};
use super::write::DemoError;
use crate::actor::Actor;
use crate::app::App;
use crate::domains::creators::{
    By, Content, Creators, Given, Programme, Review, SubmissionDraft, SubmissionKind, Verdict,
};
use crate::platform::db::TenantTx;
use crate::platform::ids::MemberId;

/// Of the members who keep points, so many make something.
const AUTHORS: usize = 12;
/// What the last of them handed in still waits.
const WAITING: usize = 8;

const WORKS: [(SubmissionKind, &str, &str); 6] = [
    (SubmissionKind::Text, "菌子怎么洗才不碎", "先抖土，再用流水冲伞面，最后用盐水泡十分钟，沥干再下锅。"),
    (SubmissionKind::Pictures, "凌晨四点的采笋人", "跟着陈叔上山拍的一组照片，露水很重，手套要带两副。"),
    (SubmissionKind::Video, "一分钟学会腌雪里蕻", "盐和菜的比例、压石头的时间都在视频里。"),
    (SubmissionKind::Text, "带娃徒步的装备清单", "三到六岁的孩子走五公里，水、外套和零食各带多少。"),
    (SubmissionKind::Audio, "山里的一场雨", "在民宿屋檐下录的，适合睡前听。"),
    (SubmissionKind::Pictures, "我家的山货年夜饭", "六道菜，食材全部来自群里的拼单。"),
];

/// Lets some hand something in, and others decide on it two days later.
pub(super) async fn make(
    app: &App,
    tx: &TenantTx,
    (week, now): (i64, DateTime<Utc>),
    keepers: &[MemberId],
) -> Result<(), DemoError> {
    let (then, reviewers) = (creators_at(app, now - TimeDelta::days(2)), creators_at(app, now));
    for (number, member) in keepers.iter().take(AUTHORS).enumerate() {
        let seed = number * 64 + usize::try_from(week).unwrap_or_default();
        let mut draw = Draw::of("creators", seed);
        // The first of them make more than the others.
        if !draw.happens(if number < 3 { 700 } else { 150 }) {
            continue;
        }
        let made = then.submit_in(tx, work(seed, *member)).await?.submission;
        let around = 60 + draw.within(0..=30);
        let mut mark = || i32::try_from((around + draw.within(-10..=10)).clamp(0, 100)).unwrap_or_default();
        let criteria = Programme::default().criteria;
        let marks = criteria.into_iter().map(|criterion| Given { criterion: criterion.code, mark: mark() }).collect();
        let (verdict, note) = match draw.within(0..=99) {
            ..80 => (Verdict::Approve, "写得很实用，已加精。"),
            80..92 => (Verdict::Reject, "与已有内容重复，欢迎换个主题再投。"),
            _ => (Verdict::RequestChanges, "请补充用量和步骤的图片。"),
        };
        let review = Review { revision: 1, verdict, marks, note: Some(note.to_owned()) };
        reviewers.review_in(tx, (made, review), &By::of(&Actor::System(tx.tenant()))).await?;
    }
    Ok(())
}

/// Lets some of what was handed in wait.
pub(super) async fn leave_waiting(
    app: &App,
    tx: &TenantTx,
    now: DateTime<Utc>,
    keepers: &[MemberId],
) -> Result<(), DemoError> {
    let then = creators_at(app, now);
    for (number, member) in keepers.iter().skip(AUTHORS).take(WAITING).enumerate() {
        then.submit_in(tx, work(number, *member)).await?;
    }
    Ok(())
}

fn creators_at(app: &App, now: DateTime<Utc>) -> Creators {
    Creators::new(platform_at(app, now), (app.tenants.clone(), app.members.clone()), at(app, now))
}

fn work(number: usize, member: MemberId) -> SubmissionDraft {
    let (kind, title, body) = Draw::of("works", number).pick(&WORKS).unwrap_or(WORKS[0]);
    let links = match kind {
        SubmissionKind::Text => Vec::new(),
        _ => vec![format!("https://demo.example/works/{number}")],
    };
    let content = Content { title: title.to_owned(), body: Some(body.to_owned()), links };
    SubmissionDraft { member, community: None, kind, content, reference: None }
}
