//! What time brings: points become good, holds lapse, points expire.
//!
//! It is posted by the sweeper within a second or two, and in any case before anything else on the account: an
//! expired point is never spent, and one that is good always can be.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::PointsError;
use super::model::{Account, EntryKind, HoldState};
use super::row::HoldRow;
use super::service::Points;
use super::store_postings::{Lots, Posting};
use super::{store, store_due, store_holds};
use crate::actor::{Actor, Scope};
use crate::error::ApiError;
use crate::platform::db::TenantTx;
use crate::platform::ids::{MemberId, TenantId};

const EVERY: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_secs(5);
/// Accounts that one round looks at, and one transaction.
const ROUND: u64 = 1_000;
const AT_ONCE: usize = 50;

/// Posts what is due until the task is aborted.
pub async fn sweep_forever(points: Points) {
    loop {
        match points.sweep().await {
            Ok(count) if count == ROUND => tokio::task::yield_now().await,
            Ok(_) => tokio::time::sleep(EVERY).await,
            Err(error) => {
                tracing::warn!(error = ?error, "points.sweep_failed");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

impl Points {
    /// One round; answers how many accounts it looked at.
    async fn sweep(&self) -> Result<u64, PointsError> {
        let now = self.platform.clock.now();
        let due = store_due::list_due(&self.platform.db.system_reader().await?, (now, ROUND)).await?;
        let count = u64::try_from(due.len()).unwrap_or(ROUND);
        let mut tenants: BTreeMap<TenantId, Vec<MemberId>> = BTreeMap::new();
        for (tenant, member) in due {
            tenants.entry(tenant).or_default().push(member);
        }
        for (tenant, mut members) in tenants {
            // In the order of their ids, so that nobody waits in a circle.
            members.sort_unstable();
            for members in members.chunks(AT_ONCE) {
                if self.settle(tenant, members, now).await.is_ok() {
                    continue;
                }
                // One that cannot be posted to keeps no other from it.
                for member in members {
                    self.settle_or_freeze(tenant, *member, now).await?;
                }
            }
        }
        Ok(count)
    }

    /// Posts what is due to the account; one that does not add up is frozen, and comes up no more.
    async fn settle_or_freeze(
        &self,
        tenant: TenantId,
        member: MemberId,
        now: DateTime<Utc>,
    ) -> Result<(), PointsError> {
        match self.settle(tenant, &[member], now).await {
            Err(PointsError::DoesNotAddUp(_)) => self.freeze(tenant, member).await,
            done => done,
        }
    }

    /// Posts what is due to these accounts, all in one transaction.
    async fn settle(&self, tenant: TenantId, members: &[MemberId], now: DateTime<Utc>) -> Result<(), PointsError> {
        let scope = Actor::System(tenant).require(Scope::PointsWrite)?;
        let tx = self.platform.db.write(scope).await?;
        for member in members {
            self.settle_in(&tx, *member, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Posts what is due by now to the account, and holds it until the transaction ends; false when there is none.
    pub async fn settle_in(&self, tx: &TenantTx, member: MemberId, now: DateTime<Utc>) -> Result<bool, PointsError> {
        let Some(account) = store::lock_account(tx, member).await? else { return Ok(false) };
        if !account.is_due(now) || account.frozen_at.is_some() {
            return Ok(true);
        }
        let mut due = store_due::sum_due(tx, member, now).await?;
        if due.maturing > 0 {
            let mature = self.due(member, (EntryKind::Mature, due.maturing), now);
            let (from, to) = (Account::Pending, Account::Available);
            self.post_due_in(tx, Posting { from, to, lots: Lots::Maturing, ..mature }).await?;
        }
        if due.lapsing > 0 {
            self.lapse_in(tx, member, now).await?;
        }
        if due.maturing > 0 || due.lapsing > 0 {
            // What became good or was let go may have expired meanwhile.
            due = store_due::sum_due(tx, member, now).await?;
        }
        if due.expiring > 0 {
            let expire = self.due(member, (EntryKind::Expire, due.expiring), now);
            self.post_due_in(tx, Posting { to: Account::Expired, lots: Lots::Expiring, ..expire }).await?;
        }
        store_due::put_next(tx, member).await?;
        Ok(true)
    }

    /// Lets go of the holds whose time is over, and tells whoever they were kept for.
    async fn lapse_in(&self, tx: &TenantTx, member: MemberId, now: DateTime<Utc>) -> Result<(), PointsError> {
        let mut kept = Vec::new();
        for hold in store::list_lapsing_holds(tx, member, now).await? {
            let release = self.due(member, (EntryKind::Release, hold.amount), now);
            self.post_due_in(tx, released(release, &hold, 0)).await?;
            store_holds::close(tx, hold.id, (HoldState::Lapsed, 0), now).await?;
            kept.extend(hold.kept_for.is_some().then_some(hold.id));
        }
        if kept.is_empty() {
            return Ok(());
        }
        let watch = self.watch.get().ok_or_else(|| ApiError::internal("nobody watches the holds that are kept"))?;
        Ok(watch.lapsed_in(tx, &kept, now).await?)
    }

    fn due(&self, member: MemberId, what: (EntryKind, i64), now: DateTime<Utc>) -> Posting {
        Posting { now, is_settled: true, ..self.posting(member, what, "system") }
    }

    /// The account is held, and has what its lots have, or it does not add up.
    async fn post_due_in(&self, tx: &TenantTx, posting: Posting) -> Result<(), PointsError> {
        if self.post_in(tx, &posting).await? { Ok(()) } else { Err(PointsError::DoesNotAddUp(posting.member)) }
    }
}

/// The posting as the release of what a hold has, without the first so many points.
pub(super) fn released(posting: Posting, hold: &HoldRow, skipped: i64) -> Posting {
    Posting {
        from: Account::Held,
        to: Account::Available,
        lots: Lots::Of(hold.entry, skipped),
        hold: Some(hold.id),
        reason: Some(hold.reason.clone()),
        reference: hold.reference.clone(),
        ..posting
    }
}
