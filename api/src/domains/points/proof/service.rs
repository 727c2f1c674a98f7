//! The sealer and counter, the look at one's own ledger, and clearing an account that was frozen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;

use super::super::keys::{LedgerKey, START};
use super::super::store as accounts;
use super::model::Sums;
use super::store::{self, Placed, Range, Seal};
use super::{store_accounts, store_sums};
use crate::actor::{Actor, Scope};
use crate::domains::points::{Account, Points, PointsError};
use crate::error::{ApiError, Failure};
use crate::platform::db::{ScopedTx, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{Id, MemberId, TenantId};

const EVERY: Duration = Duration::from_secs(5);
/// How often accounts are counted anew: those that were posted to, and some others in turn.
const COUNT_EVERY: TimeDelta = TimeDelta::seconds(50);
/// Entries of one seal, and seals of one tenant in a round: a busy one does not keep the others waiting.
pub(super) const BATCH: u64 = 2_000;
const SEALS_IN_A_ROUND: usize = 10;
/// How long before its last seal a process may have left accounts uncounted, and the most seals of that time.
const UNCOUNTED: TimeDelta = TimeDelta::minutes(10);
const RECENT: i64 = 500;
/// Accounts that are counted in one statement, and those that nothing happened to, of all tenants, each time.
const AT_ONCE: usize = 50;
const IN_TURN: u64 = 1_000;

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

/// Seals and counts anew until the task is aborted.
pub async fn seal_forever(points: Points) {
    let mut rounds = Rounds::default();
    loop {
        if let Err(error) = points.seal_round(&mut rounds).await {
            tracing::warn!(error = ?error, "points.sealing_failed");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What one round leaves to the next.
#[derive(Default)]
struct Rounds {
    /// Who was posted to since accounts were last counted.
    touched: BTreeSet<(TenantId, MemberId)>,
    counted_at: Option<DateTime<Utc>>,
    /// How far accounts were counted in turn.
    behind: Option<(TenantId, MemberId)>,
}

impl Points {
    /// Seals what is new, tenant by tenant, and counts accounts anew when it is time. What fails for one tenant keeps no
    /// other from it.
    async fn seal_round(&self, rounds: &mut Rounds) -> Result<(), PointsError> {
        let tenants = store::list_tenants(&self.platform.db.system_reader().await?).await?;
        let is_first = rounds.counted_at.is_none();
        for tenant in tenants {
            if is_first && let Err(error) = self.take_over(tenant, &mut rounds.touched).await {
                tracing::warn!(tenant.id = %tenant, error = ?error, "points.counting_failed");
            }
            if let Err(error) = self.seal_tenant(tenant, &mut rounds.touched).await {
                tracing::warn!(tenant.id = %tenant, error = ?error, "points.sealing_failed");
            }
        }
        let now = self.platform.clock.now();
        // A time to come is one from before the clock was set back.
        let is_early = |at: DateTime<Utc>| at <= now && now < at + COUNT_EVERY;
        if rounds.counted_at.is_some_and(is_early) {
            return Ok(());
        }
        rounds.counted_at = Some(now);
        self.count_in_turn(rounds).await
    }

    /// Those whom a process that is gone had sealed last and may not have counted; the others come in turn.
    async fn take_over(
        &self,
        tenant: TenantId,
        touched: &mut BTreeSet<(TenantId, MemberId)>,
    ) -> Result<(), PointsError> {
        let reader = self.platform.db.system_reader().await?;
        let Some((last, _)) = store::find_last(&reader, tenant).await? else { return Ok(()) };
        let seals = store::list_since(&reader, (tenant, last.position - RECENT), last.sealed_at - UNCOUNTED).await?;
        drop(reader);
        for seal in seals {
            let reader = self.platform.db.system_reader().await?;
            let members = store::list_sealed(&reader, tenant, seal.range).await?;
            touched.extend(members.into_iter().map(|member| (tenant, member)));
        }
        Ok(())
    }

    async fn seal_tenant(
        &self,
        tenant: TenantId,
        touched: &mut BTreeSet<(TenantId, MemberId)>,
    ) -> Result<(), PointsError> {
        for _ in 0..SEALS_IN_A_ROUND {
            let (count, members) = self.seal_batch(tenant).await?;
            touched.extend(members.into_iter().map(|member| (tenant, member)));
            if count < BATCH {
                break;
            }
        }
        Ok(())
    }

    /// Counts the accounts that were posted to, and some others in turn, and freezes those that do not add up.
    async fn count_in_turn(&self, rounds: &mut Rounds) -> Result<(), PointsError> {
        let start = (Id::from_uuid(uuid::Uuid::nil()), Id::from_uuid(uuid::Uuid::nil()));
        let reader = self.platform.db.system_reader().await?;
        let others = store_accounts::list_behind(&reader, rounds.behind.unwrap_or(start), IN_TURN).await?;
        drop(reader);
        let is_end = u64::try_from(others.len()).is_ok_and(|count| count < IN_TURN);
        rounds.behind = others.last().copied().filter(|_| !is_end);
        let mut tenants: BTreeMap<TenantId, Vec<MemberId>> = BTreeMap::new();
        for (tenant, member) in std::mem::take(&mut rounds.touched).into_iter().chain(others) {
            tenants.entry(tenant).or_default().push(member);
        }
        for (tenant, mut members) in tenants {
            members.sort_unstable();
            members.dedup();
            for members in members.chunks(AT_ONCE) {
                if let Err(error) = self.count(tenant, members).await {
                    tracing::warn!(tenant.id = %tenant, error = ?error, "points.counting_failed");
                    rounds.touched.extend(members.iter().map(|member| (tenant, *member)));
                }
            }
        }
        Ok(())
    }

    async fn count(&self, tenant: TenantId, members: &[MemberId]) -> Result<(), PointsError> {
        let reader = self.platform.db.system_reader().await?;
        store::take_time(&reader).await?;
        let wrong = find_wrong(&reader, tenant, members).await?;
        drop(reader);
        for member in wrong {
            self.freeze(tenant, member).await?;
        }
        Ok(())
    }

    /// Lets nothing more be posted to an account that was found not to add up.
    pub(in crate::domains::points) async fn freeze(
        &self,
        tenant: TenantId,
        member: MemberId,
    ) -> Result<(), PointsError> {
        let tx = self.platform.db.system().await?;
        if store_accounts::freeze(&tx, (tenant, member), self.platform.clock.now()).await? {
            tracing::error!(tenant.id = %tenant, member.id = %member, "points.account_does_not_add_up");
        }
        Ok(tx.commit().await?)
    }

    /// Seals the next entries of a tenant; answers how many there were, and whose. Where two processes do so at once, the
    /// second finds the position taken and comes back.
    async fn seal_batch(&self, tenant: TenantId) -> Result<(u64, BTreeSet<MemberId>), PointsError> {
        let reader = self.platform.db.system_reader().await?;
        let last = store::find_last(&reader, tenant).await?;
        let mut range = range_behind(last.as_ref(), false);
        let mut found = store::list_entries(&reader, (tenant, range), BATCH).await?;
        if found.is_empty() && last.as_ref().is_some_and(|(_, is_ahead)| *is_ahead) {
            range = range_behind(last.as_ref(), true);
            found = store::list_entries(&reader, (tenant, range), BATCH).await?;
        }
        drop(reader);
        let nothing = (0, BTreeSet::new());
        let Some(next) = self.next_seal(tenant, (last.map(|(seal, _)| seal), range), &found)? else {
            return Ok(nothing);
        };
        let tx = self.platform.db.system().await?;
        if !store::insert(&tx, tenant, &next).await? {
            return Ok(nothing);
        }
        tx.commit().await?;
        let members = found.iter().map(|placed| Id::from_uuid(placed.entry.member)).collect();
        Ok((u64::try_from(found.len()).unwrap_or(BATCH), members))
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
        let is_balanced = before.plus(sums) == balances.sums
            && lots.fit(&balances.sums)
            && balances.sums.add_up()
            && balances.sums.transferred == 0;
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
        store_accounts::unfreeze(tx, (tx.tenant(), member), self.platform.clock.now()).await?;
        Ok(member)
    }
}

/// The entries behind a seal. Where the seal is of another cluster, whose transactions are counted from the start
/// again, those above the largest seq.
pub(super) fn range_behind(last: Option<&(Seal, bool)>, is_anew: bool) -> Range {
    match last {
        None => Range { behind: (0, 0), above: 0, last: None },
        Some((seal, _)) if is_anew => Range { behind: (0, 0), above: seal.max_seq, last: None },
        Some((seal, _)) => Range { behind: seal.last, above: seal.range.above, last: None },
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

/// Those of these members, in the order of their ids, whose accounts or lots are not what entries made of them.
async fn find_wrong<S: Send + Sync>(
    tx: &ScopedTx<S>,
    tenant: TenantId,
    members: &[MemberId],
) -> Result<BTreeSet<MemberId>, PointsError> {
    let accounts = store_accounts::count_anew(tx, tenant, members).await?;
    let mut wrong: BTreeSet<_> =
        accounts.iter().filter(|account| !account.problems().is_empty()).map(|account| account.member).collect();
    wrong.extend(store_accounts::list_wrong_lots(tx, tenant, members).await?.into_iter().map(|(member, _)| member));
    Ok(wrong)
}
