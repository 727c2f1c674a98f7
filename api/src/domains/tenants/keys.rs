//! A tenant's keys in use: member keys are wrapped by them, and personal data are found by their index.

use crate::platform::crypto::{CryptoError, MasterKey, SecretKey};
use crate::platform::ids::TenantId;
use crate::platform::random::Random;

/// The unwrapped keys of one tenant.
#[derive(Debug)]
pub struct TenantKeys {
    tenant: TenantId,
    data: SecretKey,
    index: SecretKey,
    values: SecretKey,
}

impl TenantKeys {
    /// New keys and their wrapped form for the database.
    pub fn generate(master: &MasterKey, random: &Random, tenant: TenantId) -> Result<(Self, Vec<u8>), CryptoError> {
        let data = SecretKey::generate(random);
        let wrapped = master.tenant_wrapping.wrap(random, &place(tenant), &data)?;
        Ok((Self::from_data(tenant, data), wrapped))
    }

    /// The keys behind the wrapped form.
    pub fn open(master: &MasterKey, tenant: TenantId, wrapped: &[u8]) -> Result<Self, CryptoError> {
        let data = master.tenant_wrapping.unwrap_key(&place(tenant), wrapped)?;
        Ok(Self::from_data(tenant, data))
    }

    fn from_data(tenant: TenantId, data: SecretKey) -> Self {
        let index = data.derive("blind-index/1");
        let values = data.derive("values/1");
        Self { tenant, data, index, values }
    }

    /// By what an encrypted value is found again: equal values of one purpose have equal indexes.
    #[must_use]
    pub fn blind_index(&self, purpose: &str, normalised: &str) -> Vec<u8> {
        self.index.mac(format!("{purpose}\0{normalised}").as_bytes()).to_vec()
    }

    /// A new key for one row and its wrapped form.
    pub fn new_row_key(&self, random: &Random, table: &str, row: &str) -> Result<(SecretKey, Vec<u8>), CryptoError> {
        let key = SecretKey::generate(random);
        let wrapped = self.data.wrap(random, &self.place(table, "data_key", row), &key)?;
        Ok((key, wrapped))
    }

    /// The row's key behind its wrapped form.
    pub fn open_row_key(&self, table: &str, row: &str, wrapped: &[u8]) -> Result<SecretKey, CryptoError> {
        self.data.unwrap_key(&self.place(table, "data_key", row), wrapped)
    }

    /// Encrypts a value that is the tenant's own and nobody's personal data; those have keys of their rows.
    pub fn seal(&self, random: &Random, place: &str, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.values.seal(random, place, plain)
    }

    /// Opens what [`TenantKeys::seal`] made for the same place.
    pub fn open_value(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.values.open(place, sealed)
    }

    /// The associated data of a value: `tenant|table|column|row`.
    #[must_use]
    pub fn place(&self, table: &str, column: &str, row: &str) -> String {
        format!("{}|{table}|{column}|{row}", self.tenant)
    }
}

fn place(tenant: TenantId) -> String {
    format!("{tenant}|tenants|data_key|{tenant}")
}
