//! `CheckIn`, from the parts of its slices.

use async_graphql::MergedObject;

use crate::domains::engagement::graphql::{CheckInCore, CheckInRef};
use crate::domains::points::earning::graphql::CheckInEarningPart;

/// A day on which a member checked in, or that they made up later.
#[derive(MergedObject, Clone)]
#[graphql(name = "CheckIn")]
pub struct CheckIn(CheckInCore, CheckInEarningPart);

impl CheckIn {
    /// The composed type round a slice's reference.
    #[must_use]
    pub fn new(check_in: CheckInRef) -> Self {
        Self(CheckInCore(check_in.clone()), CheckInEarningPart(check_in))
    }
}
