//! Sessions: from sign-in until they end, on every process at once.
//!
//! Owns `sessions`. Guarantees that of a session one refresh token is good at a time, that an old one
//! that comes back ends it, that nobody has more than ten in a tenant, and that what has ended is refused
//! by every process within a second with Redis and five without. Whoever changes what a person may do
//! says so by [`TouchedSessions`]: in the transaction, and by [`super::Auth::announce`] after it.
//!
//! In reading order: `model`, `store`, `service` (start, refresh, list, end one), `service_endings` (end
//! many), `service_state` (asked on every request), `graphql`.

pub mod graphql;
mod model;
mod service;
mod service_endings;
mod service_state;
mod store;

pub use model::{EndReason, Ending, Session, SessionOwner, SessionView, SignIn};
pub use service_endings::TouchedSessions;

pub(super) use model::SessionRow;
pub(super) use service_endings::look_again;
pub(super) use service_state::resume;
