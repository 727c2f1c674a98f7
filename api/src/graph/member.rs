//! `Member`, from the parts of its slices.

use async_graphql::{Context, ID, MergedObject};

use crate::domains::creators::graphql::MemberCreatorPart;
use crate::domains::engagement::graphql::MemberCheckInsPart;
use crate::domains::members::membership::graphql::MemberCommunities;
use crate::domains::members::{MemberCore, MemberRef};
use crate::domains::points::graphql::MemberPointsPart;
use crate::domains::points::growth::graphql::MemberGrowthPart;
use crate::domains::rewards::graphql::MemberRedemptionsPart;
use crate::error::ApiError;
use crate::graphql::connection::Noun;

/// A person, once per tenant, whatever platforms and communities they are met on.
#[derive(MergedObject, Clone)]
#[graphql(name = "Member")]
pub struct Member(
    MemberCore,
    MemberCommunities,
    MemberCheckInsPart,
    MemberPointsPart,
    MemberGrowthPart,
    MemberRedemptionsPart,
    MemberCreatorPart,
);

impl Member {
    /// The composed type round a slice's reference.
    #[must_use]
    pub fn new(member: MemberRef) -> Self {
        Self(
            MemberCore(member.clone()),
            MemberCommunities(member.clone()),
            MemberCheckInsPart(member.clone()),
            MemberPointsPart(member.clone()),
            MemberGrowthPart(member.clone()),
            MemberRedemptionsPart(member.clone()),
            MemberCreatorPart(member),
        )
    }

    /// For the `Node` interface.
    pub async fn id(&self, _: &Context<'_>) -> Result<ID, ApiError> {
        Ok(self.0.0.row()?.id.into())
    }
}

impl Noun for Member {
    const NAME: &'static str = "Member";
}
