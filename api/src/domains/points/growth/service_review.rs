//! The task that moves members: by new entries of the ledger, by time, and by another path.
//!
//! Positions, moves and the cursor are committed together, and values are counted anew from the ledger: whoever goes
//! over the same entries again finds nothing to do.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::service_feed::{BATCH, Follow, follow_forever, is_full};
use super::super::store_feed::{Found, list_new};
use super::model_review::{Moment, Position, review};
use super::store_feed::{self, FOLLOWER};
use super::store_review::{self, Moved};
use crate::actor::{Actor, Scope};
use crate::domains::points::{Points, PointsError};
use crate::platform::db::TenantTx;
use crate::platform::ids::{MemberId, TenantId};

struct Reviewer(Points);

/// Reviews whoever is to be reviewed until the task is aborted.
pub async fn grow_forever(points: Points) {
    follow_forever(Reviewer(points)).await;
}

impl Follow for Reviewer {
    const NAME: &'static str = "growth";

    async fn list(&self) -> Result<Vec<TenantId>, PointsError> {
        let Points { platform, .. } = &self.0;
        Ok(store_feed::list_tenants(&platform.db.system_reader().await?, platform.clock.now()).await?)
    }

    async fn take(&self, tenant: TenantId) -> Result<bool, PointsError> {
        self.0.grow_batch(tenant).await
    }
}

impl Points {
    /// Reviews those whose entries come next, and those whose time has come; answers whether there are more.
    async fn grow_batch(&self, tenant: TenantId) -> Result<bool, PointsError> {
        let scope = Actor::System(tenant).require(Scope::PointsWrite)?;
        let tx = self.platform.db.write(scope).await?;
        let now = self.platform.clock.now();
        let Some(cursor) = FOLLOWER.claim(&tx, now).await? else { return Ok(false) };
        let Found { count, changes, cursor: next } = list_new(&tx, &cursor, BATCH).await?;
        let due = store_feed::list_due(&tx, now, BATCH).await?;
        let is_more = is_full(count) || is_full(due.len());
        let members: BTreeSet<MemberId> = changes.iter().map(|change| change.member).chain(due).collect();
        self.review_in(&tx, &members.into_iter().collect::<Vec<_>>(), now).await?;
        if let Some(next) = next {
            FOLLOWER.put_cursor(&tx, &next, now).await?;
        }
        tx.commit().await?;
        Ok(is_more)
    }

    /// Reviews these members, in the order of their ids. First their positions are held, then paths and ledger are
    /// read: so nobody goes back behind what another transaction has just decided.
    async fn review_in(&self, tx: &TenantTx, members: &[MemberId], now: DateTime<Utc>) -> Result<(), PointsError> {
        if members.is_empty() {
            return Ok(());
        }
        let zone = self.tenants.get_in(tx).await?.timezone;
        store_review::add_positions(tx, members, &store_review::list_paths(tx, []).await?).await?;
        let held = store_review::lock_positions(tx, members).await?;
        let paths = store_review::list_paths(tx, held.iter().map(|(_, position)| position.path_version)).await?;
        let facts = store_review::sum_awards(tx, members, paths.latest.window_start(now, zone)).await?;
        let moment = Moment { now, zone, paths: &paths };
        let (mut changed, mut moves): (Vec<(MemberId, Position)>, Vec<Moved>) = (Vec::new(), Vec::new());
        for (member, then) in held {
            let (position, moved) = review(&then, facts.get(&member).copied().unwrap_or_default(), &moment);
            moves.extend(moved.map(|moved| (member, moved, position.clone())));
            if position != then {
                changed.push((member, position));
            }
        }
        store_review::put_positions(tx, &changed).await?;
        Ok(store_review::insert_moves(tx, &moves, now).await?)
    }
}
