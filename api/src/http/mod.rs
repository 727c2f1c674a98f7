//! What exists only because of HTTP: the server, the GraphQL endpoint and its limits, health, the console.
//!
//! In reading order: `server` routes; `endpoint` answers `/graphql` with the help of `negotiation` (media
//! types), `body` (reading), `request` (what is asked), `trusted` (which document that is, and whether it may run),
//! `throttle` (what the caller may spend), `execution` and `attempts` (what a mutation that did nothing leaves in the audit trail).

mod attempts;
mod authenticate;
mod body;
mod console;
mod endpoint;
mod execution;
mod health;
mod jwks;
mod metrics;
mod negotiation;
mod request;
mod server;
mod throttle;
mod trusted;

pub use server::{ServeError, serve};
