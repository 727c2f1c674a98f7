//! The tasks that follow the ledger: each reads it for itself, so that none waits for another.
//!
//! One process at a time works on a tenant, and several on several: whoever holds the cursor. What is made of entries
//! commits together with the cursor.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::PointsError;
use crate::platform::ids::TenantId;

const EVERY: Duration = Duration::from_millis(400);
/// How long a tenant rests that could not be worked on.
const REST: Duration = Duration::from_secs(5);
/// Entries that are read at a time.
pub(super) const BATCH: u64 = 1_000;
/// Batches of one tenant in a round: a busy one does not keep the others waiting.
const BATCHES_IN_A_ROUND: usize = 10;

/// Somebody who follows the ledger.
pub(super) trait Follow: Sync {
    /// What the log calls them.
    const NAME: &'static str;

    /// The tenants that have something for them.
    fn list(&self) -> impl Future<Output = Result<Vec<TenantId>, PointsError>> + Send;

    /// Takes the next entries of a tenant; answers whether there are more.
    fn take(&self, tenant: TenantId) -> impl Future<Output = Result<bool, PointsError>> + Send;
}

/// Whether a batch had as many as it may: there may be more.
pub(super) fn is_full(count: usize) -> bool {
    u64::try_from(count).is_ok_and(|count| count >= BATCH)
}

/// Takes what comes until the task is aborted.
pub(super) async fn follow_forever<F: Follow>(follower: F) {
    let mut resting = HashMap::new();
    loop {
        match round(&follower, &mut resting).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => tokio::time::sleep(EVERY).await,
            Err(error) => {
                tracing::warn!(follower.name = F::NAME, error = ?error, "points.following_failed");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// One round; answers whether there is more to do. What fails for one tenant keeps no other from it: it rests.
async fn round<F: Follow>(follower: &F, resting: &mut HashMap<TenantId, Instant>) -> Result<bool, PointsError> {
    let tenants = follower.list().await?;
    resting.retain(|_, until| *until > Instant::now());
    let mut is_more = false;
    for tenant in tenants {
        if resting.contains_key(&tenant) {
            continue;
        }
        match take_some(follower, tenant).await {
            Ok(more) => is_more |= more,
            Err(error) => {
                let (name, id) = (F::NAME, tenant);
                tracing::warn!(follower.name = name, tenant.id = %id, error = ?error, "points.following_failed");
                resting.insert(tenant, Instant::now() + REST);
            }
        }
    }
    Ok(is_more)
}

async fn take_some<F: Follow>(follower: &F, tenant: TenantId) -> Result<bool, PointsError> {
    for _ in 0..BATCHES_IN_A_ROUND {
        if !follower.take(tenant).await? {
            return Ok(false);
        }
    }
    Ok(true)
}
