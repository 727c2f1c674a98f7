//! The keys that sign access tokens: one a period, derived from the master key.
//!
//! Nothing is stored, so all processes have the same keys at the same time, and none has to be told. The
//! key before is accepted for as long as a token signed by it can live; the next one is published a day
//! ahead. Raising the generation, a setting, gives other keys at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::error::ApiError;
use crate::platform::crypto::{MasterKey, sha256};

/// How long one key signs.
const PERIOD: TimeDelta = TimeDelta::days(30);
/// How long before its period a key is published, and accepted: clocks differ, and verifiers keep lists.
const PUBLISHED_AHEAD: TimeDelta = TimeDelta::days(1);
/// How long a token lives at most: a member's.
const LONGEST_TOKEN: TimeDelta = TimeDelta::hours(1);
/// How far the clocks of two processes may be apart.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// A public key, as `/.well-known/jwks.json` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The `kid` in the header of tokens that it verifies.
    pub id: String,
    /// The Ed25519 key, base64url.
    pub x: String,
}

/// The key of one period.
pub(super) struct SigningKey {
    pub(super) public: PublicKey,
    pub(super) signing: EncodingKey,
    pub(super) checking: DecodingKey,
}

/// All keys of a generation, made when they are needed.
pub(super) struct SigningKeys {
    master: Arc<MasterKey>,
    generation: u32,
    known: Mutex<BTreeMap<i64, Arc<SigningKey>>>,
}

impl SigningKeys {
    pub(super) fn new(master: Arc<MasterKey>, generation: u32) -> Self {
        Self { master, generation, known: Mutex::default() }
    }

    /// The key that signs at this time.
    pub(super) fn current(&self, now: DateTime<Utc>) -> Result<Arc<SigningKey>, ApiError> {
        self.of_period(period(now))
    }

    /// The key of this id, if what it signed may still be good.
    pub(super) fn find(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Arc<SigningKey>>, ApiError> {
        Ok(self.accepted(now)?.into_iter().find(|key| key.public.id == id))
    }

    /// The keys whose signatures are accepted, the current one first.
    pub(super) fn accepted(&self, now: DateTime<Utc>) -> Result<Vec<Arc<SigningKey>>, ApiError> {
        accepted_periods(now).into_iter().map(|period| self.of_period(period)).collect()
    }

    fn of_period(&self, period: i64) -> Result<Arc<SigningKey>, ApiError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(&period) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(self.make(period)?);
        known.retain(|other, _| (other - period).abs() <= 1);
        known.insert(period, Arc::clone(&key));
        Ok(key)
    }

    fn make(&self, period: i64) -> Result<SigningKey, ApiError> {
        let seed = self.master.token_signing.derive(&format!("{}/{period}", self.generation));
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(ApiError::internal)?;
        let document = pair.to_pkcs8v1().map_err(ApiError::internal)?;
        let public = pair.public_key().as_ref();
        Ok(SigningKey {
            public: PublicKey {
                id: URL_SAFE_NO_PAD.encode(sha256(public).get(..9).unwrap_or_default()),
                x: URL_SAFE_NO_PAD.encode(public),
            },
            signing: EncodingKey::from_ed_der(document.as_ref()),
            checking: DecodingKey::from_ed_der(public),
        })
    }
}

fn period(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(PERIOD.num_seconds())
}

/// The present period, then the one before as long as its tokens live, then the next when it is near.
fn accepted_periods(now: DateTime<Utc>) -> Vec<i64> {
    let neighbours = [period(now - LONGEST_TOKEN - CLOCK_SKEW), period(now + PUBLISHED_AHEAD)];
    let current = period(now);
    std::iter::once(current).chain(neighbours.into_iter().filter(|other| *other != current)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::crypto::SecretKey;
    use crate::platform::random::Random;

    #[test]
    fn periods_overlap_for_as_long_as_a_token_lives_and_begin_to_be_known_a_day_ahead() {
        let begin = DateTime::UNIX_EPOCH + PERIOD * 7;
        assert_eq!(accepted_periods(begin), [7, 6]);
        assert_eq!(accepted_periods(begin + TimeDelta::seconds(3659)), [7, 6]);
        assert_eq!(accepted_periods(begin + TimeDelta::seconds(3660)), [7]);
        assert_eq!(accepted_periods(begin + PERIOD - TimeDelta::hours(25)), [7]);
        assert_eq!(accepted_periods(begin + PERIOD - TimeDelta::hours(24)), [7, 8]);
    }

    #[test]
    fn each_period_and_each_generation_has_a_key_of_its_own() {
        let random = Random::system();
        let master = Arc::new(MasterKey::new(&SecretKey::generate(&random)));
        let keys = |generation| SigningKeys::new(Arc::clone(&master), generation);
        let (first, second) = (keys(1), keys(2));
        let now = DateTime::UNIX_EPOCH + PERIOD * 7;
        let id = |keys: &SigningKeys, now| keys.current(now).unwrap().public.id.clone();
        assert_eq!(id(&first, now), id(&keys(1), now));
        assert_ne!(id(&first, now), id(&first, now + PERIOD));
        assert_ne!(id(&first, now), id(&second, now));
        assert!(second.find(&id(&first, now), now).unwrap().is_none());
        // Signed in the last second of the period before.
        let old = id(&first, now - TimeDelta::seconds(1));
        assert!(first.find(&old, now + TimeDelta::seconds(3659)).unwrap().is_some());
        assert!(first.find(&old, now + TimeDelta::seconds(3660)).unwrap().is_none());
    }
}
