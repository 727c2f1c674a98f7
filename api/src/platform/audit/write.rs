//! Writing events.

use std::sync::Arc;

use sea_orm::ActiveValue::Set;
use shequn_entity::audit_events::ActiveModel;
use tokio::sync::Notify;

use super::chain::Chain;
use super::event::{ActorKind, Event, Outcome};
use super::subject::Subject;
use crate::actor::Actor;
use crate::error::{ApiError, ErrorCode, UserErrorCode};
use crate::platform::Platform;
use crate::platform::db::{TenantScope, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::AuditEventKind;

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
        let chain = Chain::of(&self.master, tx.tenant());
        let event = self.event(tx, &entry)?;
        let mac = chain.prove(&event)?;
        tx.insert(ActiveModel {
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
        .await?;
        self.trail.0.notify_one();
        Ok(())
    }

    /// Records events that have no transaction to go with.
    pub async fn record(&self, scope: TenantScope, entries: Vec<Entry<'_>>) -> Result<(), ApiError> {
        let tx = self.db.write(scope).await?;
        for entry in entries {
            self.record_in(&tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    fn event(&self, tx: &TenantTx, entry: &Entry<'_>) -> Result<Event, ApiError> {
        let Entry { actor, call, ended } = entry;
        let (kind, actor_id, via_id) = identity(actor);
        // What was not done is about what the input names.
        let subject = match ended {
            Ended::Succeeded(subject) => subject.clone().or(call.named()),
            Ended::Refused(_) | Ended::Failed(_) => call.named().clone(),
        };
        let origin = call.origin();
        Ok(Event {
            tenant: tx.tenant(),
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

/// Kind, id, and the session or key by which they came.
fn identity(actor: &Actor) -> (ActorKind, Option<String>, Option<String>) {
    match actor {
        Actor::Anonymous => (ActorKind::Anonymous, None, None),
        Actor::User(user) => (ActorKind::User, Some(user.user.to_string()), Some(user.session.to_string())),
        Actor::Key(key) => (ActorKind::Key, Some(key.key.to_string()), None),
        Actor::Member(member) => (ActorKind::Member, Some(member.member.to_string()), Some(member.key.to_string())),
        Actor::System(_) => (ActorKind::System, None, None),
    }
}
