//! Rewards: what members get for points, and what becomes of what they took.
//!
//! Owns `rewards`, `reward_communities`, `reward_stock_moves`, `reward_vouchers`, `redemptions` and `redemption_sources`.
//! Guarantees that nothing is redeemed that is not there, that a member's limit holds however many requests come at once,
//! that a voucher code is handed out once and stands nowhere in clear, and that points, stock and redemption change
//! together. Never posts points itself: it keeps holds of the ledger, and ends them.
//!
//! In reading order: `model` (rewards), `model_redemption` (who may redeem what), `row`, `error`; `store` (rewards),
//! `store_stock`, `store_redemptions`, `store_vouchers`, `store_mix`; `service` (rewards), `service_stock`,
//! `service_redemptions`, `service_reading`; `graphql`.

mod error;
pub mod graphql;
mod model;
mod model_redemption;
mod row;
mod service;
mod service_reading;
mod service_redemptions;
mod service_stock;
mod store;
mod store_mix;
mod store_redemptions;
mod store_stock;
mod store_vouchers;

pub use error::RewardError;
pub use model::{Code, Filter, Fulfilment, Limit, Period, RewardChange, RewardDraft, RewardState, StockChange, Terms};
pub use model_redemption::{RedemptionDraft, RedemptionFilter, RedemptionState};
pub use row::{RedemptionRow, RewardRow};
pub use service::Rewards;
pub use service_reading::Mix;
