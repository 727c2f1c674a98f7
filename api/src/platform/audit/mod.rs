//! The audit trail: who did what, proved.
//!
//! An event is written in the transaction of what it tells about, one statement more; so it is there if and only if
//! the effect is. The chain over a tenant's events is made afterwards, in commit order, by the sealer: nobody waits
//! for a chain's head. Reasons are in ADR 0015. Never holds a value of an input.
//!
//! In reading order: `subject`, `event` (what is stored, and its proof), `write`, `chain` (links and checkpoints),
//! `seal` (who makes them); `list` (for a tenant's people); `check` (what verifying finds), `read` (what it is given),
//! `export` (a chain as a file).

mod chain;
mod check;
mod event;
mod export;
mod list;
mod read;
mod seal;
mod subject;
mod write;

pub use chain::{Chain, Checkpoint};
pub use check::{Checker, Problem, Verdict};
pub use event::{ActorKind, Event, Outcome};
pub use export::{FORMAT, Line};
pub use list::{Filter, checkpoint, count, list};
pub use read::{Found, Link, ProvedEvent, Reader};
pub use seal::seal_forever;
pub use subject::Subject;
pub use write::{Ended, Entry, Trail};
