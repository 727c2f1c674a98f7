//! The sealer, the look at one's own ledger, and clearing an account that was frozen.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::super::store as accounts;
use super::keys::{LedgerKey, START};
use super::model::Sums;
use super::store::{self, Placed, Range, Seal};
use super::{store_accounts, store_sums};
use crate::actor::{Actor, Scope};
use crate::domains::points::{Account, Points, PointsError};
use crate::error::{ApiError, Failure};
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{Id, MemberId, TenantId};

const EVERY: Duration = Duration::from_secs(5);
/// Entries of one seal.
pub(super) const BATCH: u64 = 2_000;
/// Accounts that nothing happened to, looked at each round.
const SCRUBBED: u64 = 200;

/// A ledger at one moment.
#[derive(Clone, Debug)]
pub struct LedgerProof {
    /// Accounts there are.
    pub accounts: i64,
    /// Those that are frozen.
    pub frozen: i64,
    /// What the balances come to.
    pub sums: Sums,
    /// The smallest of all balances.
    pub smallest: i64,
    /// Entries there are.
    pub entries: i64,
    /// Those that no seal has yet.
    pub unsealed: i64,
    /// Whether balances, entries and lots come to the same, and nothing is lost or made.
    pub is_balanced: bool,
    /// The last seal: its position, its entries and those before, its proof, and when it was made.
    pub head: Option<(i64, i64, Vec<u8>, DateTime<Utc>)>,
}

/// Seals and checks until the task is aborted.
pub async fn seal_forever(points: Points) {
    let mut scrubbed = HashMap::new();
    loop {
        if let Err(error) = points.seal_all(&mut scrubbed).await {
            tracing::warn!(error = ?error, "points.sealing_failed");
        }
        tokio::time::sleep(EVERY).await;
    }
}

impl Points {
    /// One round over all tenants; `scrubbed` says how far each was looked at.
    async fn seal_all(&self, scrubbed: &mut HashMap<TenantId, MemberId>) -> Result<(), PointsError> {
        let tenants = store::list_tenants(&self.platform.db.system_reader().await?).await?;
        for tenant in tenants {
            while self.seal_batch(tenant).await? == BATCH {}
            let behind = scrubbed.get(&tenant).copied().unwrap_or(Id::from_uuid(uuid::Uuid::nil()));
            let next = self.scrub(tenant, behind).await?;
            scrubbed.insert(tenant, next);
        }
        Ok(())
    }

    /// Seals the next entries of a tenant, and looks at the accounts they are of; answers how many there were. Where two
    /// processes do so at once, the second finds the position taken and comes back.
    async fn seal_batch(&self, tenant: TenantId) -> Result<u64, PointsError> {
        let tx = self.platform.db.system().await?;
        let last = store::find_last(&tx, tenant).await?;
        let mut found = store::list_entries(&tx, (tenant, range_behind(last.as_ref(), false)), BATCH).await?;
        let mut range = range_behind(last.as_ref(), false);
        if found.is_empty() && last.as_ref().is_some_and(|(_, is_ahead)| *is_ahead) {
            range = range_behind(last.as_ref(), true);
            found = store::list_entries(&tx, (tenant, range), BATCH).await?;
        }
        let Some(next) = self.next_seal(tenant, (last.map(|(seal, _)| seal), range), &found)? else { return Ok(0) };
        if !store::insert(&tx, tenant, &next).await? {
            return Ok(0);
        }
        let members: BTreeSet<MemberId> = found.iter().map(|placed| Id::from_uuid(placed.entry.member)).collect();
        self.freeze_wrong(&tx, tenant, &members.into_iter().collect::<Vec<_>>()).await?;
        tx.commit().await?;
        Ok(u64::try_from(found.len()).unwrap_or(BATCH))
    }

    fn next_seal(
        &self,
        tenant: TenantId,
        (last, range): (Option<Seal>, Range),
        found: &[Placed],
    ) -> Result<Option<Seal>, ApiError> {
        let Some(end) = found.last().map(|placed| placed.place) else { return Ok(None) };
        let (position, entries, sums, max_seq, mac) = match &last {
            Some(seal) => (seal.position, seal.entries, seal.sums, seal.max_seq, seal.mac.clone()),
            None => (0, 0, Sums::default(), 0, START.to_vec()),
        };
        let key = LedgerKey::of(&self.platform.master, tenant);
        let position = position + 1;
        let (mac, sums) = run(&key, (&mac, sums), found)?;
        let count = i64::try_from(found.len()).map_err(ApiError::internal)?;
        Ok(Some(Seal {
            position,
            range,
            last: end,
            max_seq: found.iter().map(|placed| placed.place.1).fold(max_seq, i64::max),
            entries: entries + count,
            sums,
            mac: key.seal(position, &mac),
            sealed_at: self.platform.clock.now(),
        }))
    }

    /// Looks at some accounts that nothing happened to; answers with which to go on.
    async fn scrub(&self, tenant: TenantId, behind: MemberId) -> Result<MemberId, PointsError> {
        let reader = self.platform.db.system_reader().await?;
        let members = store_accounts::list_members(&reader, (tenant, behind), SCRUBBED).await?;
        let wrong = find_wrong(&reader, tenant, &members).await?;
        drop(reader);
        if !wrong.is_empty() {
            let tx = self.platform.db.system().await?;
            // Anew, and held: it may have been a look at what is over.
            self.freeze_wrong(&tx, tenant, &wrong).await?;
            tx.commit().await?;
        }
        let is_end = u64::try_from(members.len()).is_ok_and(|count| count < SCRUBBED);
        Ok(members.last().copied().filter(|_| !is_end).unwrap_or(Id::from_uuid(uuid::Uuid::nil())))
    }

    async fn freeze_wrong(&self, tx: &SystemTx, tenant: TenantId, members: &[MemberId]) -> Result<(), PointsError> {
        for member in find_wrong(tx, tenant, members).await? {
            if store_accounts::set_frozen(tx, (tenant, member), Some(self.platform.clock.now())).await? {
                tracing::error!(tenant.id = %tenant, member.id = %member, "points.account_does_not_add_up");
            }
        }
        Ok(())
    }

    /// The tenant's ledger in the eyes of the reader.
    pub async fn prove(&self, actor: &Actor, tx: &TenantTx) -> Result<LedgerProof, ApiError> {
        actor.require_whole(Scope::PointsRead)?;
        let balances = store_sums::sum_balances(tx).await?;
        let lots = store_sums::sum_lots(tx).await?;
        let last = store::find_last_own(tx).await?;
        let is_ahead = last.as_ref().is_some_and(|(_, is_ahead)| *is_ahead);
        let unsealed = range_behind(last.as_ref(), is_ahead);
        let (count, sums) = store_sums::sum_entries(tx, (tx.tenant(), unsealed)).await?;
        let head = last.map(|(seal, _)| seal);
        let (sealed, before) = head.as_ref().map(|seal| (seal.entries, seal.sums)).unwrap_or_default();
        let is_balanced = before.plus(sums) == balances.sums && lots.fit(&balances.sums) && balances.sums.add_up();
        Ok(LedgerProof {
            accounts: balances.accounts,
            frozen: balances.frozen,
            sums: balances.sums,
            smallest: balances.smallest,
            entries: sealed + count,
            unsealed: count,
            is_balanced,
            head: head.map(|seal| (seal.position, seal.entries, seal.mac, seal.sealed_at)),
        })
    }

    /// Lets points be posted again to an account that adds up by now. A person has to have proved lately who they are.
    pub async fn unfreeze(&self, actor: &Actor, member: MemberId, call: &Call) -> Result<MemberId, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let this = self.clone();
        self.platform.once(scope, (actor, call), |tx| async move { this.unfreeze_in(tx, member).await }.boxed()).await
    }

    async fn unfreeze_in(&self, tx: &TenantTx, member: MemberId) -> Result<MemberId, PointsError> {
        self.standing_in(tx, member).await?;
        let account = accounts::lock_account(tx, member).await?;
        if account.is_none_or(|account| account.frozen_at.is_none()) {
            return Err(PointsError::NotFrozen);
        }
        if !find_wrong(tx, tx.tenant(), &[member]).await?.is_empty() {
            return Err(PointsError::StillWrong);
        }
        store_accounts::set_frozen(tx, (tx.tenant(), member), None).await?;
        Ok(member)
    }
}

/// The entries behind a seal. Where the seal is of another cluster, whose transactions are counted from the start
/// again, those above the largest seq.
pub(super) fn range_behind(last: Option<&(Seal, bool)>, is_anew: bool) -> Range {
    match last {
        None => Range { behind: (0, 0), above: 0, last: None },
        Some((seal, _)) if is_anew => Range { behind: (0, 0), above: seal.max_seq, last: None },
        Some((seal, _)) => Range { behind: seal.last, above: 0, last: None },
    }
}

/// The proof and the sums behind these entries.
pub(super) fn run(
    key: &LedgerKey,
    (mac, sums): (&[u8], Sums),
    entries: &[Placed],
) -> Result<(Vec<u8>, Sums), ApiError> {
    let (mut mac, mut sums) = (mac.to_vec(), sums);
    for Placed { entry, .. } in entries {
        mac = key.link(&mac, entry)?;
        if let (Some(from), Some(to)) = (Account::parse(&entry.from), Account::parse(&entry.to)) {
            sums.apply(from, to, entry.amount);
        }
    }
    Ok((mac, sums))
}

async fn find_wrong<S: Send + Sync>(
    tx: &crate::platform::db::ScopedTx<S>,
    tenant: TenantId,
    members: &[MemberId],
) -> Result<Vec<MemberId>, PointsError> {
    let accounts = store_accounts::count_anew(tx, tenant, members).await?;
    Ok(accounts.iter().filter(|account| !account.problems().is_empty()).map(|account| account.member).collect())
}
