//! A member's token: a JWT like a person's, signed by the same keys, of another type and for another audience, so
//! that neither passes for the other.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::tokens::{ISSUER, TokenKeys};
use crate::actor::Scope;
use crate::error::ApiError;
use crate::platform::ids::{MemberId, PartnerKeyId, TenantId};

/// In the header: what tells the two kinds apart before anything is believed.
const TYPE: &str = "member+jwt";
const AUDIENCE: &str = "shequn:member";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    tid: String,
    /// The key that made it.
    key: String,
    /// What it was made for, besides looking, with a space between two (RFC 8693, 4.2).
    #[serde(default)]
    scope: String,
    iat: i64,
    exp: i64,
}

/// What a valid member's token says. Whether its key still vouches for it is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberSubject {
    pub(super) tenant: TenantId,
    pub(super) member: MemberId,
    pub(super) key: PartnerKeyId,
    pub(super) scopes: Vec<Scope>,
}

/// Whether a bearer token is meant to be a member's.
pub(super) fn is_members(token: &str) -> bool {
    jsonwebtoken::decode_header(token).is_ok_and(|header| header.typ.as_deref() == Some(TYPE))
}

impl TokenKeys {
    pub(super) fn sign_member(
        &self,
        subject: MemberSubject,
        now: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<String, ApiError> {
        let key = self.signing.current(now)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.public.id.clone());
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: subject.member.to_string(),
            tid: subject.tenant.to_string(),
            key: subject.key.to_string(),
            scope: subject.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
            iat: now.timestamp(),
            exp: end.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &key.signing).map_err(ApiError::internal)
    }

    /// Reads a member's token; None for anything we did not sign as one, or that has ended.
    pub(super) fn check_member(&self, token: &str, now: DateTime<Utc>) -> Result<Option<MemberSubject>, ApiError> {
        let header = jsonwebtoken::decode_header(token).ok().filter(|header| header.typ.as_deref() == Some(TYPE));
        let Some(key_id) = header.and_then(|header| header.kid) else { return Ok(None) };
        let Some(key) = self.signing.find(&key_id, now)? else { return Ok(None) };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The time is ours to tell, so that tests can.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.checking, &validation).ok().map(|token| token.claims);
        Ok(claims.filter(|claims| claims.exp > now.timestamp()).and_then(|claims| {
            Some(MemberSubject {
                tenant: TenantId::parse(&claims.tid)?,
                member: MemberId::parse(&claims.sub)?,
                key: PartnerKeyId::parse(&claims.key)?,
                scopes: claims.scope.split(' ').filter_map(Scope::parse).collect(),
            })
        }))
    }
}
