//! Tenants: the companies whose communities these are.
//!
//! Owns `tenants`: name, slug, country, time zone, policy and the wrapped data key. Guarantees that a
//! tenant's data key leaves this slice only as [`TenantKeys`]. Never decides who may sign in: that is `auth`.

pub mod graphql;
mod keys;
mod model;
mod service;
mod store;

pub use keys::TenantKeys;
pub use model::{CheckInPolicy, DeclinePolicy, PointsPolicy, SurvivalPolicy, Tenant, TenantPolicy, TierQuota};
pub use service::{NewTenant, PolicyWatch, TenantError, Tenants};
