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

/// A whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BigInt(pub i64);

/// A whole number of up to 64 bits, as a string, since JavaScript's numbers end at 53: `"9007199254740993"`.
///
/// As input a number is accepted too.
#[Scalar]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::String(text) => read_whole(text),
            Value::Number(number) => number.as_i64(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        number.map(Self).ok_or_else(|| InputValueError::custom("expected a whole number of up to 64 bits"))
    }

    fn is_valid(value: &Value) -> bool {
        match value {
            Value::String(text) => read_whole(text).is_some(),
            Value::Number(number) => number.as_i64().is_some(),
            _ => false,
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// One spelling for each number: no plus sign, no leading zeros.
fn read_whole(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

impl From<i64> for BigInt {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub chrono::NaiveDate);

/// A day of the calendar in the tenant's time zone: `2026-11-22`.
#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        read_day(text).map(Self).ok_or_else(|| InputValueError::custom("expected a day such as 2026-11-22"))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if read_day(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// Ten characters, of years with four digits.
fn read_day(text: &str) -> Option<chrono::NaiveDate> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (day.format("%Y-%m-%d").to_string() == text && text.len() == 10).then_some(day)
}

impl From<chrono::NaiveDate> for Date {
    fn from(day: chrono::NaiveDate) -> Self {
        Self(day)
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
