//! One transaction on one connection, on either database, as SeaORM's `ConnectionTrait`.
//!
//! SeaORM's own transactions set the isolation level in a second round trip and can be lost to the pool
//! half-begun. Here BEGIN, role and tenant go out together, and reads are ended by the pool after the
//! answer has gone.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::StreamExt as _;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Postgres, Row as _, Sqlite};
use tokio::sync::Mutex;

use super::error::{CANCELLED, TOO_MANY_ROWS, is_unavailable};
use super::{Db, DbError, Pools};

/// The most rows that one reading transaction may fetch: nested pages multiply.
const ROW_BUDGET: usize = 20_000;

/// A flag that a request raises when its client is gone or its deadline has passed.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Option<Arc<AtomicBool>>);

impl Cancel {
    /// A flag that can be raised.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// A flag that nobody raises.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    /// Raises the flag: no further statement is sent.
    pub fn raise(&self) {
        if let Some(flag) = &self.0 {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the flag is up.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// A fifth of a second at most for a lock. SQLite has none within.
const PROMPTLY: &str = "SELECT set_config('lock_timeout', '200ms', true)";

const SAVEPOINT: &str = "SAVEPOINT effects";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
    /// Writes what follows from one moment; somebody else's change since then is an error.
    WriteSnapshot,
}

enum Connection {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
    /// Begun by the first statement, in this mode and with these settings.
    Later(Db, Mode, String),
}

/// An open transaction. Dropping it rolls it back.
pub(super) struct Tx {
    connection: Mutex<Connection>,
    backend: DbBackend,
    cancel: Cancel,
    /// A statement failed and no savepoint was restored since: PostgreSQL would answer COMMIT with a rollback.
    broken: AtomicBool,
    /// Rows that may still be fetched.
    rows_left: AtomicUsize,
}

/// Runs `$body` with `$c` bound to the open connection, whichever kind it is.
macro_rules! on_connection {
    ($self:ident, $c:ident => $body:expr) => {{
        let mut connection = $self.connection.lock().await;
        connection.open().await.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
        match &mut *connection {
            Connection::Postgres($c) => $body,
            Connection::Sqlite($c) => $body,
            Connection::Later(..) => Err(DbErr::Custom("no transaction was begun".to_owned()))?,
        }
    }};
}

impl Connection {
    /// Begins; with what the settings answer on PostgreSQL.
    async fn begin(db: &Db, mode: Mode, settings: &str) -> Result<(Self, Vec<PgRow>), sqlx::Error> {
        match (&db.0.pools, mode) {
            (Pools::Postgres(pool), mode) => {
                let begin = match mode {
                    Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
                    Mode::WriteSnapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ",
                };
                let (connection, rows) = begin_postgres(pool, format!("{begin}; {settings}")).await?;
                Ok((Self::Postgres(connection), rows))
            }
            (Pools::Sqlite { readers, .. }, Mode::Read) => {
                let mut connection = readers.acquire().await?;
                connection.execute(sqlx::raw_sql("BEGIN DEFERRED")).await?;
                Ok((Self::Sqlite(connection), Vec::new()))
            }
            (Pools::Sqlite { writer, .. }, Mode::Write | Mode::WriteSnapshot) => {
                let mut connection = writer.acquire().await?;
                connection.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
                Ok((Self::Sqlite(connection), Vec::new()))
            }
        }
    }

    /// Begins what was put off.
    async fn open(&mut self) -> Result<(), sqlx::Error> {
        if let Self::Later(db, mode, settings) = self {
            (*self, _) = Self::begin(db, *mode, settings).await?;
        }
        Ok(())
    }
}

impl Tx {
    /// Begins; `settings` is the statement that enters role and tenant on PostgreSQL.
    pub(super) async fn begin(db: &Db, mode: Mode, settings: String, cancel: Cancel) -> Result<Self, DbError> {
        let (connection, _) = Connection::begin(db, mode, &settings).await?;
        Ok(Self::on(connection, (db, mode), cancel))
    }

    /// As [`Tx::begin`], when the first statement is sent: what reads nothing costs nothing.
    pub(super) fn begin_later(db: &Db, mode: Mode, settings: String, cancel: Cancel) -> Self {
        Self::on(Connection::Later(db.clone(), mode, settings), (db, mode), cancel)
    }

    fn on(connection: Connection, (db, mode): (&Db, Mode), cancel: Cancel) -> Self {
        Self {
            connection: Mutex::new(connection),
            backend: db.backend(),
            cancel,
            broken: AtomicBool::new(false),
            rows_left: AtomicUsize::new(if mode == Mode::Read { ROW_BUDGET } else { usize::MAX }),
        }
    }

    /// Begins to write with a lock of this number, at a savepoint, all in one round trip; None when another
    /// transaction has the lock. On SQLite the only writer is lock enough.
    pub(super) async fn begin_alone(db: &Db, settings: String, number: i64) -> Result<Option<Self>, DbError> {
        let settings = format!("{settings}; SELECT pg_try_advisory_xact_lock({number}) AS is_ours; {SAVEPOINT}");
        let (connection, told) = Connection::begin(db, Mode::Write, &settings).await?;
        let tx = Self::on(connection, (db, Mode::Write), Cancel::never());
        match told.last() {
            Some(row) if !row.try_get::<bool, _>("is_ours")? => return Ok(None),
            Some(_) => {}
            None => tx.savepoint().await?,
        }
        Ok(Some(tx))
    }

    /// Begins to write with those of the locks of these numbers that no other transaction has, in one round trip; gives
    /// their numbers. It fails where a statement would wait long for somebody else. On SQLite all are ours.
    pub(super) async fn begin_promptly(
        db: &Db,
        settings: String,
        numbers: &[i64],
    ) -> Result<(Self, HashSet<i64>), DbError> {
        let list: Vec<_> = numbers.iter().map(i64::to_string).collect();
        let locks = format!("SELECT number FROM unnest('{{{}}}'::bigint[]) AS n (number)", list.join(","));
        let settings = format!("{settings}; {PROMPTLY}; {locks} WHERE pg_try_advisory_xact_lock(number)");
        let (connection, told) = Connection::begin(db, Mode::Write, &settings).await?;
        let held = match &connection {
            // The other settings answer too, with something else.
            Connection::Postgres(_) => told.iter().filter_map(|row| row.try_get("number").ok()).collect(),
            _ => numbers.iter().copied().collect(),
        };
        Ok((Self::on(connection, (db, Mode::Write), Cancel::never()), held))
    }

    /// Changes role and tenant of a transaction that is under way; `settings` as for [`Tx::begin`].
    pub(super) async fn enter(&self, settings: String) -> Result<(), DbError> {
        if let Connection::Postgres(connection) = &mut *self.connection.lock().await {
            connection.execute(sqlx::raw_sql(AssertSqlSafe(settings))).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), DbError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(DbErr::Custom("commit after a failed statement".to_owned()).into());
        }
        match self.connection.into_inner() {
            // The pool ends the chained transaction: see `connect`.
            Connection::Postgres(mut c) => c.execute(sqlx::raw_sql("COMMIT AND CHAIN")).await.map(drop)?,
            Connection::Sqlite(mut c) => c.execute(sqlx::raw_sql("COMMIT")).await.map(drop)?,
            // Nothing was written.
            Connection::Later(..) => {}
        }
        Ok(())
    }

    /// Undoes all, and lets go of every lock before it returns, where dropping would leave that to the pool.
    pub(super) async fn rollback(self) -> Result<(), DbError> {
        match self.connection.into_inner() {
            Connection::Postgres(mut c) => c.execute(sqlx::raw_sql("ROLLBACK AND CHAIN")).await.map(drop)?,
            Connection::Sqlite(mut c) => c.execute(sqlx::raw_sql("ROLLBACK")).await.map(drop)?,
            Connection::Later(..) => {}
        }
        Ok(())
    }

    /// Marks the state that [`Tx::rollback_to_savepoint`] returns to.
    pub(super) async fn savepoint(&self) -> Result<(), DbError> {
        on_connection!(self, c => c.execute(sqlx::raw_sql(SAVEPOINT)).await.map(drop))?;
        Ok(())
    }

    pub(super) async fn rollback_to_savepoint(&self) -> Result<(), DbError> {
        on_connection!(self, c => c.execute(sqlx::raw_sql("ROLLBACK TO SAVEPOINT effects")).await.map(drop))?;
        self.broken.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn prepare(&self, statement: &mut Statement) -> Result<(String, SqlxValues), DbErr> {
        if self.cancel.is_raised() {
            return Err(DbErr::Custom(CANCELLED.to_owned()));
        }
        let sql = std::mem::take(&mut statement.sql);
        tracing::debug!(target: "shequn::sql", { db.statement = sql.as_str() }, "sql.sent");
        Ok((sql, SqlxValues(statement.values.take().unwrap_or(Values(Vec::new())))))
    }

    fn spend_row(&self) -> Result<(), DbErr> {
        let spent = self.rows_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        spent.map(drop).map_err(|_| DbErr::Custom(TOO_MANY_ROWS.to_owned()))
    }

    fn note<T>(&self, result: Result<T, sqlx::Error>, wrap: fn(RuntimeErr) -> DbErr) -> Result<T, DbErr> {
        result.map_err(|error| {
            self.broken.store(true, Ordering::Relaxed);
            wrap(RuntimeErr::SqlxError(Arc::new(error)))
        })
    }
}

/// Begins on a connection that lives. Those that lay idle while the server went away are found dead here and
/// replaced: nothing has happened yet, so beginning again is safe.
async fn begin_postgres(pool: &PgPool, begin: String) -> Result<(PoolConnection<Postgres>, Vec<PgRow>), sqlx::Error> {
    let mut dead = 0;
    loop {
        let mut connection = pool.acquire().await?;
        match connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(begin.clone()))).await {
            Ok(rows) => return Ok((connection, rows)),
            Err(error) if is_unavailable(&error) && dead < pool.options().get_max_connections() => {
                connection.close_on_drop();
                dead += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, mut statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = self.prepare(&mut statement)?;
        on_connection!(self, c => {
            let result = sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **c).await;
            self.note(result, DbErr::Exec).map(ExecResult::from)
        })
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut statement = Statement::from_string(self.backend, sql);
        let (sql, _) = self.prepare(&mut statement)?;
        on_connection!(self, c => {
            let result = c.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
            self.note(result, DbErr::Exec).map(ExecResult::from)
        })
    }

    async fn query_one_raw(&self, mut statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = self.prepare(&mut statement)?;
        on_connection!(self, c => {
            let result = sqlx::query_with(AssertSqlSafe(sql), values).fetch_optional(&mut **c).await;
            self.note(result, DbErr::Query).map(|row| row.map(QueryResult::from))
        })
    }

    async fn query_all_raw(&self, mut statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = self.prepare(&mut statement)?;
        on_connection!(self, c => {
            // Row by row, so that a statement that finds too many does not fill the memory first.
            let mut rows = Vec::new();
            let mut stream = sqlx::query_with(AssertSqlSafe(sql), values).fetch(&mut **c);
            while let Some(row) = stream.next().await {
                self.spend_row()?;
                rows.push(QueryResult::from(self.note(row, DbErr::Query)?));
            }
            Ok(rows)
        })
    }
}
