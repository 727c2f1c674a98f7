//! `Community`, from the parts of its slices.

use async_graphql::{Context, ID, MergedObject};

use crate::domains::communities::{CommunityCore, CommunityRef};
use crate::domains::members::membership::graphql::CommunityMembers;
use crate::error::ApiError;
use crate::graphql::connection::{Connection, Edge, Noun};

/// A group of members on one platform.
#[derive(MergedObject, Clone)]
#[graphql(name = "Community")]
pub struct Community(CommunityCore, CommunityMembers);

impl Community {
    /// The composed type round a slice's reference.
    #[must_use]
    pub fn new(community: CommunityRef) -> Self {
        Self(CommunityCore(community.clone()), CommunityMembers(community))
    }

    /// For the `Node` interface.
    pub async fn id(&self, _: &Context<'_>) -> Result<ID, ApiError> {
        Ok(self.0.0.row()?.id.into())
    }
}

impl Noun for Community {
    const NAME: &'static str = "Community";
}

/// A page of communities.
pub type CommunityConnection = Connection<Edge<Community>>;
