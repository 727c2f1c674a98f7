//! Use cases: more or less of a reward, and its voucher codes.
//!
//! Codes are encrypted under the tenant's key before a statement has them, and found again by a keyed index.

use std::collections::HashSet;

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::RewardError;
use super::model::{Code, Fulfilment, StockChange, checked_codes, doubled};
use super::service::{Rewards, lock_open};
use super::store_stock;
use super::store_vouchers::{self, Sealed};
use crate::actor::Actor;
use crate::domains::tenants::TenantKeys;
use crate::error::Failure;
use crate::platform::audit::Subject;
use crate::platform::crypto::CryptoError;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{RewardId, VoucherId};

/// What codes are found again by.
const PURPOSE: &str = "voucher-code";

/// How many codes a reward has more.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Added {
    /// Which.
    pub reward: RewardId,
    /// So many.
    pub codes: i32,
}

impl Outcome for Added {
    fn subject(&self) -> Subject {
        Subject::of(self.reward)
    }
}

impl Rewards {
    /// Changes how many there are of a reward. A person has to have proved lately who they are.
    pub async fn adjust_stock(
        &self,
        actor: &Actor,
        (id, change): (RewardId, StockChange),
        call: &Call,
    ) -> Result<RewardId, Failure> {
        let (scope, this, label) = (self.writing(actor)?, self.clone(), actor.label());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.adjust_stock_in(tx, (id, change), &label).await }.boxed()
            })
            .await
    }

    async fn adjust_stock_in(
        &self,
        tx: &TenantTx,
        (id, change): (RewardId, StockChange),
        actor: &str,
    ) -> Result<RewardId, RewardError> {
        let change = change.check()?;
        let row = lock_open(tx, id).await?;
        if row.fulfilment == Fulfilment::VoucherCode {
            return Err(RewardError::NotByHand("The stock of this reward is its codes: add those."));
        }
        if row.stock.is_none() {
            return Err(RewardError::NotByHand("This reward is there without end."));
        }
        store_stock::restock(tx, id).await?;
        let step = (self.platform.new_id(), id);
        if store_stock::adjust(tx, step, &change, (actor, self.now())).await? {
            Ok(id)
        } else {
            Err(RewardError::OutOfStock("delta"))
        }
    }

    /// Adds voucher codes to a reward, all of them or none. A person has to have proved lately who they are.
    pub async fn add_codes(
        &self,
        actor: &Actor,
        (id, codes): (RewardId, Vec<Code>),
        call: &Call,
    ) -> Result<Added, Failure> {
        let (scope, this) = (self.writing(actor)?, self.clone());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.add_codes_in(tx, id, codes).await }.boxed())
            .await
    }

    /// As [`Rewards::add_codes`], in the caller's transaction.
    pub async fn add_codes_in(&self, tx: &TenantTx, id: RewardId, codes: Vec<Code>) -> Result<Added, RewardError> {
        let codes = checked_codes(codes)?;
        if lock_open(tx, id).await?.fulfilment != Fulfilment::VoucherCode {
            return Err(RewardError::NoCodes);
        }
        let keys = self.tenants.keys_in(tx).await?;
        // Those of one moment are ordered by chance; codes go out in the order in which they were given.
        let mut ids: Vec<VoucherId> = codes.iter().map(|_| self.platform.new_id()).collect();
        ids.sort_unstable();
        let sealed = ids.into_iter().zip(&codes).map(|(id, code)| self.seal(&keys, id, code));
        let sealed: Vec<_> = sealed.collect::<Result<_, _>>()?;
        let added = store_vouchers::insert(tx, id, &sealed, self.now()).await?;
        if added < sealed.len() {
            let known: HashSet<_> = store_vouchers::list_known(tx, &sealed).await?.into_iter().collect();
            let mut seen = HashSet::new();
            let is_doubled = |code: &Sealed| known.contains(&code.index) || !seen.insert(code.index.clone());
            let places = sealed.iter().map(is_doubled).enumerate().filter_map(|(place, is)| is.then_some(place));
            return Err(doubled(places.collect::<Vec<_>>()).into());
        }
        store_stock::add_codes(tx, id, i64::try_from(added).unwrap_or(i64::MAX)).await?;
        Ok(Added { reward: id, codes: i32::try_from(added).unwrap_or(i32::MAX) })
    }

    fn seal(&self, keys: &TenantKeys, id: VoucherId, code: &Code) -> Result<Sealed, CryptoError> {
        let text = code.expose();
        Ok(Sealed {
            id,
            code: keys.seal(&self.platform.random, &place(keys, id), text.as_bytes())?,
            index: keys.blind_index(PURPOSE, text),
        })
    }
}

/// The code behind its stored form.
pub(super) fn open(keys: &TenantKeys, sealed: &Sealed) -> Result<Code, CryptoError> {
    let text = keys.open_value(&place(keys, sealed.id), &sealed.code)?;
    String::from_utf8(text).map(Code::new).map_err(|_| CryptoError)
}

fn place(keys: &TenantKeys, id: VoucherId) -> String {
    keys.place("reward_vouchers", "code", &id.to_string())
}
