//! The proofs: over an event, over a link, over how far a chain had come.
//!
//! The keys come from the master key: without it nobody can make a proof, or tell whether one is genuine. A
//! checkpoint is signed, so that whoever keeps one can also show it to others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::error::ApiError;
use crate::platform::crypto::{CryptoError, MasterKey, SecretKey, SigningKey};
use crate::platform::ids::{AuditEventId, TenantId};

/// A proof over an event or a link.
pub(super) type Mac = [u8; 32];

/// What the first link goes on from.
pub(super) const START: Mac = [0; 32];

/// The key of one tenant's chain.
pub struct Chain(SecretKey);

impl Chain {
    /// Of this tenant.
    #[must_use]
    pub fn of(master: &MasterKey, tenant: TenantId) -> Self {
        Self(master.audit.derive(&format!("chain|{tenant}")))
    }

    /// The proof over an event.
    pub(super) fn prove(&self, event: &Event) -> Result<Mac, ApiError> {
        Ok(self.0.mac(&event.canonical().map_err(ApiError::internal)?))
    }

    /// The proof that `event` stands at `position`, behind the link `previous`.
    pub(super) fn link(&self, position: i64, previous: &[u8], (event, mac): (AuditEventId, &[u8])) -> Mac {
        let (position, event) = (position.to_be_bytes(), event.uuid());
        self.0.mac(&[b"link/1", &position[..], previous, event.as_bytes(), mac].concat())
    }
}

/// A signed statement: at this time the tenant's chain had so many events and ended in this link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// Whose chain.
    pub tenant: TenantId,
    /// How many events it had.
    pub position: i64,
    /// The last link, in base64.
    pub head: String,
    /// When the last link was made.
    pub sealed_at: DateTime<Utc>,
    /// Ed25519 over the other fields, in base64.
    pub signature: String,
}

impl Checkpoint {
    /// Signs where a chain ends.
    pub fn sign(
        master: &MasterKey,
        tenant: TenantId,
        (position, head): (i64, &[u8]),
        sealed_at: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let head = URL_SAFE_NO_PAD.encode(head);
        let unsigned = Self { tenant, position, head, sealed_at, signature: String::new() };
        let key = signing_key(master).map_err(ApiError::internal)?;
        let signature = URL_SAFE_NO_PAD.encode(key.sign(unsigned.statement().as_bytes()));
        Ok(Self { signature, ..unsigned })
    }

    /// Whether this installation's key signed it.
    #[must_use]
    pub fn is_genuine(&self, master: &MasterKey) -> bool {
        let (_, signature) = self.bytes();
        signing_key(master).is_ok_and(|key| key.verifies(self.statement().as_bytes(), &signature))
    }

    /// The bytes that are signed: the fields in their spelling, a line each.
    #[must_use]
    pub fn statement(&self) -> String {
        let time = self.sealed_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        format!("shequn audit checkpoint 1\n{}\n{}\n{}\n{time}\n", self.tenant, self.position, self.head)
    }

    /// From the columns of a row.
    pub(super) fn from_bytes(
        tenant: TenantId,
        (position, head): (i64, &[u8]),
        sealed_at: DateTime<Utc>,
        signature: &[u8],
    ) -> Self {
        let (head, signature) = (URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(signature));
        Self { tenant, position, head, sealed_at, signature }
    }

    /// The link it ends in, and the signature; of a spelling that is none, nothing.
    pub(super) fn bytes(&self) -> (Vec<u8>, Vec<u8>) {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        (decode(&self.head), decode(&self.signature))
    }

    /// The public half of the key that signs checkpoints, in base64.
    pub fn public_key(master: &MasterKey) -> Result<String, ApiError> {
        let key = signing_key(master).map_err(ApiError::internal)?;
        Ok(URL_SAFE_NO_PAD.encode(key.public()))
    }
}

fn signing_key(master: &MasterKey) -> Result<SigningKey, CryptoError> {
    SigningKey::from_seed(&master.audit.derive("checkpoints"))
}
