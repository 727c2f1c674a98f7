//! Trusted documents: the documents that a tenant's own programs send, known beforehand.
//!
//! Owns `document_registries` and `trusted_documents`. A tenant has a registry, and so may each of its keys; a key
//! without one goes by the tenant's. Guarantees that an id stands for one text for good, that what is in a registry
//! fitted the schema and the limits when it came, and that a change is seen by this process at once and by all others
//! within two seconds. Never parses: `graphql` judges texts, and the edge asks what may run.
//!
//! In reading order: `model`, `reader` (manifests), `row`, `store`, `service` (publishing, removing, the mode),
//! `service_memory` and `service_admission` (asked on every request), `graphql`.

mod error;
pub mod graphql;
mod model;
mod reader;
mod row;
mod service;
mod service_admission;
mod service_memory;
mod store;

pub use error::DocumentsError;
pub use model::{DocumentOutcome, Filter, Fit, Mode, Status, Unfit, spell};
pub use row::{DocumentRow, RegistryRow};
pub use service::{Published, Removed, TrustedDocuments};
pub use service_admission::{Place, Registry};
