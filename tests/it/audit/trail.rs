//! A tenant's trail, as the storage has it.

use harness::Database;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// An event.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<String>,
    pub(super) via_id: Option<String>,
    pub(super) address: String,
    pub(super) operation: String,
    pub(super) object_id: Option<String>,
    pub(super) changed_fields: Value,
    pub(super) request_id: String,
    pub(super) outcome: String,
    pub(super) codes: Value,
    #[serde(skip)]
    text: String,
}

impl Row {
    /// The whole row.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

pub(super) struct Trail {
    pub(super) database: Database,
    pub(super) tenant: Uuid,
}

impl Trail {
    pub(super) async fn count(&self) -> usize {
        usize::try_from(self.database.count("audit_events", self.tenant).await).unwrap()
    }

    /// The events in the order in which they were written.
    pub(super) async fn rows(&self) -> Vec<Row> {
        let tenant = self.database.literal(self.tenant);
        let columns = ["actor_kind", "actor_id", "via_id", "address", "operation", "object_id", "within_id"];
        let texts = columns.iter().chain(&["request_id", "outcome"]).map(|name| format!("'{name}', {name}"));
        let texts = texts.collect::<Vec<_>>().join(", ");
        let row = match self.database {
            Database::Postgres(_) => {
                format!("json_build_object({texts}, 'changed_fields', changed_fields, 'codes', codes)::text")
            }
            Database::Sqlite(_) => {
                format!("json_object({texts}, 'changed_fields', json(changed_fields), 'codes', json(codes))")
            }
        };
        let sql = format!("SELECT {row} FROM audit_events WHERE tenant_id = {tenant} ORDER BY seq");
        let read = |text: String| Row { text: text.clone(), ..serde_json::from_str(&text).unwrap() };
        self.database.texts(&sql).await.into_iter().map(read).collect()
    }

    pub(super) async fn last(&self) -> Row {
        self.rows().await.pop().expect("an event")
    }
}
