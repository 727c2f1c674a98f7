//! An audit event as it is stored, and what its proof is made over.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shequn_entity::audit_events::Model;

use crate::named_enum;
use crate::platform::ids::{AuditEventId, Id, TenantId};

named_enum! {
    /// What kind of caller acted.
    #[graphql(name = "AuditActorKind")]
    ActorKind {
        /// A person with a session.
        User "USER",
        /// A partner system with a key.
        Key "KEY",
        /// A member, by a token made for them.
        Member "MEMBER",
        /// The program itself: the command line and background work.
        System "SYSTEM",
        /// Nobody known: an attempt to sign in.
        Anonymous "ANONYMOUS",
    }
}

named_enum! {
    /// How a call ended.
    #[graphql(name = "AuditOutcome")]
    Outcome {
        /// It was done.
        Succeeded "SUCCEEDED",
        /// It was refused for its input or the state it met; nothing was changed.
        Refused "REFUSED",
        /// The caller may not do this; nothing was changed.
        Denied "DENIED",
        /// It failed otherwise; nothing was changed.
        Failed "FAILED",
    }
}

/// An event. Enumerations and lists are as they are stored: whether they are genuine is for the proof to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// Whose trail it is in.
    pub tenant: TenantId,
    /// `aud_…`
    pub id: AuditEventId,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// An [`ActorKind`].
    pub actor_kind: String,
    /// Who: `usr_…`, `key_…`, `mbr_…`.
    pub actor_id: Option<String>,
    /// The session or key by which they came.
    pub via_id: Option<String>,
    /// From which network address.
    pub address: String,
    /// The mutation's or the command's name.
    pub operation: String,
    /// What was made or changed.
    pub object_id: Option<String>,
    /// The larger thing that this happened in.
    pub within_id: Option<String>,
    /// Paths of the input fields that were given: a list of texts.
    pub changed_fields: serde_json::Value,
    /// `req_…`
    pub request_id: String,
    /// An [`Outcome`].
    pub outcome: String,
    /// Codes of refusal or failure: a list of texts.
    pub codes: serde_json::Value,
}

impl Event {
    /// What is proved: every field, in one spelling.
    pub(super) fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
        let who = (&self.actor_kind, &self.actor_id, &self.via_id, &self.address);
        let what = (&self.operation, &self.object_id, &self.within_id, &self.changed_fields);
        let how = (&self.request_id, &self.outcome, &self.codes);
        serde_json::to_vec(&("event/1", self.tenant, self.id, self.occurred_at, who, what, how))
    }
}

impl From<Model> for Event {
    fn from(row: Model) -> Self {
        Self {
            tenant: Id::from_uuid(row.tenant_id),
            id: Id::from_uuid(row.id),
            occurred_at: row.occurred_at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            via_id: row.via_id,
            address: row.address,
            operation: row.operation,
            object_id: row.object_id,
            within_id: row.within_id,
            changed_fields: row.changed_fields,
            request_id: row.request_id,
            outcome: row.outcome,
            codes: row.codes,
        }
    }
}
