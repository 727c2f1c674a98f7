//! What a single member reaches: tokens for mini programs, and `me`.
//!
//! A partner system's backend makes a token for one of its members; the mini program sends it. Guarantees that
//! such a token shows the member and nobody else: its authority is confined to them, whatever is asked. Never
//! shows what staff wrote about them.

pub mod graphql;
mod model;
mod service;

pub use service::MemberAccess;
