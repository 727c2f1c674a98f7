//! Explanation: why an entry of the ledger was made, in figures that add up to it and in words for the member.
//!
//! Owns no table: an entry's rule, its version, its inputs and its lots were kept when it was made, and are told again
//! from that alone. What a rule says today changes no explanation.
//!
//! In reading order: `model` (what is known, and the steps of a calculation), `model_words` (how it is told), `service`,
//! `graphql`.

pub mod graphql;
mod model;
mod model_words;
mod service;

pub use model::{Explained, Part, Step, StepKind, Undone};
