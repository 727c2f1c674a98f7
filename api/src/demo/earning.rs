//! What the demo tenant gives points for: its rules, and two weeks of checking in.

use std::sync::Arc;

use super::draw::Draw;
use super::points::{at, platform_at};
use super::stays::Calendar;
use super::write::DemoError;
use crate::app::App;
use crate::domains::engagement::{CardsDraft, CheckInDraft, Engagement};
use crate::domains::points::earning::{Caps, Definition, PerUnit, RuleDraft, RuleState, StreakBonus};
use crate::domains::points::{Points, Source};
use crate::platform::db::TenantTx;
use crate::platform::ids::MemberId;

/// Something bought; counts fen.
pub(super) const ORDER_PAID: &str = "ORDER_PAID";
/// Something shown that others learned from.
pub(super) const CONTENT_FEATURED: &str = "CONTENT_FEATURED";
const DAYS: i64 = 14;
/// Of the newest members, so many check in nearly every day.
const REGULARS: usize = 40;
/// Every so many of them have not been seen for some days.
const LAPSED_EVERY: usize = 4;
const LAPSED_DAYS: i64 = 3;

/// Writes the rules, and lets them pay.
pub(super) async fn make_rules(points: &Points, tx: &TenantTx) -> Result<(), DemoError> {
    let nothing = Definition {
        source: Source::Campaign,
        points: 0,
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
    let bonus = |days, points| StreakBonus { days, points };
    let rules = [
        (
            "每日签到",
            "CHECK_IN",
            Definition {
                source: Source::CheckIn,
                points: 2,
                streak_bonuses: vec![bonus(7, 20), bonus(30, 100)],
                ..nothing.clone()
            },
        ),
        (
            "购物返积分",
            ORDER_PAID,
            Definition {
                source: Source::Purchase,
                per_unit: Some(PerUnit { quantity: 100, points: 1 }),
                pending_days: 7,
                ..nothing.clone()
            },
        ),
        (
            "优质晒单",
            CONTENT_FEATURED,
            Definition {
                source: Source::Content,
                points: 30,
                caps: Caps { per_month: Some(120), ..Caps::default() },
                ..nothing.clone()
            },
        ),
        (
            "投稿采用",
            "SUBMISSION_APPROVED",
            Definition {
                source: Source::Content,
                points: 20,
                // By the score.
                per_unit: Some(PerUnit { quantity: 10, points: 5 }),
                caps: Caps { per_month: Some(400), ..Caps::default() },
                ..nothing.clone()
            },
        ),
        (
            "邀请好友入群",
            "MEMBER_INVITED",
            Definition { source: Source::Invite, points: 50, clawback_days: 7, ..nothing },
        ),
    ];
    for (name, event, definition) in rules {
        let draft = RuleDraft { name: name.to_owned(), event: event.to_owned(), definition };
        let id = points.create_rule_in(tx, draft, "system").await?;
        points.set_rule_state_in(tx, id, RuleState::Active).await?;
    }
    Ok(())
}

/// Lets two weeks of evenings pass in which some check in.
pub(super) async fn check_in(
    app: &App,
    tx: &TenantTx,
    calendar: &Calendar,
    members: &[MemberId],
) -> Result<(), DemoError> {
    let mut newest = members.to_vec();
    newest.sort_unstable_by(|a, b| b.cmp(a));
    for day in (1..=DAYS).rev() {
        let now = calendar.evening(day);
        let engagement = Engagement::new(platform_at(app, now), app.tenants.clone(), app.members.clone());
        engagement.rewarded_by(Arc::new(at(app, now)));
        for (number, member) in newest.iter().take(REGULARS).enumerate() {
            let seed = number * 64 + usize::try_from(day).unwrap_or_default();
            if day == DAYS {
                let cards = CardsDraft { member: *member, count: 2, reason: "新人补签卡".to_owned() };
                engagement.grant_cards_in(tx, cards, "system").await?;
            }
            let is_away = number.is_multiple_of(LAPSED_EVERY) && day <= LAPSED_DAYS;
            if !is_away && Draw::of("check-ins", seed).happens(850) {
                engagement.check_in_in(tx, CheckInDraft { member: *member, community: None }, "system").await?;
            }
        }
    }
    Ok(())
}
