//! Members: people, once per tenant, whatever platforms and communities they are met on.
//!
//! Owns `members`, `member_identities`, `member_profile_values`, `member_tags` and
//! `community_memberships`. Guarantees that phone, real name and platform ids are encrypted under the
//! member's own key and found by blind index only, and that a phone, a reference or an identity belongs
//! to one active member of a tenant. Never says anything about money or points.
//!
//! In reading order: `model`, `profile`, `personal` (encryption), `row`, `store`, `service`, `graphql`; then the
//! sub-slices `membership` (who belongs to which community, as what), `import` (many at once) and `access` (what a
//! single member reaches).

pub mod access;
mod error;
pub mod graphql;
pub mod import;
pub mod membership;
mod model;
mod personal;
mod profile;
mod row;
mod service;
mod service_details;
mod service_personal;
mod store;
mod store_details;

pub use error::MemberError;
pub use graphql::{MemberCore, MemberRef};
pub use model::{Draft, IdentityDraft, IdentityKind};
pub use profile::{AgeBand, Attribute, CityTier, PayPropensity, ProfileDraft, ProfileSource};
pub use row::MemberRow;
pub use service::{Members, Standing};
pub use service_details::ProfileReport;
