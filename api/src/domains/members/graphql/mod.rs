//! Members in the schema: the object, the profile, the queries, the mutations.

mod mutation;
mod object;
mod profile;
mod query;

pub use mutation::{MemberIdentityInput, MemberMutation};
pub use object::{MemberCore, MemberRef, columns};
pub use query::{MemberQuery, find, find_many, find_shown};
