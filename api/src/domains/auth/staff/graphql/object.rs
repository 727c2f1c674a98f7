//! Somebody who works for the tenant, and somebody who is asked to.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};

use super::super::Staff;
use super::super::model::{InvitationStatus, StaffStatus};
use super::super::row::{InvitationRow, StaffRow};
use crate::actor::Role;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::ContextExt as _;
use crate::graphql::scalars::DateTime;
use crate::platform::ids::MembershipId;
use crate::platform::locale::Locale;

/// Reference to one person of a page.
pub type StaffRef = Ref<StaffRow>;

/// Reference to one invitation of a page.
pub type InvitationRef = Ref<InvitationRow>;

/// A person's place in the tenant.
#[derive(Clone)]
pub struct StaffMember(pub StaffRef);

/// A person's place in the tenant.
#[Object]
impl StaffMember {
    /// `tmb_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// Their name in this tenant.
    async fn display_name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.display_name)
    }

    /// The address they sign in with.
    async fn email(&self, ctx: &Context<'_>) -> Result<String, ApiError> {
        ctx.service::<Staff>()?.email(self.0.row()?)
    }

    /// What they are to the tenant.
    async fn role(&self) -> Result<Role, ApiError> {
        Ok(self.0.row()?.role)
    }

    /// Whether they still work here.
    async fn status(&self) -> Result<StaffStatus, ApiError> {
        Ok(self.0.row()?.status)
    }

    /// When they first came.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// When they last signed in to this tenant; null before the first time.
    async fn last_sign_in_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, ApiError> {
        let (service, actor) = (ctx.service::<Staff>()?, ctx.actor()?);
        let all = self.0.load("lastSignInAt", String::new(), |page| async move {
            let people: Vec<_> = page.rows().iter().map(|row| row.user).collect();
            service.last_sign_ins(actor, page.reader(), &people).await
        });
        Ok(all.await?.get(&self.0.row()?.user).copied().map(DateTime))
    }
}

impl Noun for StaffMember {
    const NAME: &'static str = "StaffMember";
}

/// A letter that asks somebody to work for the tenant.
#[derive(Clone)]
pub struct Invitation(pub InvitationRef);

/// A letter that asks somebody to work for the tenant.
#[Object]
impl Invitation {
    /// `inv_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// The address it was sent to.
    async fn email(&self, ctx: &Context<'_>) -> Result<String, ApiError> {
        let tenant = self.0.page().reader().tenant();
        ctx.service::<Staff>()?.invitation_email(tenant, self.0.row()?)
    }

    /// The name they will have in this tenant, unless they choose another.
    async fn display_name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.display_name)
    }

    /// What they will be to the tenant.
    async fn role(&self) -> Result<Role, ApiError> {
        Ok(self.0.row()?.role)
    }

    /// The language of the letter.
    async fn locale(&self) -> Result<Locale, ApiError> {
        Ok(self.0.row()?.locale)
    }

    /// What has become of it.
    async fn status(&self, ctx: &Context<'_>) -> Result<InvitationStatus, ApiError> {
        Ok(ctx.service::<Staff>()?.invitation_status(self.0.row()?))
    }

    /// Until when it can be accepted.
    async fn expires_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.life.expires_at.into())
    }

    /// When it was accepted; null before.
    async fn accepted_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.life.accepted_at.map(DateTime))
    }

    /// When it was made.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// Who invited.
    async fn invited_by(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        let (service, actor) = (ctx.service::<Staff>()?, ctx.actor()?);
        let all = self.0.load("invitedBy", String::new(), |page| async move {
            let mut ids: Vec<_> = page.rows().iter().map(|row| row.invited_by).collect();
            ids.sort_unstable();
            ids.dedup();
            let rows = service.find_many(actor, page.reader(), &ids).await?;
            let ids: Vec<MembershipId> = rows.iter().map(|row| row.id).collect();
            let refs = Page::new(page.reader().clone(), rows).refs();
            Ok(ids.into_iter().zip(refs.into_iter().map(StaffMember)).collect::<HashMap<_, _>>())
        });
        let inviter = all.await?.get(&self.0.row()?.invited_by).cloned();
        inviter.ok_or_else(|| ApiError::internal("an invitation without an inviter"))
    }
}

impl Noun for Invitation {
    const NAME: &'static str = "Invitation";
}
