//! `shequn verify ledger`: everything counted anew.

use super::super::keys::{LedgerKey, START};
use super::model::{Problem, Sums, Verdict};
use super::service::{BATCH, range_behind, run};
use super::store::{self, Placed, Range, Seal};
use super::{store_accounts, store_sums};
use crate::domains::points::{Points, PointsError};
use crate::platform::db::SystemTx;
use crate::platform::ids::{Id, MemberId, TenantId};

/// Seals and accounts that are looked at in one snapshot.
const SEALS: u64 = 100;
const ACCOUNTS: u64 = 200;

impl Points {
    /// The tenants that have a ledger.
    pub async fn ledgers(&self) -> Result<Vec<TenantId>, PointsError> {
        Ok(store::list_tenants(&self.platform.db.system_reader().await?).await?)
    }

    /// Counts a tenant's ledger anew: seals, accounts, lots. A head that was kept elsewhere, a position and its hash, must
    /// still be there.
    pub async fn verify(&self, tenant: TenantId, kept: Option<&(i64, Vec<u8>)>) -> Result<Verdict, PointsError> {
        let mut verdict = Verdict::default();
        let is_kept = self.verify_seals(tenant, kept, &mut verdict).await?;
        if let Some((position, _)) = kept.filter(|_| !is_kept) {
            verdict.problems.push(Problem::HeadDiffers { position: *position });
        }
        self.verify_accounts(tenant, &mut verdict).await?;
        Ok(verdict)
    }

    /// Answers whether the kept head was met.
    async fn verify_seals(
        &self,
        tenant: TenantId,
        kept: Option<&(i64, Vec<u8>)>,
        verdict: &mut Verdict,
    ) -> Result<bool, PointsError> {
        let mut is_kept = false;
        let key = LedgerKey::of(&self.platform.master, tenant);
        let mut last: Option<Seal> = None;
        loop {
            let reader = self.patient_reader().await?;
            let position = last.as_ref().map_or(0, |seal| seal.position);
            let seals = store::list_behind(&reader, (tenant, position), SEALS).await?;
            drop(reader);
            if seals.is_empty() {
                break;
            }
            for seal in seals {
                self.verify_seal(&key, (tenant, last.as_ref(), &seal), verdict).await?;
                is_kept |= kept.is_some_and(|(position, mac)| *position == seal.position && *mac == seal.mac);
                last = Some(seal);
            }
        }
        let reader = self.patient_reader().await?;
        let last = store::find_last(&reader, tenant).await?;
        let (sealed, is_ahead) = last.as_ref().map_or((0, false), |(seal, ahead)| (seal.entries, *ahead));
        let (unsealed, _) = store_sums::sum_entries(&reader, (tenant, range_behind(last.as_ref(), is_ahead))).await?;
        let everything = Range { behind: (0, 0), above: 0, last: None };
        let (all, sums) = store_sums::sum_entries(&reader, (tenant, everything)).await?;
        let beside = all - sealed - unsealed;
        if beside != 0 {
            verdict.problems.push(Problem::Beside { count: beside });
        }
        if sums.transferred != 0 {
            verdict.problems.push(Problem::Transfers { points: sums.transferred });
        }
        (verdict.sealed, verdict.unsealed) = (sealed, unsealed);
        Ok(is_kept)
    }

    async fn verify_seal(
        &self,
        key: &LedgerKey,
        (tenant, last, seal): (TenantId, Option<&Seal>, &Seal),
        verdict: &mut Verdict,
    ) -> Result<(), PointsError> {
        let position = last.map_or(0, |last| last.position) + 1;
        if seal.position > position {
            verdict.problems.push(Problem::SealsMissing { from: position, to: seal.position - 1 });
            return Ok(());
        }
        let (mac, sums, before) =
            last.map_or((&START[..], Sums::default(), 0), |last| (&last.mac, last.sums, last.entries));
        let reader = self.patient_reader().await?;
        // One more than there can be: what was added shows.
        let entries: Vec<Placed> = store::list_entries(&reader, (tenant, seal.range), BATCH + 1).await?;
        for Placed { entry, texts: (reason, reference), .. } in &entries {
            // Texts that are gone were erased.
            if reason.is_some() && key.texts(entry.id, reason.as_deref(), reference.as_deref()) != entry.texts {
                verdict.problems.push(Problem::Texts { entry: Id::from_uuid(entry.id) });
            }
        }
        let (mac, sums) = run(key, (mac, sums), &entries)?;
        let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        if key.seal(seal.position, &mac) != seal.mac || sums != seal.sums || before + count != seal.entries {
            verdict.problems.push(Problem::Seal { position: seal.position });
        }
        Ok(())
    }

    async fn verify_accounts(&self, tenant: TenantId, verdict: &mut Verdict) -> Result<(), PointsError> {
        let gone = store_accounts::count_gone(&self.patient_reader().await?, tenant).await?;
        if gone > 0 {
            verdict.problems.push(Problem::AccountsGone { members: gone });
        }
        let mut behind: MemberId = Id::from_uuid(uuid::Uuid::nil());
        loop {
            let reader = self.patient_reader().await?;
            let members = store_accounts::list_members(&reader, (tenant, behind), ACCOUNTS).await?;
            let Some(last) = members.last() else { return Ok(()) };
            behind = *last;
            let accounts = store_accounts::count_anew(&reader, tenant, &members).await?;
            verdict.accounts += i64::try_from(accounts.len()).unwrap_or(0);
            verdict.problems.extend(accounts.iter().flat_map(|account| account.problems()));
            let lots = store_accounts::list_wrong_lots(&reader, tenant, &members).await?;
            verdict.problems.extend(lots.into_iter().map(|(_, lot)| Problem::Lot { lot }));
        }
    }

    /// A snapshot in which statements may take their time.
    async fn patient_reader(&self) -> Result<SystemTx, PointsError> {
        let reader = self.platform.db.system_reader().await?;
        store::take_time(&reader).await?;
        Ok(reader)
    }
}
