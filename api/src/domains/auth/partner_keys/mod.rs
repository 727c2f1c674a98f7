//! The keys of partner systems: bots, shops, CRM, BI.
//!
//! Owns `partner_keys` and `partner_key_communities`. Guarantees that a secret is shown once and kept nowhere,
//! that a key may do no more than who makes or changes it may in that moment (it belongs to the tenant and outlives
//! their work), and that disabling one is effective everywhere within a second with Redis and five without. Never
//! decides what a community is: a restriction is a list of ids.
//!
//! In reading order: `model`, `tokens` (how a key is spelled and proved), `row`, `store`, `service`,
//! `service_admission` (from the token to the actor), `graphql`.

mod error;
pub mod graphql;
mod model;
mod row;
mod service;
mod service_admission;
mod store;
mod tokens;

pub use error::PartnerKeyError;
pub use model::{Changes, Draft, State};
pub use row::PartnerKeyRow;
pub use service::{Made, PartnerKeys, Switch, list_holders_in};
