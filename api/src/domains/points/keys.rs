//! The key that proves a tenant's entries: without the master key nobody makes a proof, or tells a genuine one.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::error::ApiError;
use crate::platform::crypto::{MasterKey, SecretKey};
use crate::platform::ids::TenantId;

/// What the first seal goes on from.
pub const START: [u8; 32] = [0; 32];

/// What is proved of an entry, of the lot that it made, and of what it moved in others.
///
/// Of its texts only a proof of their own: they may name people, and be erased one day.
#[derive(Clone, Debug, Serialize)]
pub struct Sealed {
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
    pub(super) texts: Vec<u8>,
    pub(super) hold: Option<Uuid>,
    pub(super) reverses: Option<Uuid>,
    /// Left out where there is none: so are the entries proved that were posted before there were transfers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transfer: Option<Uuid>,
    pub(super) actor: String,
    pub(super) posted_at: DateTime<Utc>,
    pub(super) lot: Option<SealedLot>,
    pub(super) moves: Vec<(Uuid, i64)>,
}

/// What never changes of a lot.
#[derive(Clone, Debug, Serialize)]
pub struct SealedLot {
    pub(super) amount: i64,
    pub(super) source: String,
    pub(super) earned_at: DateTime<Utc>,
    pub(super) available_at: Option<DateTime<Utc>>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) expires_on: Option<String>,
}

/// The key of one tenant's ledger.
pub struct LedgerKey(SecretKey);

impl LedgerKey {
    pub(super) fn of(master: &MasterKey, tenant: TenantId) -> Self {
        Self(master.ledger.derive(&format!("points|{tenant}")))
    }

    /// The proof that this entry stands behind what `previous` proves.
    pub(super) fn link(&self, previous: &[u8], entry: &Sealed) -> Result<Vec<u8>, ApiError> {
        let entry = serde_json::to_vec(entry).map_err(ApiError::internal)?;
        Ok(self.0.mac(&[b"entry/1", previous, &entry].concat()).to_vec())
    }

    /// The proof of an entry's reason and reference.
    pub(super) fn texts(&self, id: Uuid, reason: Option<&str>, reference: Option<&str>) -> Vec<u8> {
        let [reason, reference] = [reason, reference].map(|text| text.unwrap_or_default().as_bytes());
        // The length keeps apart what stands in the one and in the other.
        let length = u64::try_from(reason.len()).unwrap_or(u64::MAX).to_be_bytes();
        self.0.mac(&[b"texts/1", &id.as_bytes()[..], &length, reason, reference].concat()).to_vec()
    }

    /// The proof of a seal: which it is, and what its entries came to.
    pub(super) fn seal(&self, position: i64, last: &[u8]) -> Vec<u8> {
        self.0.mac(&[b"seal/1", &position.to_be_bytes()[..], last].concat()).to_vec()
    }
}
