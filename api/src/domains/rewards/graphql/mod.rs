//! Rewards in the schema: what there is, what members redeemed, and what that was paid with.

mod input;
mod member;
mod mix;
mod own;
mod query;
mod redeem;
mod redemption;
mod reward;
mod write;

pub use member::MemberRedemptionsPart;
pub use own::{MyRedemptionMutation, MyRewardsPart};
pub use query::{RewardQuery, find_redemptions, find_rewards};
pub use redeem::RedemptionMutation;
pub use redemption::Redemption;
pub use reward::Reward;
pub use write::RewardMutation;
