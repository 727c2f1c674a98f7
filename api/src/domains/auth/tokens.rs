//! The two tokens of a session.
//!
//! The access token is a JWT, signed with Ed25519, good for ten minutes. The refresh token is opaque to
//! clients: tenant, session and number, with a proof that we made it. Nothing of it is stored, and a
//! lost answer can be given again byte by byte.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

use crate::actor::UserActor;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::crypto::{MasterKey, sha256};
use crate::platform::ids::{MembershipId, SessionId, TenantId, UserId};

const ISSUER: &str = "shequn";
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
    iat: i64,
    exp: i64,
}

/// What a valid access token says. Whether the session still lives is another question.
pub(super) struct Subject {
    pub(super) tenant: TenantId,
    pub(super) user: UserId,
    pub(super) membership: MembershipId,
    pub(super) session: SessionId,
}

/// What a genuine refresh token says.
pub(super) struct RefreshToken {
    pub(super) tenant: TenantId,
    pub(super) session: SessionId,
    pub(super) generation: i32,
}

/// Signs and checks tokens.
#[derive(Clone)]
pub struct TokenKeys(Arc<Inner>);

struct Inner {
    key_id: String,
    signing: EncodingKey,
    checking: DecodingKey,
    master: Arc<MasterKey>,
}

impl TokenKeys {
    /// The installation's signing key, made from its master key.
    pub fn new(platform: &Platform) -> Result<Self, ApiError> {
        let seed = platform.master.token_signing.expose();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(ApiError::internal)?;
        let document = pair.to_pkcs8v1().map_err(ApiError::internal)?;
        let public = pair.public_key().as_ref();
        Ok(Self(Arc::new(Inner {
            key_id: URL_SAFE_NO_PAD.encode(sha256(public).get(..9).unwrap_or_default()),
            signing: EncodingKey::from_ed_der(document.as_ref()),
            checking: DecodingKey::from_ed_der(public),
            master: Arc::clone(&platform.master),
        })))
    }

    pub(super) fn sign(&self, actor: &UserActor, now: DateTime<Utc>, end: DateTime<Utc>) -> Result<String, ApiError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.0.key_id.clone());
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: actor.user.to_string(),
            tid: actor.tenant.to_string(),
            sid: actor.session.to_string(),
            mid: actor.membership.to_string(),
            iat: now.timestamp(),
            exp: end.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.0.signing).map_err(ApiError::internal)
    }

    /// Reads an access token; None for anything we did not sign or that has ended.
    pub(super) fn check(&self, token: &str, now: DateTime<Utc>) -> Option<Subject> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // The time is ours to tell, so that tests can.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.0.checking, &validation).ok()?.claims;
        (claims.exp > now.timestamp()).then_some(())?;
        Some(Subject {
            tenant: TenantId::parse(&claims.tid)?,
            user: UserId::parse(&claims.sub)?,
            membership: MembershipId::parse(&claims.mid)?,
            session: SessionId::parse(&claims.sid)?,
        })
    }

    pub(super) fn refresh_token(&self, tenant: TenantId, session: SessionId, generation: i32) -> String {
        let mut bytes = Vec::with_capacity(36 + MAC_LENGTH);
        bytes.extend_from_slice(tenant.uuid().as_bytes());
        bytes.extend_from_slice(session.uuid().as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        let mac = self.0.master.refresh.mac(&bytes);
        bytes.extend_from_slice(&mac);
        format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a refresh token; None for anything we did not make.
    pub(super) fn read_refresh_token(&self, token: &str) -> Option<RefreshToken> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(REFRESH_PREFIX)?).ok()?;
        let (body, mac) = bytes.split_last_chunk::<MAC_LENGTH>()?;
        self.0.master.refresh.verifies(body, mac).then_some(())?;
        let (tenant, rest) = body.split_first_chunk::<16>()?;
        let (session, generation) = rest.split_first_chunk::<16>()?;
        Some(RefreshToken {
            tenant: TenantId::from_uuid(Uuid::from_bytes(*tenant)),
            session: SessionId::from_uuid(Uuid::from_bytes(*session)),
            generation: i32::from_be_bytes(generation.try_into().ok()?),
        })
    }
}
