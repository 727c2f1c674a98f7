//! What exists only because of HTTP: the server, the GraphQL endpoint and its limits, health, the console.
//!
//! In reading order: `server` routes; `endpoint` answers `/graphql` with the help of `negotiation` (media
//! types), `body` (reading), `document` (what a document may cost to look at), `execution`
//! and `attempts` (what a mutation that did nothing leaves in the audit trail).

mod attempts;
mod authenticate;
mod body;
mod console;
mod document;
mod endpoint;
mod execution;
mod health;
mod jwks;
mod lexical;
mod metrics;
mod negotiation;
mod request;
mod server;

pub use server::{ServeError, serve};
