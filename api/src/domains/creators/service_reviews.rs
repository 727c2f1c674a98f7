//! Use cases: reviewing what was handed in, and undoing that.
//!
//! Locks are taken in one order: the submission, then the member's points account.

use futures_util::FutureExt as _;

use super::CreatorError;
use super::model::{Mark, Programme};
use super::model_submission::{Decision, MOST_REVISIONS, Review, SubmissionState, Verdict, checked_reason};
use super::row::{ReviewRow, SubmissionRow};
use super::service::{By, Creators, Handled, done, lock};
use super::store_reviews;
use crate::actor::{Actor, Scope};
use crate::domains::points::earning::{AS_IS, Earned, Fact, SUBMISSION_APPROVED};
use crate::error::{ApiError, Failure, UserError, UserErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::{EarningEventId, SubmissionId};

const NOT_WAITING: &str = "The submission does not wait for a review.";
const UNDECIDED: &str = "Nobody has decided on the submission.";

impl Creators {
    /// Decides on a submission that waits.
    pub async fn review(&self, actor: &Actor, review: (SubmissionId, Review), call: &Call) -> Result<Handled, Failure> {
        let scope = actor.require(Scope::SubmissionsReview)?;
        let (this, by) = (self.clone(), By::of(actor));
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.review_in(tx, review, &by).await }.boxed())
            .await
    }

    /// As [`Creators::review`], in the caller's transaction.
    pub async fn review_in(
        &self,
        tx: &TenantTx,
        (id, review): (SubmissionId, Review),
        by: &By,
    ) -> Result<Handled, CreatorError> {
        let review = review.check()?;
        let row = lock(tx, id, by).await?;
        if row.state != SubmissionState::Submitted {
            return Err(CreatorError::Closed(NOT_WAITING));
        }
        if row.revision != review.revision {
            return Err(CreatorError::RevisionConflict);
        }
        if review.verdict == Verdict::RequestChanges && row.revision >= MOST_REVISIONS {
            return Err(CreatorError::TooManyRevisions);
        }
        let programme = self.programme_in(tx).await?;
        let marks = programme.weigh(&review.marks)?;
        let draft = ReviewRow {
            decision: review.verdict.into(),
            programme_version: programme.version,
            score: programme.score(&marks),
            note: review.note,
            ..self.review_of(&row, by.label())
        };
        let (draft, event) = match review.verdict {
            Verdict::Approve => self.approved_in(tx, draft, (&row, &programme)).await?,
            Verdict::RequestChanges | Verdict::Reject => (draft, None),
        };
        decide_in(tx, (&row, ReviewRow { marks, ..draft }), event).await
    }

    /// Pays for an approval as the rules say, by its score and by the level that the member had before it.
    async fn approved_in(
        &self,
        tx: &TenantTx,
        draft: ReviewRow,
        (row, programme): (&SubmissionRow, &Programme),
    ) -> Result<(ReviewRow, Option<EarningEventId>), CreatorError> {
        let score = draft.score.ok_or_else(|| {
            UserError::at("marks", UserErrorCode::Required, "An approval marks every criterion of the programme.")
        })?;
        if score < programme.minimum_score {
            let message = format!("The score is {score}, and the programme asks for {}.", programme.minimum_score);
            return Err(UserError::at("marks", UserErrorCode::Invalid, message).into());
        }
        let record = self.records_in(tx, (&[row.member], programme), draft.reviewed_at).await?.remove(&row.member);
        let (level, _) = programme.levels_of(record.unwrap_or_default());
        let percent = level.map_or(AS_IS, |level| level.percent);
        let fact = Fact {
            member: row.member,
            event: SUBMISSION_APPROVED.to_owned(),
            occurred_at: draft.reviewed_at,
            quantity: Some(i64::from(score)),
            community: row.community,
            streak: None,
            creator_percent: percent,
            subject: None,
            // Whatever is approved again after it was reopened is another event.
            reference: Some(format!("{}:{}", row.id, draft.number)),
        };
        // A reviewer may see less than what is paid by, such as rules.
        let authority = Actor::System(tx.tenant()).require(Scope::PointsWrite)?;
        let earned = tx.with_authority(&authority, self.points.earn_one_in(tx, fact, &draft.actor)).await;
        let Earned { event, points, .. } = earned.map_err(CreatorError::Points)?;
        Ok((ReviewRow { points, percent, level: level.map(|level| level.code.clone()), ..draft }, Some(event)))
    }

    /// Undoes an approval or a rejection: the submission waits for a review again, and what was paid is taken back.
    pub async fn reopen(
        &self,
        actor: &Actor,
        (id, reason): (SubmissionId, String),
        call: &Call,
    ) -> Result<Handled, Failure> {
        let scope = actor.require(Scope::SubmissionsReview)?;
        let (this, by) = (self.clone(), By::of(actor));
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.reopen_in(tx, (id, reason), &by).await }.boxed()
            })
            .await
    }

    async fn reopen_in(
        &self,
        tx: &TenantTx,
        (id, reason): (SubmissionId, String),
        by: &By,
    ) -> Result<Handled, CreatorError> {
        let reason = checked_reason(&reason)?;
        let row = lock(tx, id, by).await?;
        if !matches!(row.state, SubmissionState::Approved | SubmissionState::Rejected) {
            return Err(CreatorError::Closed(UNDECIDED));
        }
        let taken = match row.event {
            Some(event) => {
                let authority = Actor::System(tx.tenant()).require(Scope::PointsWrite)?;
                let back = self.points.take_back_event_in(tx, event, (&reason, by.label()));
                tx.with_authority(&authority, back).await.map_err(CreatorError::Points)?
            }
            None => 0,
        };
        let version = self.programme_in(tx).await?.version;
        let draft = ReviewRow {
            decision: Decision::Reopen,
            programme_version: version,
            points: -taken,
            note: Some(reason),
            ..self.review_of(&row, by.label())
        };
        decide_in(tx, (&row, draft), None).await
    }

    /// The next decision on a submission, which says nothing yet.
    fn review_of(&self, row: &SubmissionRow, actor: &str) -> ReviewRow {
        ReviewRow {
            submission: row.id,
            number: row.reviews + 1,
            member: row.member,
            revision: row.revision,
            decision: Decision::Reopen,
            programme_version: 0,
            marks: Vec::new(),
            score: None,
            level: None,
            percent: AS_IS,
            points: 0,
            note: None,
            actor: actor.to_owned(),
            reviewed_at: self.now(),
        }
    }
}

async fn decide_in(
    tx: &TenantTx,
    (row, review): (&SubmissionRow, ReviewRow),
    event: Option<EarningEventId>,
) -> Result<Handled, CreatorError> {
    let marks: &[Mark] = &review.marks;
    let marks = serde_json::to_value(marks).map_err(ApiError::internal)?;
    done(store_reviews::decide(tx, (&review, marks), event).await?, row)
}
