//! How long a member's token is good for.

use chrono::TimeDelta;

use crate::error::{UserError, UserErrorCode};

/// When nobody says, in seconds.
const USUAL: i32 = 15 * 60;
/// At most, in seconds: the keys that sign tokens are kept for as long after their time.
const LONGEST: i32 = 60 * 60;
const SHORTEST: i32 = 60;

/// The lifetime that was asked for.
pub(super) fn check_lifetime(seconds: Option<i32>) -> Result<TimeDelta, Vec<UserError>> {
    match seconds.unwrap_or(USUAL) {
        seconds @ SHORTEST..=LONGEST => Ok(TimeDelta::seconds(i64::from(seconds))),
        _ => Err(vec![UserError::at("lifetimeSeconds", UserErrorCode::Invalid, "Expected 60 to 3600 seconds.")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_an_hour_at_most() {
        assert_eq!(check_lifetime(None), Ok(TimeDelta::minutes(15)));
        assert_eq!(check_lifetime(Some(3600)), Ok(TimeDelta::hours(1)));
        assert!(check_lifetime(Some(3601)).is_err());
        assert!(check_lifetime(Some(59)).is_err());
    }
}
