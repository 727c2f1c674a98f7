//! The tenant's policy, as clients see it.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::Tenants;
use super::model::{
    CheckInPolicy as CheckIn, DeclinePolicy, PointsPolicy as Points, SurvivalPolicy, TenantPolicy as Policy, TierQuota,
};
use crate::error::{ApiError, UserError};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::mutation::{call, settle};
use crate::graphql::scalars::BigInt;
use crate::platform::db::TenantTx;

/// Target shares of the tiers. What is neither admin nor core is ordinary.
#[derive(SimpleObject)]
pub struct TierQuotaPolicy {
    /// Percent of members who are admins.
    admin_percent: i32,
    /// Percent of members who are core members.
    core_percent: i32,
    /// Percentage points a share may lie off its target.
    tolerance_points: i32,
    /// Communities with fewer members are not judged.
    minimum_members: i32,
    /// Where the numbers come from.
    source: String,
}

/// What new communities are measured by.
#[derive(SimpleObject)]
pub struct SurvivalExpectation {
    /// Percent of new communities that are expected to live.
    expected_percent: i32,
    /// Calendar months after founding at which a community is judged.
    months: u32,
    /// Where the numbers come from.
    source: String,
}

/// When a community counts as dying.
#[derive(SimpleObject)]
pub struct DeclineThreshold {
    /// Percent of the members at the window's start who left within it; at or above it is a decline.
    churn_percent: i32,
    /// Length of the window in days.
    window_days: u32,
    /// Communities with fewer members at the window's start are not judged.
    minimum_members: i32,
    /// Where the numbers come from.
    source: String,
}

/// How long points are good that nobody gave another date, and from where on a second person decides on them.
#[derive(SimpleObject)]
pub struct PointsPolicy {
    /// Calendar months after they were earned, to the end of that month in the tenant's zone; null for ever.
    lifetime_months: Option<u32>,
    /// Where the number comes from.
    source: String,
    /// The most points that are given to a member by hand within 24 hours without a second person's approval, and the
    /// most that are taken so, or go to other members; null for as many as anybody likes. What rules pay for events that a
    /// person records is given by hand, too. `pointsPolicyUpdate` changes it.
    approval_above: Option<BigInt>,
    /// Whether members may give each other points: `pointsTransfer`. `pointsPolicyUpdate` changes it.
    transfers_enabled: bool,
}

impl From<Points> for PointsPolicy {
    fn from(policy: Points) -> Self {
        let Points { lifetime_months, source, approval_above, transfers_enabled } = policy;
        Self { lifetime_months, source, approval_above: approval_above.map(Into::into), transfers_enabled }
    }
}

/// Until when a day on which a member did not check in can be made up.
#[derive(SimpleObject)]
pub struct CheckInPolicy {
    /// Days after it in which a card makes it up; 0 for never.
    make_up_within_days: u32,
    /// Where the number comes from.
    source: String,
}

/// The tenant's own numbers, which its reports compare with, and its rules.
#[derive(SimpleObject)]
pub struct TenantPolicy {
    /// How members should be spread over tiers.
    tier_quota: TierQuotaPolicy,
    /// What share of new communities is expected to survive.
    survival: SurvivalExpectation,
    /// When a community counts as dying.
    decline: DeclineThreshold,
    /// How long points are good.
    points: PointsPolicy,
    /// Until when a missed day can be made up.
    check_in: CheckInPolicy,
    /// Whether everybody who works for the tenant needs a second factor. Who has none may do nothing but get one.
    require_second_factor: bool,
}

impl From<Policy> for TenantPolicy {
    fn from(policy: Policy) -> Self {
        let Policy { tier_quota, survival, decline, points, check_in, require_second_factor } = policy;
        Self {
            tier_quota: TierQuotaPolicy {
                admin_percent: tier_quota.admin_percent,
                core_percent: tier_quota.core_percent,
                tolerance_points: tier_quota.tolerance_points,
                minimum_members: tier_quota.minimum_members,
                source: tier_quota.source,
            },
            survival: SurvivalExpectation {
                expected_percent: survival.expected_percent,
                months: survival.months,
                source: survival.source,
            },
            decline: DeclineThreshold {
                churn_percent: decline.churn_percent,
                window_days: decline.window_days,
                minimum_members: decline.minimum_members,
                source: decline.source,
            },
            points: points.into(),
            check_in: CheckInPolicy { make_up_within_days: check_in.make_up_within_days, source: check_in.source },
            require_second_factor,
        }
    }
}

/// Target shares of the tiers.
#[derive(InputObject)]
pub struct TierQuotaPolicyInput {
    /// Percent of members who are admins, 0 to 100.
    admin_percent: i32,
    /// Percent of members who are core members, 0 to 100.
    core_percent: i32,
    /// Percentage points a share may lie off its target, 0 to 100.
    tolerance_points: i32,
    /// Communities with fewer members are not judged; at least 1.
    minimum_members: i32,
    /// Where the numbers come from, 1 to 500 characters.
    source: String,
}

/// What new communities are measured by.
#[derive(InputObject)]
pub struct SurvivalExpectationInput {
    /// Percent of new communities that are expected to live, 0 to 100.
    expected_percent: i32,
    /// Calendar months after founding at which a community is judged, 1 to 24.
    months: u32,
    /// Where the numbers come from, 1 to 500 characters.
    source: String,
}

/// When a community counts as dying.
#[derive(InputObject)]
pub struct DeclineThresholdInput {
    /// Percent of the members at the window's start who left within it, 0 to 100; at or above it is a decline.
    churn_percent: i32,
    /// Length of the window in days, 1 to 366.
    window_days: u32,
    /// Communities with fewer members at the window's start are not judged; at least 1.
    minimum_members: i32,
    /// Where the numbers come from, 1 to 500 characters.
    source: String,
}

/// How long points are good that nobody gives another date.
#[derive(InputObject)]
pub struct PointsPolicyInput {
    /// Calendar months after they were earned, to the end of that month in the tenant's zone, 1 to 120; left out or
    /// null: for ever. Points that were given before keep their date.
    lifetime_months: Option<u32>,
    /// Where the number comes from, 1 to 500 characters.
    source: String,
}

/// Until when a day on which a member did not check in can be made up.
#[derive(InputObject)]
pub struct CheckInPolicyInput {
    /// Days after it in which a card makes it up, 0 to 31; 0 for never.
    make_up_within_days: u32,
    /// Where the number comes from, 1 to 500 characters.
    source: String,
}

/// The numbers to compare with, and the rules to follow, from now on; what is left out stays.
#[derive(InputObject)]
pub struct TenantPolicyUpdateInput {
    /// How members should be spread over tiers.
    tier_quota: Option<TierQuotaPolicyInput>,
    /// What share of new communities is expected to survive.
    survival: Option<SurvivalExpectationInput>,
    /// When a community counts as dying.
    decline: Option<DeclineThresholdInput>,
    /// How long points are good that are given from now on.
    points: Option<PointsPolicyInput>,
    /// Until when a missed day can be made up.
    check_in: Option<CheckInPolicyInput>,
    /// Whether everybody who works for the tenant needs a second factor. Changing it needs a proof of the last five
    /// minutes (`stepUp`); sessions that are there notice within a second.
    require_second_factor: Option<bool>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

impl TenantPolicyUpdateInput {
    fn apply(self, policy: &mut Policy) {
        if let Some(quota) = self.tier_quota {
            policy.tier_quota = TierQuota {
                admin_percent: quota.admin_percent,
                core_percent: quota.core_percent,
                tolerance_points: quota.tolerance_points,
                minimum_members: quota.minimum_members,
                source: quota.source,
            };
        }
        if let Some(survival) = self.survival {
            policy.survival = SurvivalPolicy {
                expected_percent: survival.expected_percent,
                months: survival.months,
                source: survival.source,
            };
        }
        if let Some(decline) = self.decline {
            policy.decline = DeclinePolicy {
                churn_percent: decline.churn_percent,
                window_days: decline.window_days,
                minimum_members: decline.minimum_members,
                source: decline.source,
            };
        }
        if let Some(points) = self.points {
            let PointsPolicyInput { lifetime_months, source } = points;
            policy.points = Points { lifetime_months, source, ..policy.points.clone() };
        }
        if let Some(check_in) = self.check_in {
            policy.check_in = CheckIn { make_up_within_days: check_in.make_up_within_days, source: check_in.source };
        }
        if let Some(require) = self.require_second_factor {
            policy.require_second_factor = require;
        }
    }
}

/// The policy, or why nothing was changed.
#[derive(SimpleObject)]
pub struct TenantPolicyUpdatePayload {
    /// The policy as it is now; null when refused.
    tenant_policy: Option<TenantPolicy>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// Where the tenant's days are counted from now on.
#[derive(InputObject)]
pub struct TenantTimezoneSetInput {
    /// A name of the IANA time zone database: `Asia/Shanghai`.
    timezone: String,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// The zone, or why it was not changed.
#[derive(SimpleObject)]
pub struct TenantTimezoneSetPayload {
    /// The zone as it is now; null when refused.
    timezone: Option<String>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct TenantQuery;

/// Reads the tenant's settings.
#[Object]
impl TenantQuery {
    /// The numbers that the tenant's reports compare with and where they come from, and its rules. Needs `tenant:read`.
    #[graphql(directive = requires_scopes::apply(vec!["tenant:read".to_owned()]))]
    async fn tenant_policy(&self, ctx: &Context<'_>) -> Option<Result<TenantPolicy, ApiError>> {
        nullable(async {
            let reader = ctx.request()?.reader().await?;
            read(ctx, &reader).await.map(Some)
        })
        .await
    }
}

async fn read(ctx: &Context<'_>, reader: &TenantTx) -> Result<TenantPolicy, ApiError> {
    Ok(ctx.service::<Tenants>()?.policy(ctx.actor()?, reader).await?.into())
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct TenantMutation;

/// Changes the tenant's settings.
#[Object]
impl TenantMutation {
    /// Changes the numbers that the tenant's reports compare with, and its rules. Needs `tenant:write`.
    #[graphql(directive = requires_scopes::apply(vec!["tenant:write".to_owned()]))]
    async fn tenant_policy_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The groups of numbers to replace.")] input: TenantPolicyUpdateInput,
    ) -> Result<TenantPolicyUpdatePayload, ApiError> {
        let call = call(ctx, "tenantPolicyUpdate", input.idempotency_key.as_deref(), &input)?;
        let tenants = ctx.service::<Tenants>()?;
        let result = tenants.policy_update(ctx.actor()?, |policy| input.apply(policy), &call).await;
        let (done, user_errors) = settle(ctx, &call, result)?;
        let tenant_policy = match done {
            Some(()) => Some(read(ctx, ctx.request()?.fresh_reader()?.as_ref()).await?),
            None => None,
        };
        Ok(TenantPolicyUpdatePayload { tenant_policy, user_errors })
    }

    /// Moves the tenant to another time zone. Its days are counted there from now on; what was done by the old one, and
    /// the last good day of points that were given, stay. Members who have checked in by the old zone's day do so again
    /// on the next new one, and lose no streak by a day that the move took from them. A person must have proved within
    /// five minutes who they are. Needs `tenant:write`.
    #[graphql(directive = requires_scopes::apply(vec!["tenant:write".to_owned()]))]
    async fn tenant_timezone_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which zone.")] input: TenantTimezoneSetInput,
    ) -> Result<TenantTimezoneSetPayload, ApiError> {
        let call = call(ctx, "tenantTimezoneSet", input.idempotency_key.as_deref(), &input)?;
        let tenants = ctx.service::<Tenants>()?;
        let result = tenants.set_timezone(ctx.actor()?, input.timezone, &call).await;
        let (done, user_errors) = settle(ctx, &call, result)?;
        let timezone = match done {
            Some(()) => {
                let reader = ctx.request()?.fresh_reader()?;
                Some(tenants.timezone(ctx.actor()?, &reader).await?.name().to_owned())
            }
            None => None,
        };
        Ok(TenantTimezoneSetPayload { timezone, user_errors })
    }
}
