//! Partner keys in the schema: the object, the queries, the mutations.

mod mutation;
mod object;
mod query;

pub use mutation::PartnerKeyMutation;
pub use object::PartnerKey;
pub use query::{PartnerKeyQuery, find_many};
