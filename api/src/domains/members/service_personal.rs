//! Use cases: reading a member's personal data. Nothing else opens it for a client.

use super::row::{IdentityRow, MemberRow};
use super::service::open_personal;
use super::{MemberError, Members};
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, Denied, Failure};
use crate::platform::db::TenantTx;
use crate::platform::phone::Phone;

impl Members {
    /// The phone number with its middle hidden; the row was read with its phone and `data_key`.
    pub(super) async fn masked_phone_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        row: &MemberRow,
    ) -> Result<Option<String>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(self.read_phone(tx, row).await?.map(|number| Phone::mask(&number)))
    }

    /// As [`Members::masked_phone_of`], for the member themselves.
    pub(super) async fn own_masked_phone(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        row: &MemberRow,
    ) -> Result<Option<String>, ApiError> {
        actor.own().filter(|(own, _)| *own == row.id).ok_or(Denied::OwnOnly)?;
        Ok(self.read_phone(tx, row).await?.map(|number| Phone::mask(&number)))
    }

    /// The phone number in E.164; the row was read with its phone and `data_key`.
    pub(super) async fn phone_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        row: &MemberRow,
    ) -> Result<Option<String>, ApiError> {
        actor.require(Scope::MembersPii)?;
        self.read_phone(tx, row).await
    }

    /// The legal name; the row was read with it and its `data_key`.
    pub(super) async fn real_name_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        row: &MemberRow,
    ) -> Result<Option<String>, ApiError> {
        actor.require(Scope::MembersPii)?;
        let Some(sealed) = selected(row.real_name_enc.as_ref())? else { return Ok(None) };
        let keys = self.tenants.keys_in(tx).await?;
        open_personal(&keys, row).map_err(failed)?.read("real_name", sealed).map(Some)
    }

    /// The name that a platform gives to the member; the member's row was read with its `data_key`.
    pub(super) async fn identity_value_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        row: &MemberRow,
        identity: &IdentityRow,
    ) -> Result<String, ApiError> {
        actor.require(Scope::MembersPii)?;
        let keys = self.tenants.keys_in(tx).await?;
        open_personal(&keys, row).map_err(failed)?.read_identity(identity.id, &identity.value_enc)
    }

    async fn read_phone(&self, tx: &TenantTx, row: &MemberRow) -> Result<Option<String>, ApiError> {
        let Some(sealed) = selected(row.phone_enc.as_ref())? else { return Ok(None) };
        let keys = self.tenants.keys_in(tx).await?;
        open_personal(&keys, row).map_err(failed)?.read("phone", sealed).map(Some)
    }
}

fn selected<T>(column: Option<&T>) -> Result<&T, ApiError> {
    column.ok_or_else(|| ApiError::internal("personal data is read that was not selected"))
}

/// Reading personal data has no business refusals.
fn failed(error: MemberError) -> ApiError {
    match Failure::from(error) {
        Failure::Failed(error) => error,
        Failure::Refused(_) => ApiError::internal("a read was refused"),
    }
}
