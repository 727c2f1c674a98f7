//! Use cases: deciding on points that somebody else asked for, and taking one's own request back.

use futures_util::FutureExt as _;

use super::super::PointsError;
use super::super::model::{AwardDraft, EntryKind, Source, Spending, checked_reason};
use super::super::model_transfers::TransferDraft;
use super::super::service::{AwardOutcome, Points};
use super::model::{State, is_another};
use super::row::ApprovalRow;
use super::service_asking::Asked;
use super::store::{self, Ending};
use crate::actor::{Actor, Scope, UserActor};
use crate::error::{Denied, Failure, UserError};
use crate::platform::db::{TenantScope, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{PointsApprovalId, PointsEntryId, UserId};

impl Points {
    /// Posts what somebody else asked for. Only a person does, who has proved lately who they are.
    pub async fn approve(&self, actor: &Actor, id: PointsApprovalId, call: &Call) -> Result<Asked, Failure> {
        let (scope, person) = self.second_person(actor)?;
        let this = self.clone();
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| async move { this.approve_in(tx, id, person).await }.boxed())
            .await
    }

    async fn approve_in(&self, tx: &TenantTx, id: PointsApprovalId, person: UserId) -> Result<Asked, PointsError> {
        let request = self.open_for_in(tx, id, person).await?;
        // Refused, it stays open: nothing of this transaction remains.
        let entry = self.post_asked_in(tx, &request).await.map_err(of_the_request)?;
        let ending = self.ending(State::Approved, person.to_string());
        self.end_asked_in(tx, &request, Ending { entry: Some(entry), ..ending }).await
    }

    /// Posts it as of now, by what holds now, for whoever asked.
    async fn post_asked_in(&self, tx: &TenantTx, request: &ApprovalRow) -> Result<PointsEntryId, PointsError> {
        let ApprovalRow { member, amount, reason, reference, .. } = request.clone();
        if let (EntryKind::TransferOut, Some(to)) = (request.kind, request.to) {
            let draft = TransferDraft { from: member, to, amount, reason, reference };
            return Ok(self.transfer_in(tx, draft, &request.asked_by).await?.entry);
        }
        if request.kind == EntryKind::Deduct {
            let spending = Spending { member, amount, reason, reference };
            return Ok(self.deduct_in(tx, spending, &request.asked_by).await?.entry);
        }
        let source = request.source.unwrap_or(Source::Manual);
        let (available_at, expires_on) = (request.available_at, request.expires_on);
        let draft = AwardDraft { member, amount, source, reason, reference, available_at, expires_on };
        match self.award_many_in(tx, vec![draft], &request.asked_by).await?.pop() {
            Some(AwardOutcome { entry: Some(entry), .. }) => Ok(entry),
            outcome => Err(PointsError::Invalid(outcome.map(|outcome| outcome.errors).unwrap_or_default())),
        }
    }

    /// Ends what somebody else asked for without posting it. Only a person does, who has proved lately who they are.
    pub async fn reject(
        &self,
        actor: &Actor,
        (id, reason): (PointsApprovalId, String),
        call: &Call,
    ) -> Result<Asked, Failure> {
        let (scope, person) = self.second_person(actor)?;
        let this = self.clone();
        self.platform
            .once(scope, (actor, call), |tx| async move { this.reject_in(tx, (id, reason), person).await }.boxed())
            .await
    }

    async fn reject_in(
        &self,
        tx: &TenantTx,
        (id, reason): (PointsApprovalId, String),
        person: UserId,
    ) -> Result<Asked, PointsError> {
        let reason = checked_reason(&reason)?;
        let request = self.open_for_in(tx, id, person).await?;
        let ending = self.ending(State::Rejected, person.to_string());
        self.end_asked_in(tx, &request, Ending { decision: Some(reason), ..ending }).await
    }

    /// Takes back what the actor asked for.
    pub async fn withdraw(&self, actor: &Actor, id: PointsApprovalId, call: &Call) -> Result<Asked, Failure> {
        let scope = actor.require(Scope::PointsWrite)?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.withdraw_in(tx, id, label).await }.boxed())
            .await
    }

    async fn withdraw_in(&self, tx: &TenantTx, id: PointsApprovalId, label: String) -> Result<Asked, PointsError> {
        let request = self.open_asked_in(tx, id).await?;
        if request.asked_by != label {
            return Err(PointsError::AskedByAnother);
        }
        self.end_asked_in(tx, &request, self.ending(State::Withdrawn, label)).await
    }

    fn second_person(&self, actor: &Actor) -> Result<(TenantScope, UserId), Denied> {
        let scope = actor.require_fresh(Scope::PointsApprove, self.platform.clock.now())?;
        let UserActor { user, .. } = actor.user().ok_or(Denied::PeopleOnly)?;
        Ok((scope, *user))
    }

    /// The request, held, if this person decides on it.
    async fn open_for_in(
        &self,
        tx: &TenantTx,
        id: PointsApprovalId,
        person: UserId,
    ) -> Result<ApprovalRow, PointsError> {
        let request = self.open_asked_in(tx, id).await?;
        if is_another(person, &request.people) { Ok(request) } else { Err(PointsError::SelfApproval) }
    }

    /// The request, held, if it waits.
    async fn open_asked_in(&self, tx: &TenantTx, id: PointsApprovalId) -> Result<ApprovalRow, PointsError> {
        let request = store::lock(tx, id).await?.ok_or(PointsError::NotFound("approvalId", "request"))?;
        let is_open = request.state(self.platform.clock.now()) == State::Pending;
        if is_open { Ok(request) } else { Err(PointsError::ApprovalClosed) }
    }

    fn ending(&self, state: State, by: String) -> Ending {
        Ending { state, by, at: self.platform.clock.now(), decision: None, entry: None }
    }

    async fn end_asked_in(&self, tx: &TenantTx, request: &ApprovalRow, ending: Ending) -> Result<Asked, PointsError> {
        store::end(tx, request.id, ending).await?;
        Ok(Asked { approval: request.id, member: request.member })
    }
}

/// What the ledger refuses is no fault of another field: the input has the request alone.
fn of_the_request(error: PointsError) -> PointsError {
    match Failure::from(error) {
        Failure::Refused(errors) => PointsError::Invalid(
            errors.into_iter().map(|error| UserError::at("approvalId", error.code, error.message)).collect(),
        ),
        Failure::Failed(error) => PointsError::Failed(error),
    }
}
