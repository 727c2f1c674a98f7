//! Points that somebody asked for, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::super::{ApprovalRow, State};
use crate::domains::points::graphql::PointsEntry;
use crate::domains::points::{EntryKind, EntryRow, Points, Source};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::scalars::{BigInt, Date, DateTime};
use crate::platform::ids::PointsEntryId;

/// Points that somebody asked for by hand, and that a second person decides on.
#[derive(Clone)]
pub struct PointsApproval(pub(super) Ref<ApprovalRow>);

impl Noun for PointsApproval {
    const NAME: &'static str = "PointsApproval";
}

/// Points that somebody asked for by hand, and that a second person decides on.
#[Object]
impl PointsApproval {
    /// `apr_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What has become of it.
    async fn state(&self, ctx: &Context<'_>) -> Result<State, ApiError> {
        Ok(self.0.row()?.state(ctx.request()?.platform().clock.now()))
    }

    /// What its entry is, or would be: AWARD, DEDUCT or TRANSFER_OUT.
    async fn kind(&self) -> Result<EntryKind, ApiError> {
        Ok(self.0.row()?.kind)
    }

    /// Whose points: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.member.into())
    }

    /// Of a transfer: who is to have them, `mbr_…`; null otherwise, and for a key that is restricted to communities.
    async fn to_member_id(&self, ctx: &Context<'_>) -> Result<Option<ID>, ApiError> {
        let is_whole = ctx.actor()?.communities().is_none();
        Ok(self.0.row()?.to.filter(|_| is_whole).map(Into::into))
    }

    /// How many points.
    async fn amount(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.amount.into())
    }

    /// What for, by kind; null unless it is an award.
    async fn source(&self) -> Result<Option<Source>, ApiError> {
        Ok(self.0.row()?.source)
    }

    /// What for, in words that the member may read once it is posted.
    async fn reason(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.reason)
    }

    /// The partner's own reference, such as an order's.
    async fn reference(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reference.as_deref())
    }

    /// From when the points are to be good; null for from the approval on.
    async fn available_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.available_at.map(Into::into))
    }

    /// The last day on which they are to be good; null for by the policy of the day of the approval.
    async fn expires_on(&self) -> Result<Option<Date>, ApiError> {
        Ok(self.0.row()?.expires_on.map(Into::into))
    }

    /// Who asked: `usr_…`, or the key that did, `key_…`.
    async fn asked_by_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.asked_by.as_str().into())
    }

    /// When somebody asked.
    async fn asked_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// When it lapses, or would have, if nobody decides: seven days later.
    async fn lapses_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.lapses_at.into())
    }

    /// Who approved, rejected or took it back: `usr_…`, or the key that took it back, `key_…`.
    async fn decided_by_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.decided_by.as_deref().map(Into::into))
    }

    /// When somebody approved, rejected or took it back.
    async fn decided_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.decided_at.map(Into::into))
    }

    /// Why it was rejected; null otherwise.
    async fn decision(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.decision.as_deref())
    }

    /// What was posted by it; null unless it was approved. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn entry(&self, ctx: &Context<'_>) -> Option<Result<PointsEntry, ApiError>> {
        nullable(async {
            let Some(entry) = self.0.row()?.entry else { return Ok(None) };
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<ApprovalRow>>| async move {
                let ids: Vec<_> = page.rows().iter().filter_map(|row| row.entry).collect();
                let rows = points.entries_by_id(&actor, page.reader(), &ids).await?;
                let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
                let refs = Page::new(Arc::clone(page.reader()), rows).refs().into_iter().map(PointsEntry::new);
                Ok(ids.into_iter().zip(refs).collect::<HashMap<PointsEntryId, PointsEntry>>())
            };
            Ok(self.0.load("pointsApproval.entry", String::new(), load).await?.get(&entry).cloned())
        })
        .await
    }
}

/// By whose approval the entry was posted; None where nobody had to approve.
pub async fn approval_of(ctx: &Context<'_>, entry: &Ref<EntryRow>) -> Result<Option<PointsApproval>, ApiError> {
    let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
    let load = |page: Arc<Page<EntryRow>>| async move {
        let entries: Vec<_> = page.rows().iter().map(|row| row.id).collect();
        let rows = points.approvals_of(&actor, page.reader(), &entries).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.entry).collect();
        let refs = Page::new(Arc::clone(page.reader()), rows).refs().into_iter().map(PointsApproval);
        Ok(ids.into_iter().zip(refs).collect::<HashMap<Option<PointsEntryId>, PointsApproval>>())
    };
    Ok(entry.load("pointsEntry.approval", String::new(), load).await?.get(&Some(entry.row()?.id)).cloned())
}
