//! Use cases: handing in, revising, and taking back.

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::CreatorError;
use super::model_submission::{Content, MOST_REVISIONS, MOST_WAITING, SubmissionDraft};
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
use crate::platform::ids::{MemberId, SubmissionId};

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
        self.submit_by(scope, actor, SubmissionDraft { member, ..draft }, call).await
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

    /// As [`Creators::submit`], in the caller's transaction. That so much waits already is counted as of now: calls that
    /// come at once may go a little beyond it.
    pub async fn submit_in(&self, tx: &TenantTx, draft: SubmissionDraft) -> Result<Handled, CreatorError> {
        let draft = draft.check()?;
        match self.members.list_standing_in(tx, &[draft.member]).await?.get(&draft.member) {
            Some(Standing::Active) => {}
            Some(Standing::Archived) => return Err(CreatorError::MemberArchived),
            None => return Err(CreatorError::NotFound("memberId", "member")),
        }
        if let Some(community) = draft.community {
            let at = (community, draft.member);
            self.members.require_membership_in(tx, at).await.map_err(CreatorError::Community)?;
        }
        if store::count_open(tx, draft.member).await? >= MOST_WAITING {
            return Err(CreatorError::TooManyWaiting);
        }
        let id = self.platform.new_id();
        if !store::insert(tx, id, &draft, self.now()).await? {
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
        self.revise_by(actor.require(Scope::SubmissionsWrite)?, actor, revision, call).await
    }

    /// As [`Creators::revise`], by the member's own token.
    pub async fn revise_oneself(
        &self,
        actor: &Actor,
        revision: (SubmissionId, Content),
        call: &Call,
    ) -> Result<Handled, Failure> {
        let (_, scope) = actor.require_own(Scope::SubmissionsWrite)?;
        self.revise_by(scope, actor, revision, call).await
    }

    async fn revise_by(
        &self,
        scope: TenantScope,
        actor: &Actor,
        revision: (SubmissionId, Content),
        call: &Call,
    ) -> Result<Handled, Failure> {
        let this = self.clone();
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.revise_in(tx, revision).await }.boxed())
            .await
    }

    /// As [`Creators::revise`], in the caller's transaction.
    pub async fn revise_in(
        &self,
        tx: &TenantTx,
        (id, content): (SubmissionId, Content),
    ) -> Result<Handled, CreatorError> {
        let content = content.check()?;
        let row = lock_open(tx, id).await?;
        if row.revision >= MOST_REVISIONS {
            return Err(CreatorError::TooManyRevisions);
        }
        store::revise(tx, (id, row.member, row.revision + 1), &content, self.now()).await?;
        Ok(Handled { submission: id, member: row.member })
    }

    /// Takes a submission back that nobody has decided on.
    pub async fn withdraw(&self, actor: &Actor, id: SubmissionId, call: &Call) -> Result<Handled, Failure> {
        self.withdraw_by(actor.require(Scope::SubmissionsWrite)?, actor, id, call).await
    }

    /// As [`Creators::withdraw`], by the member's own token.
    pub async fn withdraw_oneself(&self, actor: &Actor, id: SubmissionId, call: &Call) -> Result<Handled, Failure> {
        let (_, scope) = actor.require_own(Scope::SubmissionsWrite)?;
        self.withdraw_by(scope, actor, id, call).await
    }

    async fn withdraw_by(
        &self,
        scope: TenantScope,
        actor: &Actor,
        id: SubmissionId,
        call: &Call,
    ) -> Result<Handled, Failure> {
        let this = self.clone();
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.withdraw_in(tx, id).await }.boxed())
            .await
    }

    async fn withdraw_in(&self, tx: &TenantTx, id: SubmissionId) -> Result<Handled, CreatorError> {
        let row = lock_open(tx, id).await?;
        store::withdraw(tx, id).await?;
        Ok(Handled { submission: id, member: row.member })
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.platform.clock.now()
    }
}

/// The submission, held.
pub(super) async fn lock(tx: &TenantTx, id: SubmissionId) -> Result<SubmissionRow, CreatorError> {
    let unknown = CreatorError::NotFound("submissionId", "submission");
    if !store::lock(tx, id).await? {
        return Err(unknown);
    }
    store::list_by_id(tx, &[id]).await?.pop().ok_or(unknown)
}

/// The submission, held, unless somebody has decided on it.
async fn lock_open(tx: &TenantTx, id: SubmissionId) -> Result<SubmissionRow, CreatorError> {
    let row = lock(tx, id).await?;
    if row.state.is_open() { Ok(row) } else { Err(CreatorError::Closed(DECIDED)) }
}
