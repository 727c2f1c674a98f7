//! Finding a leaderboard.

use async_graphql::{Context, ID, Object};

use super::super::Period;
use super::object::Leaderboard;
use crate::actor::Scope;
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::scalars::Date;

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct LeaderboardQuery;

/// Reads leaderboards.
#[Object]
impl LeaderboardQuery {
    /// Who of a community earned most points in a day, a week or a month; null when there is no such community.
    ///
    /// Counted is what its members of now were awarded in the period, whatever for and wherever: points belong to the
    /// tenant, not to a community. What is not good yet counts; spending, expiring and deducting change nothing. An
    /// award that is reversed is taken off the day, week and month in which it was given. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn leaderboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose: `com_…`")] community_id: ID,
        #[graphql(desc = "How long it goes.")] period: Period,
        #[graphql(desc = "Any day of the period; today in the tenant's zone when left out.")] on: Option<Date>,
    ) -> Option<Result<Leaderboard, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let (community, reader) = (parse_id("communityId", &community_id)?, request.reader().await?);
            let which = (community, period, on.map(|day| day.0));
            let found = ctx.service::<Points>()?.leaderboard(request.actor(), &reader, which).await?;
            Ok(found.map(|of| Leaderboard { reader, of }))
        })
        .await
    }
}
