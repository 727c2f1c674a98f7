//! What a second factor is, and the decisions about its codes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::platform::ids::{MembershipId, TenantId};

/// How long the client may take from the password to the code.
pub(super) const CHALLENGE_LIFE: TimeDelta = TimeDelta::minutes(5);
/// How long a secret that was shown waits for its first code.
const ENROLMENT_LIFE: TimeDelta = TimeDelta::minutes(15);
/// How many recovery codes there are.
pub(super) const RECOVERY_CODES: usize = 10;
/// Signs of a recovery code, without its hyphen.
const RECOVERY_LENGTH: usize = 10;
/// Digits of an authenticator's code.
const DIGITS: usize = 6;
/// Seconds for which an authenticator shows a code.
const STEP_SECONDS: i64 = 30;

/// What a person sees of their own second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Since when it is asked for; None if there is none.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Recovery codes that have not been used.
    pub recovery_codes_left: i64,
    /// Whether the tenant asks everybody for one.
    pub is_required: bool,
}

/// A secret for an authenticator, shown once.
pub struct Enrolment {
    /// For typing: base32.
    pub secret: String,
    /// For a QR code: `otpauth://totp/…`.
    pub uri: String,
}

/// What a client holds between password and code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// For `signInConfirm`.
    pub token: String,
    /// When it is good for nothing any more.
    pub expires_at: DateTime<Utc>,
}

/// What a genuine challenge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) tenant: TenantId,
    pub(super) membership: MembershipId,
    /// What the membership's epoch was when the password was right.
    pub(super) epoch: i32,
    pub(super) expires_at: DateTime<Utc>,
}

/// How somebody proves again who they are.
pub enum StepUp {
    /// By a code of the second factor, or a recovery code.
    Code(String),
    /// By the password, where there is no second factor.
    Password(String),
}

/// A code as somebody typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// Of the authenticator.
    Totp(u32),
    /// Of the list that was handed out with it.
    Recovery(String),
}

impl Code {
    /// Reads a code, with or without the spaces and hyphens that people put in.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let signs: String =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(RECOVERY_LENGTH + 1).collect();
        let is = |length: usize, fits: fn(&u8) -> bool| signs.len() == length && signs.as_bytes().iter().all(fits);
        if is(DIGITS, u8::is_ascii_digit) {
            signs.parse().ok().map(Self::Totp)
        } else if is(RECOVERY_LENGTH, u8::is_ascii_alphanumeric) {
            Some(Self::Recovery(signs.to_ascii_lowercase()))
        } else {
            None
        }
    }
}

/// The half minutes whose codes are good at this time, counted from 1970: clocks of phones are a little off.
pub(super) fn steps_at(now: DateTime<Utc>) -> [i64; 3] {
    let step = now.timestamp().div_euclid(STEP_SECONDS);
    [step - 1, step, step + 1]
}

/// Whether a secret may still be confirmed.
pub(super) fn is_pending(created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now < created_at + ENROLMENT_LIFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(Code::parse("123456"), Some(Code::Totp(123_456)));
        assert_eq!(Code::parse(" 001 337 "), Some(Code::Totp(1_337)));
        let recovery = Some(Code::Recovery("ab2cdefgh9".to_owned()));
        assert_eq!(Code::parse("ab2cd-efgh9"), recovery);
        assert_eq!(Code::parse("AB2CDEFGH9"), recovery);
        for no_code in ["", "12345", "1234567", "١٢٣٤٥٦", "ab2cd-efgh", "ab2cd-efgh9x", &"1".repeat(10_000)] {
            assert_eq!(Code::parse(no_code), None, "{no_code}");
        }
    }

    #[test]
    fn a_code_is_good_half_a_minute_early_and_late() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(steps_at(at(59)), [0, 1, 2]);
        assert_eq!(steps_at(at(60)), [1, 2, 3]);
    }
}
