//! What is known of a member (M1): each value with its source and time.
//!
//! Every source keeps its own latest value, and which one counts is worked out when it is read, so that
//! a source can be corrected or recomputed without losing what the others said.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::text::{parse_line, sort_key};

named_enum! {
    /// What a value is about.
    Attribute {
        /// The age band.
        AgeBand "AGE_BAND",
        /// The province or region.
        Region "REGION",
        /// The city.
        City "CITY",
        /// The city's tier.
        CityTier "CITY_TIER",
        /// Interests.
        Interests "INTERESTS",
        /// Hours of the day.
        ActiveHours "ACTIVE_HOURS",
        /// Number of friends on the platform.
        FriendsCount "FRIENDS_COUNT",
        /// How likely the member is to pay.
        PayPropensity "PAY_PROPENSITY",
    }
}

named_enum! {
    /// Who said so. Where sources differ, the earlier in this list counts.
    ProfileSource {
        /// An operator, by hand.
        Operator "OPERATOR",
        /// The member.
        Member "MEMBER",
        /// The platform.
        Platform "PLATFORM",
        /// A file or another system.
        Import "IMPORT",
        /// Worked out from behaviour.
        Model "MODEL",
    }
}

named_enum! {
    /// How old somebody is.
    AgeBand {
        /// Under 18.
        Under18 "UNDER_18",
        /// 18 to 24.
        From18To24 "FROM_18_TO_24",
        /// 25 to 34.
        From25To34 "FROM_25_TO_34",
        /// 35 to 44.
        From35To44 "FROM_35_TO_44",
        /// 45 to 54.
        From45To54 "FROM_45_TO_54",
        /// 55 and older.
        From55 "FROM_55",
    }
}

named_enum! {
    /// How large and wealthy a Chinese city is, as the field counts.
    CityTier {
        /// Beijing, Shanghai, Guangzhou, Shenzhen.
        Tier1 "TIER_1",
        /// The fifteen behind them.
        NewTier1 "NEW_TIER_1",
        /// Second tier.
        Tier2 "TIER_2",
        /// Third tier.
        Tier3 "TIER_3",
        /// Fourth tier.
        Tier4 "TIER_4",
        /// Fifth tier.
        Tier5 "TIER_5",
    }
}

named_enum! {
    /// How likely somebody is to pay.
    PayPropensity {
        /// Hardly.
        Low "LOW",
        /// Now and then.
        Medium "MEDIUM",
        /// Readily.
        High "HIGH",
    }
}

/// What a client says of a member.
#[derive(Clone, Debug, Default)]
pub struct ProfileDraft {
    /// See [`AgeBand`].
    pub age_band: Option<AgeBand>,
    /// 1 to 60 characters.
    pub region: Option<String>,
    /// 1 to 60 characters.
    pub city: Option<String>,
    /// See [`CityTier`].
    pub city_tier: Option<CityTier>,
    /// At most 30 of 1 to 40 characters.
    pub interests: Option<Vec<String>>,
    /// Hours of the day, 0 to 23, in the tenant's time zone.
    pub active_hours: Option<Vec<i32>>,
    /// 0 or more.
    pub friends_count: Option<i32>,
    /// See [`PayPropensity`].
    pub pay_propensity: Option<PayPropensity>,
}

/// A value as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Observation {
    pub(super) attribute: Attribute,
    pub(super) source: ProfileSource,
    pub(super) value: Value,
    /// Normalised, for filters.
    pub(super) key: String,
    pub(super) observed_at: DateTime<Utc>,
}

impl ProfileDraft {
    /// The values to store, or everything that is wrong with them; fields are named below `profile`.
    pub(super) fn check(self, source: ProfileSource, at: DateTime<Utc>) -> Result<Vec<Observation>, Vec<UserError>> {
        let mut errors = Vec::new();
        let mut line = |field: &str, text: &str, max| {
            parse_line(text, max)
                .map_err(|problem| errors.push(UserError::text(&format!("profile.{field}"), problem)))
                .ok()
        };
        let region = self.region.and_then(|text| line("region", &text, 60));
        let city = self.city.and_then(|text| line("city", &text, 60));
        let interests: Option<Vec<_>> =
            self.interests.map(|list| list.iter().take(31).filter_map(|text| line("interests", text, 40)).collect());
        let mut invalid = |field: &str, message: &str| {
            errors.push(UserError::at(&format!("profile.{field}"), UserErrorCode::Invalid, message));
        };
        if interests.as_ref().is_some_and(|list| list.len() > 30) {
            invalid("interests", "At most 30 interests.");
        }
        let hours = self.active_hours.unwrap_or_default();
        if hours.len() > 24 || hours.iter().any(|hour| !(0..24).contains(hour)) {
            invalid("activeHours", "Hours are 0 to 23, each once.");
        }
        if self.friends_count.is_some_and(|count| count < 0) {
            invalid("friendsCount", "A number of friends is not negative.");
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let values = [
            (Attribute::AgeBand, self.age_band.map(|band| band.as_str().into())),
            (Attribute::Region, region.map(Value::from)),
            (Attribute::City, city.map(Value::from)),
            (Attribute::CityTier, self.city_tier.map(|tier| tier.as_str().into())),
            (Attribute::Interests, interests.map(Value::from)),
            (Attribute::ActiveHours, (!hours.is_empty()).then(|| hours.into())),
            (Attribute::FriendsCount, self.friends_count.map(Value::from)),
            (Attribute::PayPropensity, self.pay_propensity.map(|level| level.as_str().into())),
        ];
        let observe = |(attribute, value): (_, Option<Value>)| {
            value.map(|value| Observation { attribute, source, key: key(&value), value, observed_at: at })
        };
        Ok(values.into_iter().filter_map(observe).collect())
    }
}

/// What a value is found by: the normalised text, or the JSON of anything else.
pub(super) fn key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), sort_key)
}

/// The observation that counts for an attribute: the most trusted source's.
pub(super) fn effective(observations: &[Observation], attribute: Attribute) -> Option<&Observation> {
    observations.iter().filter(|value| value.attribute == attribute).min_by_key(|value| value.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_trusted_source_counts_whatever_came_last() {
        let at = DateTime::UNIX_EPOCH;
        let city = |source, city: &str, at| Observation {
            attribute: Attribute::City,
            source,
            value: city.into(),
            key: city.to_owned(),
            observed_at: at,
        };
        let later = at + chrono::TimeDelta::days(1);
        let values = [city(ProfileSource::Platform, "北京", later), city(ProfileSource::Operator, "上海", at)];
        assert_eq!(effective(&values, Attribute::City).unwrap().value, "上海");
        assert_eq!(effective(&values, Attribute::Region), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let draft = ProfileDraft { active_hours: Some(vec![24]), friends_count: Some(-1), ..ProfileDraft::default() };
        let errors = draft.check(ProfileSource::Operator, DateTime::UNIX_EPOCH).unwrap_err();
        let fields: Vec<_> =
            errors.iter().filter_map(|error| error.field.as_ref()).map(|path| path.join(".")).collect();
        assert_eq!(fields, ["profile.activeHours", "profile.friendsCount"]);
    }
}
