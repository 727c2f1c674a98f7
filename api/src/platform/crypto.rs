//! Keys and what is done with them.
//!
//! One master key per installation. From it, by purpose: the keys that wrap tenants' data keys, sign
//! tokens, seal cursors and index e-mail addresses. A tenant's key wraps its members' keys, so that
//! forgetting a member is the deletion of one key. Encryption is AES-256-GCM-SIV; its associated data
//! say `tenant|table|column|row`, so that a value moved elsewhere does not open.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::random::Random;

const NONCE_LENGTH: usize = 12;

/// A value could not be encrypted or opened: the wrong key, the wrong place, or a changed byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value did not open")]
pub struct CryptoError;

/// Thirty-two secret bytes; never printed, wiped when dropped.
pub struct SecretKey(zeroize::Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(zeroize::Zeroizing::new(random.bytes()))
    }

    fn from_slice(bytes: &[u8]) -> Result<Self, CryptoError> {
        bytes.try_into().map(|bytes| Self(zeroize::Zeroizing::new(bytes))).map_err(|_| CryptoError)
    }

    /// The key for `purpose`, made from this one; another purpose gives an unrelated key.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self(zeroize::Zeroizing::new(self.mac(purpose.as_bytes())))
    }

    /// HMAC-SHA-256 of `message`: a blind index, or the proof that we made something.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref()), message);
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }

    /// Whether `tag` is the [`SecretKey::mac`] of `message`, in constant time.
    #[must_use]
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref()), message, tag).is_ok()
    }

    /// The bytes, for making another kind of key from them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> Result<LessSafeKey, CryptoError> {
        UnboundKey::new(&AES_256_GCM_SIV, self.0.as_ref()).map(LessSafeKey::new).map_err(|_| CryptoError)
    }

    /// Encrypts: a random nonce, the ciphertext and its tag.
    pub fn seal(&self, random: &Random, place: &str, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.seal_with_nonce(random.bytes(), place, plain)
    }

    /// Encrypts so that equal input gives equal output; SIV mode leaks equality and nothing else.
    pub fn seal_deterministic(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.seal_with_nonce([0; NONCE_LENGTH], place, plain)
    }

    fn seal_with_nonce(&self, nonce: [u8; NONCE_LENGTH], place: &str, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut body = plain.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| CryptoError)?;
        let mut out = nonce.to_vec();
        out.append(&mut body);
        Ok(out)
    }

    /// Opens what [`SecretKey::seal`] made for the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LENGTH>().ok_or(CryptoError)?;
        let mut body = body.to_vec();
        let plain = self
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| CryptoError)?;
        Ok(plain.to_vec())
    }

    /// Wraps another key.
    pub fn wrap(&self, random: &Random, place: &str, key: &Self) -> Result<Vec<u8>, CryptoError> {
        self.seal(random, place, key.0.as_ref())
    }

    /// Unwraps what [`SecretKey::wrap`] made.
    pub fn unwrap_key(&self, place: &str, wrapped: &[u8]) -> Result<Self, CryptoError> {
        let bytes = zeroize::Zeroizing::new(self.open(place, wrapped)?);
        Self::from_slice(&bytes)
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The installation's root key and the keys made from it.
#[derive(Debug)]
pub struct MasterKey {
    /// Wraps tenants' data keys.
    pub tenant_wrapping: SecretKey,
    /// Encrypts what belongs to no tenant: e-mail addresses and second factors of users.
    pub accounts: SecretKey,
    /// Indexes e-mail addresses.
    pub account_index: SecretKey,
    /// Signs access tokens (the seed of an Ed25519 key).
    pub token_signing: SecretKey,
    /// Makes refresh tokens.
    pub refresh: SecretKey,
    /// Proves the secrets of partner keys.
    pub partner_keys: SecretKey,
    /// Makes the links of invitations.
    pub invitations: SecretKey,
    /// Makes the links by which forgotten passwords are set anew.
    pub password_resets: SecretKey,
    /// Seals what a client carries from the password to the second factor's code.
    pub challenges: SecretKey,
    /// Marks recovery codes.
    pub recovery_codes: SecretKey,
    /// Seals paging cursors.
    pub cursors: SecretKey,
    /// Names what is counted outside tenants, so that no address stands in Redis.
    pub counters: SecretKey,
    /// Proves audit events, and signs how many there are.
    pub audit: SecretKey,
    /// Proves the entries of ledgers.
    pub ledger: SecretKey,
    /// Marks what was asked for under an idempotency key: inputs hold what can be guessed, such as phone numbers.
    pub idempotency: SecretKey,
}

impl MasterKey {
    /// From 32 bytes of randomness.
    #[must_use]
    pub fn new(root: &SecretKey) -> Self {
        Self {
            tenant_wrapping: root.derive("tenant-wrapping/1"),
            accounts: root.derive("accounts/1"),
            account_index: root.derive("account-index/1"),
            token_signing: root.derive("token-signing/1"),
            refresh: root.derive("refresh/1"),
            partner_keys: root.derive("partner-keys/1"),
            invitations: root.derive("invitations/1"),
            password_resets: root.derive("password-resets/1"),
            challenges: root.derive("challenges/1"),
            recovery_codes: root.derive("recovery-codes/1"),
            cursors: root.derive("cursors/1"),
            counters: root.derive("counters/1"),
            idempotency: root.derive("idempotency/1"),
            audit: root.derive("audit/1"),
            ledger: root.derive("ledger/1"),
        }
    }

    /// Reads the base64 spelling that the configuration holds.
    pub fn from_base64(text: &str) -> Result<Self, CryptoError> {
        let bytes = zeroize::Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| CryptoError)?);
        Ok(Self::new(&SecretKey::from_slice(&bytes)?))
    }
}

/// An Ed25519 key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key whose seed is `secret`.
    pub fn from_seed(secret: &SecretKey) -> Result<Self, CryptoError> {
        Ed25519KeyPair::from_seed_unchecked(secret.expose()).map(Self).map_err(|_| CryptoError)
    }

    /// What others verify by.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs; the same message always has the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// Whether `signature` is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public()).verify(message, signature).is_ok()
    }
}

/// A new root key in the spelling of [`MasterKey::from_base64`].
#[must_use]
pub fn generate_master_key(random: &Random) -> String {
    STANDARD.encode(random.bytes::<32>())
}

/// SHA-256.
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, message).as_ref());
    out
}

/// SHA-256 of something that comes in pieces.
pub struct Sha256(digest::Context);

impl Sha256 {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds a piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let random = Random::system();
        let key = SecretKey::generate(&random);
        let sealed = key.seal(&random, "t|members|phone|1", b"+8613800138000").unwrap();
        assert_eq!(key.open("t|members|phone|1", &sealed).unwrap(), b"+8613800138000");
        assert_eq!(key.open("t|members|phone|2", &sealed), Err(CryptoError));
        assert_eq!(SecretKey::generate(&random).open("t|members|phone|1", &sealed), Err(CryptoError));
    }

    #[test]
    fn a_wrapped_key_comes_back() {
        let random = Random::system();
        let (outer, inner) = (SecretKey::generate(&random), SecretKey::generate(&random));
        let wrapped = outer.wrap(&random, "p", &inner).unwrap();
        assert_eq!(outer.unwrap_key("p", &wrapped).unwrap().expose(), inner.expose());
    }
}
