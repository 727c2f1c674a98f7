//! The secrets in links: derived from the master key, so that a letter can be written again and nothing that
//! opens a door is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use uuid::Uuid;

use super::model::{ResetTicket, Ticket};
use crate::platform::crypto::{MasterKey, sha256};
use crate::platform::ids::Id;

const INVITATION_PREFIX: &str = "shq_inv_";
const RESET_PREFIX: &str = "shq_pwr_";
const MAC_LENGTH: usize = 32;

/// The secret of an invitation's link.
pub(super) fn invitation_token(master: &MasterKey, ticket: Ticket) -> String {
    let mut bytes = Vec::with_capacity(36 + MAC_LENGTH);
    bytes.extend_from_slice(ticket.tenant.uuid().as_bytes());
    bytes.extend_from_slice(ticket.invitation.uuid().as_bytes());
    bytes.extend_from_slice(&ticket.version.to_be_bytes());
    let mac = master.invitations.mac(&bytes);
    bytes.extend_from_slice(&mac);
    format!("{INVITATION_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads what [`invitation_token`] made; None for anything else. Whether it is still good is another question.
pub(super) fn read_invitation_token(master: &MasterKey, token: &str) -> Option<Ticket> {
    let bytes = URL_SAFE_NO_PAD.decode(token.trim().strip_prefix(INVITATION_PREFIX)?).ok()?;
    let (body, mac) = bytes.split_last_chunk::<MAC_LENGTH>()?;
    master.invitations.verifies(body, mac).then_some(())?;
    let (tenant, rest) = body.split_first_chunk::<16>()?;
    let (invitation, version) = rest.split_first_chunk::<16>()?;
    Some(Ticket {
        tenant: Id::from_uuid(Uuid::from_bytes(*tenant)),
        invitation: Id::from_uuid(Uuid::from_bytes(*invitation)),
        version: i32::from_be_bytes(version.try_into().ok()?),
    })
}

/// The secret of a forgotten password's link. The proof covers the password as it is now: with another one the
/// link is void.
pub(super) fn reset_token(master: &MasterKey, ticket: ResetTicket, password_hash: &str) -> String {
    let mut bytes = reset_body(ticket);
    bytes.extend_from_slice(&master.password_resets.mac(&reset_message(ticket, password_hash)));
    format!("{RESET_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What a link of [`reset_token`] claims, and its proof, to be held against the account.
pub(super) fn read_reset_token(token: &str) -> Option<(ResetTicket, [u8; MAC_LENGTH])> {
    let bytes = URL_SAFE_NO_PAD.decode(token.trim().strip_prefix(RESET_PREFIX)?).ok()?;
    let (body, proof) = bytes.split_last_chunk::<MAC_LENGTH>()?;
    let (user, seconds) = body.split_first_chunk::<16>()?;
    let seconds = i64::from_be_bytes(seconds.try_into().ok()?);
    let ticket =
        ResetTicket { user: Id::from_uuid(Uuid::from_bytes(*user)), expires_at: DateTime::from_timestamp(seconds, 0)? };
    Some((ticket, *proof))
}

/// Whether we made the proof, for the password that the account has.
pub(super) fn proves_reset(master: &MasterKey, ticket: ResetTicket, password_hash: &str, proof: &[u8]) -> bool {
    master.password_resets.verifies(&reset_message(ticket, password_hash), proof)
}

fn reset_body(ticket: ResetTicket) -> Vec<u8> {
    let mut bytes = ticket.user.uuid().as_bytes().to_vec();
    bytes.extend_from_slice(&ticket.expires_at.timestamp().to_be_bytes());
    bytes
}

fn reset_message(ticket: ResetTicket, password_hash: &str) -> Vec<u8> {
    let mut message = reset_body(ticket);
    message.extend_from_slice(&sha256(password_hash.as_bytes()));
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::crypto::SecretKey;
    use crate::platform::random::Random;

    #[test]
    fn an_invitations_token_reads_back_and_no_other_does() {
        let master = MasterKey::new(&SecretKey::generate(&Random::system()));
        let ticket = Ticket {
            tenant: Id::from_uuid(Uuid::from_u128(1)),
            invitation: Id::from_uuid(Uuid::from_u128(2)),
            version: 3,
        };
        let token = invitation_token(&master, ticket);
        assert_eq!(read_invitation_token(&master, &token), Some(ticket));
        let other = MasterKey::new(&SecretKey::generate(&Random::system()));
        assert_eq!(read_invitation_token(&other, &token), None);
        let later = invitation_token(&master, Ticket { version: 4, ..ticket });
        // The numbers of one and the proof of the other.
        let mixed = format!("{}{}", &token[..INVITATION_PREFIX.len() + 48], &later[INVITATION_PREFIX.len() + 48..]);
        assert_eq!(read_invitation_token(&master, &mixed), None);
        assert_eq!(read_invitation_token(&master, ""), None);
    }

    #[test]
    fn a_resets_token_is_void_with_another_password_or_another_end() {
        let master = MasterKey::new(&SecretKey::generate(&Random::system()));
        let expires_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ticket = ResetTicket { user: Id::from_uuid(Uuid::from_u128(7)), expires_at };
        let (read, proof) = read_reset_token(&reset_token(&master, ticket, "hash")).unwrap();
        assert_eq!(read, ticket);
        assert!(proves_reset(&master, ticket, "hash", &proof));
        assert!(!proves_reset(&master, ticket, "another", &proof));
        let later = ResetTicket { expires_at: expires_at + chrono::TimeDelta::seconds(1), ..ticket };
        assert!(!proves_reset(&master, later, "hash", &proof));
        assert_eq!(read_reset_token("shq_pwr_AAAA"), None);
    }
}
