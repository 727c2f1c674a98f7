//! How long a member's token is good for, and for what.

use chrono::TimeDelta;

use crate::actor::Scope;
use crate::error::{UserError, UserErrorCode};

/// When nobody says, in seconds.
const USUAL: i32 = 15 * 60;
/// At most, in seconds: the keys that sign tokens are kept for as long after their time.
const LONGEST: i32 = 60 * 60;
const SHORTEST: i32 = 60;

/// What is asked of a token.
#[derive(Clone, Debug, Default)]
pub struct TokenTerms {
    /// In seconds; None for the usual.
    pub lifetime_seconds: Option<i32>,
    /// What the member is to do with it, besides looking.
    pub scopes: Vec<String>,
}

impl TokenTerms {
    /// The lifetime and the scopes, or all that is wrong with them; `held` is what the key itself may.
    pub(super) fn check(&self, held: &[Scope]) -> Result<(TimeDelta, Vec<Scope>), Vec<UserError>> {
        let mut errors = Vec::new();
        let seconds = self.lifetime_seconds.unwrap_or(USUAL);
        if !(SHORTEST..=LONGEST).contains(&seconds) {
            let message = "Expected 60 to 3600 seconds.";
            errors.push(UserError::at("lifetimeSeconds", UserErrorCode::Invalid, message));
        }
        let mut scopes = Vec::new();
        // One more than there are is wrong already: a long list is not read to its end.
        for (place, text) in self.scopes.iter().enumerate().take(Scope::OF_MEMBERS.len() + 1) {
            match Scope::OF_MEMBERS.iter().find(|scope| scope.as_str() == text) {
                Some(scope) if !held.contains(scope) => errors.push(wrong(place, "The key does not have it itself.")),
                Some(scope) if scopes.contains(scope) => errors.push(wrong(place, "It is named twice.")),
                Some(scope) => scopes.push(*scope),
                None => errors.push(wrong(place, "Expected engagement:write or redemptions:write.")),
            }
        }
        if errors.is_empty() { Ok((TimeDelta::seconds(seconds.into()), scopes)) } else { Err(errors) }
    }
}

fn wrong(place: usize, message: &'static str) -> UserError {
    UserError::at(&format!("scopes.{place}"), UserErrorCode::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(lifetime_seconds: Option<i32>, scopes: &[&str]) -> TokenTerms {
        TokenTerms { lifetime_seconds, scopes: scopes.iter().map(|&scope| scope.to_owned()).collect() }
    }

    #[test]
    fn a_token_lives_an_hour_at_most() {
        let lifetime = |seconds| terms(seconds, &[]).check(&[]).map(|(lifetime, _)| lifetime);
        assert_eq!(lifetime(None), Ok(TimeDelta::minutes(15)));
        assert_eq!(lifetime(Some(3600)), Ok(TimeDelta::hours(1)));
        assert!(lifetime(Some(3601)).is_err());
        assert!(lifetime(Some(59)).is_err());
    }

    #[test]
    fn a_token_is_for_what_members_do_and_the_key_may() {
        let held = [Scope::EngagementWrite, Scope::PointsWrite];
        let check = |scopes: &[&str]| terms(None, scopes).check(&held).map(|(_, scopes)| scopes);
        assert_eq!(check(&["engagement:write"]), Ok(vec![Scope::EngagementWrite]));
        for (scopes, place) in [
            (&["redemptions:write"][..], "0"),
            (&["points:write"], "0"),
            (&["engagement:write", "engagement:write"], "1"),
        ] {
            let path = check(scopes).unwrap_err().pop().and_then(|error| error.field).unwrap_or_default();
            assert_eq!(path, ["scopes", place]);
        }
    }
}
