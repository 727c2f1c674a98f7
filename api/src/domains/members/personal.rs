//! Personal data of one member: encrypted under the member's own key, found by blind index.

use crate::domains::tenants::TenantKeys;
use crate::error::ApiError;
use crate::platform::crypto::{CryptoError, SecretKey};
use crate::platform::ids::{IdentityId, MemberId};
use crate::platform::phone::Phone;
use crate::platform::random::Random;

use super::model::Identity;

const TABLE: &str = "members";
const IDENTITIES: &str = "member_identities";
/// The version of normalisation and index key that new indexes are made with.
pub(super) const INDEX_VERSION: i16 = 1;

/// The key of one member and where its values belong.
pub(super) struct Personal<'a> {
    keys: &'a TenantKeys,
    member: String,
    key: SecretKey,
}

impl<'a> Personal<'a> {
    /// A new member's key and its wrapped form.
    pub(super) fn create(
        keys: &'a TenantKeys,
        random: &Random,
        member: MemberId,
    ) -> Result<(Self, Vec<u8>), CryptoError> {
        let member = member.to_string();
        let (key, wrapped) = keys.new_row_key(random, TABLE, &member)?;
        Ok((Self { keys, member, key }, wrapped))
    }

    /// The key behind its wrapped form.
    pub(super) fn open(keys: &'a TenantKeys, member: MemberId, wrapped: &[u8]) -> Result<Self, CryptoError> {
        let member = member.to_string();
        let key = keys.open_row_key(TABLE, &member, wrapped)?;
        Ok(Self { keys, member, key })
    }

    pub(super) fn seal(&self, random: &Random, column: &str, plain: &str) -> Result<Vec<u8>, CryptoError> {
        self.key.seal(random, &self.keys.place(TABLE, column, &self.member), plain.as_bytes())
    }

    pub(super) fn read(&self, column: &str, sealed: &[u8]) -> Result<String, ApiError> {
        let plain = self.key.open(&self.keys.place(TABLE, column, &self.member), sealed).map_err(ApiError::internal)?;
        String::from_utf8(plain).map_err(ApiError::internal)
    }

    pub(super) fn seal_identity(&self, random: &Random, id: IdentityId, value: &str) -> Result<Vec<u8>, CryptoError> {
        self.key.seal(random, &self.keys.place(IDENTITIES, "value", &id.to_string()), value.as_bytes())
    }

    pub(super) fn read_identity(&self, id: IdentityId, sealed: &[u8]) -> Result<String, ApiError> {
        let place = self.keys.place(IDENTITIES, "value", &id.to_string());
        String::from_utf8(self.key.open(&place, sealed).map_err(ApiError::internal)?).map_err(ApiError::internal)
    }
}

/// By what a phone number is found.
pub(super) fn phone_index(keys: &TenantKeys, phone: &Phone) -> Vec<u8> {
    keys.blind_index("members.phone", phone.as_str())
}

/// By what an identity is found.
pub(super) fn identity_index(keys: &TenantKeys, identity: &Identity) -> Vec<u8> {
    keys.blind_index("member_identities.value", &identity.value)
}
