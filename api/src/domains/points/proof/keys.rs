//! The key that proves a tenant's entries: without the master key nobody makes a proof, or tells a genuine one.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::error::ApiError;
use crate::platform::crypto::{MasterKey, SecretKey};
use crate::platform::ids::TenantId;

/// What the first seal goes on from.
pub(super) const START: [u8; 32] = [0; 32];

/// All of an entry, in the order in which it is proved.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sealed {
    pub(super) id: Uuid,
    pub(super) member: Uuid,
    pub(super) asset: String,
    pub(super) number: i64,
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) amount: i64,
    pub(super) after: [i64; 3],
    pub(super) source: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) hold: Option<Uuid>,
    pub(super) reverses: Option<Uuid>,
    pub(super) actor: String,
    pub(super) posted_at: DateTime<Utc>,
}

/// The key of one tenant's ledger.
pub(super) struct LedgerKey(SecretKey);

impl LedgerKey {
    pub(super) fn of(master: &MasterKey, tenant: TenantId) -> Self {
        Self(master.ledger.derive(&format!("points|{tenant}")))
    }

    /// The proof that this entry stands behind what `previous` proves.
    pub(super) fn link(&self, previous: &[u8], entry: &Sealed) -> Result<Vec<u8>, ApiError> {
        let entry = serde_json::to_vec(entry).map_err(ApiError::internal)?;
        Ok(self.0.mac(&[b"entry/1", previous, &entry].concat()).to_vec())
    }

    /// The proof of a seal: which it is, and what its entries came to.
    pub(super) fn seal(&self, position: i64, last: &[u8]) -> Vec<u8> {
        self.0.mac(&[b"seal/1", &position.to_be_bytes()[..], last].concat()).to_vec()
    }
}
