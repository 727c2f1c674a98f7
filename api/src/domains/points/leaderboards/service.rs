//! Use cases: looking at boards.

use chrono::{DateTime, NaiveDate, Utc};

use super::model::{Period, Span};
use super::row::EntryRow;
use super::store::{self, Board};
use super::store_counting::FOLLOWER;
use crate::actor::{Actor, Scope};
use crate::domains::members::membership;
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::{CommunityId, MemberId};

/// Which leaderboard.
#[derive(Clone, Copy, Debug)]
pub struct BoardOf {
    /// Whose.
    pub community: CommunityId,
    /// Of when.
    pub span: Span,
}

impl Points {
    /// The community's board of the period that the day is in, or today; None when there is no such community.
    pub async fn leaderboard(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (community, period, on): (CommunityId, Period, Option<NaiveDate>),
    ) -> Result<Option<BoardOf>, ApiError> {
        actor.require(Scope::PointsRead)?;
        if !self.communities.list_known_in(tx, &[community]).await?.contains(&community) {
            return Ok(None);
        }
        let day = match on {
            Some(day) => day,
            None => {
                let zone = self.tenants.get_in(tx).await?.timezone;
                self.platform.clock.now().with_timezone(&zone).date_naive()
            }
        };
        Ok(Some(BoardOf { community, span: period.around(day) }))
    }

    /// A page of the board. Ranks are those of the snapshot that is read.
    pub async fn leaderboard_entries(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (of, page): (BoardOf, &KeysetPage),
    ) -> Result<Slice<EntryRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        let board = board(tx, of);
        let Slice { items, has_next, has_previous } = page.finish(store::list(tx, &board, page).await?);
        let before = match items.first() {
            Some(first) if page.backward || page.after.is_some() => store::count_before(tx, &board, first).await?,
            _ => 0,
        };
        let items = (before.saturating_add(1)..).zip(items).map(|(rank, score)| EntryRow { rank, score }).collect();
        Ok(Slice { items, has_next, has_previous })
    }

    /// How many members are on the board.
    pub async fn leaderboard_count(&self, actor: &Actor, tx: &TenantTx, of: BoardOf) -> Result<i64, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::count_all(tx, &board(tx, of)).await?)
    }

    /// Where a member stands; None for who is not on the board.
    pub async fn leaderboard_standing(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (of, member): (BoardOf, MemberId),
    ) -> Result<Option<EntryRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        let board = board(tx, of);
        let Some(score) = store::find(tx, &board, member).await? else { return Ok(None) };
        let before = store::count_before(tx, &board, &score).await?;
        Ok(Some(EntryRow { rank: before.saturating_add(1), score }))
    }

    /// Up to when all is counted that was posted; None when nothing waits to be counted.
    pub async fn leaderboards_counted_to(
        &self,
        actor: &Actor,
        tx: &TenantTx,
    ) -> Result<Option<DateTime<Utc>>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(FOLLOWER.waiting_since(tx).await?)
    }
}

fn board(tx: &TenantTx, BoardOf { community, span }: BoardOf) -> Board {
    Board { key: span.key(), present: membership::present_in(tx, community) }
}
