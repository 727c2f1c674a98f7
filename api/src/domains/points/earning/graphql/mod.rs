//! Earning in the schema: rules and their versions, what happened, and what was paid for it.

mod check_in;
mod event;
mod input;
mod query;
mod record;
mod rule;
mod write;

pub use check_in::CheckInEarningPart;
pub use event::{EarningEvent, EarningPayment, payment_of};
pub use query::EarningQuery;
pub use record::EarningEventMutation;
pub use write::EarningRuleMutation;
