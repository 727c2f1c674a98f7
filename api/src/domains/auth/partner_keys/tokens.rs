//! How a key is spelled, and the proof that somebody holds its secret.
//!
//! `shq_live_`, the tenant's and the key's id, `_`, 32 secret characters, 7 of a checksum over all before it.
//! The ids let the look-up happen within the tenant; the checksum costs nothing and keeps whatever is no key away
//! from the database. Only a keyed hash of the secret is stored: without the master key it proves nothing.

use zeroize::Zeroizing;

use super::model::{PREFIX, hint};
use crate::platform::crypto::SecretKey;
use crate::platform::ids::{PartnerKeyId, TenantId};
use crate::platform::random::Random;

/// Lower-case Crockford base 32, as in ids: five bits a character, without bias.
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH: usize = 26;
const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 7;

/// A new secret: the whole key for its holder, and what is stored of it.
pub(super) struct NewSecret {
    pub(super) token: Zeroizing<String>,
    pub(super) hash: Vec<u8>,
}

/// What a well-formed key says.
pub(super) struct Presented {
    pub(super) tenant: TenantId,
    pub(super) key: PartnerKeyId,
    secret: Zeroizing<String>,
}

/// Whether a bearer token is meant to be a key.
pub(super) fn is_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Makes a secret for a key.
pub(super) fn make(random: &Random, prover: &SecretKey, (tenant, key): (TenantId, PartnerKeyId)) -> NewSecret {
    let bytes = Zeroizing::new(random.bytes::<SECRET_LENGTH>());
    let secret: Zeroizing<String> = Zeroizing::new(bytes.iter().map(|&byte| sign(u32::from(byte))).collect());
    let body = Zeroizing::new(format!("{}{}", hint(&tenant.suffix(), key), secret.as_str()));
    let token = Zeroizing::new(format!("{}{}", body.as_str(), checksum(&body)));
    NewSecret { token, hash: hash(prover, (tenant, key), &secret) }
}

/// Reads a key; None for what is malformed or mistyped.
pub(super) fn read(token: &str) -> Option<Presented> {
    let (body, sum) = token.split_at_checked(token.len().checked_sub(CHECKSUM_LENGTH)?)?;
    if checksum(body) != sum {
        return None;
    }
    let (ids, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
    let (tenant, key) = ids.split_at_checked(ID_LENGTH)?;
    (secret.len() == SECRET_LENGTH).then_some(())?;
    Some(Presented {
        tenant: TenantId::parse_suffix(tenant)?,
        key: PartnerKeyId::parse_suffix(key)?,
        secret: Zeroizing::new(secret.to_owned()),
    })
}

impl Presented {
    /// Whether `hash` is that of the presented secret; takes the same time whatever it is.
    pub(super) fn proves(&self, prover: &SecretKey, hash: &[u8]) -> bool {
        prover.verifies(&message((self.tenant, self.key), &self.secret), hash)
    }
}

fn hash(prover: &SecretKey, of: (TenantId, PartnerKeyId), secret: &str) -> Vec<u8> {
    prover.mac(&message(of, secret)).to_vec()
}

/// The hash is bound to its key: moved to another row it proves nothing.
fn message((tenant, key): (TenantId, PartnerKeyId), secret: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(format!("{tenant}|{key}|{secret}").into_bytes())
}

fn checksum(body: &str) -> String {
    let sum = crc32fast::hash(body.as_bytes());
    (0..CHECKSUM_LENGTH)
        .rev()
        .map(|place| sign(sum.checked_shr(5 * u32::try_from(place).unwrap_or(0)).unwrap_or(0)))
        .collect()
}

fn sign(value: u32) -> char {
    let place = usize::try_from(value % 32).unwrap_or(0);
    SIGNS.get(place).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> (TenantId, PartnerKeyId) {
        (TenantId::from_uuid(uuid::Uuid::from_u128(7)), PartnerKeyId::from_uuid(uuid::Uuid::from_u128(8)))
    }

    #[test]
    fn a_key_reads_back_and_proves_its_own_hash_only() {
        let (random, prover) = (Random::system(), SecretKey::generate(&Random::system()));
        let made = make(&random, &prover, ids());
        assert_eq!(made.token.len(), 101);
        let read = read(&made.token).unwrap();
        assert_eq!((read.tenant, read.key), ids());
        assert!(read.proves(&prover, &made.hash));
        assert!(!read.proves(&prover, &make(&random, &prover, ids()).hash));
        assert!(!read.proves(&SecretKey::generate(&random), &made.hash));
    }

    #[test]
    fn one_wrong_character_anywhere_fails_the_checksum() {
        let made = make(&Random::system(), &SecretKey::generate(&Random::system()), ids());
        for place in PREFIX.len()..made.token.len() {
            let mut typed = made.token.as_bytes().to_vec();
            typed[place] = if typed[place] == b'x' { b'y' } else { b'x' };
            assert!(read(std::str::from_utf8(&typed).unwrap()).is_none(), "{place}");
        }
        for text in ["shq_live_", "shq_live_x", "", "shq_live_ééééééé", &made.token[..100]] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
