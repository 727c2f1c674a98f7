//! Passwords: argon2id on a bounded number of blocking threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use super::AuthError;
use crate::error::ApiError;
use crate::platform::random::Random;

/// Hashes at the same time: each takes 19 MiB and most of a core.
const PARALLEL: usize = 2;
/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(4);
/// Passwords that are tried first by everybody.
const COMMON: &str = include_str!("common_passwords.txt");

/// Makes and checks password hashes.
#[derive(Clone)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    random: Random,
    /// What an unknown account's password is checked against, so that it takes as long.
    decoy: Arc<str>,
    checks: Arc<AtomicU64>,
}

impl Passwords {
    pub(super) fn new(random: Random) -> Result<Self, ApiError> {
        let decoy = hash(&random, &random.bytes::<16>())?;
        Ok(Self { turns: Arc::new(Semaphore::new(PARALLEL)), random, decoy: decoy.into(), checks: Arc::default() })
    }

    /// The hash of a new password, if it is fit.
    pub(super) async fn hash(&self, password: String) -> Result<String, AuthError> {
        let length = password.chars().count();
        if !(8..=128).contains(&length) || COMMON.lines().any(|common| common.eq_ignore_ascii_case(&password)) {
            return Err(AuthError::PasswordUnfit);
        }
        let random = self.random.clone();
        Ok(self.in_turn(move || hash(&random, password.as_bytes())).await??)
    }

    /// Whether the password is the account's; without an account it takes as long and says no.
    pub(super) async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, ApiError> {
        let decoy = Arc::clone(&self.decoy);
        // More than any password we accept has: not worth hashing, and the same for all accounts.
        if password.len() > 1024 {
            return Ok(false);
        }
        let checks = Arc::clone(&self.checks);
        self.in_turn(move || {
            checks.fetch_add(1, Ordering::Relaxed);
            let against = stored.as_deref().unwrap_or(&decoy);
            let parsed =
                PasswordHash::new(against).map_err(|_| ApiError::internal("a stored password hash is broken"))?;
            let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(fits && stored.is_some())
        })
        .await?
    }

    /// How often a password was compared with a hash, the decoy's included.
    pub(super) fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(ApiError::unavailable)?
            .map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let value = work();
            drop(turn);
            value
        });
        done.await.map_err(ApiError::internal)
    }
}

fn hash(random: &Random, password: &[u8]) -> Result<String, ApiError> {
    Argon2::default()
        .hash_password_with_salt(password, &random.bytes::<16>())
        .map(|hash| hash.to_string())
        .map_err(|_| ApiError::internal("a password could not be hashed"))
}
