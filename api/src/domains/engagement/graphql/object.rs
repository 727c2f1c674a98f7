//! A check-in, as clients see it.

use async_graphql::{ID, Object};

use super::super::{CheckInRow, Kind};
use crate::error::ApiError;
use crate::graphql::batch::Ref;
use crate::graphql::scalars::{Date, DateTime};

/// What parts of a check-in are made from.
pub type CheckInRef = Ref<CheckInRow>;

/// The slice's part of `CheckIn`.
#[derive(Clone)]
pub struct CheckInCore(pub CheckInRef);

/// A day on which a member checked in, or that they made up later.
#[Object]
impl CheckInCore {
    /// `cin_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// Whose: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.member.into())
    }

    /// The day, in the tenant's zone as it was then.
    async fn day(&self) -> Result<Date, ApiError> {
        Ok(self.0.row()?.day.into())
    }

    /// How the day came to count.
    async fn kind(&self) -> Result<Kind, ApiError> {
        Ok(self.0.row()?.kind)
    }

    /// Its place in its run of days: 1 begins one. It grows when a day before it is made up.
    async fn streak(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.streak)
    }

    /// In which community, `com_…`; null where the check-in named none, and for a key that is restricted to others.
    async fn community_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.community.map(Into::into))
    }

    /// When it was sent; of a day that was made up, when that was done.
    async fn checked_in_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.checked_in_at.into())
    }
}
