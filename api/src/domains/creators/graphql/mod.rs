//! Creators in the schema: what members handed in, what was decided on it, and the programme.

mod input;
mod member;
mod mutation;
mod own;
mod programme;
mod query;
mod submission;

pub use member::MemberCreatorPart;
pub use mutation::{CreatorProgrammeMutation, SubmissionMutation};
pub use own::{MyCreatorPart, MySubmissionMutation};
pub use query::{CreatorQuery, find_submissions};
pub use submission::Submission;
