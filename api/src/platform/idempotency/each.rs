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
use crate::platform::ids::TenantId;

/// A call, and who made it.
pub type By = (Actor, Call);

/// What became of one call of many; None if nothing, so that it has to be done alone.
pub type Ending<T> = Option<Result<T, Failure>>;

/// What the work on those that are new gives for each, in their order: what it did, or why it did nothing for this one.
pub type Worked<T> = Vec<Result<T, Vec<UserError>>>;

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
        let numbers = numbers(scope.tenant(), calls)?;
        let wanted: HashSet<i64> = numbers.iter().copied().flatten().collect();
        let (tx, held) = self.db.write_promptly(scope, &wanted.into_iter().collect::<Vec<_>>()).await?;
        let known = self.replay_each(&tx, calls, (&numbers, &held)).await;
        let done = match known {
            Ok(known) => self.each_in(&tx, (calls, known), work).await,
            Err(error) => Err(error.into()),
        };
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
        (calls, mut known): (&'c [By], Vec<Known<T>>),
        work: F,
    ) -> Result<(Vec<Ending<T>>, Vec<&'c Call>), Failure>
    where
        T: Outcome,
        E: Into<Failure>,
        F: for<'a> FnOnce(&'a TenantTx, Vec<usize>) -> BoxFuture<'a, Result<Worked<T>, E>>,
    {
        let is_new = |(place, known): (usize, &Known<T>)| matches!(known, Known::New).then_some(place);
        let places: Vec<_> = known.iter().enumerate().filter_map(is_new).collect();
        let new: Vec<&By> = places.iter().filter_map(|place| calls.get(*place)).collect();
        if !places.is_empty() {
            let results = work(tx, places.clone()).await.map_err(Into::into)?;
            if results.len() != new.len() {
                return Err(ApiError::internal("not every call has a result").into());
            }
            self.remember(tx, &new, &results).await?;
            for (place, result) in places.into_iter().zip(results) {
                if let Some(known) = known.get_mut(place) {
                    *known = Known::Ended(result.map_err(Failure::Refused));
                }
            }
        }
        let endings = known.into_iter().map(Known::ending).collect();
        Ok((endings, new.into_iter().map(|(_, call)| call).collect()))
    }

    /// What became of those calls that are not new.
    async fn replay_each<T: Outcome>(
        &self,
        tx: &TenantTx,
        calls: &[By],
        (numbers, held): (&[Option<i64>], &HashSet<i64>),
    ) -> Result<Vec<Known<T>>, ApiError> {
        let records = list_records(tx, calls).await?;
        let mut seen = HashSet::new();
        let endings = calls.iter().zip(numbers).map(|((actor, call), number)| {
            let Some(number) = number else { return Known::Alone };
            if !held.contains(number) {
                return Known::Ended(Err(in_flight().into()));
            }
            match records.get(&record_key(actor, call)) {
                Some(record) => Known::Ended(self.replay(call, record.clone())),
                None if seen.insert(*number) => Known::New,
                None => Known::Alone,
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
enum Known<T> {
    New,
    Ended(Result<T, Failure>),
    Alone,
}

impl<T> Known<T> {
    fn ending(self) -> Ending<T> {
        match self {
            Self::Ended(result) => Some(result),
            Self::New | Self::Alone => None,
        }
    }
}

/// What stands for their keys, for those that have one.
fn numbers(tenant: TenantId, calls: &[By]) -> Result<Vec<Option<i64>>, ApiError> {
    let number = |(actor, call): &By| {
        call.key.as_deref().map(|key| number(tenant, &actor.label(), (call.operation, key))).transpose()
    };
    calls.iter().map(number).collect()
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
