//! The sealed note that a client carries from the password to the code, and the marks of recovery codes.
//!
//! Nothing of a note is stored: it says whose password was right, and carries proofs that we wrote it and that
//! the password is the same still.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use uuid::Uuid;

use super::model::{Challenge, Claim};
use crate::platform::crypto::{MasterKey, SecretKey};
use crate::platform::ids::{MembershipId, TenantId, UserId};

const PREFIX: &str = "shq_ch_";
const MAC_LENGTH: usize = 32;

/// Writes and reads notes.
pub(super) struct FactorTokens<'a>(pub(super) &'a Arc<MasterKey>);

/// A note that we wrote, whose password is still to be compared.
pub(super) struct Note {
    pub(super) claim: Claim,
    password: [u8; MAC_LENGTH],
}

impl FactorTokens<'_> {
    /// Seals a claim with the hash of the password that was right.
    pub(super) fn challenge(&self, claim: Claim, password_hash: &str) -> Challenge {
        let mut bytes = Vec::with_capacity(44 + 2 * MAC_LENGTH);
        bytes.extend_from_slice(claim.tenant.uuid().as_bytes());
        bytes.extend_from_slice(claim.membership.uuid().as_bytes());
        bytes.extend_from_slice(&claim.epoch.to_be_bytes());
        bytes.extend_from_slice(&claim.expires_at.timestamp_micros().to_be_bytes());
        bytes.extend_from_slice(&self.passwords().mac(password_hash.as_bytes()));
        let mac = self.0.challenges.mac(&bytes);
        bytes.extend_from_slice(&mac);
        Challenge { token: format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)), expires_at: claim.expires_at }
    }

    /// Reads a note; None for anything we did not write.
    pub(super) fn read(&self, token: &str) -> Option<Note> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (body, mac) = bytes.split_last_chunk::<MAC_LENGTH>()?;
        self.0.challenges.verifies(body, mac).then_some(())?;
        let (tenant, rest) = body.split_first_chunk::<16>()?;
        let (membership, rest) = rest.split_first_chunk::<16>()?;
        let (epoch, rest) = rest.split_first_chunk::<4>()?;
        let (expires_at, password) = rest.split_first_chunk::<8>()?;
        let claim = Claim {
            tenant: TenantId::from_uuid(Uuid::from_bytes(*tenant)),
            membership: MembershipId::from_uuid(Uuid::from_bytes(*membership)),
            epoch: i32::from_be_bytes(*epoch),
            expires_at: DateTime::from_timestamp_micros(i64::from_be_bytes(*expires_at))?,
        };
        Some(Note { claim, password: password.try_into().ok()? })
    }

    /// Whether the password is the one that was right when the note was written.
    pub(super) fn is_of_password(&self, note: &Note, password_hash: &str) -> bool {
        self.passwords().verifies(password_hash.as_bytes(), &note.password)
    }

    /// A key of its own, so that a mark is never taken for a note's seal.
    fn passwords(&self) -> SecretKey {
        self.0.challenges.derive("passwords")
    }

    /// What is stored of a recovery code.
    pub(super) fn recovery_mark(&self, user: UserId, code: &str) -> Vec<u8> {
        self.0.recovery_codes.mac(format!("{user}|{code}").as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::Id;

    fn master(text: &str) -> Arc<MasterKey> {
        Arc::new(MasterKey::from_base64(text).unwrap())
    }

    #[test]
    fn a_note_reads_as_it_was_written_and_by_its_writer_only() {
        let ours = master("dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzISEhISE=");
        let claim = Claim {
            tenant: Id::from_uuid(Uuid::from_u128(1)),
            membership: Id::from_uuid(Uuid::from_u128(2)),
            epoch: 3,
            expires_at: DateTime::UNIX_EPOCH,
        };
        let token = FactorTokens(&ours).challenge(claim, "$argon2id$a").token;
        let note = FactorTokens(&ours).read(&token).unwrap();
        assert_eq!(note.claim, claim);
        assert!(FactorTokens(&ours).is_of_password(&note, "$argon2id$a"));
        assert!(!FactorTokens(&ours).is_of_password(&note, "$argon2id$b"));

        let others = master("b3RoZXIgbWFzdGVyIGtleSBvZiAzMiBieXRlcyEhISE=");
        assert!(FactorTokens(&others).read(&token).is_none());
        let altered: String = token.replacen("AAAA", "AAAB", 1);
        assert!(altered != token && FactorTokens(&ours).read(&altered).is_none());
        assert!(FactorTokens(&ours).read("shq_ch_").is_none());
    }
}
