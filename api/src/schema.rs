//! The schema: the roots, merged from what each slice gives.

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, Schema};

use crate::app::App;
use crate::domains::audit::graphql::AuditQuery;
use crate::domains::auth::factors::graphql::FactorMutation;
use crate::domains::auth::graphql::{AuthMutation, AuthQuery};
use crate::domains::auth::partner_keys::graphql::{PartnerKeyMutation, PartnerKeyQuery};
use crate::domains::auth::sessions::graphql::SessionMutation;
use crate::domains::auth::staff::graphql::{
    AcceptanceMutation, AccountMutation, InvitationMutation, RoleMutation, StaffQuery,
};
use crate::domains::communities::graphql::{CommunityMutation, CommunityQuery};
use crate::domains::creators::graphql::{
    CreatorProgrammeMutation, CreatorQuery, MySubmissionMutation, SubmissionMutation,
};
use crate::domains::documents::graphql::{TrustedDocumentMutation, TrustedDocumentQuery};
use crate::domains::engagement::graphql::{EngagementMutation, MyEngagementMutation};
use crate::domains::members::access::graphql::{AccessMutation, AccessQuery};
use crate::domains::members::graphql::{MemberMutation, MemberQuery};
use crate::domains::members::import::graphql::ImportMutation;
use crate::domains::members::membership::graphql::{MembershipMutation, MembershipQuery};
use crate::domains::points::approvals::graphql::{ApprovalMutation, ApprovalQuery};
use crate::domains::points::earning::graphql::{EarningEventMutation, EarningQuery, EarningRuleMutation};
use crate::domains::points::graphql::{HoldMutation, PointsMutation, PointsQuery, TransferMutation};
use crate::domains::points::growth::graphql::{GrowthMutation, GrowthQuery};
use crate::domains::points::leaderboards::graphql::LeaderboardQuery;
use crate::domains::points::proof::graphql::ProofQuery;
use crate::domains::rewards::graphql::{MyRedemptionMutation, RedemptionMutation, RewardMutation, RewardQuery};
use crate::domains::tenants::graphql::{TenantMutation, TenantQuery};
use crate::graph::node::NodeQuery;
use crate::graphql::cost::{CostQuery, PriceList, PriceListError, Pricing};
use crate::graphql::document::{Documents, ValidateOnly, Validator};

/// Reads the data of the caller's tenant.
#[derive(MergedObject, Default)]
pub struct Query(
    NodeQuery,
    AuthQuery,
    PartnerKeyQuery,
    StaffQuery,
    TenantQuery,
    AuditQuery,
    TrustedDocumentQuery,
    CommunityQuery,
    MemberQuery,
    MembershipQuery,
    CostQuery,
    AccessQuery,
    PointsQuery,
    EarningQuery,
    ProofQuery,
    GrowthQuery,
    RewardQuery,
    LeaderboardQuery,
    ApprovalQuery,
    CreatorQuery,
);

/// Changes the data of the caller's tenant. Each root field is one transaction of its own, in order.
#[derive(MergedObject, Default)]
pub struct Mutation(
    AuthMutation,
    SessionMutation,
    PartnerKeyMutation,
    InvitationMutation,
    AcceptanceMutation,
    AccountMutation,
    RoleMutation,
    FactorMutation,
    TenantMutation,
    TrustedDocumentMutation,
    CommunityMutation,
    MemberMutation,
    MembershipMutation,
    ImportMutation,
    AccessMutation,
    EngagementMutation,
    MyEngagementMutation,
    PointsMutation,
    EarningRuleMutation,
    EarningEventMutation,
    HoldMutation,
    TransferMutation,
    GrowthMutation,
    RewardMutation,
    RedemptionMutation,
    MyRedemptionMutation,
    ApprovalMutation,
    SubmissionMutation,
    MySubmissionMutation,
    CreatorProgrammeMutation,
);

/// The executable schema.
pub type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

/// What pricing operations needs, read from the schema itself; an operation may cost `limit`.
pub fn pricing(limit: u64) -> Result<Pricing, PriceListError> {
    Ok(Pricing {
        prices: Arc::new(PriceList::read(&sdl())?),
        documents: Documents::default(),
        validator: Validator::new(builder().extension(ValidateOnly).finish()),
        limit,
    })
}

/// The schema with the services behind it.
#[must_use]
pub fn build(app: &App, pricing: Pricing) -> ApiSchema {
    builder()
        .data(pricing)
        .data(app.auth.clone())
        .data(app.auth.partner_keys().clone())
        .data(app.staff.clone())
        .data(app.tenants.clone())
        .data(app.audit.clone())
        .data(app.documents.clone())
        .data(app.communities.clone())
        .data(app.members.clone())
        .data(app.member_access.clone())
        .data(app.engagement.clone())
        .data(app.points.clone())
        .data(app.rewards.clone())
        .data(app.creators.clone())
        .finish()
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        // Suggestions would tell names to those who may not see the schema.
        .disable_suggestions()
}

/// The schema in the definition language, as `schema.graphql` holds it.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_enum_items();
    let schema = builder().finish();
    let mut text = schema.sdl_with_options(options);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
