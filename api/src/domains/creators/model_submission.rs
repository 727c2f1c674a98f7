//! What a submission is, and what may become of it.

use chrono::NaiveDate;

use super::model::Given;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{CommunityId, MemberId};
use crate::platform::text::{TextProblem, parse_line, parse_text};

/// Submissions of a member that nobody has decided on, at a time.
pub const MOST_OPEN: i64 = 20;
/// Submissions of a member within 24 hours.
pub const MOST_A_DAY: i64 = 50;
/// Revisions of a submission.
pub const MOST_REVISIONS: i32 = 20;
/// Reviews that are shown of a submission.
pub const MOST_REVIEWS: u64 = 100;
const TITLE_LENGTH: usize = 120;
const BODY_LENGTH: usize = 10_000;
const NOTE_LENGTH: usize = 1_000;
const REASON_LENGTH: usize = 200;
const LINK_BYTES: usize = 2_000;
const REFERENCE_LENGTH: usize = 128;
const MOST_LINKS: usize = 10;
const LONGEST_RANGE: i64 = 366;

named_enum! {
    /// What was made.
    #[graphql(name = "SubmissionKind")]
    SubmissionKind {
        /// Something to read.
        Text "TEXT",
        /// Pictures.
        Pictures "PICTURES",
        /// Something to watch.
        Video "VIDEO",
        /// Something to hear.
        Audio "AUDIO",
        /// Something else.
        Other "OTHER",
    }
}

named_enum! {
    /// What has become of a submission.
    #[graphql(name = "SubmissionState")]
    SubmissionState {
        /// It waits for a review.
        Submitted "SUBMITTED",
        /// It waits for its next revision.
        ChangesRequested "CHANGES_REQUESTED",
        /// It was approved, and paid for as the rules said.
        Approved "APPROVED",
        /// It was rejected.
        Rejected "REJECTED",
        /// It was taken back before anybody decided.
        Withdrawn "WITHDRAWN",
    }
}

impl SubmissionState {
    /// Whether nobody has decided yet.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::ChangesRequested)
    }
}

named_enum! {
    /// What a reviewer decides.
    #[graphql(name = "SubmissionVerdict")]
    Verdict {
        /// It is good, and earns what the rules say.
        Approve "APPROVE",
        /// It may become good.
        RequestChanges "REQUEST_CHANGES",
        /// It is not.
        Reject "REJECT",
    }
}

named_enum! {
    /// What was decided on a submission.
    #[graphql(name = "SubmissionDecision")]
    Decision {
        /// It was approved.
        Approve "APPROVE",
        /// Changes were asked for.
        RequestChanges "REQUEST_CHANGES",
        /// It was rejected.
        Reject "REJECT",
        /// A decision was undone, and what it had paid was taken back.
        Reopen "REOPEN",
    }
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approve => Self::Approve,
            Verdict::RequestChanges => Self::RequestChanges,
            Verdict::Reject => Self::Reject,
        }
    }
}

impl Decision {
    /// What the submission is afterwards.
    #[must_use]
    pub fn leads_to(self) -> SubmissionState {
        match self {
            Self::Approve => SubmissionState::Approved,
            Self::RequestChanges => SubmissionState::ChangesRequested,
            Self::Reject => SubmissionState::Rejected,
            Self::Reopen => SubmissionState::Submitted,
        }
    }
}

/// What a revision says.
#[derive(Clone, Debug)]
pub struct Content {
    /// In one line.
    pub title: String,
    /// The text itself.
    pub body: Option<String>,
    /// Where the rest is.
    pub links: Vec<String>,
}

impl Content {
    /// All that is wrong with it, or the same with its texts in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        let title = text("title", parse_line(&self.title, TITLE_LENGTH), &mut errors);
        let body = self.body.as_deref().filter(|body| !body.trim().is_empty());
        let body = body.map(|body| text("body", parse_text(body, BODY_LENGTH), &mut errors));
        if body.is_none() && self.links.is_empty() {
            errors.push(UserError::at("body", UserErrorCode::Required, "Expected a text, or a link at least."));
        }
        if self.links.len() > MOST_LINKS {
            errors.push(UserError::at("links", UserErrorCode::TooLong, "At most 10 links."));
        }
        for (place, link) in self.links.iter().take(MOST_LINKS).enumerate() {
            if !is_link(link) {
                let message = "Expected an address that begins with https:// or http://, of at most 2,000 bytes.";
                errors.push(UserError::at(&format!("links.{place}"), UserErrorCode::Invalid, message));
            }
        }
        if errors.is_empty() { Ok(Self { title, body, ..self }) } else { Err(errors) }
    }
}

fn is_link(link: &str) -> bool {
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control();
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':', '@']));
    has_host && link.len() <= LINK_BYTES && !link.chars().any(is_odd)
}

/// Something that a member hands in.
#[derive(Clone, Debug)]
pub struct SubmissionDraft {
    /// Whose it is.
    pub member: MemberId,
    /// For which of their communities, if that matters.
    pub community: Option<CommunityId>,
    /// What it is.
    pub kind: SubmissionKind,
    /// What it says.
    pub content: Content,
    /// What nobody hands in twice.
    pub reference: Option<String>,
}

impl SubmissionDraft {
    /// All that is wrong with it, or the same with its texts in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        let reference =
            self.reference.as_deref().map(|own| text("reference", parse_line(own, REFERENCE_LENGTH), &mut errors));
        match self.content.check() {
            Ok(content) if errors.is_empty() => Ok(Self { content, reference, ..self }),
            checked => Err(checked.err().into_iter().flatten().chain(errors).collect()),
        }
    }
}

/// What a reviewer says.
#[derive(Clone, Debug)]
pub struct Review {
    /// The revision that was looked at.
    pub revision: i32,
    /// What was decided.
    pub verdict: Verdict,
    /// By criterion.
    pub marks: Vec<Given>,
    /// In words.
    pub note: Option<String>,
}

impl Review {
    /// All that is wrong with it by itself, or the same with its note in order.
    pub fn check(self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        let note = self.note.as_deref().filter(|note| !note.trim().is_empty());
        let note = note.map(|note| text("note", parse_text(note, NOTE_LENGTH), &mut errors));
        if note.is_none() && self.verdict != Verdict::Approve {
            let message = "Say what is to be changed, or why it is rejected.";
            errors.push(UserError::at("note", UserErrorCode::Required, message));
        }
        if errors.is_empty() { Ok(Self { note, ..self }) } else { Err(errors) }
    }
}

/// Why something is undone, in order.
pub fn checked_reason(reason: &str) -> Result<String, Vec<UserError>> {
    parse_line(reason, REASON_LENGTH).map_err(|problem| vec![UserError::text("reason", problem)])
}

/// Which submissions to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<SubmissionState>,
    /// Of this member.
    pub member: Option<MemberId>,
    /// For this community.
    pub community: Option<CommunityId>,
    /// Of this kind.
    pub kind: Option<SubmissionKind>,
}

/// The communities that whoever asks is restricted to: what was made for others is not there for them. None for all.
pub type Reach<'a> = Option<&'a [CommunityId]>;

/// Whether the days are a range that can be counted.
#[must_use]
pub fn is_range(from: NaiveDate, to: NaiveDate) -> bool {
    (0..LONGEST_RANGE).contains(&(to - from).num_days())
}

fn text(field: &str, parsed: Result<String, TextProblem>, errors: &mut Vec<UserError>) -> String {
    parsed.unwrap_or_else(|problem| {
        errors.push(UserError::text(field, problem));
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_addresses_of_the_web() {
        for link in ["https://mp.weixin.qq.com/s/abc?x=1#y", "http://例子.中国/文", "https://a"] {
            assert!(is_link(link), "{link}");
        }
        for link in
            ["", "https://", "https:///x", "javascript:alert(1)", "ftp://a", "https://a b", "https://a\n", "//a"]
        {
            assert!(!is_link(link), "{link}");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_submission_is_named() {
        let content = Content { title: " ".to_owned(), body: Some(" ".to_owned()), links: Vec::new() };
        let (member, community) = (MemberId::from_uuid(uuid::Uuid::nil()), None);
        let reference = Some(String::new());
        let draft = SubmissionDraft { member, community, kind: SubmissionKind::Text, content, reference };
        let errors = draft.check().unwrap_err();
        let fields: Vec<_> = errors.iter().filter_map(|error| error.field.clone()).map(|path| path.join(".")).collect();
        assert_eq!(fields, ["title", "body", "reference"]);
    }
}
