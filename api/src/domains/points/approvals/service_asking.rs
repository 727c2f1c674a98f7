//! Use cases: points by hand. What the tenant's limit lets through is posted; the rest is kept for a second person.
//!
//! Without a limit this is no work: not one statement more than an award takes.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::PointsError;
use super::super::model::{Award, AwardDraft, EntryKind, Spending};
use super::super::model_transfers::TransferDraft;
use super::super::row::EntryRow;
use super::super::service::{AwardOutcome, Points, Posted, user_errors};
use super::model::{Request, WINDOW, is_over};
use super::store;
use crate::actor::Actor;
use crate::domains::auth::partner_keys::list_holders_in;
use crate::error::{ApiError, UserError};
use crate::platform::audit::Subject;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Outcome;
use crate::platform::ids::{MemberId, PartnerKeyId, PointsApprovalId, UserId};

/// Points that were asked for, and whose they would be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The request.
    pub approval: PointsApprovalId,
    /// Whose.
    pub member: MemberId,
}

impl Outcome for Asked {
    fn subject(&self) -> Subject {
        Subject::of(self.approval).within(self.member)
    }
}

/// What became of points by hand. Remembered in the form that it had before anything was kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ByHand {
    /// They are posted.
    Posted(Posted),
    /// They wait.
    Kept(Asked),
}

impl Outcome for ByHand {
    fn subject(&self) -> Subject {
        match self {
            Self::Posted(posted) => posted.subject(),
            Self::Kept(asked) => asked.subject(),
        }
    }
}

/// What became of an award by hand. Remembered as [`ByHand`] is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Awarded {
    /// Whether it is posted or waits.
    pub by_hand: ByHand,
    /// The entry as it was posted; None where the outcome was remembered.
    #[serde(skip)]
    pub entry: Option<EntryRow>,
}

impl Awarded {
    /// Of this member's award, or why there is none.
    pub(in super::super) fn of(member: MemberId, outcome: AwardOutcome) -> Result<Self, Vec<UserError>> {
        let by_hand = match (outcome.entry, outcome.approval) {
            (Some(entry), _) => ByHand::Posted(Posted { entry, member }),
            (None, Some(approval)) => ByHand::Kept(Asked { approval, member }),
            (None, None) => return Err(outcome.errors),
        };
        Ok(Self { by_hand, entry: outcome.row.map(|row| *row) })
    }
}

impl From<ByHand> for Awarded {
    fn from(by_hand: ByHand) -> Self {
        Self { by_hand, entry: None }
    }
}

impl Outcome for Awarded {
    fn subject(&self) -> Subject {
        self.by_hand.subject()
    }
}

/// Who asks for points.
#[derive(Clone, Debug)]
pub(in super::super) struct Asker {
    label: String,
    person: Option<UserId>,
    key: Option<PartnerKeyId>,
}

impl Asker {
    pub(in super::super) fn of(actor: &Actor) -> Self {
        let (person, key) = (actor.user().map(|user| user.user), actor.key().map(|key| key.key));
        Self { label: actor.label(), person, key }
    }

    /// Those who may be behind it, and so are no second person.
    async fn people_in(&self, tx: &TenantTx) -> Result<serde_json::Value, PointsError> {
        let mut people: Vec<_> = self.person.into_iter().collect();
        if let Some(key) = self.key {
            people.extend(list_holders_in(tx, key).await?);
        }
        Ok(serde_json::to_value(people).map_err(ApiError::internal)?)
    }
}

/// An award in order, or what became of it without being posted.
type Judged = Result<Award, AwardOutcome>;

impl Points {
    pub(in super::super) async fn award_by_hand_in(
        &self,
        tx: &TenantTx,
        draft: AwardDraft,
        asker: &Asker,
    ) -> Result<Awarded, PointsError> {
        let member = draft.member;
        let outcome = self.award_many_by_hand_in(tx, vec![draft], &[asker]).await?.into_iter().next();
        outcome.map_or(Err(Vec::new()), |outcome| Awarded::of(member, outcome)).map_err(PointsError::Invalid)
    }

    /// Each award is asked for by its asker.
    pub(in super::super) async fn award_many_by_hand_in(
        &self,
        tx: &TenantTx,
        drafts: Vec<AwardDraft>,
        askers: &[&Asker],
    ) -> Result<Vec<AwardOutcome>, PointsError> {
        let actors: Vec<_> = askers.iter().map(|asker| asker.label.as_str()).collect();
        let (calendar, limit) = self.terms_in(tx).await?;
        let Some(limit) = limit else {
            let judged = self.judge_in(tx, drafts, &calendar).await?;
            return self.post_judged_in(tx, judged, (&actors, calendar.now)).await;
        };
        let members: Vec<_> = drafts.iter().map(|draft| draft.member).collect();
        self.members.lock_in(tx, &members).await?;
        let last_days: Vec<_> = drafts.iter().map(|draft| draft.expires_on).collect();
        let mut judged = self.judge_in(tx, drafts, &calendar).await?;
        let moved = store::sum_by_hand(tx, &members, (EntryKind::Award, calendar.now - WINDOW)).await?;
        let kept = self.split(&mut judged, (&last_days, askers), (limit, moved));
        for of_one in kept.chunk_by(|(one, _), (next, _)| one.label == next.label) {
            let Some((asker, _)) = of_one.first() else { continue };
            let requests: Vec<_> = of_one.iter().map(|(_, request)| request.clone()).collect();
            self.keep_asked_in(tx, &requests, asker).await?;
        }
        self.post_judged_in(tx, judged, (&actors, calendar.now)).await
    }

    /// Takes out the awards that are over the limit, one after the other.
    fn split<'a>(
        &self,
        judged: &mut [Judged],
        (last_days, askers): (&[Option<NaiveDate>], &[&'a Asker]),
        (limit, mut moved): (i64, HashMap<MemberId, i64>),
    ) -> Vec<(&'a Asker, Request)> {
        let mut kept = Vec::new();
        for ((judged, last_day), asker) in judged.iter_mut().zip(last_days).zip(askers) {
            let Ok(award) = judged else { continue };
            if is_over(limit, moved.entry(award.member).or_default(), award.amount) {
                let request = Request::of_award(self.platform.new_id(), award, *last_day);
                let errors = user_errors(PointsError::ApprovalRequired);
                *judged = Err(AwardOutcome { entry: None, approval: Some(request.id), errors, row: None });
                kept.push((*asker, request));
            }
        }
        kept
    }

    /// Keeps awards for a second person whatever their amounts, in the caller's transaction: for what the program itself
    /// asks for.
    pub async fn ask_in(&self, tx: &TenantTx, drafts: Vec<AwardDraft>) -> Result<(), PointsError> {
        let calendar = self.calendar_in(tx).await?;
        let last_days: Vec<_> = drafts.iter().map(|draft| draft.expires_on).collect();
        let judged = self.judge_in(tx, drafts, &calendar).await?;
        let awards =
            judged.iter().zip(last_days).filter_map(|(judged, last_day)| Some((judged.as_ref().ok()?, last_day)));
        let request = |(award, last_day)| Request::of_award(self.platform.new_id(), award, last_day);
        let requests: Vec<_> = awards.map(request).collect();
        let asker = Asker { label: "system".to_owned(), person: None, key: None };
        self.keep_asked_in(tx, &requests, &asker).await
    }

    async fn keep_asked_in(&self, tx: &TenantTx, requests: &[Request], asker: &Asker) -> Result<(), PointsError> {
        if !requests.is_empty() {
            let people = asker.people_in(tx).await?;
            store::insert(tx, requests, (&asker.label, &people), self.platform.clock.now()).await?;
        }
        Ok(())
    }

    pub(in super::super) async fn deduct_by_hand_in(
        &self,
        tx: &TenantTx,
        spending: Spending,
        asker: &Asker,
    ) -> Result<ByHand, PointsError> {
        let (_, limit) = self.terms_in(tx).await?;
        let Some(limit) = limit else {
            return self.deduct_in(tx, spending, &asker.label).await.map(ByHand::Posted);
        };
        let spending = spending.check()?;
        self.members.lock_in(tx, &[spending.member]).await?;
        self.standing_in(tx, spending.member).await?;
        if !self.is_too_much_in(tx, &spending, (EntryKind::Deduct, limit)).await? {
            return self.deduct_in(tx, spending, &asker.label).await.map(ByHand::Posted);
        }
        self.keep_one_in(tx, Request::of_deduction(self.platform.new_id(), spending), asker).await
    }

    pub(in super::super) async fn transfer_by_hand_in(
        &self,
        tx: &TenantTx,
        draft: TransferDraft,
        asker: &Asker,
    ) -> Result<ByHand, PointsError> {
        let (spending, to) = draft.check()?;
        let policy = self.tenants.get_in(tx).await?.policy.points;
        if policy.approval_above.is_some() {
            self.members.lock_in(tx, &[spending.member]).await?;
        }
        self.may_transfer_in(tx, &policy, (spending.member, to)).await?;
        if let Some(limit) = policy.approval_above
            && self.is_too_much_in(tx, &spending, (EntryKind::TransferOut, limit)).await?
        {
            return self.keep_one_in(tx, Request::of_transfer(self.platform.new_id(), spending, to), asker).await;
        }
        self.post_transfer_in(tx, (spending, to), &asker.label).await.map(ByHand::Posted)
    }

    /// Whether this is over the limit, with what was taken so from the member before, who is held.
    async fn is_too_much_in(
        &self,
        tx: &TenantTx,
        spending: &Spending,
        (kind, limit): (EntryKind, i64),
    ) -> Result<bool, PointsError> {
        let since = self.platform.clock.now() - WINDOW;
        let moved = store::sum_by_hand(tx, &[spending.member], (kind, since)).await?;
        Ok(is_over(limit, &mut moved.get(&spending.member).copied().unwrap_or(0), spending.amount))
    }

    /// Those of these members, who are held, to whom more was given by hand than the limit, what was just paid for events
    /// that a person recorded with it.
    pub(in super::super) async fn list_over_in(
        &self,
        tx: &TenantTx,
        members: &[MemberId],
        limit: i64,
    ) -> Result<HashSet<MemberId>, PointsError> {
        let since = self.platform.clock.now() - WINDOW;
        let moved = store::sum_by_hand(tx, members, (EntryKind::Award, since)).await?;
        Ok(moved.into_iter().filter(|(_, moved)| *moved > limit).map(|(member, _)| member).collect())
    }

    async fn keep_one_in(&self, tx: &TenantTx, request: Request, asker: &Asker) -> Result<ByHand, PointsError> {
        let asked = Asked { approval: request.id, member: request.member };
        self.keep_asked_in(tx, &[request], asker).await?;
        Ok(ByHand::Kept(asked))
    }
}
