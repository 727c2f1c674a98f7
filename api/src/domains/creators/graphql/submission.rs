//! Submissions, their revisions and reviews, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::row::{ReviewRow, RevisionRow, SubmissionRow};
use super::super::{Creators, Decision, Mark, SubmissionKind, SubmissionState};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::ids::SubmissionId;

/// What a submission said at a time. Costs 20.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(20))]
pub struct SubmissionRevision {
    /// 1 for the first.
    revision: i32,
    /// What it was called.
    title: String,
    /// The text itself; null where there were links only.
    body: Option<String>,
    /// Where the rest was.
    links: Vec<String>,
    /// When it was handed in.
    submitted_at: DateTime,
}

impl From<RevisionRow> for SubmissionRevision {
    fn from(row: RevisionRow) -> Self {
        let RevisionRow { revision, title, body, links, submitted_at, .. } = row;
        Self { revision, title, body, links, submitted_at: submitted_at.into() }
    }
}

/// What a reviewer gave for one criterion. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct CriterionMark {
    /// The criterion's code.
    criterion: String,
    /// 0 to 100.
    mark: i32,
    /// How much it counted beside the others.
    weight: i32,
}

impl From<Mark> for CriterionMark {
    fn from(Mark { criterion, mark, weight }: Mark) -> Self {
        Self { criterion, mark, weight }
    }
}

/// What was decided on a submission; never changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct SubmissionReview {
    /// On which revision.
    revision: i32,
    /// What was decided.
    decision: Decision,
    /// By criterion; none where none were given.
    marks: Vec<CriterionMark>,
    /// What they come to, 0 to 100; null unless every criterion has one.
    quality_score: Option<i32>,
    /// By which version of the programme.
    programme_version: i32,
    /// The member's level before an approval; null of other decisions.
    level_code: Option<String>,
    /// What that multiplied what was paid by; 100 changed nothing.
    percent: i32,
    /// What was paid; negative for what REOPEN took back.
    points_paid: BigInt,
    /// In words, for the member.
    note: Option<String>,
    /// Who decided: `usr_…`, a partner's key, `key_…`, or `system`.
    reviewed_by_id: ID,
    /// When.
    reviewed_at: DateTime,
}

impl From<ReviewRow> for SubmissionReview {
    fn from(row: ReviewRow) -> Self {
        Self {
            revision: row.revision,
            decision: row.decision,
            marks: row.marks.into_iter().map(Into::into).collect(),
            quality_score: row.score,
            programme_version: row.programme_version,
            level_code: row.level,
            percent: row.percent,
            points_paid: row.points.into(),
            note: row.note,
            reviewed_by_id: row.actor.into(),
            reviewed_at: row.reviewed_at.into(),
        }
    }
}

/// What a member made and handed in.
#[derive(Clone)]
pub struct Submission(pub(super) Ref<SubmissionRow>);

impl Noun for Submission {
    const NAME: &'static str = "Submission";
}

/// What a member made and handed in: it waits until a reviewer decides, and is paid for when it is approved.
#[Object]
impl Submission {
    /// `sbm_…`
    pub async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// Whose: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.member.into())
    }

    /// For which community, `com_…`; null where it names none.
    async fn community_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.community.map(Into::into))
    }

    /// What it is.
    async fn kind(&self) -> Result<SubmissionKind, ApiError> {
        Ok(self.0.row()?.kind)
    }

    /// What it is called now.
    async fn title(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.title)
    }

    /// The text itself, as it is now; null where there are links only. Costs 5.
    #[graphql(directive = costs::apply(5))]
    async fn body(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async { Ok(content_of(ctx, &self.0).await?.and_then(|said| said.body)) }).await
    }

    /// Where the rest is, as it is now. Costs 5.
    #[graphql(directive = costs::apply(5))]
    async fn links(&self, ctx: &Context<'_>) -> Option<Result<Vec<String>, ApiError>> {
        nullable(async { Ok(content_of(ctx, &self.0).await?.map(|said| said.links)) }).await
    }

    /// The partner's own reference.
    async fn reference(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reference.as_deref())
    }

    /// What has become of it.
    async fn state(&self) -> Result<SubmissionState, ApiError> {
        Ok(self.0.row()?.state)
    }

    /// The number of its latest revision; 1 for the first.
    async fn revision(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.revision)
    }

    /// What the marks of its approval come to, 0 to 100; null unless it is approved.
    async fn quality_score(&self) -> Result<Option<i32>, ApiError> {
        Ok(self.0.row()?.score)
    }

    /// What was paid for its approval; 0 unless it is approved.
    async fn points_paid(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.points.into())
    }

    /// The SUBMISSION_APPROVED that its approval recorded, `eev_…`; null unless it is approved.
    async fn earning_event_id(&self) -> Result<Option<ID>, ApiError> {
        Ok(self.0.row()?.event.map(Into::into))
    }

    /// What the last decision said, in words for the member.
    async fn note(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.note.as_deref())
    }

    /// When it was handed in first.
    async fn submitted_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.submitted_at.into())
    }

    /// When its latest revision was handed in.
    async fn revised_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.revised_at.into())
    }

    /// When somebody last decided on it.
    async fn reviewed_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.reviewed_at.map(Into::into))
    }

    /// All that it ever said, the newest first. Counts as 20 items.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn revisions(&self, ctx: &Context<'_>) -> Option<Result<Vec<SubmissionRevision>, ApiError>> {
        nullable(async {
            let creators = ctx.service::<Creators>()?.clone();
            let load = |page: Arc<Page<SubmissionRow>>| async move {
                let mut found: HashMap<SubmissionId, Vec<SubmissionRevision>> = HashMap::new();
                for row in creators.revisions_of(page.reader(), &ids(&page)).await? {
                    found.entry(row.submission).or_default().push(row.into());
                }
                Ok(found)
            };
            let found = self.0.load("submission.revisions", String::new(), load).await?;
            Ok(Some(found.get(&self.0.row()?.id).cloned().unwrap_or_default()))
        })
        .await
    }

    /// What was decided on it, the newest first, at most 100. Counts as 20 items.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn reviews(&self, ctx: &Context<'_>) -> Option<Result<Vec<SubmissionReview>, ApiError>> {
        nullable(async {
            let creators = ctx.service::<Creators>()?.clone();
            let load = |page: Arc<Page<SubmissionRow>>| async move {
                let mut found: HashMap<SubmissionId, Vec<SubmissionReview>> = HashMap::new();
                for row in creators.reviews_of(page.reader(), &ids(&page)).await? {
                    found.entry(row.submission).or_default().push(row.into());
                }
                Ok(found)
            };
            let found = self.0.load("submission.reviews", String::new(), load).await?;
            Ok(Some(found.get(&self.0.row()?.id).cloned().unwrap_or_default()))
        })
        .await
    }
}

/// What the submission says now. Loaded for all submissions of the page at once.
pub(super) async fn content_of(
    ctx: &Context<'_>,
    submission: &Ref<SubmissionRow>,
) -> Result<Option<RevisionRow>, ApiError> {
    let creators = ctx.service::<Creators>()?.clone();
    let load = |page: Arc<Page<SubmissionRow>>| async move {
        let rows = creators.contents_of(page.reader(), &ids(&page)).await?;
        Ok(rows.into_iter().map(|row| (row.submission, row)).collect::<HashMap<_, _>>())
    };
    let found = submission.load("submission.content", String::new(), load).await?;
    Ok(found.get(&submission.row()?.id).cloned())
}

fn ids(page: &Page<SubmissionRow>) -> Vec<SubmissionId> {
    page.rows().iter().map(|row| row.id).collect()
}
