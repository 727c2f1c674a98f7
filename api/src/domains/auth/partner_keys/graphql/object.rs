//! A partner system's key, as clients see it.

use async_graphql::{Context, ID, Object};

use super::super::model::{State, hint};
use super::super::row::PartnerKeyRow;
use crate::error::ApiError;
use crate::graphql::batch::Ref;
use crate::graphql::connection::Noun;
use crate::graphql::context::ContextExt as _;
use crate::graphql::scalars::DateTime;

/// A partner system's key, without its secret.
#[derive(Clone)]
pub struct PartnerKey(pub(super) Ref<PartnerKeyRow>);

/// The key of a partner system: a bot, a shop, a CRM. Its secret was shown once, when it was made.
#[Object]
impl PartnerKey {
    /// `key_…`
    pub async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What it is called.
    async fn name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.name)
    }

    /// The part of the key that is no secret, up to the last underscore: whoever finds a key tells by it which one.
    async fn hint(&self) -> Result<String, ApiError> {
        Ok(hint(&self.0.page().reader().tenant().suffix(), self.0.row()?.id))
    }

    /// Whether it opens anything.
    async fn state(&self, ctx: &Context<'_>) -> Result<State, ApiError> {
        Ok(self.0.row()?.state(ctx.request()?.platform().clock.now()))
    }

    /// What it may do, such as `members:read`.
    async fn scopes(&self) -> Result<Vec<&'static str>, ApiError> {
        Ok(self.0.row()?.scopes.iter().map(|scope| scope.as_str()).collect())
    }

    /// The communities it is restricted to, `com_…`; null for the whole tenant. It sees those communities, the
    /// members who belong to them now and their memberships there, and changes nothing else.
    async fn community_ids(&self) -> Result<Option<Vec<ID>>, ApiError> {
        let communities = self.0.row()?.communities.as_ref();
        Ok(communities.map(|ids| ids.iter().copied().map(ID::from).collect()))
    }

    /// The addresses and networks it may be used from; empty for anywhere.
    async fn networks(&self) -> Result<Vec<String>, ApiError> {
        Ok(self.0.row()?.networks.iter().map(spelled).collect())
    }

    /// When it ends.
    async fn expires_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.life.expires_at.into())
    }

    /// Since when it is switched off; null while it is on.
    async fn disabled_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.life.disabled_at.map(DateTime))
    }

    /// Since when it is ended for good; null before.
    async fn revoked_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.life.revoked_at.map(DateTime))
    }

    /// When its secret was last changed; null while it has its first.
    async fn rotated_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.rotated_at.map(DateTime))
    }

    /// Until when the secret before the last rotation is good; null when it is not any more.
    async fn previous_secret_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, ApiError> {
        let now = ctx.request()?.platform().clock.now();
        Ok(self.0.row()?.previous_until.filter(|until| now < *until).map(DateTime))
    }

    /// When it was last used, to the minute; null before.
    async fn last_used_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.last_used_at.map(DateTime))
    }

    /// From which address; null before.
    async fn last_used_address(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.last_used_address.as_deref())
    }

    /// `usr_…`: who made it; null for the installation's operator.
    async fn created_by_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.created_by.map(ID::from))
    }

    /// When it was made.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// When it was last changed; uses do not count.
    async fn updated_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.updated_at.into())
    }

    /// Grows by one with each change; give it to a change to be told when somebody was faster.
    async fn version(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.version)
    }
}

/// An address without the length that says that it is one.
fn spelled(network: &ipnet::IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

impl Noun for PartnerKey {
    const NAME: &'static str = "PartnerKey";
}
