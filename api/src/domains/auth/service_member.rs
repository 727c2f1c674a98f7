//! Use cases: tokens with which a mini program acts as one member.

use chrono::{DateTime, TimeDelta, Utc};

use super::service::Auth;
use super::tokens_member::MemberSubject;
use crate::actor::{Actor, KeyActor, MemberActor, Scope};
use crate::error::{ApiError, ErrorCode};
use crate::platform::ids::MemberId;

/// A token and its end.
pub struct MemberToken {
    /// For the `Authorization` header.
    pub token: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl Auth {
    /// Signs a token for a member of the key's tenant; the caller knows that the key may and that the member is
    /// there.
    pub fn sign_member_token(
        &self,
        key: &KeyActor,
        member: MemberId,
        (lifetime, scopes): (TimeDelta, Vec<Scope>),
    ) -> Result<MemberToken, ApiError> {
        let now = self.platform.clock.now();
        let expires_at = now + lifetime;
        let subject = MemberSubject { tenant: key.tenant, member, key: key.key, scopes };
        Ok(MemberToken { token: self.tokens.sign_member(subject, now, expires_at)?, expires_at })
    }

    /// The actor behind a member's token: as long as the key that made it vouches for it.
    pub(super) async fn authenticate_member(&self, token: &str) -> Result<Actor, ApiError> {
        let over = || ApiError::new(ErrorCode::Unauthenticated, "The member's token is not valid any more.");
        let subject = self.tokens.check_member(token, self.platform.clock.now())?.ok_or_else(over)?;
        let MemberSubject { tenant, member, key, scopes } = subject;
        let voucher = self.partner_keys.voucher(tenant, key).await?.ok_or_else(over)?;
        let scopes = scopes.into_iter().filter(|scope| voucher.scopes.contains(scope)).collect();
        Ok(Actor::Member(MemberActor { tenant, member, key, communities: voucher.communities, scopes }))
    }
}
