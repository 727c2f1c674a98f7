//! A community, as one of its members sees it: what it is, and nothing of who else is there.

use async_graphql::{ID, Object};

use super::super::model::{CommunityType, LifecycleStage, Platform};
use super::object::CommunityRef;
use crate::error::ApiError;
use crate::graphql::batch::loaded;

/// A community, as one of its members sees it.
#[derive(Clone)]
pub struct MyCommunity(CommunityRef);

impl MyCommunity {
    /// Round the slice's reference.
    #[must_use]
    pub fn new(community: CommunityRef) -> Self {
        Self(community)
    }
}

/// A community, as one of its members sees it: what it is, and nothing of who else is there.
#[Object]
impl MyCommunity {
    /// `com_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// Its name.
    async fn name(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.name.as_ref())?)
    }

    /// What it lives on.
    #[graphql(name = "type")]
    async fn kind(&self) -> Result<CommunityType, ApiError> {
        Ok(*loaded(self.0.row()?.kind.as_ref())?)
    }

    /// Where it is.
    async fn platform(&self) -> Result<Platform, ApiError> {
        Ok(*loaded(self.0.row()?.platform.as_ref())?)
    }

    /// What its members get from it.
    async fn value_proposition(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.value_proposition.as_ref())?)
    }

    /// Where it is in its life.
    async fn stage(&self) -> Result<LifecycleStage, ApiError> {
        Ok(*loaded(self.0.row()?.stage.as_ref())?)
    }
}
