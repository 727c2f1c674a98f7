//! Reports on tiers and churn, as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};

use super::super::model::{Churn, Tier, TierReport as Report};
use crate::domains::communities::graphql::columns;
use crate::domains::communities::{Communities, CommunityRow};
use crate::domains::members::Members;
use crate::error::ApiError;
use crate::graph::community::Community;
use crate::graphql::batch::Page;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::guard::requires_scopes;
use crate::graphql::selection::Selection;
use crate::platform::ids::CommunityId;

/// Communities that a report names at most.
const LONGEST_REPORT: usize = 100;

/// How many members a tier has, and should have. Costs nothing.
#[derive(SimpleObject)]
#[graphql(directive = costs::apply(0))]
pub struct TierShare {
    /// The tier.
    tier: Tier,
    /// Its members.
    members: i64,
    /// Percent of all members; null without members.
    percent: Option<f64>,
    /// Percent by the quota.
    target_percent: i32,
    /// Percentage points above the target, negative below it; null without members.
    drift_points: Option<f64>,
}

/// The tiers of a community against its quota.
pub struct TierReport(pub(super) Report);

/// The tiers of a community against its quota.
#[Object]
impl TierReport {
    /// All members.
    async fn members(&self) -> i64 {
        self.0.members
    }

    /// Each tier, the highest first.
    async fn shares(&self) -> Vec<TierShare> {
        let share = |share: &super::super::model::TierShare| TierShare {
            tier: share.tier,
            members: share.members,
            percent: share.percent,
            target_percent: share.target_percent,
            drift_points: share.drift_points,
        };
        self.0.shares.iter().map(share).collect()
    }

    /// Percentage points a share may lie off its target.
    async fn tolerance_points(&self) -> i32 {
        self.0.tolerance_points
    }

    /// Whether every share is within tolerance; null when there are too few members to judge.
    async fn is_within_quota(&self) -> Option<bool> {
        self.0.is_within_quota
    }

    /// Where the quota comes from.
    async fn source(&self) -> &str {
        &self.0.source
    }
}

/// Who came and went in the window of the tenant's policy.
pub struct ChurnReport(pub(super) Churn);

/// Who came and went in the window of the tenant's policy.
#[Object]
impl ChurnReport {
    /// Length of the window in days, up to now.
    async fn window_days(&self) -> u32 {
        self.0.policy.window_days
    }

    /// Members when the window began.
    async fn members_at_start(&self) -> i64 {
        self.0.members_at_start
    }

    /// Joined since.
    async fn joined(&self) -> i64 {
        self.0.joined
    }

    /// Of the members at the start, left since.
    async fn left(&self) -> i64 {
        self.0.left
    }

    /// `left` of `membersAtStart` in percent; null when there were none.
    async fn churn_percent(&self) -> Option<f64> {
        self.0.percent
    }

    /// Whether the percentage is at or above the policy's; null when there were too few members to judge.
    async fn is_declining(&self) -> Option<bool> {
        self.0.is_declining
    }

    /// Where the threshold comes from.
    async fn source(&self) -> &str {
        &self.0.policy.source
    }
}

/// A community outside its tier quota.
#[derive(SimpleObject)]
pub struct TierDrift {
    /// Which.
    community: Community,
    /// By how much.
    report: TierReport,
}

/// A community that is losing its members.
#[derive(SimpleObject)]
pub struct CommunityDecline {
    /// Which.
    community: Community,
    /// How fast.
    report: ChurnReport,
}

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct MembershipQuery;

/// Reports on memberships.
#[Object]
impl MembershipQuery {
    /// The communities outside their tier quota, the furthest first; at most 100. Costs 50, and counts as
    /// 100 items. Needs `members:read` and `communities:read`.
    #[graphql(
        directive = costs::apply(50),
        directive = list_size::apply(Some(100), None, None),
        directive = requires_scopes::apply(vec!["members:read".to_owned(), "communities:read".to_owned()]),
    )]
    async fn tier_drift_report(&self, ctx: &Context<'_>) -> Option<Result<Vec<TierDrift>, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            let (actor, reader) = (request.actor(), request.reader().await?);
            let members = ctx.service::<Members>()?;
            let ids = members.populated(actor, &reader).await?;
            let found = find(ctx, &ids, "tierReport").await?;
            let rows: Vec<_> = found.rows().iter().collect();
            let mut reports = members.tier_reports(actor, &reader, &rows).await?;
            let mut drifts = Vec::new();
            for community in found.refs() {
                if let Some(report) = reports.remove(&community.row()?.id)
                    && report.is_within_quota == Some(false)
                {
                    drifts.push(TierDrift { community: Community::new(community), report: TierReport(report) });
                }
            }
            drifts.sort_by(|a, b| b.report.0.largest_drift().total_cmp(&a.report.0.largest_drift()));
            drifts.truncate(LONGEST_REPORT);
            Ok(Some(drifts))
        })
        .await
    }

    /// The communities that are losing their members by the tenant's policy, the fastest first; at most 100.
    /// Costs 50, and counts as 100 items. Needs `members:read` and `communities:read`.
    #[graphql(
        directive = costs::apply(50),
        directive = list_size::apply(Some(100), None, None),
        directive = requires_scopes::apply(vec!["members:read".to_owned(), "communities:read".to_owned()]),
    )]
    async fn decline_report(&self, ctx: &Context<'_>) -> Option<Result<Vec<CommunityDecline>, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            let reader = request.reader().await?;
            let mut churn = ctx.service::<Members>()?.churn(request.actor(), &reader, None).await?;
            churn.retain(|_, churn| churn.is_declining == Some(true));
            let ids: Vec<_> = churn.keys().copied().collect();
            let mut declines = Vec::new();
            for community in find(ctx, &ids, "churnReport").await?.refs() {
                if let Some(report) = churn.remove(&community.row()?.id) {
                    declines
                        .push(CommunityDecline { community: Community::new(community), report: ChurnReport(report) });
                }
            }
            let percent = |decline: &CommunityDecline| decline.report.0.percent.unwrap_or(0.0);
            declines.sort_by(|a, b| percent(b).total_cmp(&percent(a)));
            declines.truncate(LONGEST_REPORT);
            Ok(Some(declines))
        })
        .await
    }
}

/// The named communities that are in use, with the columns selected below `community` and those behind `also`.
async fn find(ctx: &Context<'_>, ids: &[CommunityId], also: &str) -> Result<Arc<Page<CommunityRow>>, ApiError> {
    let request = ctx.request()?;
    let reader = request.reader().await?;
    let mut wanted = columns(&Selection::at(ctx, &[&["community"]]));
    for column in columns(&Selection::of([also, "archivedAt"])).iter() {
        wanted.add(column);
    }
    let rows = ctx.service::<Communities>()?.find_many(request.actor(), &reader, ids, &wanted).await?;
    Ok(Page::new(reader, rows.into_iter().filter(|row| !row.is_archived()).collect()))
}
