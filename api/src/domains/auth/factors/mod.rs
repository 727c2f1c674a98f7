//! Second factors: what somebody has, beside the password that they know.
//!
//! Owns `second_factors` and `recovery_codes`, which belong to the person and so to no tenant. Guarantees that
//! a code is good once, however many requests bring it at the same time; that whoever guesses codes is slowed
//! down; and that a session that was there before a factor does not outlive its confirmation. Never stores what
//! a client holds between password and code: that is a sealed note (ADR 0016).
//!
//! In reading order: `model`, `totp` (the arithmetic of authenticators), `tokens` (the sealed note), `store`,
//! `service` (getting, renewing and losing a factor), `service_proof` (proving it: codes, tries, step-up),
//! `service_sign_in`, `service_rule` (a tenant that asks everybody for one), `graphql`.

pub mod graphql;
mod model;
mod service;
mod service_proof;
mod service_rule;
mod service_sign_in;
mod store;
mod tokens;
mod totp;

pub use model::{Challenge, Enrolment, SecondFactor, StepUp};
pub use service::{Confirmed, Renewed};
pub use service_rule::RuleWatch;
pub use service_sign_in::SignInStep;
