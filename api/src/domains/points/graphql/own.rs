//! The part of `Me` that has the member's own points: what they may know of them, which is less than staff may.

use async_graphql::{Context, ID, Object};

use super::super::EntryKind;
use super::super::row::EntryRow;
use super::lot::MyPointsLot;
use super::member::{MemberPoints, account};
use super::object::PointsBalance;
use crate::domains::members::MemberRef;
use crate::domains::points::explanation::graphql::{PointsExplanation, explanation_of};
use crate::error::ApiError;
use crate::graphql::batch::Ref;
use crate::graphql::connection::{Connection, Edge, Noun};
use crate::graphql::context::nullable;
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::pagination::PageArgs;
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::locale::Locale;

/// The slice's part of `Me`.
#[derive(Clone)]
pub struct MyPointsPart(pub MemberRef);

/// The points of the member who asks.
#[Object]
impl MyPointsPart {
    /// Their points: what they have, and how it came to be.
    async fn points(&self, ctx: &Context<'_>) -> Option<Result<MyPoints, ApiError>> {
        nullable(async {
            let account = account(ctx, &self.0).await?;
            Ok(Some(MyPoints(MemberPoints { member: self.0.clone(), account })))
        })
        .await
    }
}

/// A member's own points.
pub struct MyPoints(MemberPoints);

/// A member's own points.
#[Object]
impl MyPoints {
    /// To be spent.
    async fn available(&self) -> BigInt {
        self.0.account.available.into()
    }

    /// Given, and not good yet.
    async fn pending(&self) -> BigInt {
        self.0.account.pending.into()
    }

    /// Set aside for what they redeemed or ordered.
    async fn held(&self) -> BigInt {
        self.0.account.held.into()
    }

    /// What there is left of what they were given, in the order in which it is spent: what expires first before the
    /// rest. At most 100. Counts as 20 items.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn lots(&self, ctx: &Context<'_>) -> Option<Result<Vec<MyPointsLot>, ApiError>> {
        nullable(async {
            let lots = self.0.open_lots(ctx).await?;
            let lots: Result<Vec<_>, ApiError> = lots.iter().map(|lot| lot.row().map(MyPointsLot::from)).collect();
            lots.map(Some)
        })
        .await
    }

    /// All that ever happened to their points, the newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<MyPointsEntry>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { self.0.list(ctx, &args, MyPointsEntry).await.map(Some) }).await
    }
}

/// A movement of a member's own points.
#[derive(Clone)]
pub struct MyPointsEntry(Ref<EntryRow>);

impl Noun for MyPointsEntry {
    const NAME: &'static str = "MyPointsEntry";
}

/// A movement of a member's own points. Who of the staff posted it is not told.
#[Object]
impl MyPointsEntry {
    /// `pen_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What it is.
    async fn kind(&self) -> Result<EntryKind, ApiError> {
        Ok(self.0.row()?.kind)
    }

    /// How many points moved; always positive.
    async fn amount(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.amount.into())
    }

    /// By how much it changed what can be spent; negative where that became less.
    async fn available_delta(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.available_delta().into())
    }

    /// What they had behind it.
    async fn balance_after(&self) -> Result<PointsBalance, ApiError> {
        Ok(self.0.row()?.into())
    }

    /// Why, in plain words and in steps that sum up to the amount. Costs 2.
    #[graphql(directive = costs::apply(2))]
    async fn explanation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which language; that of the tenant's country unless told otherwise.")] locale: Option<
            Locale,
        >,
    ) -> Option<Result<PointsExplanation, ApiError>> {
        nullable(explanation_of(ctx, &self.0, locale)).await
    }

    /// When.
    async fn posted_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.posted_at.into())
    }
}
