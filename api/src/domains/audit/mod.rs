//! The audit trail, for those who may look through it.
//!
//! Owns no table: events are written by `platform::audit` in every slice's transactions. Guarantees that an event is
//! shown as it was written, and that a checkpoint can be kept elsewhere. Never changes anything.

pub mod graphql;
mod service;

pub use service::Audit;
