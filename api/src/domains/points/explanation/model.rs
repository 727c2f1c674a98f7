//! What is known of an entry, and how an award by rule came to its amount.

use chrono::NaiveDate;

use crate::domains::members::membership::Tier;
use crate::domains::points::earning::{Parts, combined, multiplied};
use crate::domains::points::{Account, EntryKind, Source};
use crate::named_enum;

named_enum! {
    /// What a step of a calculation is about.
    #[graphql(name = "PointsExplanationStepKind")]
    StepKind {
        /// What the rule gives for each event.
        Base "BASE",
        /// What it gives for so much of what the event counts.
        Quantity "QUANTITY",
        /// What it gives for a streak of so many days.
        Streak "STREAK",
        /// What the member's tier in the community added or took.
        Tier "TIER",
        /// What the node of the member's growth path added or took.
        Growth "GROWTH",
        /// What the member's level in the creator programme added or took.
        Creator "CREATOR",
        /// What tier, growth node and creator level added or took, told as one to a key that is restricted to communities
        /// where it happened in another one.
        Together "TOGETHER",
        /// What was left out above a cap, or above the most that one event earns.
        Cap "CAP",
    }
}

/// A step of a calculation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub kind: StepKind,
    /// What it added; negative where it took.
    pub points: i64,
    /// How much the event counted, or how long the streak was.
    pub count: Option<i64>,
    /// What was made of 100.
    pub percent: Option<i32>,
    /// Of which tier.
    pub tier: Option<Tier>,
}

/// An entry's part in one lot.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// How many points.
    pub amount: i64,
    /// What they were earned by.
    pub source: Source,
    /// On which day.
    pub earned_on: NaiveDate,
    /// The last day on which they are good; None for ever.
    pub expires_on: Option<NaiveDate>,
}

/// The entry that another one undid.
#[derive(Clone, Debug)]
pub struct Undone {
    /// On which day it was posted.
    pub posted_on: NaiveDate,
    /// What for.
    pub reason: Option<String>,
}

/// All that an entry is explained by. Days are those of the tenant's zone.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What it is.
    pub kind: EntryKind,
    /// How many points moved.
    pub amount: i64,
    /// Where from.
    pub from: Account,
    /// Where to.
    pub to: Account,
    /// What for.
    pub reason: Option<String>,
    /// The first day on which an award is good, where that is later.
    pub good_from: Option<NaiveDate>,
    /// What it made, took or gave back, in the order in which it is spent.
    pub parts: Vec<Part>,
    /// How a rule came to the amount; empty where no rule did.
    pub steps: Vec<Step>,
    /// What it undid.
    pub undone: Option<Undone>,
}

/// What an event was like when it was scored.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// How much it counted.
    pub quantity: Option<i64>,
    /// How long a streak it made.
    pub streak: Option<i32>,
    /// What the member was to the community.
    pub tier: Option<Tier>,
    /// What their growth node made of 100.
    pub growth_percent: i32,
    /// What their level as a creator made of 100.
    pub creator_percent: i32,
    /// What tier, node and level made of 100 together.
    pub percent: i32,
    /// Whether the caller may know what the member was to the community.
    pub tells_tier: bool,
}

/// The steps by which a definition came to an amount. They sum up to it, and one that adds nothing is left out.
#[must_use]
pub fn steps(parts: &Parts, scored: &Scored, amount: i64) -> Vec<Step> {
    let base = parts.base();
    let by_tier = multiplied(base, parts.tier_percent);
    let by_node = multiplied(base, combined([parts.tier_percent, scored.growth_percent]));
    let whole = multiplied(base, scored.percent);
    let step = |kind, points| Step { kind, points, count: None, percent: None, tier: None };
    let mut all = vec![
        step(StepKind::Base, parts.points),
        Step { count: scored.quantity, ..step(StepKind::Quantity, parts.counted) },
        Step { count: scored.streak.map(i64::from), ..step(StepKind::Streak, parts.bonus) },
    ];
    if scored.tells_tier {
        all.extend([
            Step { percent: Some(parts.tier_percent), tier: scored.tier, ..step(StepKind::Tier, by_tier - base) },
            Step { percent: Some(scored.growth_percent), ..step(StepKind::Growth, by_node - by_tier) },
            Step { percent: Some(scored.creator_percent), ..step(StepKind::Creator, whole - by_node) },
        ]);
    } else {
        all.push(step(StepKind::Together, whole - base));
    }
    all.push(step(StepKind::Cap, amount - whole));
    all.retain(|step| step.points != 0);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_sum_up_to_what_was_paid_whatever_was_rounded() {
        let parts = Parts { points: 10, counted: 25, bonus: 50, tier_percent: 133 };
        // 133 × 117 / 100 × 110 / 100, each rounded down.
        let scored = Scored {
            quantity: Some(258),
            streak: Some(7),
            tier: Some(Tier::Core),
            growth_percent: 117,
            creator_percent: 110,
            percent: 170,
            tells_tier: true,
        };
        for tells_tier in [true, false] {
            for amount in [144, 100, 1] {
                let steps = steps(&parts, &Scored { tells_tier, ..scored }, amount);
                assert_eq!(steps.iter().map(|step| step.points).sum::<i64>(), amount);
                assert_eq!(steps.iter().any(|step| step.kind == StepKind::Cap), amount < 144);
                let tells = |step: &Step| step.tier.is_some() || step.percent.is_some();
                assert_eq!(steps.iter().any(tells), tells_tier);
            }
        }
    }
}
