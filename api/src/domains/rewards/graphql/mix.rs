//! What redemptions were paid with, as clients see it.

use async_graphql::{ID, SimpleObject};

use super::super::Mix;
use super::super::model_redemption::per_mille;
use crate::domains::points::Source;
use crate::graphql::cost::shown::costs;
use crate::graphql::scalars::BigInt;

/// Rewards that are shown of a mix.
const MOST_SHOWN: usize = 100;

/// What was spent of points that were earned by one thing. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct RedemptionMixSource {
    /// By what.
    source: Source,
    /// How many points.
    points: BigInt,
    /// What part of all points that is, in thousandths, rounded: 667 is 66.7 %.
    share_per_mille: i32,
}

/// What was spent on one reward. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct RedemptionMixReward {
    /// Which: `rwd_…`
    reward_id: ID,
    /// What it is called now.
    name: String,
    /// How many points.
    points: BigInt,
    /// How many redemptions.
    redemptions: i64,
    /// What part of all points that is, in thousandths, rounded.
    share_per_mille: i32,
}

/// What redemptions were paid with that were fulfilled in some days. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct RedemptionMix {
    /// All that was spent.
    points: BigInt,
    /// On how many redemptions.
    redemptions: i64,
    /// By what the points were earned, the most first; together all of them.
    by_source: Vec<RedemptionMixSource>,
    /// On which rewards they were spent, the most first; at most 100.
    by_reward: Vec<RedemptionMixReward>,
}

impl From<Mix> for RedemptionMix {
    fn from(mix: Mix) -> Self {
        let points = mix.sources.iter().map(|(_, points)| points).sum();
        let source = |(source, part): (Source, i64)| RedemptionMixSource {
            source,
            points: part.into(),
            share_per_mille: per_mille(part, points),
        };
        Self {
            points: BigInt(points),
            redemptions: mix.rewards.iter().map(|spent| spent.redemptions).sum(),
            by_reward: mix
                .rewards
                .into_iter()
                .take(MOST_SHOWN)
                .map(|spent| RedemptionMixReward {
                    reward_id: spent.reward.into(),
                    name: spent.name,
                    points: spent.points.into(),
                    redemptions: spent.redemptions,
                    share_per_mille: per_mille(spent.points, points),
                })
                .collect(),
            by_source: mix.sources.into_iter().map(source).collect(),
        }
    }
}
