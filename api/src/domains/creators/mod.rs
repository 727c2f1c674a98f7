//! Creators: what members make and hand in, what reviewers say of it, and the programme by which they say it.
//!
//! Owns `creator_programmes`, `submissions`, `submission_revisions` and `submission_reviews`. Guarantees that a submission
//! is approved once however many reviewers come at once, that what an approval pays is recorded with it and taken back
//! with it, and that revisions, reviews and versions of the programme are never changed. A level is not stored: it is what
//! the approvals of the programme's last days say at any time. Never decides what an approval pays: rules of
//! `points::earning` do, by the score.
//!
//! In reading order: `model` (the programme, marks, levels), `model_submission`, `row`, `error`; `store` (submissions),
//! `store_reviews`, `store_programmes`, `store_counts`; `service` (handing in), `service_reviews`, `service_programme`,
//! `service_reading`; `graphql`.

mod error;
pub mod graphql;
mod model;
mod model_submission;
mod row;
mod service;
mod service_programme;
mod service_reading;
mod service_reviews;
mod store;
mod store_counts;
mod store_programmes;
mod store_reviews;

pub use error::CreatorError;
pub use model::{Criterion, Given, Level, Mark, Programme, ProgrammeDraft, Record};
pub use model_submission::{
    Content, Decision, Filter, Review, SubmissionDraft, SubmissionKind, SubmissionState, Verdict,
};
pub use row::{ReviewRow, RevisionRow, SubmissionRow};
pub use service::{By, Creators};
pub use service_reading::Stats;
