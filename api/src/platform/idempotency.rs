//! The same request twice, one effect.
//!
//! A use case runs through [`Platform::once`], in a write transaction of its own. The record, the effect and its
//! audit event commit together; a business refusal is remembered while its effects roll back; a failure
//! (permission, outage, defect) is not remembered. What is stored is the typed outcome: ids and codes, never
//! personal text. Whatever leaves no audit event here, the edge records (`http/attempts.rs`).

mod each;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, QueryFilter as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shequn_entity::idempotency_records::{ActiveModel, Column, Entity, Model};

use super::Platform;
use super::audit::{Ended, Entry, Subject};
use super::crypto::sha256;
use super::db::{DbError, TenantScope, TenantTx};
use super::ids::{Id, Kind, TenantId};
use super::origin::Origin;
use crate::actor::Actor;
use crate::error::{ApiError, ErrorCode, Failure, UserError, UserErrorCode};

pub use each::{By, Ending, Worked};

/// The longest key, in characters.
pub const MAX_KEY_LENGTH: usize = 255;

/// One invocation of a mutation, as far as its repetition and the audit trail are concerned.
#[derive(Clone, Debug)]
pub struct Call {
    operation: &'static str,
    key: Option<String>,
    is_lasting: bool,
    input_hash: [u8; 32],
    origin: Arc<Origin>,
    given: Arc<Given>,
    state: Arc<State>,
}

/// What the caller gave, without any value of it.
#[derive(Debug, Default)]
pub struct Given {
    /// Paths of the input fields, without places in lists; sorted.
    pub fields: Vec<String>,
    /// The things that the input names by id.
    pub named: Subject,
}

/// What has become of a call.
#[derive(Debug, Default)]
struct State {
    is_replayed: AtomicBool,
    is_recorded: AtomicBool,
    refusal: Mutex<Option<Vec<UserErrorCode>>>,
}

impl Call {
    /// `input` is the canonical form of the typed input without the key.
    #[must_use]
    pub fn new(operation: &'static str, input: &[u8], origin: Arc<Origin>, given: Given) -> Self {
        let (input_hash, given) = (sha256(input), Arc::new(given));
        Self { operation, key: None, is_lasting: false, input_hash, origin, given, state: Arc::default() }
    }

    /// A call that is not repeated by anybody: the command line and background work.
    #[must_use]
    pub fn once(operation: &'static str) -> Self {
        Self::new(operation, &[], Arc::new(Origin::local()), Given::default())
    }

    /// The same call, to be done once for this key.
    pub fn keyed(self, key: Option<&str>) -> Result<Self, ApiError> {
        check_key(key)?;
        Ok(Self { key: key.map(str::to_owned), ..self })
    }

    /// The same call, whose outcome is remembered for ever: for what moves points, money or stock.
    #[must_use]
    pub fn for_ever(&self) -> Self {
        Self { is_lasting: true, ..self.clone() }
    }

    /// The same call, known to be about this.
    #[must_use]
    pub fn about(self, named: Subject) -> Self {
        Self { given: Arc::new(Given { fields: self.given.fields.clone(), named }), ..self }
    }

    /// Whether the outcome was remembered rather than made.
    #[must_use]
    pub fn was_replayed(&self) -> bool {
        self.state.is_replayed.load(Ordering::Relaxed)
    }

    /// The mutation's name.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// See [`Given::fields`].
    #[must_use]
    pub fn fields(&self) -> &[String] {
        &self.given.fields
    }

    /// See [`Given::named`].
    #[must_use]
    pub fn named(&self) -> &Subject {
        &self.given.named
    }

    /// Notes that the audit trail has its event, or had it from the call that this one repeats.
    pub fn note_recorded(&self) {
        self.state.is_recorded.store(true, Ordering::Relaxed);
    }

    /// Whether it has.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.state.is_recorded.load(Ordering::Relaxed)
    }

    /// Notes why the call was refused.
    pub fn note_refusal(&self, errors: &[UserError]) {
        *self.state.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(codes(errors));
    }

    /// Why it was, if it was.
    #[must_use]
    pub fn refusal(&self) -> Option<Vec<UserErrorCode>> {
        self.state.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn codes(errors: &[UserError]) -> Vec<UserErrorCode> {
    errors.iter().map(|error| error.code).collect()
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

/// What a use case may return: it can be remembered under an idempotency key, and says what it is about.
pub trait Outcome: Serialize + DeserializeOwned {
    /// For the audit trail; what the input names, unless told otherwise.
    fn subject(&self) -> Subject {
        Subject::none()
    }
}

impl Outcome for () {}

impl<K: Kind> Outcome for Id<K> {
    fn subject(&self) -> Subject {
        Subject::of(*self)
    }
}

/// Where, and what there: a community and one of its members.
impl<W: Kind, K: Kind> Outcome for (Id<W>, Id<K>) {
    fn subject(&self) -> Subject {
        Subject::of(self.1).within(self.0)
    }
}

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
    actor: Actor,
    platform: Platform,
}

impl Attempt {
    /// Ends the transaction by what the work returned, and remembers it where the call has a key.
    async fn finish<T: Outcome, E: Into<Failure>>(self, result: Result<T, E>) -> Result<T, Failure> {
        match result.map_err(Into::into) {
            Ok(value) => {
                self.record(&Ok(&value), Ended::Succeeded(value.subject())).await?;
                self.commit().await?;
                Ok(value)
            }
            Err(Failure::Refused(errors)) => {
                if self.call.key.is_some() {
                    self.tx.rollback_to_savepoint().await?;
                    self.record::<T>(&Err(&errors), Ended::Refused(codes(&errors))).await?;
                    self.commit().await?;
                }
                Err(Failure::Refused(errors))
            }
            Err(failed @ Failure::Failed(_)) => Err(failed),
        }
    }

    /// Writes how it ended: into the trail, and where the call has a key, under that.
    async fn record<T: Serialize>(&self, outcome: &Result<&T, &Vec<UserError>>, ended: Ended) -> Result<(), ApiError> {
        let entry = Entry { actor: &self.actor, call: &self.call, ended };
        let Some(key) = &self.call.key else { return self.platform.record_in(&self.tx, entry).await };
        let record = ActiveModel {
            tenant_id: Set(self.tx.tenant().uuid()),
            actor: Set(self.actor.label()),
            operation: Set(self.call.operation.to_owned()),
            key: Set(key.clone()),
            input_hash: Set(self.platform.input_mark(&self.call)),
            outcome: Set(serde_json::to_value(outcome).map_err(ApiError::internal)?),
            created_at: Set(self.platform.clock.now()),
            is_lasting: Set(self.call.is_lasting),
        };
        self.platform.record_with(&self.tx, record, entry).await
    }

    async fn commit(self) -> Result<(), DbError> {
        self.tx.commit().await?;
        self.call.note_recorded();
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
        match self.begin(scope, actor, call).await? {
            Begun::Replay(outcome) => outcome,
            Begun::Fresh(attempt) => {
                let result = work(&attempt.tx).await;
                attempt.finish(result).await
            }
        }
    }

    /// What tells one input from another, and tells nothing without our key.
    fn input_mark(&self, call: &Call) -> Vec<u8> {
        self.master.idempotency.mac(&call.input_hash).to_vec()
    }

    /// Begins `call` in a transaction, which the attempt keeps. On PostgreSQL a second caller is told at once that the
    /// first is at it; on SQLite it has waited for the only writer, and finds the record.
    async fn begin<T: Outcome>(&self, scope: TenantScope, actor: &Actor, call: &Call) -> Result<Begun<T>, Failure> {
        let fresh = |tx| {
            Begun::Fresh(Box::new(Attempt { tx, call: call.clone(), actor: actor.clone(), platform: self.clone() }))
        };
        let Some(key) = &call.key else { return Ok(fresh(self.db.write(scope).await?)) };
        let label = actor.label();
        let number = number(scope.tenant(), &label, (call.operation, key))?;
        let tx = self.db.write_alone(scope, number).await?.ok_or_else(in_flight)?;
        let known = tx
            .find::<Entity>()
            .filter(Column::Actor.eq(label).and(Column::Operation.eq(call.operation)))
            .filter(Expr::col(Column::Key).eq(key.as_str()))
            .one(&tx)
            .await
            .map_err(DbError::from)?;
        let Some(record) = known else { return Ok(fresh(tx)) };
        // Whoever repeats it again at once does not find it in flight.
        tx.rollback().await?;
        Ok(Begun::Replay(self.replay(call, record)))
    }

    /// How the call ended that this one repeats.
    fn replay<T: Outcome>(&self, call: &Call, record: Model) -> Result<T, Failure> {
        if record.input_hash != self.input_mark(call) {
            return Err(ApiError::new(
                ErrorCode::IdempotencyKeyReused,
                "This idempotency key was used before with other input.",
            )
            .into());
        }
        let outcome: Result<T, Vec<UserError>> = serde_json::from_value(record.outcome).map_err(ApiError::internal)?;
        call.state.is_replayed.store(true, Ordering::Relaxed);
        call.note_recorded();
        outcome.map_err(Failure::Refused)
    }
}

fn in_flight() -> ApiError {
    ApiError::new(ErrorCode::IdempotencyInFlight, "The first request with this key is still running.")
}

/// What stands for the key among all keys of all callers.
fn number(tenant: TenantId, actor: &str, (operation, key): (&str, &str)) -> Result<i64, ApiError> {
    let name = sha256(format!("{tenant}|{actor}|{operation}|{key}").as_bytes());
    let (number, _) = name.split_first_chunk::<8>().ok_or_else(|| ApiError::internal("a digest is too short"))?;
    Ok(i64::from_be_bytes(*number))
}
