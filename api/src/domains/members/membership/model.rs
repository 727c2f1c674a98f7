//! Memberships and their tiers, and how far the tiers' shares are from the quota.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domains::communities::QuotaOverride;
use crate::domains::tenants::{DeclinePolicy, TierQuota};
use crate::named_enum;
use crate::platform::ids::{CommunityId, MemberId};

named_enum! {
    /// What a member is to a community. The first in this list is the highest.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    Tier {
        /// Runs it: 5 % by the field's rule.
        Admin "ADMIN",
        /// Carries it: 15 %.
        Core "CORE",
        /// Everybody else: 80 %.
        Ordinary "ORDINARY",
    }
}

/// Which members of a community to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this tier.
    pub tier: Option<Tier>,
    /// Tagged so.
    pub tag: Option<String>,
    /// Whose name starts so.
    pub text: Option<String>,
    /// Joined at or after.
    pub joined_from: Option<DateTime<Utc>>,
    /// Joined before.
    pub joined_to: Option<DateTime<Utc>>,
}

named_enum! {
    /// In which order to list the members of a community. Equal ones are ordered by id.
    #[graphql(name = "CommunityMemberSort")]
    Sort {
        /// Oldest member first.
        JoinedAtAsc "JOINED_AT_ASC",
        /// Newest member first.
        JoinedAtDesc "JOINED_AT_DESC",
    }
}

/// A membership about to be written.
#[derive(Clone, Copy, Debug)]
pub struct Joining {
    /// Where.
    pub community: CommunityId,
    /// Who.
    pub member: MemberId,
    /// As what.
    pub tier: Tier,
    /// Since when.
    pub joined_at: DateTime<Utc>,
}

/// A member's time in a community, over or not.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    /// How it began.
    pub joining: Joining,
    /// When it ended.
    pub left_at: Option<DateTime<Utc>>,
}

/// How many members a tier has, and should have.
#[derive(Clone, Debug, PartialEq)]
pub struct TierShare {
    /// The tier.
    pub tier: Tier,
    /// Its members.
    pub members: i64,
    /// Percent of all members; None without members.
    pub percent: Option<f64>,
    /// Percent by the quota.
    pub target_percent: i32,
    /// `percent` less `target_percent`.
    pub drift_points: Option<f64>,
}

/// The tiers of a community against its quota.
#[derive(Clone, Debug, PartialEq)]
pub struct TierReport {
    /// All members.
    pub members: i64,
    /// Highest tier first.
    pub shares: Vec<TierShare>,
    /// Percentage points a share may lie off its target.
    pub tolerance_points: i32,
    /// None when there are too few members to judge.
    pub is_within_quota: Option<bool>,
    /// Where the quota comes from.
    pub source: String,
}

impl TierReport {
    /// The report on a community with `counts` members by tier.
    #[must_use]
    pub fn new(counts: &[(Tier, i64)], own: QuotaOverride, policy: &TierQuota) -> Self {
        let admin = own.admin_percent.unwrap_or(policy.admin_percent);
        let core = own.core_percent.unwrap_or(policy.core_percent);
        let tolerance_points = own.tolerance_points.unwrap_or(policy.tolerance_points);
        let members: i64 = counts.iter().map(|(_, count)| count).sum();
        let share = |tier, target_percent: i32| {
            let count = counts.iter().filter(|(known, _)| *known == tier).map(|(_, count)| count).sum();
            let percent = percent(count, members);
            TierShare {
                tier,
                members: count,
                percent,
                target_percent,
                drift_points: percent.map(|percent| percent - f64::from(target_percent)),
            }
        };
        let ordinary = 100_i32.saturating_sub(admin).saturating_sub(core).max(0);
        let shares = vec![share(Tier::Admin, admin), share(Tier::Core, core), share(Tier::Ordinary, ordinary)];
        // A share exactly as far off as tolerated is within.
        let fits =
            |share: &TierShare| share.drift_points.is_none_or(|drift| drift.abs() <= f64::from(tolerance_points));
        let is_within_quota = (members >= i64::from(policy.minimum_members)).then(|| shares.iter().all(fits));
        let is_own = own != QuotaOverride::default();
        let source = if is_own { "The community's own quota".to_owned() } else { policy.source.clone() };
        Self { members, shares, tolerance_points, is_within_quota, source }
    }

    /// The largest distance of a share from its target, for ordering.
    #[must_use]
    pub fn largest_drift(&self) -> f64 {
        self.shares.iter().filter_map(|share| share.drift_points).map(f64::abs).fold(0.0, f64::max)
    }
}

/// Who came and went in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Churn {
    /// Members when the window began.
    pub members_at_start: i64,
    /// Joined since.
    pub joined: i64,
    /// Of the members at the start, left since.
    pub left: i64,
    /// `left` of `members_at_start` in percent.
    pub percent: Option<f64>,
    /// Whether the percentage reached the policy's threshold; None when there were too few members to judge.
    pub is_declining: Option<bool>,
    /// What it is measured by.
    pub policy: DeclinePolicy,
}

impl Churn {
    /// Judges the numbers of a window.
    #[must_use]
    pub fn new(members_at_start: i64, joined: i64, left: i64, policy: DeclinePolicy) -> Self {
        let percent = percent(left, members_at_start);
        // A breach is "at or above": churn equal to the threshold is a decline.
        let is_declining = (members_at_start >= i64::from(policy.minimum_members))
            .then(|| percent.is_some_and(|percent| percent >= f64::from(policy.churn_percent)));
        Self { members_at_start, joined, left, percent, is_declining, policy }
    }
}

fn percent(part: i64, whole: i64) -> Option<f64> {
    let (part, whole) = (i32::try_from(part).ok()?, i32::try_from(whole).ok()?);
    (whole > 0).then(|| f64::from(part) * 100.0 / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(admin: i64, core: i64, ordinary: i64) -> TierReport {
        let counts = [(Tier::Admin, admin), (Tier::Core, core), (Tier::Ordinary, ordinary)];
        TierReport::new(&counts, QuotaOverride::default(), &TierQuota::default())
    }

    #[test]
    fn the_usual_spread_is_within_quota_and_the_tolerance_is_inclusive() {
        assert_eq!(report(5, 15, 80).is_within_quota, Some(true));
        assert_eq!(report(8, 15, 77).is_within_quota, Some(true));
        assert_eq!(report(9, 15, 76).is_within_quota, Some(false));
    }

    #[test]
    fn small_communities_are_not_judged() {
        assert_eq!(report(10, 5, 4).is_within_quota, None);
        assert_eq!(report(0, 0, 0).shares.first().map(|share| share.percent), Some(None));
    }

    #[test]
    fn churn_at_the_threshold_is_a_decline() {
        let policy = DeclinePolicy::default();
        assert_eq!(Churn::new(100, 0, 20, policy.clone()).is_declining, Some(true));
        assert_eq!(Churn::new(100, 0, 19, policy.clone()).is_declining, Some(false));
        assert_eq!(Churn::new(19, 0, 19, policy).is_declining, None);
    }
}
