//! What is given to hand something in, to decide on it, and to change the programme.

use async_graphql::{ID, InputObject};

use super::super::{
    Content, Criterion, Given, Level, ProgrammeDraft, Review, SubmissionDraft, SubmissionKind, Verdict,
};
use crate::error::UserError;
use crate::graphql::ids::parse_input_id;
use crate::platform::ids::{MemberId, SubmissionId};

/// Something that a member hands in.
#[derive(InputObject)]
pub struct SubmissionCreateInput {
    /// Whose it is: `mbr_…`
    member_id: ID,
    /// What it is, and what it says.
    #[graphql(flatten)]
    what: SubmissionContentInput,
    /// Your own reference, 1 to 128 characters: no two submissions of a tenant have one.
    reference: Option<String>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl SubmissionCreateInput {
    pub(super) fn draft(self) -> Result<SubmissionDraft, UserError> {
        let member = parse_input_id("memberId", &self.member_id)?;
        Ok(SubmissionDraft { reference: self.reference, ..self.what.draft(member)? })
    }
}

/// What is handed in.
#[derive(InputObject)]
pub struct SubmissionContentInput {
    /// For which of the member's communities, `com_…`, if that matters: rules of its own may answer.
    community_id: Option<ID>,
    /// What it is.
    kind: SubmissionKind,
    /// What it is called, 1 to 120 characters.
    title: String,
    /// The text itself, at most 10,000 characters; needed where there are no links.
    body: Option<String>,
    /// Where the rest is, at most 10 addresses that begin with `https://` or `http://`, of at most 2,000 bytes each.
    links: Option<Vec<String>>,
}

impl SubmissionContentInput {
    pub(super) fn draft(self, member: MemberId) -> Result<SubmissionDraft, UserError> {
        let community = self.community_id.as_ref().map(|id| parse_input_id("communityId", id)).transpose()?;
        let content = Content { title: self.title, body: self.body, links: self.links.unwrap_or_default() };
        Ok(SubmissionDraft { member, community, kind: self.kind, content, reference: None })
    }
}

/// What a submission says from now on.
#[derive(InputObject)]
pub struct SubmissionReviseInput {
    /// Which submission, and what it says.
    #[graphql(flatten)]
    pub(super) what: SubmissionRevisionInput,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// A revision.
#[derive(InputObject)]
pub struct SubmissionRevisionInput {
    /// `sbm_…`
    submission_id: ID,
    /// What it is called, 1 to 120 characters.
    title: String,
    /// The text itself, at most 10,000 characters; needed where there are no links.
    body: Option<String>,
    /// Where the rest is, at most 10 addresses that begin with `https://` or `http://`, of at most 2,000 bytes each.
    links: Option<Vec<String>>,
}

impl SubmissionRevisionInput {
    pub(super) fn revision(self) -> Result<(SubmissionId, Content), UserError> {
        let id = parse_input_id("submissionId", &self.submission_id)?;
        Ok((id, Content { title: self.title, body: self.body, links: self.links.unwrap_or_default() }))
    }
}

/// What is taken back.
#[derive(InputObject)]
pub struct SubmissionWithdrawInput {
    /// `sbm_…`
    pub(super) submission_id: ID,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// What a reviewer gives for one criterion.
#[derive(InputObject)]
pub struct CriterionMarkInput {
    /// The criterion's code.
    criterion: String,
    /// 0 to 100.
    mark: i32,
}

/// What a reviewer decides.
#[derive(InputObject)]
pub struct SubmissionReviewInput {
    /// `sbm_…`
    submission_id: ID,
    /// The revision that was looked at; VERSION_CONFLICT where there is another now.
    revision: i32,
    /// What is decided.
    decision: Verdict,
    /// By criterion, each at most once; APPROVE needs all.
    marks: Option<Vec<CriterionMarkInput>>,
    /// In words for the member, at most 1,000 characters; needed unless it is approved.
    note: Option<String>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl SubmissionReviewInput {
    pub(super) fn review(self) -> Result<(SubmissionId, Review), UserError> {
        let id = parse_input_id("submissionId", &self.submission_id)?;
        let given = |CriterionMarkInput { criterion, mark }| Given { criterion, mark };
        let marks = self.marks.unwrap_or_default().into_iter().map(given).collect();
        Ok((id, Review { revision: self.revision, verdict: self.decision, marks, note: self.note }))
    }
}

/// What is undone.
#[derive(InputObject)]
pub struct SubmissionReopenInput {
    /// `sbm_…`
    pub(super) submission_id: ID,
    /// Why, in words that the member may read, 1 to 200 characters.
    pub(super) reason: String,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

/// Something that reviewers mark.
#[derive(InputObject)]
pub struct CreatorCriterionInput {
    /// What programs call it: A to Z, 0 to 9 and _, beginning with a letter, at most 40; unique in the programme.
    code: String,
    /// What people call it, 1 to 60 characters.
    name: String,
    /// How much its mark counts beside the others, 1 to 100.
    weight: i32,
}

/// A level of the programme.
#[derive(InputObject)]
pub struct CreatorLevelInput {
    /// What programs call it: A to Z, 0 to 9 and _, beginning with a letter, at most 40; unique in the programme.
    code: String,
    /// What people call it, 1 to 60 characters.
    name: String,
    /// How many approvals within the programme's days it asks for: 0 for the first, each more than the one before.
    min_approved: i32,
    /// Which score of these it asks for, on average: 0 for the first, each no less than the one before, at most 100.
    min_average_score: i32,
    /// What is earned by an approval is multiplied by, 0 to 1000 percent; 100 for as it is.
    percent: i32,
}

/// The programme as it is to be.
#[derive(InputObject)]
pub struct CreatorProgrammeUpdateInput {
    /// The version that you read; 0 for the default programme.
    version: i32,
    /// What reviewers mark, 1 to 10.
    criteria: Vec<CreatorCriterionInput>,
    /// The least score of an approval, 0 to 100.
    minimum_score: i32,
    /// So many days back approvals count for a level, 1 to 366.
    window_days: i32,
    /// The lowest first, 1 to 10.
    levels: Vec<CreatorLevelInput>,
    /// The same key and input have one effect. 1 to 255 characters.
    pub(super) idempotency_key: String,
}

impl From<CreatorProgrammeUpdateInput> for ProgrammeDraft {
    fn from(input: CreatorProgrammeUpdateInput) -> Self {
        let criterion = |CreatorCriterionInput { code, name, weight }| Criterion { code, name, weight };
        let level = |CreatorLevelInput { code, name, min_approved, min_average_score, percent }| Level {
            code,
            name,
            min_approved,
            min_average_score,
            percent,
        };
        Self {
            version: input.version,
            criteria: input.criteria.into_iter().map(criterion).collect(),
            minimum_score: input.minimum_score,
            window_days: input.window_days,
            levels: input.levels.into_iter().map(level).collect(),
        }
    }
}
