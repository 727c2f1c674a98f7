//! Looks behind the API, past row security, and forges what the API would not.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use uuid::Uuid;

use crate::{Snapshot, runtime, snapshot};

/// SQL is written once for both storages; what differs has a method here.
pub enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Database {
    pub(crate) async fn postgres(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await;
        Self::Postgres(pool.expect("PostgreSQL answers"))
    }

    pub(crate) async fn sqlite(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        Self::Sqlite(pool.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Runs statements; gives the number of rows they touched.
    pub async fn execute(&self, sql: &str) -> u64 {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = match self {
            Self::Postgres(pool) => statement.execute(pool).await.map(|done| done.rows_affected()),
            Self::Sqlite(pool) => statement.execute(pool).await.map(|done| done.rows_affected()),
        };
        rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs statements in one transaction that must fail, and takes them back; gives the error's text.
    pub async fn refusal(&self, sql: &str) -> String {
        let statement = sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {sql}; COMMIT")));
        let done = match self {
            Self::Postgres(pool) => statement.execute(pool).await.map(drop),
            Self::Sqlite(pool) => statement.execute(pool).await.map(drop),
        };
        let error = done.err().unwrap_or_else(|| panic!("this was not refused: {sql}"));
        self.execute("ROLLBACK").await;
        error.to_string()
    }

    /// The first column, a text, of all rows.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let statement = AssertSqlSafe(sql.to_owned());
        let texts = match self {
            Self::Postgres(pool) => sqlx::query_scalar(statement).fetch_all(pool).await,
            Self::Sqlite(pool) => sqlx::query_scalar(statement).fetch_all(pool).await,
        };
        texts.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The one text.
    pub async fn text(&self, sql: &str) -> String {
        let mut texts = self.texts(sql).await;
        assert_eq!(texts.len(), 1, "rows of {sql}");
        texts.remove(0)
    }

    /// The one number; `count(*)` and the like.
    pub async fn number(&self, sql: &str) -> i64 {
        let statement = AssertSqlSafe(sql.to_owned());
        let number = match self {
            Self::Postgres(pool) => sqlx::query_scalar(statement).fetch_one(pool).await,
            Self::Sqlite(pool) => sqlx::query_scalar(statement).fetch_one(pool).await,
        };
        number.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The number of a tenant's rows in a table.
    pub async fn count(&self, table: &str, tenant: Uuid) -> i64 {
        let id = self.literal(tenant);
        self.number(&format!("SELECT count(*) FROM {table} WHERE tenant_id = {id}")).await
    }

    /// The names of a table's columns.
    pub async fn columns(&self, table: &str) -> Vec<String> {
        let sql = match self {
            Self::Postgres(_) => format!(
                "SELECT column_name::text FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
            Self::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}')"),
        };
        self.texts(&sql).await
    }

    /// A UUID as SQL writes it.
    pub fn literal(&self, id: Uuid) -> String {
        match self {
            Self::Postgres(_) => format!("'{id}'::uuid"),
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
        }
    }

    /// An expression that gives a UUID column as 32 hexadecimal digits.
    pub fn hex(&self, column: &str) -> String {
        match self {
            Self::Postgres(_) => format!("replace({column}::text, '-', '')"),
            Self::Sqlite(_) => format!("lower(hex({column}))"),
        }
    }

    /// The whole of what the storage holds of one tenant, once its part of the outbox has been worked off, what is due to
    /// its points is posted, and its members stand where that leads and are counted for leaderboards.
    pub async fn snapshot(&self, tenant: Uuid) -> Snapshot {
        let id = self.literal(tenant);
        self.wait_for("the outbox is drained", &self.outbox_behind(&format!("o.tenant_id = {id}"))).await;
        self.wait_for("what is due is posted", &self.points_due(&format!("a.tenant_id = {id}"))).await;
        self.wait_for("growth is reviewed", &self.growth_behind(&format!("t.id = {id}"))).await;
        let unread = self.unread("leaderboard_cursors", &format!("t.id = {id}"));
        self.wait_for("leaderboards are counted", &unread).await;
        snapshot::take(self, tenant).await
    }

    /// Waits until every consumer of the outbox has read to its end.
    pub async fn outbox_is_drained(&self) {
        self.wait_for("the outbox is drained", &self.outbox_behind("true")).await;
    }

    /// Waits until the sweeper has nothing to do. An account that was unfrozen is looked at within a second.
    pub async fn points_are_settled(&self) {
        self.wait_for("what is due is posted", &self.points_due("true")).await;
    }

    /// Waits until the growth path has taken notice of every entry of the ledger, and of the path's last change.
    pub async fn growth_is_reviewed(&self) {
        self.wait_for("growth is reviewed", &self.growth_behind("true")).await;
    }

    /// Waits until every entry of the ledger is counted for leaderboards.
    pub async fn leaderboards_are_counted(&self) {
        self.wait_for("leaderboards are counted", &self.unread("leaderboard_cursors", "true")).await;
    }

    /// Waits until the statement counts nothing.
    async fn wait_for(&self, what: &str, sql: &str) {
        runtime::eventually(what, Duration::from_secs(15), || async { self.number(sql).await == 0 }).await;
    }

    fn outbox_behind(&self, which: &str) -> String {
        let later = match self {
            Self::Postgres(_) => "(c.xid::text::bigint, c.seq) < (o.xid::text::bigint, o.seq)",
            Self::Sqlite(_) => "(c.xid, c.seq) < (o.xid, o.seq)",
        };
        format!(
            "SELECT count(*) FROM outbox o WHERE {which} AND (NOT EXISTS (SELECT 1 FROM outbox_cursors) \
             OR EXISTS (SELECT 1 FROM outbox_cursors c WHERE {later}))"
        )
    }

    fn points_due(&self, which: &str) -> String {
        // Whole seconds on SQLite: what is due within this one is due.
        let now = match self {
            Self::Postgres(_) => "now() + interval '2 seconds'",
            Self::Sqlite(_) => "strftime('%Y-%m-%dT%H:%M:%S', 'now', '+2 seconds')",
        };
        format!("SELECT count(*) FROM points_accounts a WHERE {which} AND a.due_at <= {now} AND a.frozen_at IS NULL")
    }

    fn growth_behind(&self, which: &str) -> String {
        format!(
            "SELECT ({}) + (SELECT count(*) FROM tenants t JOIN growth_positions p ON p.tenant_id = t.id \
                WHERE {which} AND p.path_version < \
                (SELECT max(v.version) FROM growth_paths v WHERE v.tenant_id = t.id))",
            self.unread("growth_cursors", which)
        )
    }

    /// Counts the entries of the ledger that are behind the cursors of somebody who follows it.
    fn unread(&self, cursors: &str, which: &str) -> String {
        let behind = match self {
            Self::Postgres(_) => "(c.xid, c.seq) < (e.xid::text::bigint, e.seq)",
            Self::Sqlite(_) => "c.seq < e.seq",
        };
        format!(
            "SELECT count(*) FROM tenants t JOIN points_entries e ON e.tenant_id = t.id \
             LEFT JOIN {cursors} c ON c.tenant_id = t.id WHERE {which} AND (c.tenant_id IS NULL OR {behind})"
        )
    }

    /// Waits until every event of the audit trail is in its tenant's chain.
    pub async fn trail_is_sealed(&self) {
        let unsealed = "SELECT count(*) FROM audit_events e WHERE NOT EXISTS \
             (SELECT 1 FROM audit_links l WHERE l.tenant_id = e.tenant_id AND l.event_id = e.id)";
        let limit = Duration::from_secs(15);
        runtime::eventually("the trail is sealed", limit, || async { self.number(unsealed).await == 0 }).await;
    }
}
