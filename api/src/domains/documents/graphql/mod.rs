//! Trusted documents in the schema: the objects, the queries, the mutations, and who judges texts.

mod judge;
mod mutation;
mod object;
mod query;

pub use mutation::TrustedDocumentMutation;
pub use query::TrustedDocumentQuery;
