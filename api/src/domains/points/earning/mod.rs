//! Earning: rules say what members are given points for, and every award of theirs says by which rule and version.
//!
//! Owns `earning_rules`, `earning_rule_versions`, `earning_events`, `earning_payments` and `earning_members`. An event
//! is scored once, when it is recorded, by the rules that are active then; a change of a rule makes a new version and
//! changes nothing that was paid. A cap holds however many events come at once. What happened is kept whether or not a
//! rule answers, so that a draft can be tried on it.
//!
//! In reading order: `model` (what rules and events are), `model_score` (what a rule pays), `row`, `store` (rules),
//! `store_events`; `service` (rules), `service_events` (recording and paying), `service_watch` (joining and leaving),
//! `service_simulation`, `service_reading`; `graphql`.

pub mod graphql;
mod model;
mod model_score;
mod row;
mod service;
mod service_events;
mod service_reading;
mod service_simulation;
mod service_watch;
mod store;
mod store_events;

pub use model::{
    Caps, Definition, Fact, Filter, Outcome, PerUnit, RESERVED, RuleChange, RuleDraft, RuleState, SUBMISSION_APPROVED,
    StreakBonus, TierMultiplier,
};
pub use model_score::{AS_IS, Parts, combined, multiplied};
pub use row::{EventRow, PaymentRow, RuleRow, VersionRow};
pub use service_events::{Earned, EventOutcome, EventOutcomes};
pub use service_simulation::{Simulated, Simulation, Trial};
