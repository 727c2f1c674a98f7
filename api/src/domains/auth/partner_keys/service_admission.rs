//! From a bearer token to the actor: asked on every request of a partner system.
//!
//! What decides is kept for a few seconds in the key-value store, and only where nothing is kept yet. A change
//! leaves a mark there that sends everybody to the database for longer than such a copy lives: so it is seen at
//! once by every process that shares a Redis, and within [`KEPT_FOR`] by all others, whatever the order in which
//! changes and look-ups meet. Losing the store loses nothing.

use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::TimeDelta;

use super::model::{Refusal, Standing, State};
use super::service::PartnerKeys;
use super::{store, tokens};
use crate::actor::{Actor, KeyActor, Scope};
use crate::error::{ApiError, ErrorCode};
use crate::platform::db::Cancel;
use crate::platform::ids::{PartnerKeyId, TenantId};
use crate::platform::kv::KvKey;
use crate::platform::origin::Origin;

/// How long a process may go by a copy.
const KEPT_FOR: Duration = Duration::from_secs(4);
/// How long a change sends everybody to the database: longer than a copy that was read before it lives.
const ASKED_FOR: Duration = Duration::from_secs(12);
const ASK: &str = "?";
/// The use of a key is noted once in this time.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Keys whose last use this process remembers.
const NOTED_KEYS: usize = 10_000;

impl PartnerKeys {
    /// Whether a bearer token is meant to be a partner's key.
    #[must_use]
    pub fn is_key(token: &str) -> bool {
        tokens::is_key(token)
    }

    /// The actor behind a key that comes from there.
    pub async fn authenticate(&self, token: &str, origin: &Origin) -> Result<KeyActor, ApiError> {
        let unknown = || ApiError::new(ErrorCode::Unauthenticated, "This is not a valid key.");
        let presented = tokens::read(token).ok_or_else(unknown)?;
        let (tenant, key) = (presented.tenant, presented.key);
        let standing = self.standing(tenant, key).await?.ok_or_else(unknown)?;
        let now = self.platform.clock.now();
        let prover = &self.platform.master.partner_keys;
        let previous = standing.previous.iter().filter(|(_, until)| now < *until).map(|(hash, _)| hash);
        if !std::iter::once(&standing.secret).chain(previous).any(|hash| presented.proves(prover, hash)) {
            return Err(unknown());
        }
        // The holder of the secret is told why: nobody else gets here.
        standing.admit(origin.address, now).map_err(|refusal| refused(refusal, origin.address))?;
        self.note_use((tenant, key), &standing, origin.address);
        Ok(actor(tenant, key, &standing))
    }

    /// The key behind a member's token, if it still vouches for one. Its address list does not count: members are
    /// anywhere.
    pub async fn voucher(&self, tenant: TenantId, key: PartnerKeyId) -> Result<Option<KeyActor>, ApiError> {
        let Some(standing) = self.standing(tenant, key).await? else { return Ok(None) };
        let is_live = standing.life.state(self.platform.clock.now()) == State::Active;
        let voucher = actor(tenant, key, &standing);
        Ok((is_live && voucher.scopes.contains(&Scope::MemberTokens)).then_some(voucher))
    }

    /// What decides on requests with this key; None when there is none.
    pub(super) async fn standing(&self, tenant: TenantId, key: PartnerKeyId) -> Result<Option<Standing>, ApiError> {
        let place = place(tenant, key);
        let kept = self.platform.kv.get(&place).await.unwrap_or_else(|error| {
            tracing::warn!(error = ?error, "partner_key.cache_unavailable");
            None
        });
        if let Some(standing) = kept.as_deref().and_then(|text| serde_json::from_str(text).ok()) {
            return Ok(Some(standing));
        }
        let tx = self.platform.db.read(Actor::System(tenant).home()?, Cancel::never()).await?;
        let standing = store::find_standing(&tx, key).await?;
        drop(tx);
        if let Some(standing) = &standing {
            let text = serde_json::to_string(standing).map_err(ApiError::internal)?;
            // A failure here costs the next request a look-up, no more.
            self.platform.kv.set_if_absent(&place, &text, KEPT_FOR).await.unwrap_or_default();
        }
        Ok(standing)
    }

    /// Tells every process that a key has changed; the database has it already.
    pub(super) async fn ask_anew(&self, tenant: TenantId, key: PartnerKeyId) {
        if let Err(error) = self.platform.kv.set(&place(tenant, key), ASK, ASKED_FOR).await {
            tracing::warn!(error = ?error, "partner_key.change_not_told");
        }
    }

    /// Writes down when and from where a key was used: once a minute, and nobody waits for it.
    fn note_use(&self, (tenant, key): (TenantId, PartnerKeyId), standing: &Standing, address: IpAddr) {
        let now = self.platform.clock.now();
        let unless_since = now - NOTED_EVERY;
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            let last = noted.get(&(tenant, key)).copied().max(standing.last_used_at);
            if last.is_some_and(|last| last > unless_since) {
                return;
            }
            if noted.len() >= NOTED_KEYS {
                noted.clear();
            }
            noted.insert((tenant, key), now);
        }
        let platform = self.platform.clone();
        tokio::spawn(async move {
            let note = async {
                let tx = platform.db.write(Actor::System(tenant).home()?).await?;
                store::note_use(&tx, key, (address, unless_since), now).await?;
                tx.commit().await?;
                Ok::<_, ApiError>(())
            };
            if let Err(error) = note.await {
                tracing::warn!(error = ?error, "partner_key.use_not_noted");
            }
        });
    }
}

fn place(tenant: TenantId, key: PartnerKeyId) -> KvKey {
    KvKey::new(tenant, "partner_key", key)
}

fn actor(tenant: TenantId, key: PartnerKeyId, standing: &Standing) -> KeyActor {
    KeyActor {
        tenant,
        key,
        // A scope that a later version made unknown is none.
        scopes: standing.scopes.iter().filter_map(|text| Scope::parse(text)).collect(),
        communities: standing.communities.as_deref().map(Into::into),
    }
}

fn refused(refusal: Refusal, address: IpAddr) -> ApiError {
    let over = |message: &'static str| ApiError::new(ErrorCode::Unauthenticated, message);
    match refusal {
        Refusal::Revoked => over("This key is revoked."),
        Refusal::Disabled => over("This key is switched off."),
        Refusal::Expired => over("This key has expired."),
        Refusal::Elsewhere => ApiError::new(ErrorCode::Forbidden, format!("This key may not be used from {address}.")),
    }
}
