//! The same request twice, one effect.
//!
//! A use case runs through [`Platform::once`], in a write transaction of its own. The
//! record and the effect commit together; a business refusal is remembered while its effects roll back;
//! a failure (permission, outage, defect) is not remembered. What is stored is the typed outcome: ids
//! and codes, never personal text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, Statement};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shequn_entity::idempotency_records::{ActiveModel, Column, Entity};

use super::Platform;
use super::crypto::sha256;
use super::db::{DbError, TenantScope, TenantTx};
use crate::actor::Actor;
use crate::error::{ApiError, ErrorCode, Failure, UserError};

/// The longest key, in characters.
pub const MAX_KEY_LENGTH: usize = 255;

/// One invocation of a mutation, as far as repetition is concerned.
#[derive(Clone, Debug)]
pub struct Call {
    operation: &'static str,
    key: Option<String>,
    input_hash: [u8; 32],
    replayed: Arc<AtomicBool>,
}

impl Call {
    /// `input` is the canonical form of the typed input without the key.
    pub fn new(operation: &'static str, key: Option<&str>, input: &[u8]) -> Result<Self, ApiError> {
        check_key(key)?;
        Ok(Self { operation, key: key.map(str::to_owned), input_hash: sha256(input), replayed: Arc::default() })
    }

    /// A call that is not repeated by anybody: the command line and background work.
    #[must_use]
    pub fn once(operation: &'static str) -> Self {
        Self { operation, key: None, input_hash: [0; 32], replayed: Arc::default() }
    }

    /// Whether the outcome was remembered rather than made.
    #[must_use]
    pub fn was_replayed(&self) -> bool {
        self.replayed.load(Ordering::Relaxed)
    }
}

/// Refuses a key of an impossible length or with control characters.
pub fn check_key(key: Option<&str>) -> Result<(), ApiError> {
    let Some(key) = key else { return Ok(()) };
    if (1..=MAX_KEY_LENGTH).contains(&key.chars().count()) && !key.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::argument(
        ErrorCode::InputInvalid,
        "input.idempotencyKey",
        "An idempotency key has 1 to 255 characters and no control characters.",
    ))
}

/// What a use case may return under an idempotency key.
pub trait Outcome: Serialize + DeserializeOwned {}
impl<T: Serialize + DeserializeOwned> Outcome for T {}

/// An attempt at a call: new, or known to be finished.
enum Begun<T> {
    /// Do the work, then [`Attempt::finish`].
    Fresh(Box<Attempt>),
    /// It was done before; this is how it ended.
    Replay(Result<T, Failure>),
}

/// A running attempt: owns the transaction until it ends.
struct Attempt {
    tx: TenantTx,
    call: Call,
    actor: String,
    platform: Platform,
}

impl Attempt {
    /// Ends the transaction by what the work returned, and remembers it where the call has a key.
    async fn finish<T: Outcome, E: Into<Failure>>(self, result: Result<T, E>) -> Result<T, Failure> {
        match result.map_err(Into::into) {
            Ok(value) => {
                self.remember(&Ok(&value)).await?;
                self.tx.commit().await?;
                Ok(value)
            }
            Err(Failure::Refused(errors)) => {
                if self.call.key.is_some() {
                    self.tx.rollback_to_savepoint().await?;
                    self.remember::<T>(&Err(&errors)).await?;
                    self.tx.commit().await?;
                }
                Err(Failure::Refused(errors))
            }
            Err(failed @ Failure::Failed(_)) => Err(failed),
        }
    }

    async fn remember<T: Serialize>(&self, outcome: &Result<&T, &Vec<UserError>>) -> Result<(), Failure> {
        let Some(key) = &self.call.key else { return Ok(()) };
        let record = ActiveModel {
            tenant_id: Set(self.tx.tenant().uuid()),
            actor: Set(self.actor.clone()),
            operation: Set(self.call.operation.to_owned()),
            key: Set(key.clone()),
            input_hash: Set(self.call.input_hash.to_vec()),
            outcome: Set(serde_json::to_value(outcome).map_err(ApiError::internal)?),
            created_at: Set(self.platform.clock.now()),
        };
        self.tx.insert(record).await?;
        Ok(())
    }
}

impl Platform {
    /// Runs a use case once for its call: in one transaction, or not at all when it was done before.
    pub async fn once<T, E, F>(&self, scope: TenantScope, (actor, call): (&Actor, &Call), work: F) -> Result<T, Failure>
    where
        T: Outcome,
        E: Into<Failure>,
        F: for<'a> FnOnce(&'a TenantTx) -> BoxFuture<'a, Result<T, E>>,
    {
        let tx = self.db.write(scope).await?;
        match self.begin(tx, actor, call).await? {
            Begun::Replay(outcome) => outcome,
            Begun::Fresh(attempt) => {
                let result = work(&attempt.tx).await;
                attempt.finish(result).await
            }
        }
    }

    /// Begins `call` in `tx`, which the attempt keeps.
    async fn begin<T: Outcome>(&self, tx: TenantTx, actor: &Actor, call: &Call) -> Result<Begun<T>, Failure> {
        let actor = actor.label();
        if let Some(key) = &call.key {
            lock(&tx, &actor, call, key).await?;
            let known = tx
                .find::<Entity>()
                .filter(Column::Actor.eq(actor.as_str()).and(Column::Operation.eq(call.operation)))
                .filter(Expr::col(Column::Key).eq(key.as_str()))
                .one(&tx)
                .await
                .map_err(DbError::from)?;
            if let Some(record) = known {
                if record.input_hash != call.input_hash {
                    return Err(ApiError::new(
                        ErrorCode::IdempotencyKeyReused,
                        "This idempotency key was used before with other input.",
                    )
                    .into());
                }
                let outcome: Result<T, Vec<UserError>> =
                    serde_json::from_value(record.outcome).map_err(ApiError::internal)?;
                call.replayed.store(true, Ordering::Relaxed);
                return Ok(Begun::Replay(outcome.map_err(Failure::Refused)));
            }
            tx.savepoint().await?;
        }
        Ok(Begun::Fresh(Box::new(Attempt { tx, call: call.clone(), actor, platform: self.clone() })))
    }
}

/// Takes the key for this transaction. On PostgreSQL a second caller is told so at once; on SQLite it has
/// already waited for the only writer, and finds the record.
async fn lock(tx: &TenantTx, actor: &str, call: &Call, key: &str) -> Result<(), Failure> {
    if !tx.is_postgres() {
        return Ok(());
    }
    let name = sha256(format!("{}|{actor}|{}|{key}", tx.tenant(), call.operation).as_bytes());
    let (number, _) = name.split_first_chunk::<8>().ok_or_else(|| ApiError::internal("a digest is too short"))?;
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "SELECT pg_try_advisory_xact_lock($1) AS taken",
        [i64::from_be_bytes(*number).into()],
    );
    let row = tx.query_one_raw(statement).await.map_err(DbError::from)?;
    let taken = row.and_then(|row| row.try_get::<bool>("", "taken").ok()).unwrap_or(false);
    if taken {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::IdempotencyInFlight, "The first request with this key is still running.").into())
    }
}
