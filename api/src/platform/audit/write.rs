//! Writing events.

use std::sync::Arc;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveModelTrait, ConnectionTrait as _, Iterable as _};
use shequn_entity::audit_events::{ActiveModel, Column, Entity};
use tokio::sync::Notify;

use super::chain::Chain;
use super::event::{ActorKind, Event, Outcome};
use super::subject::Subject;
use crate::actor::Actor;
use crate::error::{ApiError, ErrorCode, UserErrorCode};
use crate::platform::Platform;
use crate::platform::db::bulk::Bulk;
use crate::platform::db::{DbError, SystemTx, TenantScope, TenantTable, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{AuditEventKind, TenantId};

/// Tells the sealer of this process that there are new events.
#[derive(Clone, Default)]
pub struct Trail(pub(super) Arc<Notify>);

/// An event about to be recorded.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Who acted.
    pub actor: &'a Actor,
    /// What they called, from where, with which fields.
    pub call: &'a Call,
    /// How it ended.
    pub ended: Ended,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// Well; this is what it was about.
    Succeeded(Subject),
    /// With reasons in the payload.
    Refused(Vec<UserErrorCode>),
    /// With a top-level error; those of 401 and 403 are a denial.
    Failed(ErrorCode),
}

impl Ended {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Succeeded(_) => Outcome::Succeeded,
            Self::Refused(_) => Outcome::Refused,
            Self::Failed(
                ErrorCode::Unauthenticated
                | ErrorCode::Forbidden
                | ErrorCode::StepUpRequired
                | ErrorCode::SecondFactorRequired,
            ) => Outcome::Denied,
            Self::Failed(_) => Outcome::Failed,
        }
    }

    fn codes(&self) -> Result<serde_json::Value, ApiError> {
        match self {
            Self::Succeeded(_) => Ok(serde_json::Value::Array(Vec::new())),
            Self::Refused(codes) => serde_json::to_value(codes).map_err(ApiError::internal),
            Self::Failed(code) => Ok([code.as_str()].into_iter().collect()),
        }
    }
}

impl Platform {
    /// Records an event in the transaction of what it tells about.
    pub async fn record_in(&self, tx: &TenantTx, entry: Entry<'_>) -> Result<(), ApiError> {
        tx.insert(self.row(tx.tenant(), &entry)?).await?;
        self.trail.0.notify_one();
        Ok(())
    }

    /// As [`Platform::record_in`], with a row that belongs to it.
    pub async fn record_with<A>(&self, tx: &TenantTx, row: A, entry: Entry<'_>) -> Result<(), ApiError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
    {
        tx.insert_both(row, self.row(tx.tenant(), &entry)?).await?;
        self.trail.0.notify_one();
        Ok(())
    }

    /// As [`Platform::record_in`], for many at once.
    pub async fn record_each(&self, tx: &TenantTx, entries: &[Entry<'_>]) -> Result<(), ApiError> {
        let tenant = tx.tenant();
        let chain = Chain::of(&self.master, tenant);
        let (mut events, mut macs) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        for entry in entries {
            let event = self.event(tenant, entry)?;
            macs.push(chain.prove(&event)?.to_vec());
            events.push(event);
        }
        let each = || events.iter();
        Bulk::new(Entity, events.len())
            .same(Column::TenantId, tenant.uuid())
            .each(Column::Id, each().map(|event| event.id.uuid()))
            .each(Column::OccurredAt, each().map(|event| event.occurred_at))
            .each(Column::ActorKind, each().map(|event| event.actor_kind.clone()))
            .each_text(Column::ActorId, each().map(|event| event.actor_id.clone()))
            .each_text(Column::ViaId, each().map(|event| event.via_id.clone()))
            .each(Column::Address, each().map(|event| event.address.clone()))
            .each(Column::Operation, each().map(|event| event.operation.clone()))
            .each_text(Column::ObjectId, each().map(|event| event.object_id.clone()))
            .each_text(Column::WithinId, each().map(|event| event.within_id.clone()))
            .each(Column::ChangedFields, each().map(|event| event.changed_fields.clone()))
            .each(Column::RequestId, each().map(|event| event.request_id.clone()))
            .each(Column::Outcome, each().map(|event| event.outcome.clone()))
            .each(Column::Codes, each().map(|event| event.codes.clone()))
            .each(Column::Mac, macs)
            .execute(tx)
            .await?;
        self.trail.0.notify_one();
        Ok(())
    }

    /// Commits what was done, its event with it. For calls whose outcome is not remembered under a key.
    pub async fn commit_recorded(&self, tx: TenantTx, entry: Entry<'_>) -> Result<(), ApiError> {
        let call = entry.call;
        self.record_in(&tx, entry).await?;
        tx.commit().await?;
        call.note_recorded();
        Ok(())
    }

    /// Records in one tenant's trail what a transaction did across them.
    pub async fn record_for(&self, tx: &SystemTx, tenant: TenantId, entry: Entry<'_>) -> Result<(), ApiError> {
        let values = self.row(tenant, &entry)?;
        let columns: Vec<Column> = Column::iter().collect();
        let cells = columns.iter().filter_map(|column| values.get(*column).into_value()).map(Expr::val);
        let insert = Query::insert().into_table(Entity).columns(columns.clone()).values_panic(cells).to_owned();
        tx.execute(&insert).await.map_err(DbError::from)?;
        self.trail.0.notify_one();
        Ok(())
    }

    fn row(&self, tenant: TenantId, entry: &Entry<'_>) -> Result<ActiveModel, ApiError> {
        let event = self.event(tenant, entry)?;
        let mac = Chain::of(&self.master, tenant).prove(&event)?;
        Ok(ActiveModel {
            tenant_id: Set(event.tenant.uuid()),
            id: Set(event.id.uuid()),
            occurred_at: Set(event.occurred_at),
            actor_kind: Set(event.actor_kind),
            actor_id: Set(event.actor_id),
            via_id: Set(event.via_id),
            address: Set(event.address),
            operation: Set(event.operation),
            object_id: Set(event.object_id),
            within_id: Set(event.within_id),
            changed_fields: Set(event.changed_fields),
            request_id: Set(event.request_id),
            outcome: Set(event.outcome),
            codes: Set(event.codes),
            mac: Set(mac.to_vec()),
        })
    }

    /// Records events that have no transaction to go with.
    pub async fn record(&self, scope: TenantScope, entries: Vec<Entry<'_>>) -> Result<(), ApiError> {
        let tx = self.db.write(scope).await?;
        for entry in entries {
            self.record_in(&tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    fn event(&self, tenant: TenantId, entry: &Entry<'_>) -> Result<Event, ApiError> {
        let Entry { actor, call, ended } = entry;
        let (kind, actor_id, via_id) = identity(tenant, actor);
        // What was not done is about what the input names.
        let subject = match ended {
            Ended::Succeeded(subject) => subject.clone().or(call.named()),
            Ended::Refused(_) | Ended::Failed(_) => call.named().clone(),
        };
        let origin = call.origin();
        Ok(Event {
            tenant,
            id: self.new_id::<AuditEventKind>(),
            occurred_at: self.clock.now(),
            actor_kind: kind.as_str().to_owned(),
            actor_id,
            via_id,
            address: origin.address.to_string(),
            operation: call.operation().to_owned(),
            object_id: subject.object,
            within_id: subject.within,
            changed_fields: call.fields().iter().map(String::as_str).collect(),
            request_id: origin.request_id.clone(),
            outcome: ended.outcome().as_str().to_owned(),
            codes: ended.codes()?,
        })
    }
}

/// Kind, id, and the session or key by which they came. Who somebody is in another tenant is not this one's to know.
fn identity(tenant: TenantId, actor: &Actor) -> (ActorKind, Option<String>, Option<String>) {
    match actor {
        other if other.tenant().is_some_and(|home| home != tenant) => (ActorKind::Anonymous, None, None),
        Actor::Anonymous => (ActorKind::Anonymous, None, None),
        Actor::User(user) => (ActorKind::User, Some(user.user.to_string()), Some(user.session.to_string())),
        Actor::Key(key) => (ActorKind::Key, Some(key.key.to_string()), None),
        Actor::Member(member) => (ActorKind::Member, Some(member.member.to_string()), Some(member.key.to_string())),
        Actor::System(_) => (ActorKind::System, None, None),
    }
}
