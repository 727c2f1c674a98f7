//! The two kinds of storage, and what a server needs of each.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use crate::{binary, process, scratch};

/// The storage of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// SQLite and in-process state.
    Embedded,
    /// PostgreSQL and Redis.
    PostgresRedis,
}

impl Storage {
    /// `SHEQUN_TEST_STORAGE`: `embedded` (default) or `postgres`.
    pub fn of_this_run() -> Self {
        match std::env::var("SHEQUN_TEST_STORAGE").as_deref() {
            Err(_) | Ok("embedded") => Self::Embedded,
            Ok("postgres") => Self::PostgresRedis,
            Ok(other) => panic!("SHEQUN_TEST_STORAGE is {other}, not embedded or postgres"),
        }
    }

    /// For tests that are about one storage. `tests/run` leaves them out on the other;
    /// run by hand on the wrong one they fail, because a test that silently passes proves nothing.
    pub fn must_be(self) {
        assert_eq!(self, Self::of_this_run(), "this test belongs to the other storage: run it with tests/run");
    }
}

/// The base64 of 32 bytes; worth nothing outside the tests.
pub(crate) const MASTER_KEY: &str = "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzISEhISE=";

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A URL by which the migrating role, which is no superuser, reaches the maintenance database.
fn owner_url() -> String {
    required("SHEQUN_TEST_PG_URL")
}

/// A URL of a superuser: row security must not decide what a test sees.
pub(crate) fn admin_url(database: &str) -> String {
    with_database(&required("SHEQUN_TEST_PG_ADMIN_URL"), database)
}

pub(crate) fn redis_url() -> String {
    required("SHEQUN_TEST_REDIS_URL")
}

/// The host and port in a URL.
pub(crate) fn address_in(url: &str) -> String {
    let (_, rest) = url.split_once("://").expect("a URL has a scheme");
    let authority = rest.split('/').next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority).to_owned()
}

pub(crate) fn database_url(database: &str) -> String {
    with_database(&owner_url(), database)
}

/// Empties Redis, all of it, as an operator's mistake would.
pub async fn flush_redis() {
    let url = redis_url();
    let address = url.trim_start_matches("redis://");
    let mut stream = TcpStream::connect(address).await.expect("Redis accepts");
    stream.write_all(b"FLUSHALL SYNC\r\n").await.expect("Redis takes bytes");
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.expect("Redis answers");
    assert_eq!(&answer, b"+OK\r\n");
}

/// A migrated database of one's own: a copy of the template, which is migrated once per process.
pub(crate) async fn create_database() -> String {
    let template = TEMPLATE.get_or_init(create_template).await;
    let name = format!("{}_{}", prefix(&std::process::id().to_string()), scratch::next_number());
    maintain(&[format!("CREATE DATABASE {name} TEMPLATE {template}")]).await;
    name
}

/// An empty database of one's own, for tests of the migrations.
pub(crate) async fn create_empty_database() -> String {
    let name = format!("{}_{}", prefix(&std::process::id().to_string()), scratch::next_number());
    maintain(&[format!("CREATE DATABASE {name}")]).await;
    name
}

pub(crate) async fn drop_database(name: String) {
    maintain(&[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]).await;
}

async fn create_template() -> String {
    sweep().await;
    let name = format!("{}_template", prefix(&std::process::id().to_string()));
    maintain(&[format!("CREATE DATABASE {name}")]).await;
    let mut migrate = process::command(binary::normal());
    migrate
        .arg("migrate")
        .env("DATABASE_URL", database_url(&name))
        .env("REDIS_URL", redis_url())
        .env("SHEQUN_DATA_DIR", scratch::folder("template"))
        .env("SHEQUN_MASTER_KEY", MASTER_KEY);
    let output = migrate.output().expect("the product can be run");
    assert!(
        output.status.success(),
        "the template database does not migrate: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    name
}

/// Drops the databases of test processes that are gone.
async fn sweep() {
    let mut connection = connect_owner().await;
    let names: Vec<String> =
        sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE datname LIKE 'shequn\\_test\\_%'")
            .fetch_all(&mut connection)
            .await
            .expect("databases can be listed");
    for name in names {
        let owner = name.split('_').nth(2).unwrap_or_default();
        if !scratch::is_alive(owner) {
            drop_database(name).await;
        }
    }
}

fn prefix(pid: &str) -> String {
    format!("shequn_test_{pid}")
}

async fn maintain(statements: &[String]) {
    let mut connection = connect_owner().await;
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement.clone()))
            .execute(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    connection.close().await.expect("the connection closes");
}

async fn connect_owner() -> PgConnection {
    let options: PgConnectOptions = owner_url().parse().expect("SHEQUN_TEST_PG_URL is a URL");
    options.connect().await.expect("PostgreSQL answers")
}

fn with_database(url: &str, database: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    format!("{server}/{database}")
}

pub(crate) fn required(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is missing: run the tests with tests/run"))
}
