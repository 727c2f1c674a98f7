//! All rows of one tenant, to show that something changed nothing. The rows themselves and not a hash of them:
//! a failing comparison then says what changed.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::Database;

/// What the sealers of the audit trail and of ledgers make of them in their own time, and how far others have read.
const MADE_LATER: [&str; 6] =
    ["audit_links", "audit_heads", "audit_checkpoints", "points_seals", "growth_cursors", "leaderboard_cursors"];

/// Table → its rows as text, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Vec<String>>);

impl Snapshot {
    /// Without a table that the test changes on purpose.
    pub fn without(mut self, table: &str) -> Self {
        self.0.remove(table);
        self
    }

    /// With these rows of a table instead of all.
    pub fn with(mut self, table: &str, mut rows: Vec<String>) -> Self {
        rows.sort();
        self.0.insert(table.to_owned(), rows);
        self
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Fails with the rows that came or went.
    pub fn must_equal(&self, before: &Self) {
        let gone = difference(before, self);
        let come = difference(self, before);
        assert!(gone.is_empty() && come.is_empty(), "rows gone: {gone:#?}\nrows new: {come:#?}");
    }
}

pub(crate) async fn take(database: &Database, tenant: Uuid) -> Snapshot {
    let id = database.literal(tenant);
    let mut tables = BTreeMap::new();
    for table in tables_with_tenant(database).await.into_iter().filter(|table| !MADE_LATER.contains(&table.as_str())) {
        let rows = rows_as_text(database, &table, &format!("tenant_id = {id}")).await;
        tables.insert(table, rows);
    }
    tables.insert("tenants".to_owned(), rows_as_text(database, "tenants", &format!("id = {id}")).await);
    let people = format!("id IN (SELECT user_id FROM tenant_memberships WHERE tenant_id = {id})");
    tables.insert("users".to_owned(), rows_as_text(database, "users", &people).await);
    for table in ["second_factors", "recovery_codes"] {
        let theirs = people.replacen("id", "user_id", 1);
        tables.insert(table.to_owned(), rows_as_text(database, table, &theirs).await);
    }
    Snapshot(tables)
}

async fn tables_with_tenant(database: &Database) -> Vec<String> {
    let sql = match database {
        Database::Postgres(_) => {
            "SELECT c.table_name::text FROM information_schema.columns c \
             JOIN information_schema.tables t USING (table_schema, table_name) \
             WHERE c.table_schema = 'public' AND c.column_name = 'tenant_id' AND t.table_type = 'BASE TABLE'"
        }
        Database::Sqlite(_) => {
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND c.name = 'tenant_id'"
        }
    };
    database.texts(sql).await
}

async fn rows_as_text(database: &Database, table: &str, condition: &str) -> Vec<String> {
    let row = match database {
        Database::Postgres(_) => "t::text".to_owned(),
        Database::Sqlite(_) => {
            let columns = database.columns(table).await;
            let quoted: Vec<String> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
            quoted.join(" || ',' || ")
        }
    };
    let mut rows = database.texts(&format!("SELECT {row} FROM \"{table}\" t WHERE {condition}")).await;
    rows.sort();
    rows
}

fn difference(left: &Snapshot, right: &Snapshot) -> Vec<String> {
    let empty = Vec::new();
    let rows = left.0.iter().flat_map(|(table, rows)| {
        let others = right.0.get(table).unwrap_or(&empty);
        rows.iter().filter(|row| !others.contains(row)).map(move |row| format!("{table}: {row}"))
    });
    rows.collect()
}
