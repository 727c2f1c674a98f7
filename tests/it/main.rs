//! All tests through the API, in one binary: each module is one subject.
//!
//! The modules named after a storage exist on that storage only; `tests/run` leaves them out on the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a test that cannot go on must stop loudly, and it lives in real time"
)]

mod account;
mod architecture;
mod audit;
mod bodies;
mod chance;
mod check_ins;
mod command_line;
mod communities;
mod connections;
mod crash;
mod creators;
mod documents;
mod earning;
mod edge;
mod given;
mod growth;
mod import;
mod invitations;
mod isolation;
mod leaderboards;
mod mail;
mod member_details;
mod member_tokens;
mod members;
mod migrations;
mod on_embedded;
mod on_postgres_and_redis;
mod paging;
mod partner_keys;
mod points;
mod price;
mod reports;
mod retention;
mod rewards;
mod roles;
mod schema;
mod second_factor;
mod serving;
mod session;
mod sign_in_limits;
mod spec;
mod staff;
mod statements;
