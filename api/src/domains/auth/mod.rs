//! Who signs in, and what they hold afterwards.
//!
//! Owns `users` (credentials, across tenants), `tenant_memberships` (name, role and status in one
//! tenant) and, in the sub-slices, `sessions`, second factors and the keys of partner systems. Guarantees that
//! neither bytes, status nor time of an answer tell whether an account exists. Never hands out an authority itself:
//! it makes an `Actor`, and the actor answers for its scopes.

mod attempts;
mod error;
pub mod factors;
pub mod graphql;
mod model;
pub mod partner_keys;
mod passwords;
mod service;
mod service_member;
mod service_password;
pub mod sessions;
pub mod staff;
mod store;
mod tokens;
mod tokens_member;
mod tokens_signing;

pub use attempts::SignInLimits;
pub use error::AuthError;
pub use model::Viewer;
pub use service::{Auth, Credentials, NewStaff};
pub use service_member::MemberToken;
pub use service_password::PasswordChange;
pub use tokens_signing::PublicKey;
