//! Shequn: a multi-tenant GraphQL API for companies that run WeChat-style communities.
//!
//! `api/ARCHITECTURE.md` is the map. This library exists for the binary `shequn` next to it.

#![warn(missing_docs)]
// The roots of the schema are merged from the parts of all slices, one within the other.
#![recursion_limit = "256"]

pub mod actor;
pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domains;
pub mod error;
pub mod graph;
pub mod graphql;
pub mod http;
pub mod platform;
pub mod schema;
pub mod telemetry;
