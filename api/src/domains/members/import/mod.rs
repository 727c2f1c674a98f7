//! Many members at once: a list through the API, or a file of any size from the command line.
//!
//! Rows are matched by external reference: a new one makes a member, a known one fills in what the row
//! gives and leaves the rest. Each row has its own outcome; a refused one changes nothing. A file is
//! imported in batches, each with its place in the file in one transaction, so that an import that was
//! killed goes on where it stopped.

mod file;
pub mod graphql;
mod model;
mod problem;
mod reader;
mod record;
mod refused;
mod service;
mod source;
mod store;

pub use file::{FileImport, ImportError, Progress};
pub use model::{BATCH, CommunityRef, Row, RowOutcome, Status};
pub use problem::FileProblem;
pub use source::Encoding;
