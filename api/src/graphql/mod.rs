//! The GraphQL toolkit: everything a slice's `graphql.rs` builds on, without business words.
//!
//! In reading order: the request's context; scalars, ids and search texts; what was selected; rows loaded together;
//! paging; mutations; the directives that show permissions; documents before anything runs, and what they cost.

pub mod batch;
pub mod connection;
pub mod context;
pub mod cost;
pub mod document;
pub mod guard;
pub mod ids;
pub mod mutation;
pub mod pagination;
pub mod scalars;
pub mod search;
pub mod selection;
