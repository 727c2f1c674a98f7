//! Communities in the schema: the object, the queries, the mutations.

mod mutation;
mod object;
mod own;
mod query;

pub use mutation::CommunityMutation;
pub use object::{CommunityCore, CommunityRef, columns};
pub use own::MyCommunity;
pub use query::{CommunityQuery, find, find_many};
