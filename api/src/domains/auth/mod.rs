//! Who signs in, and what they hold afterwards.
//!
//! Owns `users` (credentials, across tenants), `tenant_memberships` (name, role and status in one
//! tenant) and `sessions`. Guarantees that a session ends everywhere once it is revoked, and that
//! neither bytes, status nor time of an answer tell whether an account exists. Never hands out an
//! authority itself: it makes an `Actor`, and the actor answers for its scopes.

mod attempts;
mod error;
pub mod graphql;
mod model;
mod passwords;
mod service;
mod sessions;
mod store;
mod tokens;

pub use attempts::SignInLimits;
pub use error::AuthError;
pub use model::{Session, SignIn, Viewer};
pub use service::{Auth, Credentials, NewStaff};
pub use tokens::TokenKeys;
