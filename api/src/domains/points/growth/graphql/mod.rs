//! The growth path in the schema: the path, where members stand on it, and what changes either.

mod member;
mod mutation;
mod object;
mod query;

pub use member::{MemberGrowthPart, MyGrowthPart};
pub use mutation::GrowthMutation;
pub use query::GrowthQuery;
