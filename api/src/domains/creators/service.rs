//! Use cases: handing in, revising, and taking back.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::CreatorError;
use super::model_submission::{Content, MOST_A_DAY, MOST_OPEN, MOST_REVISIONS, SubmissionDraft};
use super::row::SubmissionRow;
use super::store;
use crate::actor::{Actor, Scope};
use crate::domains::members::{Members, Standing};
use crate::domains::points::Points;
use crate::domains::tenants::Tenants;
use crate::error::Failure;
use crate::platform::Platform;
use crate::platform::audit::Subject;
use crate::platform::db::{TenantScope, TenantTx};
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{CommunityId, MemberId, SubmissionId};

const UNKNOWN: CreatorError = CreatorError::NotFound("submissionId", "submission");
const DECIDED: &str = "The submission was decided on, or taken back.";

/// A submission, and whose it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Handled {
    /// The submission.
    pub submission: SubmissionId,
    /// Whose.
    pub member: MemberId,
}

impl Outcome for Handled {
    fn subject(&self) -> Subject {
        Subject::of(self.submission).within(self.member)
    }
}

/// On whose behalf something is done to a submission.
#[derive(Clone, Debug)]
pub struct By {
    label: String,
    /// See [`Reach`](super::model_submission::Reach).
    communities: Option<Vec<CommunityId>>,
    /// Where an input stands for the member.
    field: &'static str,
}

impl By {
    /// Somebody who names the submission.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let communities = actor.communities().map(<[_]>::to_vec);
        Self { label: actor.label(), communities, field: "submissionId" }
    }

    /// The member whose submission it is.
    fn oneself(actor: &Actor) -> Self {
        Self { field: "memberId", ..Self::of(actor) }
    }

    /// Who that is, for what is recorded.
    pub(super) fn label(&self) -> &str {
        &self.label
    }
}

/// The slice's service.
#[derive(Clone)]
pub struct Creators {
    pub(super) platform: Platform,
    pub(super) tenants: Tenants,
    pub(super) members: Members,
    pub(super) points: Points,
}

impl Creators {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform, (tenants, members): (Tenants, Members), points: Points) -> Self {
        Self { platform, tenants, members, points }
    }

    /// Hands something in for a member.
    pub async fn submit(&self, actor: &Actor, draft: SubmissionDraft, call: &Call) -> Result<Handled, Failure> {
        self.submit_by(actor.require(Scope::SubmissionsWrite)?, actor, draft, call).await
    }

    /// As [`Creators::submit`], by the member's own token.
    pub async fn submit_oneself(&self, actor: &Actor, draft: SubmissionDraft, call: &Call) -> Result<Handled, Failure> {
        let (member, scope) = actor.require_own(Scope::SubmissionsWrite)?;
        self.submit_by(scope, actor, SubmissionDraft { member, reference: None, ..draft }, call).await
    }

    async fn submit_by(
        &self,
        scope: TenantScope,
        actor: &Actor,
        draft: SubmissionDraft,
        call: &Call,
    ) -> Result<Handled, Failure> {
        let this = self.clone();
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.submit_in(tx, draft).await }.boxed())
            .await
    }

    /// As [`Creators::submit`], in the caller's transaction. Holds the member, so that no more come at once than may.
    pub async fn submit_in(&self, tx: &TenantTx, draft: SubmissionDraft) -> Result<Handled, CreatorError> {
        let draft = draft.check()?;
        if let Some(community) = draft.community {
            let at = (community, draft.member);
            self.require_active_in(tx, draft.member, "memberId").await?;
            self.members.require_membership_in(tx, at).await.map_err(CreatorError::Community)?;
        }
        self.members.lock_in(tx, &[draft.member]).await?;
        self.require_active_in(tx, draft.member, "memberId").await?;
        let now = self.now();
        if store::count_open(tx, draft.member).await? >= MOST_OPEN {
            return Err(CreatorError::TooManyOpen);
        }
        if store::count_since(tx, draft.member, now - TimeDelta::days(1)).await? >= MOST_A_DAY {
            return Err(CreatorError::TooManyToday);
        }
        let id = self.platform.new_id();
        if !store::insert(tx, id, &draft, now).await? {
            return Err(CreatorError::ReferenceTaken);
        }
        Ok(Handled { submission: id, member: draft.member })
    }

    /// Says something else in a submission that nobody has decided on.
    pub async fn revise(
        &self,
        actor: &Actor,
        revision: (SubmissionId, Content),
        call: &Call,
    ) -> Result<Handled, Failure> {
        self.revise_by(actor.require(Scope::SubmissionsWrite)?, (actor, By::of(actor)), revision, call).await
    }

    /// As [`Creators::revise`], by the member's own token.
    pub async fn revise_oneself(
        &self,
        actor: &Actor,
        revision: (SubmissionId, Content),
        call: &Call,
    ) -> Result<Handled, Failure> {
        let (_, scope) = actor.require_own(Scope::SubmissionsWrite)?;
        self.revise_by(scope, (actor, By::oneself(actor)), revision, call).await
    }

    async fn revise_by(
        &self,
        scope: TenantScope,
        (actor, by): (&Actor, By),
        revision: (SubmissionId, Content),
        call: &Call,
    ) -> Result<Handled, Failure> {
        let this = self.clone();
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.revise_in(tx, revision, &by).await }.boxed())
            .await
    }

    async fn revise_in(
        &self,
        tx: &TenantTx,
        (id, content): (SubmissionId, Content),
        by: &By,
    ) -> Result<Handled, CreatorError> {
        let content = content.check()?;
        let row = self.lock_open(tx, id, by).await?;
        if row.revision >= MOST_REVISIONS {
            return Err(CreatorError::TooManyRevisions);
        }
        let is_done = store::revise(tx, (id, row.member, row.revision + 1), &content, self.now()).await?;
        done(is_done, &row)
    }

    /// Takes a submission back that nobody has decided on.
    pub async fn withdraw(&self, actor: &Actor, id: SubmissionId, call: &Call) -> Result<Handled, Failure> {
        self.withdraw_by(actor.require(Scope::SubmissionsWrite)?, (actor, By::of(actor)), id, call).await
    }

    /// As [`Creators::withdraw`], by the member's own token.
    pub async fn withdraw_oneself(&self, actor: &Actor, id: SubmissionId, call: &Call) -> Result<Handled, Failure> {
        let (_, scope) = actor.require_own(Scope::SubmissionsWrite)?;
        self.withdraw_by(scope, (actor, By::oneself(actor)), id, call).await
    }

    async fn withdraw_by(
        &self,
        scope: TenantScope,
        (actor, by): (&Actor, By),
        id: SubmissionId,
        call: &Call,
    ) -> Result<Handled, Failure> {
        let this = self.clone();
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.withdraw_in(tx, id, &by).await }.boxed())
            .await
    }

    async fn withdraw_in(&self, tx: &TenantTx, id: SubmissionId, by: &By) -> Result<Handled, CreatorError> {
        let row = self.lock_open(tx, id, by).await?;
        done(store::withdraw(tx, id).await?, &row)
    }

    /// The submission, held, unless somebody has decided on it.
    async fn lock_open(&self, tx: &TenantTx, id: SubmissionId, by: &By) -> Result<SubmissionRow, CreatorError> {
        let row = lock(tx, id, by).await?;
        self.require_active_in(tx, row.member, by.field).await?;
        if row.state.is_open() { Ok(row) } else { Err(CreatorError::Closed(DECIDED)) }
    }

    async fn require_active_in(
        &self,
        tx: &TenantTx,
        member: MemberId,
        field: &'static str,
    ) -> Result<(), CreatorError> {
        match self.members.list_standing_in(tx, &[member]).await?.get(&member) {
            Some(Standing::Active) => Ok(()),
            Some(Standing::Archived) => Err(CreatorError::MemberArchived(field)),
            None => Err(CreatorError::NotFound(field, "member")),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.platform.clock.now()
    }
}

/// The submission, held.
pub(super) async fn lock(tx: &TenantTx, id: SubmissionId, by: &By) -> Result<SubmissionRow, CreatorError> {
    if !store::lock(tx, id).await? {
        return Err(UNKNOWN);
    }
    store::list_by_id(tx, by.communities.as_deref(), &[id]).await?.pop().ok_or(UNKNOWN)
}

/// What was done to a submission, unless it went out of sight while this waited: then nothing was.
pub(super) fn done(is_done: bool, row: &SubmissionRow) -> Result<Handled, CreatorError> {
    if is_done { Ok(Handled { submission: row.id, member: row.member }) } else { Err(UNKNOWN) }
}
