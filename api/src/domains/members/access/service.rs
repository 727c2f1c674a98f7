//! Use cases: making a member's token, and what its holder is shown.

use futures_util::FutureExt as _;
use shequn_entity::members::Column;

use super::model::TokenTerms;
use crate::actor::{Actor, Scope};
use crate::domains::auth::{Auth, MemberToken};
use crate::domains::members::membership::{self, Joining};
use crate::domains::members::row::MemberRow;
use crate::domains::members::service::lock_active;
use crate::domains::members::{MemberError, Members};
use crate::error::{ApiError, Denied, ErrorCode, Failure, UserError};
use crate::platform::db::TenantTx;
use crate::platform::db::columns::Columns;
use crate::platform::idempotency::Call;
use crate::platform::ids::MemberId;

/// The sub-slice's service.
#[derive(Clone)]
pub struct MemberAccess {
    auth: Auth,
    members: Members,
}

impl MemberAccess {
    /// For `app.rs`.
    #[must_use]
    pub fn new(auth: Auth, members: Members) -> Self {
        Self { auth, members }
    }

    /// Makes a token for a member whom the key sees. Keys only: with a person's session nobody becomes a member.
    pub async fn create_token(
        &self,
        actor: &Actor,
        member: MemberId,
        terms: &TokenTerms,
        call: &Call,
    ) -> Result<MemberToken, Failure> {
        let scope = actor.require(Scope::MemberTokens)?;
        let key = actor.key().ok_or(Denied::KeysOnly)?;
        let member = self
            .members
            .platform
            .once(scope, (actor, call), |tx| find_for_token(tx, member, terms.check(&key.scopes)).boxed())
            .await?;
        let terms = terms.check(&key.scopes).map_err(Failure::Refused)?;
        Ok(self.auth.sign_member_token(key, member, terms)?)
    }

    /// The member whose token the caller has; None for everybody else. An archived member's token is over.
    pub async fn find_own(&self, actor: &Actor, tx: &TenantTx) -> Result<Option<MemberRow>, ApiError> {
        let Some((own, _)) = actor.own() else { return Ok(None) };
        let columns = [Column::DisplayName, Column::ExternalRef, Column::PhoneEnc, Column::DataKey, Column::ArchivedAt];
        let row = self.members.find_own(tx, own, &Columns::of(columns)).await?;
        if row.as_ref().is_some_and(MemberRow::is_archived) {
            return Err(ApiError::new(ErrorCode::Unauthenticated, "The member's token is not valid any more."));
        }
        Ok(row)
    }

    /// The member's phone number with its middle hidden; the row is from [`MemberAccess::find_own`].
    pub async fn masked_phone(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        row: &MemberRow,
    ) -> Result<Option<String>, ApiError> {
        self.members.own_masked_phone(actor, tx, row).await
    }

    /// What the member belongs to now, newest first; `tx` sees nothing else.
    pub async fn memberships(&self, actor: &Actor, tx: &TenantTx) -> Result<Vec<Joining>, ApiError> {
        let (own, _) = actor.own().ok_or(Denied::OwnOnly)?;
        let belonging = membership::list_of_members(tx, &[own]).await?;
        Ok(belonging.into_iter().map(|(_, joining)| joining).collect())
    }
}

async fn find_for_token<T>(
    tx: &TenantTx,
    member: MemberId,
    terms: Result<T, Vec<UserError>>,
) -> Result<MemberId, MemberError> {
    terms?;
    Ok(lock_active(tx, member, "memberId").await?.id)
}
