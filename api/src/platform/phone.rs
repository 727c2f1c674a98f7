//! Phone numbers: any usual spelling in, E.164 (`+8613800138000`) out.

use phonenumber::country;

/// A valid phone number in E.164.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Reads a number; one without a country code belongs to `default_country` (ISO 3166, two letters).
    #[must_use]
    pub fn parse(input: &str, default_country: &str) -> Option<Self> {
        Self::chinese_mobile(input, default_country).or_else(|| Self::any(input, default_country))
    }

    fn any(input: &str, default_country: &str) -> Option<Self> {
        let country: Option<country::Id> = default_country.parse().ok();
        let number = phonenumber::parse(country, input).ok()?;
        number.is_valid().then(|| Self(number.format().mode(phonenumber::Mode::E164).to_string()))
    }

    /// The same answer as the library's in a hundredth of its time, for what rosters are full of: mobile numbers of
    /// mainland China in bare digits.
    fn chinese_mobile(input: &str, default_country: &str) -> Option<Self> {
        let national = match input.strip_prefix("+86") {
            Some(national) => national,
            None if default_country == "CN" => input,
            None => return None,
        };
        let is_mobile = match national.as_bytes() {
            [b'1', b'3' | b'8', _, ..]
            | [b'1', b'5' | b'9', b'0'..=b'3' | b'5'..=b'9', ..]
            | [b'1', b'7', b'0'..=b'3' | b'5'..=b'8', ..]
            | [b'1', b'6', b'2' | b'5'..=b'7', ..]
            | [b'1', b'4', b'5' | b'7', ..] => {
                national.len() == 11 && national.bytes().all(|sign| sign.is_ascii_digit())
            }
            _ => false,
        };
        is_mobile.then(|| Self(format!("+86{national}")))
    }

    /// The E.164 form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough to recognise a number and not to call it: `+86138****8000`.
    #[must_use]
    pub fn mask(e164: &str) -> String {
        let characters: Vec<char> = e164.chars().collect();
        let hidden = characters.len().saturating_sub(8)..characters.len().saturating_sub(4);
        characters.iter().enumerate().map(|(place, &c)| if hidden.contains(&place) { '*' } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_one_number() {
        for spelling in ["13800138000", "+86 138 0013 8000", "0086-138-0013-8000"] {
            assert_eq!(Phone::parse(spelling, "CN").map(|p| p.0), Some("+8613800138000".to_owned()), "{spelling}");
        }
        assert_eq!(Phone::parse("12345", "CN"), None);
        assert_eq!(Phone::parse("+86138001380001", "CN"), Phone::any("+86138001380001", "CN"));
        assert_eq!(Phone::parse("13800138000", "DE"), Phone::any("13800138000", "DE"));
        assert_eq!(Phone::mask("+8613800138000"), "+86138****8000");
    }

    #[test]
    fn the_short_way_answers_as_the_library_does() {
        let mut known = 0;
        for prefix in 1_000..2_000 {
            for spelling in [format!("{prefix}5013806"), format!("+86{prefix}5013806")] {
                let Some(phone) = Phone::chinese_mobile(&spelling, "CN") else { continue };
                assert_eq!(Some(phone), Phone::any(&spelling, "CN"), "{spelling}");
                known += 1;
            }
        }
        assert!(known > 500, "{known}");
    }
}
