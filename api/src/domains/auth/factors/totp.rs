//! Codes of authenticators: RFC 6238 with SHA-1, six digits and half minutes, which every one of them knows.
//!
//! Written out, since it is an HMAC and a modulus: the library at hand brings a second crypto stack, and does
//! not say which step a code was of, which is what makes codes good once.

use aws_lc_rs::hmac;

use super::model::{Code, Enrolment};

const ISSUER: &str = "Shequn";
const MODULUS: u32 = 1_000_000;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator and we share.
pub(super) struct Secret(pub(super) zeroize::Zeroizing<Vec<u8>>);

impl Secret {
    /// Which of these steps the code is of; None for a code of none.
    pub(super) fn find_step(&self, code: &Code, steps: [i64; 3]) -> Option<i64> {
        let Code::Totp(code) = code else { return None };
        steps.into_iter().find(|step| self.code(*step) == Some(*code))
    }

    /// The code of a step.
    fn code(&self, step: i64) -> Option<u32> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let offset = usize::from(tag.as_ref().last()? & 0xf);
        let bytes = tag.as_ref().get(offset..)?.first_chunk::<4>()?;
        Some((u32::from_be_bytes(*bytes) & 0x7fff_ffff) % MODULUS)
    }

    /// For showing to whoever has this address.
    pub(super) fn enrolment(&self, email: &str) -> Enrolment {
        let secret = base32(&self.0);
        let label = percent_encoded(email);
        let uri = format!(
            "otpauth://totp/{ISSUER}:{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30"
        );
        Enrolment { secret, uri }
    }
}

/// RFC 4648, without padding: what remains of a last group is filled with zeros.
fn base32(bytes: &[u8]) -> String {
    let sign = |index: u64| BASE32.get(usize::try_from(index & 31).unwrap_or_default()).copied().map(char::from);
    let group = |group: &[u8]| -> String {
        let number =
            (0..5).fold(0_u64, |number, place| (number << 8) | u64::from(group.get(place).copied().unwrap_or(0)));
        let length = (group.len() * 8).div_ceil(5);
        (0..8).take(length).filter_map(|place| sign(number >> (35 - 5 * place))).collect()
    };
    bytes.chunks(5).map(group).collect()
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret(b"12345678901234567890".to_vec().into())
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Its table has eight digits; these are the last six.
        let table = [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ];
        for (seconds, code) in table {
            assert_eq!(secret().code(seconds / 30), Some(code), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_found_among_the_steps_or_not_at_all() {
        let code = Code::Totp(secret().code(7).unwrap());
        assert_eq!(secret().find_step(&code, [6, 7, 8]), Some(7));
        assert_eq!(secret().find_step(&code, [8, 9, 10]), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648_without_padding() {
        for (plain, encoded) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn the_uri_names_issuer_and_account() {
        let Enrolment { secret, uri } = secret().enrolment("ann+x@example.com");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(uri.starts_with("otpauth://totp/Shequn:ann%2Bx%40example.com?secret=GEZDGNBVGY3TQOJQ"), "{uri}");
    }
}
