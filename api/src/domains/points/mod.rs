//! Points: a ledger of what members were given, and where it went.
//!
//! Owns `points_accounts`, `points_entries`, `points_lots`, `points_lot_moves`, `points_holds` and `points_seals`.
//! Guarantees that an entry moves one amount from one account of a member to another and is never changed, that no
//! balance is negative, that balances, entries and lots say the same, and that what is posted under an idempotency
//! key is posted once, for ever. Never decides who deserves points. A higher slice may keep a hold for something of its
//! own, and is told by the port [`HoldWatch`] when that lapses.
//!
//! In reading order: `model_kinds` (accounts, kinds of entries), `model` (amounts, dates), `model_transfers`, `keys` (what
//! proves entries), `row`, `store` (reading), `store_awards` and `store_postings` (the statements that post), `store_due`,
//! `store_holds` and `store_transfers`; `service` (giving, taking), `service_gathering` (awards that come at the same
//! time), `service_transfers`, `service_reversals`, `service_holds`,
//! `service_due` (what time brings) and `service_reading`; `graphql`; then the sub-slices `proof`, which seals and
//! checks, `earning`, the rules that give points, `explanation`, and those that follow the ledger by `store_feed` and
//! `service_feed`: `growth`, the path that members go, and `leaderboards`. Points by hand that are over the tenant's limit
//! go through `approvals` before.

pub mod approvals;
pub mod earning;
mod error;
pub mod explanation;
pub mod graphql;
pub mod growth;
mod keys;
pub mod leaderboards;
mod model;
mod model_feed;
mod model_kinds;
mod model_transfers;
pub mod proof;
mod row;
mod service;
mod service_due;
mod service_feed;
mod service_gathering;
mod service_holds;
mod service_reading;
mod service_reversals;
mod service_transfers;
mod store;
mod store_awards;
mod store_due;
mod store_feed;
mod store_holds;
mod store_postings;
mod store_transfers;

pub use error::PointsError;
pub use model::{Account, AwardDraft, EntryKind, HoldDraft, HoldState, Source, Spending, start_of_next};
pub use model_transfers::TransferDraft;
pub use row::{AccountRow, EntryRow, HoldRow, LotRow, MoveRow, SourceRow};
pub use service::{AwardOutcome, AwardOutcomes, Points};
pub use service_due::sweep_forever;
pub use service_holds::{HoldWatch, Kept};
pub use service_reading::Liability;
