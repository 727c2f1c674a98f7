//! A growth path: its nodes in order, and where a value leads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::super::model::{line, start_of_next};
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;

const FEWEST_NODES: usize = 2;
const MOST_NODES: usize = 10;
const CODE_LENGTH: usize = 40;
const NAME_LENGTH: usize = 40;
const MOST_PERKS: usize = 10;
const PERK_LENGTH: usize = 100;
const SOURCE_LENGTH: usize = 500;
const HIGHEST_THRESHOLD: i64 = 1_000_000_000_000_000;
const MOST_PERCENT: i32 = 1_000;
const LONGEST_WINDOW: u32 = 60;

named_enum! {
    /// Which way somebody moved on the growth path.
    #[graphql(name = "GrowthMoveKind")]
    MoveKind {
        /// To a higher node.
        Promotion "PROMOTION",
        /// To a lower node.
        Demotion "DEMOTION",
        /// To a node that somebody named; or the path was changed, and calls the place otherwise.
        Set "SET",
    }
}

named_enum! {
    /// Why somebody moved on the growth path.
    #[graphql(name = "GrowthMoveReason")]
    MoveReason {
        /// Points were awarded.
        Earned "EARNED",
        /// An award was reversed.
        Reversed "REVERSED",
        /// Time passed: awards left the window that counts, or the day to which a node was kept by hand is over.
        Window "WINDOW",
        /// The tenant changed the path.
        PathChanged "PATH_CHANGED",
        /// Somebody decided so.
        ByHand "BY_HAND",
    }
}

/// A node of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What programs call it.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// The value from which on members stand here.
    pub threshold: i64,
    /// What earned points are multiplied by; 100 for as they are.
    pub multiplier_percent: i32,
    /// What else the node gives, in words.
    pub perks: Vec<String>,
}

/// One version of a tenant's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// 0 for the default.
    pub version: i32,
    /// At least two, the lowest first.
    pub nodes: Vec<Node>,
    /// Calendar months, this one included, whose awards count; None for all.
    pub window_months: Option<u32>,
    /// Where the numbers come from.
    pub source: String,
    /// When the version was made; None for the default.
    pub created_at: Option<DateTime<Utc>>,
}

impl Default for Path {
    fn default() -> Self {
        let node = |(code, name, threshold, multiplier_percent): (&str, &str, i64, i32)| Node {
            code: code.to_owned(),
            name: name.to_owned(),
            threshold,
            multiplier_percent,
            perks: Vec::new(),
        };
        let nodes = [
            ("NEWCOMER", "新人", 0, 100),
            ("ACTIVE", "活跃", 100, 100),
            ("CONTRIBUTOR", "贡献", 500, 100),
            ("CORE", "骨干", 2_000, 100),
            ("AMBASSADOR", "大使", 5_000, 100),
        ];
        Self {
            version: 0,
            nodes: nodes.map(node).into(),
            window_months: Some(12),
            source: "Shequn's defaults: five nodes (PRODUCT M9), thresholds to begin with, no multipliers".to_owned(),
            created_at: None,
        }
    }
}

impl Path {
    /// The place of the highest node that the value reaches.
    #[must_use]
    pub fn place_of(&self, value: i64) -> usize {
        self.nodes.iter().rposition(|node| node.threshold <= value).unwrap_or(0)
    }

    /// The place of the node with this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.code == code)
    }

    /// The place that a node of another version has here: the same node's, or where there is none, the same place or
    /// the last one.
    #[must_use]
    pub fn carry(&self, code: &str, other: &Self) -> usize {
        let last = self.nodes.len().saturating_sub(1);
        self.find(code).or_else(|| other.find(code)).unwrap_or(0).min(last)
    }

    /// The code of the node at a place.
    #[must_use]
    pub fn code_at(&self, place: usize) -> String {
        self.nodes.get(place).map(|node| node.code.clone()).unwrap_or_default()
    }

    /// What the node with this code is called; the code itself where there is none.
    #[must_use]
    pub fn name_of(&self, code: &str) -> String {
        let node = self.nodes.iter().find(|node| node.code == code);
        node.map_or(code, |node| node.name.as_str()).to_owned()
    }

    /// When the window begins: awards before do not count. None where all do.
    #[must_use]
    pub fn window_start(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let earlier = Months::new(self.window_months?.saturating_sub(1));
        month_of(now, zone).checked_sub_months(earlier).and_then(|month| start_of(month, zone))
    }

    /// When an award of this time leaves the window; None for never.
    #[must_use]
    pub fn leaves_at(&self, awarded_at: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let later = Months::new(self.window_months?);
        month_of(awarded_at, zone).checked_add_months(later).and_then(|month| start_of(month, zone))
    }
}

/// The first day of the month in which a time is.
#[must_use]
pub fn month_of(time: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let day = time.with_timezone(&zone).date_naive();
    day.with_day(1).unwrap_or(day)
}

fn start_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    Some(start_of_next(day.pred_opt()?, zone))
}

/// The last day of the month in which a time is.
#[must_use]
pub fn last_day_of_month(time: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let first = month_of(time, zone);
    first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first)
}

/// The latest version of a path, and those before that somebody was last reviewed by.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The one that counts.
    pub latest: Path,
    earlier: BTreeMap<i32, Path>,
}

impl Paths {
    /// From all versions that were found; the default is there in any case.
    #[must_use]
    pub fn of(found: impl IntoIterator<Item = Path>) -> Self {
        let default = Path::default();
        let mut all: BTreeMap<i32, Path> = found.into_iter().map(|path| (path.version, path)).collect();
        let latest = all.pop_last().map_or_else(|| default.clone(), |(_, path)| path);
        all.insert(default.version, default);
        Self { latest, earlier: all }
    }

    /// The version, or the latest where it is gone.
    #[must_use]
    pub fn get(&self, version: i32) -> &Path {
        if version == self.latest.version { &self.latest } else { self.earlier.get(&version).unwrap_or(&self.latest) }
    }
}

/// A path as somebody wants to have it.
#[derive(Clone, Debug)]
pub struct PathDraft {
    /// The version that was read.
    pub version: i32,
    /// See [`Path::nodes`].
    pub nodes: Vec<Node>,
    /// See [`Path::window_months`].
    pub window_months: Option<i32>,
    /// See [`Path::source`].
    pub source: String,
}

impl PathDraft {
    /// All that is wrong with it, or the next version.
    pub fn check(self, now: DateTime<Utc>) -> Result<Path, Vec<UserError>> {
        let mut errors = Vec::new();
        if !(FEWEST_NODES..=MOST_NODES).contains(&self.nodes.len()) {
            errors.push(invalid("nodes", "A path has 2 to 10 nodes."));
        }
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let (mut codes, mut before) = (BTreeSet::new(), None);
        for (place, node) in self.nodes.into_iter().enumerate().take(MOST_NODES) {
            let mut wrong = Vec::new();
            let node = check_node(node, before, &mut wrong);
            if !codes.insert(node.code.clone()) {
                wrong.push(invalid("code", "Another node of the path has this code."));
            }
            before = Some(node.threshold);
            errors.extend(wrong.into_iter().map(|error| error.below(&["nodes", &place.to_string()])));
            nodes.push(node);
        }
        let window_months = self.window_months.map(|months| u32::try_from(months).unwrap_or(0));
        if window_months.is_some_and(|months| !(1..=LONGEST_WINDOW).contains(&months)) {
            errors.push(invalid("windowMonths", "Expected 1 to 60, or none for all time."));
        }
        let source = line("source", &self.source, SOURCE_LENGTH, &mut errors);
        let version = self.version.saturating_add(1);
        let path = Path { version, nodes, window_months, source, created_at: Some(now) };
        if errors.is_empty() { Ok(path) } else { Err(errors) }
    }
}

/// The node with its texts in order; `before` is the threshold of the one below.
fn check_node(node: Node, before: Option<i64>, errors: &mut Vec<UserError>) -> Node {
    if !is_code(&node.code) {
        errors.push(invalid("code", "Expected A to Z, 0 to 9 and _, beginning with a letter, at most 40."));
    }
    let name = line("name", &node.name, NAME_LENGTH, errors);
    let rises = match before {
        None => node.threshold == 0,
        Some(before) => node.threshold > before && node.threshold <= HIGHEST_THRESHOLD,
    };
    if !rises {
        let message = "The first threshold is 0, and each is larger than the one before; at most 10^15.";
        errors.push(invalid("threshold", message));
    }
    if !(0..=MOST_PERCENT).contains(&node.multiplier_percent) {
        errors.push(invalid("multiplierPercent", "Expected 0 to 1,000."));
    }
    if node.perks.len() > MOST_PERKS {
        errors.push(UserError::at("perks", UserErrorCode::TooLong, "A node has at most 10 perks."));
    }
    let perks = node.perks.iter().enumerate().take(MOST_PERKS);
    let perks = perks.map(|(place, perk)| line(&format!("perks.{place}"), perk, PERK_LENGTH, errors)).collect();
    Node { name, perks, ..node }
}

fn is_code(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= CODE_LENGTH && text.starts_with(|first: char| first.is_ascii_uppercase()) && text.bytes().all(fits)
}

pub(super) fn invalid(field: &str, message: &'static str) -> UserError {
    UserError::at(field, UserErrorCode::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn a_value_leads_to_the_highest_node_that_it_reaches() {
        let path = Path::default();
        let places = [0, 99, 100, 4_999, 5_000, i64::MAX].map(|value| path.place_of(value));
        assert_eq!(places, [0, 0, 1, 3, 4, 4]);
    }

    #[test]
    fn the_window_is_calendar_months_in_the_tenants_zone() {
        let (path, zone) = (Path { window_months: Some(3), ..Path::default() }, chrono_tz::Asia::Shanghai);
        // The first of December in Shanghai, the last of November in London.
        let now = at("2026-11-30T16:00:00Z");
        assert_eq!(path.window_start(now, zone), Some(at("2026-09-30T16:00:00Z")));
        assert_eq!(path.leaves_at(now, zone), Some(at("2027-02-28T16:00:00Z")));
        assert_eq!(path.leaves_at(at("2026-11-30T15:59:59Z"), zone), Some(at("2027-01-31T16:00:00Z")));
        let ever = Path { window_months: None, ..path };
        assert_eq!((ever.window_start(now, zone), ever.leaves_at(now, zone)), (None, None));
        assert_eq!(last_day_of_month(now, zone), "2026-12-31".parse().unwrap());
    }

    #[test]
    fn a_node_that_is_gone_is_carried_to_its_place() {
        let (old, mut new) = (Path::default(), Path::default());
        new.nodes.truncate(3);
        new.nodes[0].code = "STARTER".to_owned();
        let places = ["NEWCOMER", "ACTIVE", "AMBASSADOR", "UNKNOWN"].map(|code| new.carry(code, &old));
        assert_eq!(places, [0, 1, 2, 0]);
    }

    #[test]
    fn everything_that_is_wrong_with_a_path_is_named() {
        let node = |code: &str, threshold, percent| Node {
            code: code.to_owned(),
            name: " ".to_owned(),
            threshold,
            multiplier_percent: percent,
            perks: vec!["x".repeat(PERK_LENGTH + 1)],
        };
        let nodes = vec![node("A", 1, 100), node("A", 1, 1_001), node("a", 2, -1)];
        let draft = PathDraft { version: 3, nodes, window_months: Some(0), source: String::new() };
        let errors = draft.check(at("2026-11-30T16:00:00Z")).unwrap_err();
        let fields: Vec<_> = errors.into_iter().map(|error| error.field.unwrap().join(".")).collect();
        let expected = [
            "nodes.0.name",
            "nodes.0.threshold",
            "nodes.0.perks.0",
            "nodes.1.name",
            "nodes.1.threshold",
            "nodes.1.multiplierPercent",
            "nodes.1.perks.0",
            "nodes.1.code",
            "nodes.2.code",
            "nodes.2.name",
            "nodes.2.multiplierPercent",
            "nodes.2.perks.0",
            "windowMonths",
            "source",
        ];
        assert_eq!(fields, expected);
        let Path { nodes, window_months, source, .. } = Path::default();
        let kept = PathDraft { version: 0, nodes, window_months: window_months.map(|_| 12), source };
        assert_eq!(kept.check(at("2026-11-30T16:00:00Z")).unwrap().version, 1);
    }
}
