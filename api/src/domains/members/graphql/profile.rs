//! A member's profile, as clients see it: typed values, each with source and time.

use std::borrow::Cow;

use async_graphql::{InputObject, Object, OutputType, TypeName};
use serde_json::Value;

use super::super::profile::{
    AgeBand, Attribute, CityTier, Observation, PayPropensity, ProfileDraft, ProfileSource, effective,
};
use crate::graphql::scalars::DateTime;

/// A type of value that is observed.
pub trait Observable: OutputType + Clone {
    /// Name of the GraphQL type round it.
    const NAME: &'static str;
    /// Reads the stored form.
    fn read(value: &Value) -> Option<Self>;
}

macro_rules! observable {
    ($($type:ty, $name:literal, $read:expr;)+) => {$(
        impl Observable for $type {
            const NAME: &'static str = $name;
            fn read(value: &Value) -> Option<Self> { ($read)(value) }
        }
    )+};
}

observable! {
    String, "ObservedText", |value: &Value| value.as_str().map(str::to_owned);
    Vec<String>, "ObservedTexts", |value: &Value| serde_json::from_value(value.clone()).ok();
    i32, "ObservedNumber", |value: &Value| value.as_i64().and_then(|number| i32::try_from(number).ok());
    Vec<i32>, "ObservedNumbers", |value: &Value| serde_json::from_value(value.clone()).ok();
    AgeBand, "ObservedAgeBand", |value: &Value| value.as_str().and_then(Self::parse);
    CityTier, "ObservedCityTier", |value: &Value| value.as_str().and_then(Self::parse);
    PayPropensity, "ObservedPayPropensity", |value: &Value| value.as_str().and_then(Self::parse);
}

/// A value with its source and time.
pub struct Observed<T> {
    value: T,
    source: ProfileSource,
    observed_at: DateTime,
}

impl<T: Observable> TypeName for Observed<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

/// A value with its source and time.
#[Object(name_type)]
impl<T: Observable> Observed<T> {
    /// What was observed.
    async fn value(&self) -> T {
        self.value.clone()
    }

    /// Who said so.
    async fn source(&self) -> ProfileSource {
        self.source
    }

    /// When it was observed.
    async fn observed_at(&self) -> DateTime {
        self.observed_at
    }
}

/// What is known of a member. Where sources differ, the most trusted counts: an operator before the
/// member, the platform, an import and a model.
pub struct MemberProfile(pub(super) Vec<Observation>);

impl MemberProfile {
    fn get<T: Observable>(&self, attribute: Attribute) -> Option<Observed<T>> {
        let found = effective(&self.0, attribute)?;
        Some(Observed { value: T::read(&found.value)?, source: found.source, observed_at: found.observed_at.into() })
    }
}

/// What is known of a member. Where sources differ, the most trusted counts: an operator before the
/// member, the platform, an import and a model.
#[Object]
impl MemberProfile {
    /// How old they are.
    async fn age_band(&self) -> Option<Observed<AgeBand>> {
        self.get(Attribute::AgeBand)
    }

    /// Their province or region.
    async fn region(&self) -> Option<Observed<String>> {
        self.get(Attribute::Region)
    }

    /// Their city.
    async fn city(&self) -> Option<Observed<String>> {
        self.get(Attribute::City)
    }

    /// Their city's tier.
    async fn city_tier(&self) -> Option<Observed<CityTier>> {
        self.get(Attribute::CityTier)
    }

    /// What they care for.
    async fn interests(&self) -> Option<Observed<Vec<String>>> {
        self.get(Attribute::Interests)
    }

    /// Hours of the day, 0 to 23 in the tenant's time zone, when they are active.
    async fn active_hours(&self) -> Option<Observed<Vec<i32>>> {
        self.get(Attribute::ActiveHours)
    }

    /// How many friends they have on the platform.
    async fn friends_count(&self) -> Option<Observed<i32>> {
        self.get(Attribute::FriendsCount)
    }

    /// How likely they are to pay.
    async fn pay_propensity(&self) -> Option<Observed<PayPropensity>> {
        self.get(Attribute::PayPropensity)
    }
}

/// What is said of a member; what is left out stays.
#[derive(InputObject, Default)]
pub struct MemberProfileInput {
    /// How old they are.
    age_band: Option<AgeBand>,
    /// Their province or region, 1 to 60 characters.
    region: Option<String>,
    /// Their city, 1 to 60 characters.
    city: Option<String>,
    /// Their city's tier.
    city_tier: Option<CityTier>,
    /// What they care for: at most 30 of 1 to 40 characters.
    interests: Option<Vec<String>>,
    /// Hours of the day, 0 to 23 in the tenant's time zone.
    active_hours: Option<Vec<i32>>,
    /// How many friends they have on the platform.
    friends_count: Option<i32>,
    /// How likely they are to pay.
    pay_propensity: Option<PayPropensity>,
}

impl From<MemberProfileInput> for ProfileDraft {
    fn from(input: MemberProfileInput) -> Self {
        Self {
            age_band: input.age_band,
            region: input.region,
            city: input.city,
            city_tier: input.city_tier,
            interests: input.interests,
            active_hours: input.active_hours,
            friends_count: input.friends_count,
            pay_propensity: input.pay_propensity,
        }
    }
}
