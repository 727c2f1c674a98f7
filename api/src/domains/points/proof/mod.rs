//! The proof of the ledger: entries are sealed in a chain, and what stands beside them is counted anew.
//!
//! Owns `points_seals`. The sealer goes over new entries every few seconds, proves them behind those before, and
//! freezes an account whose balance, entries and lots do not say the same; it also looks at all other accounts in turn.
//! `shequn verify ledger` counts everything anew. Never mends a balance: that is for people.

pub mod graphql;
mod model;
mod service;
mod service_verify;
mod store;
mod store_accounts;
mod store_sums;

pub use model::{Problem, Sums, Verdict};
pub use service::{LedgerProof, seal_forever};
