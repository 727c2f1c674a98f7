//! The programme and where members stand by it, as clients see it.

use async_graphql::SimpleObject;

use super::super::service_programme::Records;
use super::super::{Criterion, Level, Programme};
use crate::graphql::cost::shown::costs;
use crate::platform::ids::MemberId;

/// Something that reviewers mark. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct CreatorCriterion {
    /// What programs call it, such as `ORIGINALITY`; unique in the programme.
    code: String,
    /// What people call it.
    name: String,
    /// How much its mark counts beside the others.
    weight: i32,
}

impl From<&Criterion> for CreatorCriterion {
    fn from(criterion: &Criterion) -> Self {
        let Criterion { code, name, weight } = criterion.clone();
        Self { code, name, weight }
    }
}

/// A level of the creator programme. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct CreatorLevel {
    /// What programs call it, such as `EXPERT`; unique in the programme.
    code: String,
    /// What people call it.
    name: String,
    /// How many approvals within the programme's days it asks for.
    min_approved: i32,
    /// Which score of these it asks for, on average.
    min_average_score: i32,
    /// What is earned by an approval is multiplied by, in percent; 100 for as it is.
    percent: i32,
}

impl From<&Level> for CreatorLevel {
    fn from(level: &Level) -> Self {
        let Level { code, name, min_approved, min_average_score, percent } = level.clone();
        Self { code, name, min_approved, min_average_score, percent }
    }
}

/// A tenant's creator programme: how submissions are marked, and which level approvals make. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct CreatorProgramme {
    /// Grows by one with each change; 0 for the default, which a tenant has until it changes it.
    version: i32,
    /// What reviewers mark, 1 to 10. A submission's score is the mean of its marks by their weights.
    criteria: Vec<CreatorCriterion>,
    /// The least score of an approval.
    minimum_score: i32,
    /// So many days back approvals count for a level.
    window_days: i32,
    /// The lowest first, 1 to 10.
    levels: Vec<CreatorLevel>,
}

impl From<Programme> for CreatorProgramme {
    fn from(programme: Programme) -> Self {
        Self {
            version: programme.version,
            criteria: programme.criteria.iter().map(Into::into).collect(),
            minimum_score: programme.minimum_score,
            window_days: programme.window_days,
            levels: programme.levels.iter().map(Into::into).collect(),
        }
    }
}

/// Where a member stands in the creator programme at this moment: a level comes and goes with the approvals of the
/// programme's last days. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct MemberCreator {
    /// Their level.
    level: Option<CreatorLevel>,
    /// The one behind it; null at the highest.
    next_level: Option<CreatorLevel>,
    /// How many of their submissions were approved within the programme's days.
    approved: i64,
    /// The score of these, on average; null without any.
    average_score: Option<f64>,
}

impl MemberCreator {
    pub(super) fn of(member: MemberId, records: &Records) -> Self {
        let record = records.of.get(&member).copied().unwrap_or_default();
        let (level, next) = records.programme.levels_of(record);
        Self {
            level: level.map(Into::into),
            next_level: next.map(Into::into),
            approved: record.approved,
            average_score: record.average(),
        }
    }
}
