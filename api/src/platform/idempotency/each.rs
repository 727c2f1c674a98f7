//! Many calls, each once, in one transaction: as [`Platform::once`] for each of them, with one commit for all.

use std::collections::{HashMap, HashSet};

use futures_util::future::BoxFuture;
use sea_orm::FromQueryResult as _;
use shequn_entity::idempotency_records::{Column, Entity, Model};

use super::{Call, Outcome, codes, in_flight, number};
use crate::actor::Actor;
use crate::error::{ApiError, Failure, UserError};
use crate::platform::Platform;
use crate::platform::audit::{Ended, Entry};
use crate::platform::db::bulk::Bulk;
use crate::platform::db::together::{Given, Together};
use crate::platform::db::{DbError, TenantScope, TenantTx};

/// A call, and who made it.
pub type By = (Actor, Call);

/// What became of one call of many; None if nothing, so that it has to be done alone.
pub type Ending<T> = Option<Result<T, Failure>>;

/// What the work on those that are new gives for each, in their order: what it did, or why it did nothing for this one;
/// None where they cannot be done together.
pub type Worked<T> = Option<Vec<Result<T, Vec<UserError>>>>;

/// The key of a record within its tenant: actor, operation, key.
type RecordKey = (String, String, String);

impl Platform {
    /// Runs a use case once for each of these calls. `work` is given the places of those that were not done before. It
    /// must have done nothing for a call that it refuses. When it fails, or anything else does, nothing was done for any,
    /// and each has to find out alone; so has a call without a key, and one whose key stands here twice.
    pub async fn once_each<T, E, F>(&self, scope: TenantScope, calls: &[By], work: F) -> Vec<Ending<T>>
    where
        T: Outcome,
        E: Into<Failure>,
        F: for<'a> FnOnce(&'a TenantTx, Vec<usize>) -> BoxFuture<'a, Result<Worked<T>, E>>,
    {
        let done = self.try_each(scope, calls, work).await;
        done.unwrap_or_else(|failure| {
            if let Failure::Failed(error) = &failure {
                tracing::warn!(calls = calls.len(), error.code = error.code().as_str(), "calls.not_done_together");
            }
            nothing(calls)
        })
    }

    async fn try_each<T, E, F>(&self, scope: TenantScope, calls: &[By], work: F) -> Result<Vec<Ending<T>>, Failure>
    where
        T: Outcome,
        E: Into<Failure>,
        F: for<'a> FnOnce(&'a TenantTx, Vec<usize>) -> BoxFuture<'a, Result<Worked<T>, E>>,
    {
        let tx = self.db.write_promptly(scope).await?;
        let done = self.each_in(&tx, calls, work).await;
        // Whoever goes on alone finds neither lock nor transaction in the way.
        match done {
            Ok((endings, new)) if !new.is_empty() => {
                tx.commit().await?;
                new.into_iter().for_each(Call::note_recorded);
                Ok(endings)
            }
            Ok((endings, _)) => tx.rollback().await.map(|()| endings).map_err(Into::into),
            Err(failure) => {
                tx.rollback().await?;
                Err(failure)
            }
        }
    }

    /// What became of each, and the calls that have to be committed.
    async fn each_in<'c, T, E, F>(
        &self,
        tx: &TenantTx,
        calls: &'c [By],
        work: F,
    ) -> Result<(Vec<Ending<T>>, Vec<&'c Call>), Failure>
    where
        T: Outcome,
        E: Into<Failure>,
        F: for<'a> FnOnce(&'a TenantTx, Vec<usize>) -> BoxFuture<'a, Result<Worked<T>, E>>,
    {
        let mut held = self.hold_and_replay(tx, calls).await?;
        let is_new = |(place, held): (usize, &Held<T>)| matches!(held, Held::New).then_some(place);
        let places: Vec<_> = held.iter().enumerate().filter_map(is_new).collect();
        let mut new: Vec<&By> = places.iter().filter_map(|place| calls.get(*place)).collect();
        if !places.is_empty() {
            match work(tx, places.clone()).await.map_err(Into::into)? {
                Some(results) if results.len() == new.len() => {
                    self.remember(tx, &new, &results).await?;
                    for (place, result) in places.into_iter().zip(results) {
                        if let Some(held) = held.get_mut(place) {
                            *held = Held::Ended(result.map_err(Failure::Refused));
                        }
                    }
                }
                Some(_) => return Err(ApiError::internal("not every call has a result").into()),
                None => new.clear(),
            }
        }
        let endings = held.into_iter().map(Held::ending).collect();
        Ok((endings, new.into_iter().map(|(_, call)| call).collect()))
    }

    /// Holds the keys of those calls that are new, and tells the others what became of theirs.
    async fn hold_and_replay<T: Outcome>(&self, tx: &TenantTx, calls: &[By]) -> Result<Vec<Held<T>>, Failure> {
        let mut numbers = Vec::with_capacity(calls.len());
        for (actor, call) in calls {
            let key = call.key.as_deref();
            let number = |key| number(tx.tenant(), &actor.label(), (call.operation, key));
            numbers.push(key.map(number).transpose()?);
        }
        let wanted: HashSet<i64> = numbers.iter().copied().flatten().collect();
        let held = tx.hold(&wanted.into_iter().collect::<Vec<_>>()).await?;
        let known = list_records(tx, calls).await?;
        let mut seen = HashSet::new();
        let endings = calls.iter().zip(numbers).map(|((actor, call), number)| {
            let Some(number) = number else { return Held::Alone };
            if !held.contains(&number) {
                return Held::Ended(Err(in_flight().into()));
            }
            match known.get(&record_key(actor, call)) {
                Some(record) => Held::Ended(self.replay(call, record.clone())),
                None if seen.insert(number) => Held::New,
                None => Held::Alone,
            }
        });
        Ok(endings.collect())
    }

    /// Writes how each ended: under its key, and into the trail.
    async fn remember<T: Outcome>(
        &self,
        tx: &TenantTx,
        calls: &[&By],
        results: &[Result<T, Vec<UserError>>],
    ) -> Result<(), ApiError> {
        let outcomes: Result<Vec<_>, _> = results.iter().map(serde_json::to_value).collect();
        let each = || calls.iter().map(|(actor, call)| (actor, call));
        Bulk::new(Entity, calls.len())
            .same(Column::TenantId, tx.tenant().uuid())
            .each(Column::Actor, each().map(|(actor, _)| actor.label()))
            .each(Column::Operation, each().map(|(_, call)| call.operation.to_owned()))
            .each(Column::Key, each().map(|(_, call)| call.key.clone().unwrap_or_default()))
            .each(Column::InputHash, each().map(|(_, call)| self.input_mark(call)))
            .each(Column::Outcome, outcomes.map_err(ApiError::internal)?)
            .same(Column::CreatedAt, self.clock.now())
            .each(Column::IsLasting, each().map(|(_, call)| call.is_lasting))
            .execute(tx)
            .await?;
        let ended = |result: &Result<T, Vec<UserError>>| match result {
            Ok(value) => Ended::Succeeded(value.subject()),
            Err(errors) => Ended::Refused(codes(errors)),
        };
        let entries: Vec<_> =
            each().zip(results).map(|((actor, call), result)| Entry { actor, call, ended: ended(result) }).collect();
        self.record_each(tx, &entries).await
    }
}

/// What is known of a call before the work.
enum Held<T> {
    New,
    Ended(Result<T, Failure>),
    Alone,
}

impl<T> Held<T> {
    fn ending(self) -> Ending<T> {
        match self {
            Self::Ended(result) => Some(result),
            Self::New | Self::Alone => None,
        }
    }
}

fn nothing<T>(calls: &[By]) -> Vec<Ending<T>> {
    calls.iter().map(|_| None).collect()
}

fn record_key(actor: &Actor, call: &Call) -> RecordKey {
    (actor.label(), call.operation.to_owned(), call.key.clone().unwrap_or_default())
}

const LATERAL: &str = "SELECT r.* FROM {asked} a CROSS JOIN LATERAL (
    SELECT * FROM idempotency_records r WHERE r.tenant_id = {tenant}
    AND r.actor = a.actor AND r.operation = a.operation AND r.key = a.key LIMIT 1) r";

const JOIN: &str = "SELECT r.* FROM {asked} a CROSS JOIN idempotency_records r ON r.tenant_id = {tenant}
    AND r.actor = a.actor AND r.operation = a.operation AND r.key = a.key";

async fn list_records(tx: &TenantTx, calls: &[By]) -> Result<HashMap<RecordKey, Model>, ApiError> {
    let keys: HashSet<_> = calls.iter().map(|(actor, call)| record_key(actor, call)).collect();
    let given = Given::default()
        .each("actor", keys.iter().map(|(actor, ..)| actor.clone()))
        .each("operation", keys.iter().map(|(_, operation, _)| operation.clone()))
        .each("key", keys.iter().map(|(.., key)| key.clone()));
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .given("asked", given)
        .query(
            tx,
            // One after the other by the key of the table: a join might read all records of a tenant that is new to the
            // planner. SQLite knows no LATERAL, and joins so anyway.
            if tx.is_postgres() { LATERAL } else { JOIN },
        )
        .await?;
    let record =
        |row| Model::from_query_result(row, "").map(|r| ((r.actor.clone(), r.operation.clone(), r.key.clone()), r));
    Ok(rows.iter().map(record).collect::<Result<_, _>>().map_err(DbError::from)?)
}
