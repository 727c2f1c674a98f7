//! The two tokens of a session.
//!
//! The access token is a JWT, signed with Ed25519 by the key of the month, good for ten minutes. The refresh token is opaque to
//! clients: tenant, session and number, with a proof that we made it. Nothing of it is stored, and a
//! lost answer can be given again byte by byte.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

use super::sessions::SessionRow;
use super::tokens_signing::{PublicKey, SigningKeys};
use crate::error::ApiError;
use crate::platform::crypto::MasterKey;
use crate::platform::ids::{MembershipId, SessionId, TenantId, UserId};

pub(super) const ISSUER: &str = "shequn";
const REFRESH_PREFIX: &str = "shq_rt_";
const MAC_LENGTH: usize = 32;

/// The claims of an access token.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    tid: String,
    sid: String,
    mid: String,
    /// The membership's epoch when the token was made.
    epoch: i32,
    iat: i64,
    exp: i64,
}

impl Claims {
    fn subject(&self) -> Option<Subject> {
        Some(Subject {
            tenant: TenantId::parse(&self.tid)?,
            user: UserId::parse(&self.sub)?,
            membership: MembershipId::parse(&self.mid)?,
            session: SessionId::parse(&self.sid)?,
            epoch: self.epoch,
        })
    }
}

/// What a valid access token says. Whether the session still lives is another question.
pub(super) struct Subject {
    pub(super) tenant: TenantId,
    pub(super) user: UserId,
    pub(super) membership: MembershipId,
    pub(super) session: SessionId,
    pub(super) epoch: i32,
}

/// What a genuine refresh token says.
pub(super) struct RefreshToken {
    pub(super) tenant: TenantId,
    pub(super) session: SessionId,
    pub(super) generation: i32,
}

/// Signs and checks tokens.
#[derive(Clone)]
pub(super) struct TokenKeys {
    pub(super) signing: Arc<SigningKeys>,
    master: Arc<MasterKey>,
}

impl TokenKeys {
    /// The installation's keys, made from its master key; `generation` as in the settings.
    pub(super) fn new(master: &Arc<MasterKey>, generation: u32) -> Self {
        Self { signing: Arc::new(SigningKeys::new(Arc::clone(master), generation)), master: Arc::clone(master) }
    }

    pub(super) fn sign(
        &self,
        session: &SessionRow,
        now: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<String, ApiError> {
        let key = self.signing.current(now)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.public.id.clone());
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: session.user.to_string(),
            tid: session.tenant.to_string(),
            sid: session.id.to_string(),
            mid: session.membership.to_string(),
            epoch: session.epoch,
            iat: now.timestamp(),
            exp: end.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &key.signing).map_err(ApiError::internal)
    }

    /// Reads an access token; None for anything we did not sign or that has ended.
    pub(super) fn check(&self, token: &str, now: DateTime<Utc>) -> Result<Option<Subject>, ApiError> {
        // The header chooses among our keys and nothing else: each key has one algorithm.
        let Some(key_id) = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid) else {
            return Ok(None);
        };
        let Some(key) = self.signing.find(&key_id, now)? else { return Ok(None) };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // The time is ours to tell, so that tests can.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.checking, &validation).ok().map(|token| token.claims);
        Ok(claims.filter(|claims| claims.exp > now.timestamp()).and_then(|claims| claims.subject()))
    }

    /// The keys that verify access tokens now, the current one first.
    pub(super) fn public_keys(&self, now: DateTime<Utc>) -> Result<Vec<PublicKey>, ApiError> {
        Ok(self.signing.accepted(now)?.iter().map(|key| key.public.clone()).collect())
    }

    pub(super) fn refresh_token(&self, tenant: TenantId, session: SessionId, generation: i32) -> String {
        let mut bytes = Vec::with_capacity(36 + MAC_LENGTH);
        bytes.extend_from_slice(tenant.uuid().as_bytes());
        bytes.extend_from_slice(session.uuid().as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        let mac = self.master.refresh.mac(&bytes);
        bytes.extend_from_slice(&mac);
        format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a refresh token; None for anything we did not make.
    pub(super) fn read_refresh_token(&self, token: &str) -> Option<RefreshToken> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(REFRESH_PREFIX)?).ok()?;
        let (body, mac) = bytes.split_last_chunk::<MAC_LENGTH>()?;
        self.master.refresh.verifies(body, mac).then_some(())?;
        let (tenant, rest) = body.split_first_chunk::<16>()?;
        let (session, generation) = rest.split_first_chunk::<16>()?;
        Some(RefreshToken {
            tenant: TenantId::from_uuid(Uuid::from_bytes(*tenant)),
            session: SessionId::from_uuid(Uuid::from_bytes(*session)),
            generation: i32::from_be_bytes(generation.try_into().ok()?),
        })
    }
}
