//! The task that counts entries of the ledger, and its beginning anew.
//!
//! Scores, zone and cursor are committed together, and the cursor is held meanwhile: each entry is counted once,
//! whatever number of processes is at work and whenever one of them ends.

use chrono::{DateTime, Utc};

use super::super::service_feed::{BATCH, Follow, follow_forever, is_full};
use super::super::store_feed::{Found, list_new};
use super::model::{Span, add_up, oldest_day};
use super::store_counting::{self, FOLLOWER};
use crate::actor::{Actor, Scope};
use crate::domains::points::{Points, PointsError};
use crate::platform::db::TenantTx;
use crate::platform::ids::TenantId;

/// Above the keys of all periods.
const ALL: &str = "~";
/// Scores that one statement takes away: it has to be done in seconds.
const AT_ONCE: u64 = 10_000;

struct Counter(Points);

/// Counts what is posted until the task is aborted.
pub async fn count_forever(points: Points) {
    follow_forever(Counter(points)).await;
}

impl Follow for Counter {
    const NAME: &'static str = "leaderboards";

    async fn list(&self) -> Result<Vec<TenantId>, PointsError> {
        let Points { platform, .. } = &self.0;
        let oldest = oldest_day(platform.clock.now());
        Ok(store_counting::list_tenants(&platform.db.system_reader().await?, oldest).await?)
    }

    async fn take(&self, tenant: TenantId) -> Result<bool, PointsError> {
        self.0.count_batch(tenant).await
    }
}

impl Points {
    /// Counts the next entries of a tenant, and takes some of the days away that are not kept; answers whether there is
    /// more to do.
    async fn count_batch(&self, tenant: TenantId) -> Result<bool, PointsError> {
        let tx = self.platform.db.write(Actor::System(tenant).require(Scope::PointsWrite)?).await?;
        let now = self.platform.clock.now();
        let oldest = oldest_day(now);
        let Some(cursor) = FOLLOWER.claim(&tx, now).await? else { return Ok(false) };
        let found = list_new(&tx, &cursor, BATCH).await?;
        let is_more = is_full(found.count);
        self.count_in(&tx, found, (now, oldest)).await?;
        let gone = store_counting::delete_below(&tx, &oldest.key(), BATCH).await?;
        tx.commit().await?;
        Ok(is_more || gone >= BATCH)
    }

    async fn count_in(
        &self,
        tx: &TenantTx,
        found: Found,
        (now, oldest): (DateTime<Utc>, Span),
    ) -> Result<(), PointsError> {
        let Some(next) = found.cursor else { return Ok(()) };
        if !found.changes.is_empty() {
            let zone = self.tenants.get_in(tx).await?.timezone;
            let mut zones = store_counting::list_zones(tx).await?.going_on_in(zone);
            store_counting::add(tx, &add_up(&found.changes, &mut zones, oldest)).await?;
            if let Some(last) = zones.last() {
                store_counting::put_zone(tx, last).await?;
            }
        }
        Ok(FOLLOWER.put_cursor(tx, &next, now).await?)
    }

    /// Forgets all of a tenant's scores, so that the task counts them anew from the ledger; answers how many there were.
    /// The zones are kept: each award comes to the day that it had.
    pub async fn leaderboards_forget_in(&self, tx: &TenantTx) -> Result<u64, PointsError> {
        FOLLOWER.set_back(tx, self.platform.clock.now()).await?;
        let mut gone = 0_u64;
        loop {
            let some = store_counting::delete_below(tx, ALL, AT_ONCE).await?;
            gone = gone.saturating_add(some);
            if some < AT_ONCE {
                return Ok(gone);
            }
        }
    }
}
