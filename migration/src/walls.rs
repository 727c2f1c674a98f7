//! The database's own wall between tenants: row security, and grants to the two roles that
//! requests run as. SQLite has neither; there the tenant scope in the code stands alone.
//!
//! Dropping a table takes its policies and grants along, so there is nothing to undo here.

use sea_orm_migration::prelude::*;

use crate::dialect::run_on_postgres;

/// Which rows exist for the tenant of the transaction. Without one the setting is null, or ''
/// once the connection has had one: either way no row matches.
const ROWS_OF_TENANT: &str = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid";

/// No TRUNCATE: it goes past row security.
const ALL_VERBS: &str = "SELECT, INSERT, UPDATE, DELETE";

/// What the app role may do with a table; nothing beyond is granted.
pub(crate) struct AppAccess {
    /// Privileges, as in GRANT.
    pub(crate) verbs: &'static str,
    /// The rows it may see and write, as a condition.
    pub(crate) rows: &'static str,
}

impl AppAccess {
    /// Reads and writes the tenant's rows.
    pub(crate) const FULL: Self = Self { verbs: ALL_VERBS, rows: ROWS_OF_TENANT };

    /// Appends to the tenant's rows and reads them.
    pub(crate) const APPEND: Self = Self { verbs: "SELECT, INSERT", rows: ROWS_OF_TENANT };

    /// Reads the tenant's rows, which the system role writes.
    pub(crate) const READ: Self = Self { verbs: "SELECT", rows: ROWS_OF_TENANT };
}

/// Encloses a table with a `tenant_id` that the app role reads and writes.
pub(crate) async fn enclose(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    enclose_for(manager, table, AppAccess::FULL).await
}

/// Encloses a table that the app role has its own rules for.
pub(crate) async fn enclose_for(manager: &SchemaManager<'_>, table: &'static str, app: AppAccess) -> Result<(), DbErr> {
    enclose_for_system(manager, table).await?;
    let AppAccess { verbs, rows } = app;
    let sql = format!(
        "CREATE POLICY {table}_app ON {table} TO shequn_app USING ({rows}) WITH CHECK ({rows});
         GRANT {verbs} ON {table} TO shequn_app;"
    );
    run_on_postgres(manager, &sql).await
}

/// Encloses a table whose rows nobody changes or deletes: neither role is granted to, and there is no policy that
/// would let a row be changed by anybody whom row security binds, the owner of the table included.
pub(crate) async fn enclose_append_only(
    manager: &SchemaManager<'_>,
    table: &'static str,
    app: AppAccess,
) -> Result<(), DbErr> {
    let AppAccess { verbs, rows } = app;
    let system = "current_user = 'shequn_system'";
    let sql = format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
         CREATE POLICY {table}_system_read ON {table} FOR SELECT TO shequn_system USING ({system});
         CREATE POLICY {table}_system_append ON {table} FOR INSERT TO shequn_system WITH CHECK ({system});
         CREATE POLICY {table}_app_read ON {table} FOR SELECT TO shequn_app USING ({rows});
         CREATE POLICY {table}_app_append ON {table} FOR INSERT TO shequn_app WITH CHECK ({rows});
         GRANT SELECT, INSERT ON {table} TO shequn_system;
         GRANT {verbs} ON {table} TO shequn_app;"
    );
    run_on_postgres(manager, &sql).await
}

/// Encloses a table that only the system role may touch.
///
/// The policy asks for the role by name and not just `true`: the login that migrates is a member
/// of both roles, members inherit policies, and a statement sent before any role is entered would
/// see every tenant.
pub(crate) async fn enclose_for_system(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    let sql = format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
         CREATE POLICY {table}_system ON {table} TO shequn_system
             USING (current_user = 'shequn_system') WITH CHECK (current_user = 'shequn_system');
         GRANT {ALL_VERBS} ON {table} TO shequn_system;"
    );
    run_on_postgres(manager, &sql).await
}
