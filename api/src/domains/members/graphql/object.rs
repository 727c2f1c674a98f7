//! A member, as clients see it.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use shequn_entity::members::Column;

use super::super::Members;
use super::super::membership::Tier;
use super::super::model::IdentityKind;
use super::super::row::{IdentityRow, MemberRow};
use super::profile::MemberProfile;
use crate::domains::communities::Platform;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref, loaded};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::platform::db::columns::Columns;
use crate::platform::ids::MemberId;

/// What parts of a member are made from.
pub type MemberRef = Ref<MemberRow>;

/// The columns behind the selected fields of a member.
#[must_use]
pub fn columns(selection: &Selection) -> Columns<Column> {
    let mut columns = Columns::of([]);
    for field in selection.names() {
        for column in columns_of(field) {
            columns.add(*column);
        }
    }
    columns
}

fn columns_of(field: &str) -> &'static [Column] {
    match field {
        "displayName" => &[Column::DisplayName],
        "externalRef" => &[Column::ExternalRef],
        "phone" | "phoneMasked" => &[Column::PhoneEnc, Column::DataKey],
        "realName" => &[Column::RealNameEnc, Column::DataKey],
        "identities" => &[Column::DataKey],
        "archivedAt" => &[Column::ArchivedAt],
        "createdAt" => &[Column::CreatedAt],
        "updatedAt" => &[Column::UpdatedAt],
        "version" => &[Column::Version],
        _ => &[],
    }
}

/// The slice's part of `Member`.
#[derive(Clone)]
pub struct MemberCore(pub MemberRef);

/// A person, once per tenant, whatever platforms and communities they are met on.
#[Object]
impl MemberCore {
    /// `mbr_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What they are called.
    async fn display_name(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.display_name.as_ref())?)
    }

    /// Their id in another system; unique in the tenant.
    async fn external_ref(&self) -> Result<Option<&str>, ApiError> {
        Ok(loaded(self.0.row()?.external_ref.as_ref())?.as_deref())
    }

    /// The highest tier they have in any community now; null outside all communities. The edge of a
    /// community's member list has the tier there.
    async fn tier(&self, ctx: &Context<'_>) -> Option<Result<Tier, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<MemberRow>>| async move {
                let all = members.memberships_of(&actor, page.reader(), &ids(page.rows())).await?;
                let mut highest: HashMap<MemberId, Tier> = HashMap::new();
                for (member, joining) in all {
                    let tier = highest.entry(member).or_insert(joining.tier);
                    *tier = (*tier).min(joining.tier);
                }
                Ok(highest)
            };
            let highest = self.0.load("member.tier", String::new(), load).await?;
            Ok(highest.get(&self.0.row()?.id).copied())
        })
        .await
    }

    /// Their phone number with the middle hidden, `+86138****8000`.
    async fn phone_masked(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?, ctx.actor()?);
            members.masked_phone_of(actor, self.0.page().reader(), self.0.row()?).await
        })
        .await
    }

    /// Their phone number in E.164, `+8613800138000`. Needs `members:pii`.
    #[graphql(directive = requires_scopes::apply(vec!["members:pii".to_owned()]))]
    async fn phone(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?, ctx.actor()?);
            members.phone_of(actor, self.0.page().reader(), self.0.row()?).await
        })
        .await
    }

    /// Their legal name. Needs `members:pii`.
    #[graphql(directive = requires_scopes::apply(vec!["members:pii".to_owned()]))]
    async fn real_name(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?, ctx.actor()?);
            members.real_name_of(actor, self.0.page().reader(), self.0.row()?).await
        })
        .await
    }

    /// What they are tagged with, in order.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
        let load =
            |page: Arc<Page<MemberRow>>| async move { members.tags_of(&actor, page.reader(), &ids(page.rows())).await };
        let tags = self.0.load("member.tags", String::new(), load).await?;
        Ok(tags.get(&self.0.row()?.id).cloned().unwrap_or_default())
    }

    /// Where they are known from. Counts as 5 items.
    #[graphql(directive = list_size::apply(Some(5), None, None))]
    async fn identities(&self, ctx: &Context<'_>) -> Result<Vec<MemberIdentity>, ApiError> {
        let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
        let load = |page: Arc<Page<MemberRow>>| async move {
            members.identities_of(&actor, page.reader(), &ids(page.rows())).await
        };
        let all = self.0.load("member.identities", String::new(), load).await?;
        let own = all.get(&self.0.row()?.id).map(Vec::as_slice).unwrap_or_default();
        Ok(own.iter().map(|row| MemberIdentity { member: self.0.clone(), row: row.clone() }).collect())
    }

    /// What is known of them, each value with its source and time.
    async fn profile(&self, ctx: &Context<'_>) -> Result<MemberProfile, ApiError> {
        let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
        let load = |page: Arc<Page<MemberRow>>| async move {
            members.profiles_of(&actor, page.reader(), &ids(page.rows())).await
        };
        let all = self.0.load("member.profile", String::new(), load).await?;
        Ok(MemberProfile(all.get(&self.0.row()?.id).cloned().unwrap_or_default()))
    }

    /// Since when they are out of use; null while in use.
    async fn archived_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(loaded(self.0.row()?.archived_at.as_ref())?.map(DateTime))
    }

    /// When this record was made.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok((*loaded(self.0.row()?.created_at.as_ref())?).into())
    }

    /// When this record was last changed.
    async fn updated_at(&self) -> Result<DateTime, ApiError> {
        Ok((*loaded(self.0.row()?.updated_at.as_ref())?).into())
    }

    /// Grows by one with each change; give it to a change to be told when somebody was faster.
    async fn version(&self) -> Result<i32, ApiError> {
        Ok(*loaded(self.0.row()?.version.as_ref())?)
    }
}

fn ids(rows: &[MemberRow]) -> Vec<MemberId> {
    rows.iter().map(|row| row.id).collect()
}

/// A name that a platform gives to a member.
pub struct MemberIdentity {
    member: MemberRef,
    row: IdentityRow,
}

/// A name that a platform gives to a member.
#[Object]
impl MemberIdentity {
    /// `idn_…`
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// What kind of name it is.
    async fn kind(&self) -> IdentityKind {
        self.row.kind
    }

    /// Who gave it.
    async fn platform(&self) -> Platform {
        self.row.platform
    }

    /// In which app; null where it holds across apps.
    async fn app_id(&self) -> Option<&str> {
        Some(self.row.app_id.as_str()).filter(|app| !app.is_empty())
    }

    /// The name, byte for byte. Needs `members:pii`.
    #[graphql(directive = requires_scopes::apply(vec!["members:pii".to_owned()]))]
    async fn value(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?, ctx.actor()?);
            let reader = self.member.page().reader();
            members.identity_value_of(actor, reader, self.member.row()?, &self.row).await.map(Some)
        })
        .await
    }

    /// When it was recorded.
    async fn created_at(&self) -> DateTime {
        self.row.created_at.into()
    }
}
