//! Phone numbers: any usual spelling in, E.164 (`+8613800138000`) out.

use phonenumber::country;

/// A valid phone number in E.164.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Reads a number; one without a country code belongs to `default_country` (ISO 3166, two letters).
    #[must_use]
    pub fn parse(input: &str, default_country: &str) -> Option<Self> {
        let country: Option<country::Id> = default_country.parse().ok();
        let number = phonenumber::parse(country, input).ok()?;
        number.is_valid().then(|| Self(number.format().mode(phonenumber::Mode::E164).to_string()))
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
        assert_eq!(Phone::mask("+8613800138000"), "+86138****8000");
    }
}
