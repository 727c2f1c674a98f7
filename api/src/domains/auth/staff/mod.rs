//! Who works for a tenant: invitations, roles, and the end of it.
//!
//! Owns `invitations`, and what changes in `tenant_memberships` after they are made. Guarantees that nobody
//! gives or touches a role above their own, that a tenant keeps an owner whatever happens at the same time,
//! that an invitation is good once, for a week, and only for who reads its mailbox, and that inviting tells
//! nothing of who has an account elsewhere. Never stores a link's secret: links are derived (ADR 0017).
//!
//! In reading order: `model`, `tokens`, `letters`, `row`, `store`, `service` (lists), `service_invitations`,
//! `service_acceptance`, `service_letters` (what the mail says when it goes out),
//! `service_roles`, `service_resets` (forgotten passwords), `service_places` (one person, many tenants), `graphql`.

mod error;
pub mod graphql;
mod letters;
mod model;
mod row;
mod service;
mod service_acceptance;
mod service_invitations;
mod service_letters;
mod service_places;
mod service_resets;
mod service_roles;
mod store;
mod store_accounts;
mod store_invitations;
mod tokens;

pub use service::Staff;
pub use service_letters::Letters;
