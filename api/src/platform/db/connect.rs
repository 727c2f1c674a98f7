//! Opening the pools, with the settings that the rest of the code relies on.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Executor as _};

use super::{Db, DbError, Inner, Pools};

/// How long a request waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
const SQLITE_READERS: u32 = 4;

/// The two walls between tenants. Both stand, unless a test build takes one down to see the other hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walls {
    /// Row-level security, in PostgreSQL.
    pub row_security: bool,
    /// The tenant filter that the code puts into each statement.
    pub code_scope: bool,
}

impl Walls {
    /// Both walls.
    pub const STANDING: Self = Self { row_security: true, code_scope: true };
}

/// Where the database is.
#[derive(Clone, Debug)]
pub enum ConnectOptions {
    /// A PostgreSQL server.
    Postgres {
        /// `postgres://…`
        url: String,
        /// The most connections to hold.
        connections: u32,
    },
    /// A file.
    Sqlite {
        /// Where; created when absent.
        path: PathBuf,
    },
}

impl Db {
    /// Opens the pools. A PostgreSQL server that is away is not an error here: the first use will say so.
    pub fn connect(options: &ConnectOptions, walls: Walls) -> Result<Self, DbError> {
        let pools = match options {
            ConnectOptions::Postgres { url, connections } => Pools::Postgres(postgres(url, *connections)?),
            ConnectOptions::Sqlite { path } => {
                let options = sqlite(path.clone());
                // An import puts rows all over its indexes: with SQLite's usual 2 MiB it reads most pages again.
                let writing = options.clone().pragma("cache_size", "-16384");
                Pools::Sqlite {
                    writer: sqlite_pool(1).connect_lazy_with(writing),
                    readers: sqlite_pool(SQLITE_READERS).connect_lazy_with(options),
                }
            }
        };
        Ok(Self(Arc::new(Inner { pools, walls })))
    }
}

fn postgres(url: &str, connections: u32) -> Result<sqlx::PgPool, DbError> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("shequn")
        .options([("statement_timeout", "4000"), ("idle_in_transaction_session_timeout", "30000"), ("timezone", "UTC")])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        // Ends what a reader, a refusal or a dropped BEGIN left open. There always is something to end:
        // writers commit with AND CHAIN, since a ROLLBACK of nothing is a warning in the server's log.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.execute(sqlx::raw_sql("ROLLBACK")).await?;
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    Ok(pool)
}

fn sqlite(path: PathBuf) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode only FULL makes an acknowledged commit survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(4))
        .disable_statement_logging()
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| {
            Box::pin(async move {
                // Fails where there is no transaction, which is the usual case.
                connection.execute(sqlx::raw_sql("ROLLBACK")).await.map(drop).unwrap_or_default();
                Ok(true)
            })
        })
}
