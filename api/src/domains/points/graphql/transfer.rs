//! Points that one member gives to another: the transfer as clients see it, and making one.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::approvals::ByHand;
use super::super::row::EntryRow;
use super::super::{EntryKind, Points, TransferDraft};
use super::mutation::{kept_ones, refused_for_approval};
use super::object::PointsEntry;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::domains::points::approvals::graphql::PointsApproval;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::member::Member;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{call, settle};
use crate::graphql::scalars::BigInt;
use crate::graphql::selection::Selection;
use crate::platform::ids::PointsEntryId;

/// Points that one member gave to another. What lots the giver had keep their last day with the one who got them.
#[derive(Clone)]
pub struct PointsTransfer {
    /// All its entries that the caller sees, one of them at least.
    entries: Vec<Ref<EntryRow>>,
}

impl PointsTransfer {
    fn of_kind(&self, kind: EntryKind) -> impl Iterator<Item = &Ref<EntryRow>> {
        self.entries.iter().filter(move |entry| entry.row().is_ok_and(|row| row.kind == kind))
    }

    /// Whose the entries of this kind are; None for those who may not read members.
    async fn member(&self, ctx: &Context<'_>, kind: EntryKind) -> Result<Option<Member>, ApiError> {
        let Some(entry) = self.of_kind(kind).next().filter(|_| may_read_members(ctx)) else { return Ok(None) };
        let selection = Selection::at(ctx, &[&[]]);
        let key = selection.names().collect::<Vec<_>>().join(" ");
        let load = |page: Arc<Page<EntryRow>>| async move {
            let ids: Vec<_> = page.rows().iter().map(|row| row.member).collect();
            members::find_many(ctx, Arc::clone(page.reader()), &ids, &selection).await
        };
        Ok(entry.load("pointsTransfer.member", key, load).await?.get(&entry.row()?.member).cloned())
    }
}

fn may_read_members(ctx: &Context<'_>) -> bool {
    ctx.actor().is_ok_and(|actor| actor.may(Scope::MembersRead))
}

/// Points that one member gave to another. They stay good until the days that they had with the giver.
#[Object]
impl PointsTransfer {
    /// Who gave; null where the caller may not read members, or not this one.
    async fn from(&self, ctx: &Context<'_>) -> Option<Result<Member, ApiError>> {
        nullable(self.member(ctx, EntryKind::TransferOut)).await
    }

    /// Who got them; null where the caller may not read members, or not this one.
    async fn to(&self, ctx: &Context<'_>) -> Option<Result<Member, ApiError>> {
        nullable(self.member(ctx, EntryKind::TransferIn)).await
    }

    /// How many points.
    async fn amount(&self) -> Result<BigInt, ApiError> {
        if let Some(sent) = self.of_kind(EntryKind::TransferOut).next() {
            return Ok(sent.row()?.amount.into());
        }
        let parts = self.of_kind(EntryKind::TransferIn).map(|entry| Ok(entry.row()?.amount));
        Ok(parts.sum::<Result<i64, ApiError>>()?.into())
    }

    /// The giver's entry; null where the caller does not see the giver.
    async fn sent(&self) -> Option<PointsEntry> {
        self.of_kind(EntryKind::TransferOut).next().cloned().map(PointsEntry)
    }

    /// The entries of the one who got them: one for each kind of source and last day that the giver's points had, in the
    /// order in which they are spent. Empty where the caller does not see them. Counts as 5 items.
    #[graphql(directive = list_size::apply(Some(5), None, None))]
    async fn received(&self) -> Vec<PointsEntry> {
        self.of_kind(EntryKind::TransferIn).cloned().map(PointsEntry).collect()
    }
}

/// The transfer that this entry is of, or undoes; for all entries of its page at once.
pub(super) async fn transfer_of(ctx: &Context<'_>, entry: &Ref<EntryRow>) -> Result<Option<PointsTransfer>, ApiError> {
    let Some(transfer) = entry.row()?.transfer else { return Ok(None) };
    let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
    let load = |page: Arc<Page<EntryRow>>| async move {
        let ids: Vec<_> = page.rows().iter().filter_map(|row| row.transfer).collect();
        let rows = points.entries_of_transfers(&actor, page.reader(), &ids).await?;
        let mut transfers: HashMap<PointsEntryId, PointsTransfer> = HashMap::new();
        for entry in Page::new(Arc::clone(page.reader()), rows).refs() {
            if let Some(transfer) = entry.row()?.transfer {
                transfers.entry(transfer).or_insert(PointsTransfer { entries: Vec::new() }).entries.push(entry);
            }
        }
        Ok(transfers)
    };
    Ok(entry.load("pointsEntry.transfer", String::new(), load).await?.get(&transfer).cloned())
}

/// Points to be given by one member to another.
#[derive(InputObject)]
pub struct PointsTransferInput {
    /// Who gives: `mbr_…`. Somebody who has left can, too.
    from_member_id: ID,
    /// Who gets: `mbr_…`
    to_member_id: ID,
    /// How many, 1 to 1,000,000,000. All of them, or none.
    amount: BigInt,
    /// What for, in words that both may read, 1 to 200 characters.
    reason: String,
    /// Your own reference, at most 128 characters; on both sides.
    reference: Option<String>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    idempotency_key: String,
}

impl PointsTransferInput {
    fn draft(self) -> Result<TransferDraft, UserError> {
        Ok(TransferDraft {
            from: parse_input_id("fromMemberId", &self.from_member_id)?,
            to: parse_input_id("toMemberId", &self.to_member_id)?,
            amount: self.amount.0,
            reason: self.reason,
            reference: self.reference,
        })
    }
}

/// The transfer, what waits instead of it, or why nothing was given.
#[derive(SimpleObject)]
pub struct PointsTransferPayload {
    /// The transfer, also for a caller who may read no entries (what needs `points:read` is null then); null when refused.
    transfer: Option<PointsTransfer>,
    /// What waits for a second person where APPROVAL_REQUIRED is the answer; null otherwise. Asked for again under the
    /// same key, it is the same.
    approval: Option<PointsApproval>,
    /// Why nothing was posted; empty on success.
    user_errors: Vec<UserError>,
}

/// The transfers' part of the mutation root.
#[derive(Default)]
pub struct TransferMutation;

/// Lets members give each other points.
#[Object]
impl TransferMutation {
    /// Takes points from one member, those that expire first before the others, and gives them to another, who has them
    /// until the same days. NOT_ENABLED unless `pointsPolicy` lets members give each other points. Over its limit nothing
    /// is given: the answer is APPROVAL_REQUIRED, and `approval` waits for a second person. It earns nothing: no growth,
    /// no place on a leaderboard. A person must have proved within five minutes who they are. Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From whom, to whom, how many, and what for.")] input: PointsTransferInput,
    ) -> Result<PointsTransferPayload, ApiError> {
        let call = call(ctx, "pointsTransfer", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Points>()?.transfer(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (done, user_errors) = settle(ctx, &call, result)?;
        let wants = Selection::at(ctx, &[&[]]);
        let (transfer, approval, user_errors) = match done {
            None => (None, None, user_errors),
            Some(ByHand::Posted(posted)) if wants.has("transfer") => {
                let reader = ctx.request()?.fresh_reader()?;
                let rows = ctx.service::<Points>()?.list_transferred(ctx.actor()?, &reader, posted.entry).await?;
                // All of them are out of reach where both members have left what a restricted key sees.
                let transfer = (!rows.is_empty()).then(|| PointsTransfer { entries: Page::new(reader, rows).refs() });
                (transfer, None, user_errors)
            }
            Some(ByHand::Posted(_)) => (None, None, user_errors),
            Some(ByHand::Kept(asked)) => {
                let kept = Some(asked.approval).filter(|_| wants.has("approval"));
                let approval = kept_ones(ctx, kept).await?.remove(&asked.approval);
                (None, approval, refused_for_approval())
            }
        };
        Ok(PointsTransferPayload { transfer, approval, user_errors })
    }
}
