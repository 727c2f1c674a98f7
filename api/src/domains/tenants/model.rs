//! What a tenant is, and the policy that its reports are measured by.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::error::{UserError, UserErrorCode};
use crate::platform::ids::TenantId;
use crate::platform::locale::Locale;
use crate::platform::text::parse_line;

const SOURCE_LENGTH: usize = 500;

/// A company that runs communities.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name in addresses and at sign-in.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The zone in which its days and weeks are counted.
    pub timezone: Tz,
    /// Two letters of ISO 3166: where phone numbers without a country code belong.
    pub country: String,
    /// The numbers its reports compare with.
    pub policy: TenantPolicy,
}

/// Where people read Chinese.
const CHINESE: [&str; 5] = ["CN", "HK", "MO", "TW", "SG"];

impl Tenant {
    /// The language of its country.
    #[must_use]
    pub fn locale(&self) -> Locale {
        if CHINESE.contains(&self.country.as_str()) { Locale::ZhCn } else { Locale::En }
    }
}

/// The tenant's own numbers. Each default is a published figure and says whose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantPolicy {
    /// How members should be spread over tiers.
    pub tier_quota: TierQuota,
    /// What share of new communities is expected to survive.
    pub survival: SurvivalPolicy,
    /// When a community counts as dying.
    pub decline: DeclinePolicy,
    /// How long points are good.
    pub points: PointsPolicy,
    /// Until when a missed day can be made up.
    pub check_in: CheckInPolicy,
    /// Whether everybody who works for the tenant needs a second factor.
    pub require_second_factor: bool,
}

/// Target shares of the tiers. What is neither admin nor core is ordinary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TierQuota {
    /// Percent of members who are admins.
    pub admin_percent: i32,
    /// Percent of members who are core members.
    pub core_percent: i32,
    /// Percentage points a share may lie off its target.
    pub tolerance_points: i32,
    /// Communities with fewer members are not judged.
    pub minimum_members: i32,
    /// Where the numbers come from.
    pub source: String,
}

impl Default for TierQuota {
    fn default() -> Self {
        Self {
            admin_percent: 5,
            core_percent: 15,
            tolerance_points: 3,
            minimum_members: 20,
            source: "Field figure: ADMIN 5 %, CORE 15 %, ORDINARY 80 % (PRODUCT M3)".to_owned(),
        }
    }
}

/// The three-month survival that new communities are measured by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SurvivalPolicy {
    /// The share expected, in percent.
    pub expected_percent: i32,
    /// Calendar months after founding.
    pub months: u32,
    /// Where the numbers come from.
    pub source: String,
}

impl Default for SurvivalPolicy {
    fn default() -> Self {
        Self {
            expected_percent: 40,
            months: 3,
            source: "Field figure: fewer than 40 % of new communities survive three months (PRODUCT P6)".to_owned(),
        }
    }
}

/// When a community counts as dying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclinePolicy {
    /// Percent of the members at the window's start who left within it; at or above it is a decline.
    pub churn_percent: i32,
    /// Length of the window in days.
    pub window_days: u32,
    /// Communities with fewer members at the window's start are not judged.
    pub minimum_members: i32,
    /// Where the numbers come from.
    pub source: String,
}

impl Default for DeclinePolicy {
    fn default() -> Self {
        Self {
            churn_percent: 20,
            window_days: 30,
            minimum_members: 20,
            source: "Shequn's default: half of the 42 % churn known of communities without admission (PRODUCT P2)"
                .to_owned(),
        }
    }
}

/// How long points are good that nobody gave another date, and from where on a second person decides on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointsPolicy {
    /// Calendar months after they were earned, to the end of that month; None for ever.
    pub lifetime_months: Option<u32>,
    /// Where the number comes from.
    pub source: String,
    /// The most that one person gives to a member by hand within 24 hours, or takes, or moves to others; None for any number.
    pub approval_above: Option<i64>,
    /// Whether members may give each other points.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub transfers_enabled: bool,
}

/// The most that a limit on points by hand can be: no entry moves more.
const HIGHEST_LIMIT: i64 = 1_000_000_000;

impl PointsPolicy {
    /// With another limit, if it can be one.
    pub fn limited(self, approval_above: Option<i64>) -> Result<Self, Vec<UserError>> {
        if approval_above.is_some_and(|limit| !(0..=HIGHEST_LIMIT).contains(&limit)) {
            let message = "Expected 0 to 1,000,000,000, or null.";
            return Err(vec![UserError::at("approvalAbove", UserErrorCode::Invalid, message)]);
        }
        Ok(Self { approval_above, ..self })
    }
}

impl Default for PointsPolicy {
    fn default() -> Self {
        Self {
            lifetime_months: Some(12),
            source: "Shequn's default: twelve months, to the end of the month".to_owned(),
            approval_above: None,
            transfers_enabled: false,
        }
    }
}

/// Until when a day on which a member did not check in can be made up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckInPolicy {
    /// Days after it; 0 for never.
    pub make_up_within_days: u32,
    /// Where the number comes from.
    pub source: String,
}

impl Default for CheckInPolicy {
    fn default() -> Self {
        Self { make_up_within_days: 7, source: "Shequn's default: a missed day can be made up for a week".to_owned() }
    }
}

impl TenantPolicy {
    /// Everything that is wrong with the numbers.
    pub fn check(&self) -> Result<(), Vec<UserError>> {
        let quota = &self.tier_quota;
        let checks = [
            ("tierQuota.adminPercent", percent(quota.admin_percent)),
            (
                "tierQuota.corePercent",
                percent(quota.core_percent) && percent(quota.admin_percent.saturating_add(quota.core_percent)),
            ),
            ("tierQuota.tolerancePoints", percent(quota.tolerance_points)),
            ("tierQuota.minimumMembers", quota.minimum_members >= 1),
            ("survival.expectedPercent", percent(self.survival.expected_percent)),
            ("survival.months", (1..=24).contains(&self.survival.months)),
            ("decline.churnPercent", percent(self.decline.churn_percent)),
            ("decline.windowDays", (1..=366).contains(&self.decline.window_days)),
            ("decline.minimumMembers", self.decline.minimum_members >= 1),
            ("points.lifetimeMonths", self.points.lifetime_months.is_none_or(|months| (1..=120).contains(&months))),
            ("checkIn.makeUpWithinDays", (0..=31).contains(&self.check_in.make_up_within_days)),
        ];
        let numbers = checks
            .into_iter()
            .filter(|(_, holds)| !holds)
            .map(|(field, _)| UserError::at(field, UserErrorCode::Invalid, "This number is out of range."));
        let sources = [
            ("tierQuota.source", &quota.source),
            ("survival.source", &self.survival.source),
            ("decline.source", &self.decline.source),
            ("points.source", &self.points.source),
            ("checkIn.source", &self.check_in.source),
        ]
        .into_iter()
        .filter_map(|(field, text)| Some(UserError::text(field, parse_line(text, SOURCE_LENGTH).err()?)));
        let errors: Vec<_> = numbers.chain(sources).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

fn percent(value: i32) -> bool {
    (0..=100).contains(&value)
}

/// A zone by its name in the IANA database.
pub fn parse_zone(name: &str) -> Result<Tz, Vec<UserError>> {
    let message = "Expected a name of the IANA time zone database, such as Asia/Shanghai.";
    name.parse().map_err(|_| vec![UserError::at("timezone", UserErrorCode::Invalid, message)])
}

/// A slug: 2 to 63 lower-case letters, digits and inner hyphens.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let fits = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    fits && (2..=63).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-')
}
