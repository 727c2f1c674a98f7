//! Shequn: a multi-tenant GraphQL API for companies that run WeChat-style communities.
//!
//! `api/ARCHITECTURE.md` is the map. This library exists for the binary `shequn` next to it.

#![warn(missing_docs)]

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
