//! Entries, holds and balances, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::row::{AccountRow, EntryRow, HoldRow, MoveRow};
use super::super::{Account, EntryKind, HoldState, Liability, Points, Source};
use super::transfer::{PointsTransfer, transfer_of};
use crate::domains::points::approvals::graphql::{PointsApproval, approval_of};
use crate::domains::points::earning::graphql::{EarningPayment, payment_of};
use crate::domains::points::explanation::graphql::{PointsExplanation, explanation_of};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::ids::told_actor;
use crate::graphql::scalars::{BigInt, Date, DateTime};
use crate::platform::ids::PointsEntryId;
use crate::platform::locale::Locale;

/// What a member has at one moment. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PointsBalance {
    /// Given, and not good yet.
    pub(super) pending: BigInt,
    /// To be spent.
    pub(super) available: BigInt,
    /// Set aside by holds.
    pub(super) held: BigInt,
}

impl From<&AccountRow> for PointsBalance {
    fn from(account: &AccountRow) -> Self {
        Self { pending: account.pending.into(), available: account.available.into(), held: account.held.into() }
    }
}

impl From<&EntryRow> for PointsBalance {
    fn from(entry: &EntryRow) -> Self {
        let EntryRow { pending_after, available_after, held_after, .. } = *entry;
        Self { pending: pending_after.into(), available: available_after.into(), held: held_after.into() }
    }
}

/// A movement of points from one of a member's accounts to another. It is never changed; what was wrong is reversed.
#[derive(Clone)]
pub struct PointsEntry(pub(super) Ref<EntryRow>);

impl PointsEntry {
    /// As clients see it.
    #[must_use]
    pub fn new(entry: Ref<EntryRow>) -> Self {
        Self(entry)
    }
}

impl Noun for PointsEntry {
    const NAME: &'static str = "PointsEntry";
}

/// A movement of points from one of a member's accounts to another. It is never changed; what was wrong is reversed.
#[Object]
impl PointsEntry {
    /// `pen_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// Whose: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.member.into())
    }

    /// Its place among the member's entries: 1 for the first, without gaps.
    async fn number(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.number.into())
    }

    /// What it is.
    async fn kind(&self) -> Result<EntryKind, ApiError> {
        Ok(self.0.row()?.kind)
    }

    /// How many points moved; always positive.
    async fn amount(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.amount.into())
    }

    /// The account they left.
    async fn from(&self) -> Result<Account, ApiError> {
        Ok(self.0.row()?.from)
    }

    /// The account they are in since.
    async fn to(&self) -> Result<Account, ApiError> {
        Ok(self.0.row()?.to)
    }

    /// By how much it changed what can be spent; negative where that became less.
    async fn available_delta(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.available_delta().into())
    }

    /// What the member had behind it.
    async fn balance_after(&self) -> Result<PointsBalance, ApiError> {
        Ok(self.0.row()?.into())
    }

    /// What the points were earned by; null unless they were given by it, new or by another member.
    async fn source(&self) -> Result<Option<Source>, ApiError> {
        Ok(self.0.row()?.source)
    }

    /// What for, in words; null where time alone brought it.
    async fn reason(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reason.as_deref())
    }

    /// The partner's own reference, such as an order's.
    async fn reference(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reference.as_deref())
    }

    /// Who posted it: the id of a person or a key, or of the member who did it by their own token; null where the program
    /// did. Of what a second person approved it is whoever asked.
    async fn actor_id(&self, ctx: &Context<'_>) -> Result<Option<ID>, ApiError> {
        Ok(told_actor(ctx.actor()?, &self.0.row()?.actor))
    }

    /// When it was posted. Within an account it never goes back.
    async fn posted_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.posted_at.into())
    }

    /// The hold it belongs to: `phd_…`
    async fn hold_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.hold.map(Into::into))
    }

    /// The entry that it undoes: `pen_…`
    async fn reverses_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.reverses.map(Into::into))
    }

    /// The transfer that it is of, or undoes, by the giver's entry, `pen_…`: the same on all its entries. Null for all others,
    /// and for a key that is restricted to communities.
    async fn transfer_id(&self, ctx: &Context<'_>) -> Result<Option<ID>, ApiError> {
        let is_whole = ctx.actor()?.communities().is_none();
        Ok(self.0.row()?.transfer.filter(|_| is_whole).map(Into::into))
    }

    /// The transfer that it is of, or undoes: between which members; null for all others. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn transfer(&self, ctx: &Context<'_>) -> Option<Result<PointsTransfer, ApiError>> {
        nullable(transfer_of(ctx, &self.0)).await
    }

    /// The entry that undid it: `pen_…`. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn reversed_by_id(&self, ctx: &Context<'_>) -> Option<Result<ID, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<EntryRow>>| async move {
                points.reversals_of(&actor, page.reader(), &ids(page.rows())).await
            };
            let reversals = self.0.load("pointsEntry.reversedById", String::new(), load).await?;
            Ok(reversals.get(&self.0.row()?.id).map(|id| (*id).into()))
        })
        .await
    }

    /// Which rule made it, in which version, for what event; null where no rule did. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn earning(&self, ctx: &Context<'_>) -> Option<Result<EarningPayment, ApiError>> {
        nullable(async { payment_of(ctx, &self.0).await }).await
    }

    /// Who asked for it and who approved, where the tenant's limit made it wait for a second person; null otherwise.
    /// Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn approval(&self, ctx: &Context<'_>) -> Option<Result<PointsApproval, ApiError>> {
        nullable(async { approval_of(ctx, &self.0).await }).await
    }

    /// Why it was made, in words for the member and in figures that add up. Costs 2.
    #[graphql(directive = costs::apply(2))]
    async fn explanation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which language; that of the tenant's country when left out.")] locale: Option<Locale>,
    ) -> Option<Result<PointsExplanation, ApiError>> {
        nullable(async { explanation_of(ctx, &self.0, locale).await }).await
    }

    /// The lot that it made, or those it took from or gave back to, those that expire first before the others. Counts as
    /// 10 items.
    #[graphql(directive = list_size::apply(Some(10), None, None))]
    async fn lots(&self, ctx: &Context<'_>) -> Option<Result<Vec<PointsLotMove>, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<EntryRow>>| async move {
                let mut moves: HashMap<PointsEntryId, Vec<MoveRow>> = HashMap::new();
                for row in points.moves_of(&actor, page.reader(), page.rows()).await? {
                    moves.entry(row.entry).or_default().push(row);
                }
                Ok(moves)
            };
            let moves = self.0.load("pointsEntry.lots", String::new(), load).await?;
            let shown = |row: &MoveRow| PointsLotMove {
                lot_id: row.lot.into(),
                amount: row.amount.into(),
                source: row.source,
                earned_at: row.earned_at.into(),
                expires_on: row.expires_on.map(Into::into),
            };
            Ok(Some(moves.get(&self.0.row()?.id).into_iter().flatten().map(shown).collect()))
        })
        .await
    }
}

fn ids(rows: &[EntryRow]) -> Vec<PointsEntryId> {
    rows.iter().map(|row| row.id).collect()
}

/// An entry's part in one lot. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PointsLotMove {
    /// `plt_…`
    lot_id: ID,
    /// How many points.
    amount: BigInt,
    /// What they were earned by.
    source: Source,
    /// When they were given.
    earned_at: DateTime,
    /// The last day on which they are good; null for ever.
    expires_on: Option<Date>,
}

/// Points that are or were set aside, until somebody spends them or lets them go.
#[derive(SimpleObject, Clone, Debug)]
pub struct PointsHold {
    /// `phd_…`
    id: ID,
    /// Whose: `mbr_…`
    member_id: ID,
    /// How many were set aside.
    amount: BigInt,
    /// How many of them were spent; the rest was let go.
    captured: BigInt,
    /// What has become of it.
    state: HoldState,
    /// What for, in words.
    reason: String,
    /// The partner's own reference, such as an order's.
    reference: Option<String>,
    /// When they are let go if nobody says anything.
    expires_at: DateTime,
    /// When they were set aside.
    created_at: DateTime,
    /// When it ended; null while it is open.
    closed_at: Option<DateTime>,
    /// The redemption that it is kept for, `rdm_…`: `redemptionFulfil` and `redemptionCancel` alone end it. Null for all
    /// others.
    redemption_id: Option<ID>,
}

impl From<&HoldRow> for PointsHold {
    fn from(row: &HoldRow) -> Self {
        Self {
            id: row.id.into(),
            member_id: row.member.into(),
            amount: row.amount.into(),
            captured: row.captured.into(),
            state: row.state,
            reason: row.reason.clone(),
            reference: row.reference.clone(),
            expires_at: row.expires_at.into(),
            created_at: row.created_at.into(),
            closed_at: row.closed_at.map(Into::into),
            redemption_id: row.kept_for.as_deref().map(Into::into),
        }
    }
}

/// What expires in one month. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PointsLiabilityMonth {
    /// The month in which the last good day is: `2027-11`.
    month: String,
    /// How many points.
    amount: BigInt,
}

/// What the tenant owes its members in points. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PointsLiability {
    /// When this was so.
    as_of: DateTime,
    /// Given, and not good yet.
    pending: BigInt,
    /// To be spent.
    available: BigInt,
    /// Set aside.
    held: BigInt,
    /// All of it.
    total: BigInt,
    /// What of it all expires, by month, the next one first.
    months: Vec<PointsLiabilityMonth>,
    /// What of it never does.
    never_expiring: BigInt,
}

impl PointsLiability {
    pub(super) fn new(liability: Liability, as_of: DateTime) -> Self {
        let Liability { pending, available, held, months, never_expiring } = liability;
        let month = |(month, amount): (String, i64)| PointsLiabilityMonth { month, amount: amount.into() };
        Self {
            as_of,
            pending: pending.into(),
            available: available.into(),
            held: held.into(),
            total: (pending + available + held).into(),
            months: months.into_iter().map(month).collect(),
            never_expiring: never_expiring.into(),
        }
    }
}
