//! Scalars with one spelling each.

use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{SecondsFormat, SubsecRound as _, Utc};

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// A point in time, RFC 3339, in UTC with microseconds: `2026-11-22T08:30:00.000000Z`.
///
/// Other offsets are accepted as input and converted.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|time| Self(time.with_timezone(&Utc).trunc_subsecs(6)))
            .map_err(|_| InputValueError::custom("expected a time such as 2026-11-22T08:30:00Z"))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(time: chrono::DateTime<Utc>) -> Self {
        Self(time)
    }
}

/// A span of time; an end that is left out is open.
#[derive(InputObject, Clone, Debug, Default)]
pub struct TimeRange {
    /// At or after.
    pub from: Option<DateTime>,
    /// Before.
    pub to: Option<DateTime>,
}
