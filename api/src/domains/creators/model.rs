//! The creator programme: what is marked, what marks come to, and which level approvals make.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::{UserError, UserErrorCode};
use crate::platform::text::parse_line;

const MOST_CRITERIA: usize = 10;
const MOST_LEVELS: usize = 10;
const CODE_LENGTH: usize = 40;
const NAME_LENGTH: usize = 60;
const MOST_PERCENT: i32 = 1_000;
const LONGEST_WINDOW: i32 = 366;
const HIGHEST: i32 = 100;
const MOST_APPROVED: i32 = 1_000_000;

/// Something that reviewers mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What programs call it.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// How much it counts beside the others.
    pub weight: i32,
}

/// Where creators stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// What programs call it.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// At least so many approvals within the window.
    pub min_approved: i32,
    /// At least this score of them on average.
    pub min_average_score: i32,
    /// What is earned by an approval is multiplied by; 100 for as it is.
    pub percent: i32,
}

/// A mark as a reviewer gave it.
#[derive(Clone, Debug)]
pub struct Given {
    /// The criterion's code.
    pub criterion: String,
    /// 0 to 100.
    pub mark: i32,
}

/// A mark, with how much it counted then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The criterion's code.
    pub criterion: String,
    /// 0 to 100.
    pub mark: i32,
    /// The criterion's weight.
    pub weight: i32,
}

/// What a member has had approved within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// How many.
    pub approved: i64,
    /// Their scores together.
    pub scores: i64,
}

impl Record {
    /// The average score; None without any.
    #[must_use]
    pub fn average(self) -> Option<f64> {
        let number = |value: i64| i32::try_from(value).map_or(f64::MAX, f64::from);
        (self.approved > 0).then(|| number(self.scores) / number(self.approved))
    }
}

/// One version of a tenant's programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// 0 for the default.
    pub version: i32,
    /// At least one.
    pub criteria: Vec<Criterion>,
    /// The least score of an approval.
    pub minimum_score: i32,
    /// Days whose approvals make a level.
    pub window_days: i32,
    /// At least one, the lowest first.
    pub levels: Vec<Level>,
}

impl Default for Programme {
    fn default() -> Self {
        let criteria = [("ORIGINALITY", "原创", 40), ("USEFULNESS", "实用", 40), ("PRESENTATION", "表达", 20)];
        let levels = [
            ("NEWCOMER", "新秀", 0, 0, 100),
            ("CONTRIBUTOR", "贡献者", 3, 60, 110),
            ("CREATOR", "创作者", 10, 70, 120),
            ("EXPERT", "达人", 25, 80, 140),
            ("STAR", "明星", 50, 85, 160),
        ];
        let criterion = |(code, name, weight): (&str, &str, i32)| Criterion {
            code: code.to_owned(),
            name: name.to_owned(),
            weight,
        };
        let level = |(code, name, min_approved, min_average_score, percent): (&str, &str, i32, i32, i32)| Level {
            code: code.to_owned(),
            name: name.to_owned(),
            min_approved,
            min_average_score,
            percent,
        };
        Self {
            version: 0,
            criteria: criteria.map(criterion).into(),
            minimum_score: 0,
            window_days: 90,
            levels: levels.map(level).into(),
        }
    }
}

impl Programme {
    /// The level that this record makes, and the one behind it; None where that is the highest.
    #[must_use]
    pub fn levels_of(&self, record: Record) -> (Option<&Level>, Option<&Level>) {
        let is_reached = |level: &Level| {
            record.approved >= i64::from(level.min_approved)
                && record.scores >= i64::from(level.min_average_score).saturating_mul(record.approved)
        };
        let place = self.levels.iter().rposition(is_reached).unwrap_or(0);
        (self.levels.get(place), self.levels.get(place + 1))
    }

    /// The marks with their weights, or all that is wrong with them.
    pub fn weigh(&self, given: &[Given]) -> Result<Vec<Mark>, Vec<UserError>> {
        let (mut marks, mut errors) = (Vec::with_capacity(self.criteria.len()), Vec::new());
        if given.len() > MOST_CRITERIA {
            return Err(vec![UserError::at("marks", UserErrorCode::TooLong, "At most 10 marks.")]);
        }
        let mut codes = BTreeSet::new();
        for (place, Given { criterion, mark }) in given.iter().enumerate() {
            let mut wrong = |field: &str, message: &'static str| {
                errors.push(invalid(field, message).below(&["marks", &place.to_string()]));
            };
            if !codes.insert(criterion.as_str()) {
                wrong("criterion", "This criterion has a mark already.");
            }
            if !(0..=HIGHEST).contains(mark) {
                wrong("mark", "Expected 0 to 100.");
            }
            match self.criteria.iter().find(|known| known.code == *criterion) {
                Some(known) => {
                    marks.push(Mark { criterion: criterion.clone(), mark: *mark, weight: known.weight });
                }
                None => wrong("criterion", "The programme has no such criterion."),
            }
        }
        if errors.is_empty() { Ok(marks) } else { Err(errors) }
    }

    /// What the marks come to, their weighted mean, a half rounded up; None unless every criterion has one.
    #[must_use]
    pub fn score(&self, marks: &[Mark]) -> Option<i32> {
        if marks.len() < self.criteria.len() {
            return None;
        }
        let weight: i32 = marks.iter().map(|mark| mark.weight).sum();
        let sum: i32 = marks.iter().map(|mark| mark.mark * mark.weight).sum();
        (2 * sum + weight).checked_div(2 * weight)
    }
}

/// A programme as somebody wants to have it.
#[derive(Clone, Debug)]
pub struct ProgrammeDraft {
    /// The version that was read.
    pub version: i32,
    /// See [`Programme::criteria`].
    pub criteria: Vec<Criterion>,
    /// See [`Programme::minimum_score`].
    pub minimum_score: i32,
    /// See [`Programme::window_days`].
    pub window_days: i32,
    /// See [`Programme::levels`].
    pub levels: Vec<Level>,
}

impl ProgrammeDraft {
    /// All that is wrong with it, or the next version.
    pub fn check(self) -> Result<Programme, Vec<UserError>> {
        let mut errors = Vec::new();
        if !(1..=MOST_CRITERIA).contains(&self.criteria.len()) {
            errors.push(invalid("criteria", "A programme has 1 to 10 criteria."));
        }
        if !(1..=MOST_LEVELS).contains(&self.levels.len()) {
            errors.push(invalid("levels", "A programme has 1 to 10 levels."));
        }
        if !(0..=HIGHEST).contains(&self.minimum_score) {
            errors.push(invalid("minimumScore", "Expected 0 to 100."));
        }
        if !(1..=LONGEST_WINDOW).contains(&self.window_days) {
            errors.push(invalid("windowDays", "Expected 1 to 366 days."));
        }
        let (mut criteria, mut codes) = (Vec::new(), BTreeSet::new());
        for (place, criterion) in self.criteria.into_iter().take(MOST_CRITERIA).enumerate() {
            let mut wrong = Vec::new();
            let code = checked_code(&criterion.code, &mut codes, &mut wrong);
            let name = line("name", &criterion.name, &mut wrong);
            if !(1..=HIGHEST).contains(&criterion.weight) {
                wrong.push(invalid("weight", "Expected 1 to 100."));
            }
            errors.extend(wrong.into_iter().map(|error| error.below(&["criteria", &place.to_string()])));
            criteria.push(Criterion { code, name, ..criterion });
        }
        let levels = checked_levels(self.levels, &mut errors);
        let programme = Programme {
            version: self.version.saturating_add(1),
            criteria,
            minimum_score: self.minimum_score,
            window_days: self.window_days,
            levels,
        };
        if errors.is_empty() { Ok(programme) } else { Err(errors) }
    }
}

fn checked_levels(wanted: Vec<Level>, errors: &mut Vec<UserError>) -> Vec<Level> {
    let (mut levels, mut codes): (Vec<Level>, _) = (Vec::new(), BTreeSet::new());
    for (place, level) in wanted.into_iter().take(MOST_LEVELS).enumerate() {
        let mut wrong = Vec::new();
        let code = checked_code(&level.code, &mut codes, &mut wrong);
        let name = line("name", &level.name, &mut wrong);
        let mut check = |is_right: bool, field: &str, message: &'static str| {
            if !is_right {
                wrong.push(invalid(field, message));
            }
        };
        match levels.last() {
            None => {
                check(level.min_approved == 0, "minApproved", "The first level asks for 0: everybody has it.");
                check(level.min_average_score == 0, "minAverageScore", "The first level asks for 0: everybody has it.");
            }
            Some(before) => {
                let is_more = (before.min_approved + 1..=MOST_APPROVED).contains(&level.min_approved);
                check(is_more, "minApproved", "Expected more than the level before asks for, at most 1,000,000.");
                let is_no_less = (before.min_average_score..=HIGHEST).contains(&level.min_average_score);
                check(is_no_less, "minAverageScore", "Expected no less than the level before asks for, at most 100.");
            }
        }
        check((0..=MOST_PERCENT).contains(&level.percent), "percent", "Expected 0 to 1000.");
        errors.extend(wrong.into_iter().map(|error| error.below(&["levels", &place.to_string()])));
        levels.push(Level { code, name, ..level });
    }
    levels
}

fn checked_code(code: &str, codes: &mut BTreeSet<String>, errors: &mut Vec<UserError>) -> String {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = code.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    if !(begins && code.len() <= CODE_LENGTH && code.bytes().all(fits)) {
        let message = "Expected 1 to 40 capital letters, digits and underscores, beginning with a letter.";
        errors.push(invalid("code", message));
    }
    if !codes.insert(code.to_owned()) {
        errors.push(invalid("code", "Another one has this code."));
    }
    code.to_owned()
}

fn line(field: &str, text: &str, errors: &mut Vec<UserError>) -> String {
    parse_line(text, NAME_LENGTH).unwrap_or_else(|problem| {
        errors.push(UserError::text(field, problem));
        String::new()
    })
}

fn invalid(field: &str, message: &'static str) -> UserError {
    UserError::at(field, UserErrorCode::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(of: [i32; 3]) -> Vec<Mark> {
        let programme = Programme::default();
        let given = |(criterion, mark): (&Criterion, i32)| Given { criterion: criterion.code.clone(), mark };
        programme.weigh(&programme.criteria.iter().zip(of).map(given).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_score_is_the_weighted_mean_and_a_half_is_rounded_up() {
        let programme = Programme::default();
        assert_eq!(programme.score(&marks([90, 80, 70])), Some(82));
        assert_eq!(programme.score(&marks([100, 100, 100])), Some(100));
        // 0.5 and 0.4.
        let halves = [("A", 1), ("B", 0)].map(|(code, mark)| Mark { criterion: code.to_owned(), mark, weight: 50 });
        assert_eq!(Programme { criteria: Vec::new(), ..Programme::default() }.score(&halves), Some(1));
        assert_eq!(programme.score(&marks([1, 0, 0])), Some(0));
        assert_eq!(programme.score(&marks([90, 80, 70])[..2]), None);
    }

    #[test]
    fn a_level_asks_for_number_and_quality() {
        let programme = Programme::default();
        let level = |approved, scores| {
            let (now, next) = programme.levels_of(Record { approved, scores });
            (now.unwrap().code.clone(), next.map(|level| level.code.clone()))
        };
        assert_eq!(level(0, 0), ("NEWCOMER".to_owned(), Some("CONTRIBUTOR".to_owned())));
        assert_eq!(level(3, 179).0, "NEWCOMER");
        assert_eq!(level(3, 180).0, "CONTRIBUTOR");
        assert_eq!(level(60, 60 * 79).0, "CREATOR");
        assert_eq!(level(60, 60 * 90), ("STAR".to_owned(), None));
    }

    #[test]
    fn everything_that_is_wrong_with_a_programme_is_named() {
        let level = |code: &str, min_approved, min_average_score| Level {
            code: code.to_owned(),
            name: "Level".to_owned(),
            min_approved,
            min_average_score,
            percent: 100,
        };
        let draft = ProgrammeDraft {
            version: 0,
            criteria: vec![Criterion { code: "a".to_owned(), name: " ".to_owned(), weight: 0 }],
            minimum_score: 101,
            window_days: 0,
            levels: vec![level("A", 1, 0), level("B", 1, 50), level("B", 2, 40)],
        };
        let errors = draft.check().unwrap_err();
        let fields: Vec<_> = errors.iter().filter_map(|error| error.field.clone()).map(|path| path.join(".")).collect();
        let expected = [
            "minimumScore",
            "windowDays",
            "criteria.0.code",
            "criteria.0.name",
            "criteria.0.weight",
            "levels.0.minApproved",
            "levels.1.minApproved",
            "levels.2.code",
            "levels.2.minAverageScore",
        ];
        assert_eq!(fields, expected);
    }
}
