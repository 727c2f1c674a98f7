//! What the tests stand on: servers, tenants, audiences, and looks behind the API.
//!
//! A test says who acts: `app.anonymous()`, `tenant.owner()`, `tenant.staff(Role::Analyst)`.
//! The storage under every server is chosen once per run by `SHEQUN_TEST_STORAGE`; a test does not know it,
//! except those in the modules named after a storage.
//! Nothing outlives a test process: servers die with it, scratch folders and databases are swept by the next one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a test that cannot go on must stop loudly, and it lives in real time"
)]

mod app;
mod audience;
mod authenticator;
mod binary;
mod client;
mod database;
mod installation;
mod json_order;
mod letters;
mod postgres_server;
mod process;
mod proxy;
mod raw;
mod redis;
mod response;
mod runtime;
mod scratch;
mod server;
mod smtp;
mod snapshot;
mod storage;
mod typeid;

pub use app::{Setup, TestApp};
pub use audience::{PASSWORD, Role, Tenant};
pub use authenticator::Authenticator;
pub use client::{Client, Session, operation, operation_names};
pub use database::Database;
pub use installation::{CliOutput, Installation};
pub use json_order::Json;
pub use letters::Letter;
pub use postgres_server::PostgresServer;
pub use proxy::Proxy;
pub use raw::{RawAnswer, RawConnection};
pub use redis::{REDIS_PASSWORD, RedisServer};
pub use response::Response;
pub use runtime::{eventually, run};
pub use server::Server;
pub use smtp::{NOBODYS_DOMAIN, SmtpServer};
pub use snapshot::Snapshot;
pub use storage::{Storage, flush_redis};
pub use typeid::{absent_id, id_of, uuid_of};
