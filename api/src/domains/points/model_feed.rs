//! What those who follow the ledger learn of its entries.

use chrono::{DateTime, Utc};

use crate::platform::ids::MemberId;

/// An entry that changed what a member was awarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub member: MemberId,
    /// Points of an award; less than 0 where one was reversed.
    pub points: i64,
    /// When the award was posted.
    pub awarded_at: DateTime<Utc>,
    /// When this entry was: the award itself, or its reversal.
    pub posted_at: DateTime<Utc>,
}
