//! Use cases: giving points and taking them away.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::PointsError;
use super::approvals::{Asker, ByHand};
use super::keys::LedgerKey;
use super::model::{Account, Award, AwardDraft, Calendar, EntryKind, Spending};
use super::row::EntryRow;
use super::service_gathering::Gathered;
use super::service_holds::HoldWatch;
use super::store;
use super::store_awards::{NewAward, Origin, award_many};
use super::store_postings::{Answer, Lots, Posting, post};
use crate::actor::{Actor, Scope};
use crate::domains::communities::Communities;
use crate::domains::members::{Members, Standing};
use crate::domains::tenants::{PointsPolicy, Tenants};
use crate::error::{Failure, UserError};
use crate::platform::Platform;
use crate::platform::audit::Subject;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{MemberId, PointsApprovalId, PointsEntryId, PointsHoldId};

/// The slice's service.
#[derive(Clone)]
pub struct Points {
    pub(super) platform: Platform,
    pub(super) tenants: Tenants,
    pub(super) communities: Communities,
    pub(super) members: Members,
    pub(super) watch: Arc<OnceLock<Arc<dyn HoldWatch>>>,
    pub(super) gathered: Gathered,
}

/// What became of one award of many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AwardOutcome {
    /// The entry, unless it was refused.
    pub entry: Option<PointsEntryId>,
    /// What waits for a second person instead.
    #[serde(default)]
    pub approval: Option<PointsApprovalId>,
    /// Why it was.
    pub errors: Vec<UserError>,
    /// The entry as it was posted; None where the outcome was remembered.
    #[serde(skip)]
    pub row: Option<Box<EntryRow>>,
}

impl AwardOutcome {
    fn refused(errors: Vec<UserError>) -> Self {
        Self { entry: None, approval: None, errors, row: None }
    }
}

/// What became of each of many awards, in their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AwardOutcomes(pub Vec<AwardOutcome>);

impl Outcome for AwardOutcomes {}

/// An entry, and whose it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Posted {
    /// The entry.
    pub entry: PointsEntryId,
    /// Whose.
    pub member: MemberId,
}

impl Outcome for Posted {
    fn subject(&self) -> Subject {
        Subject::of(self.entry).within(self.member)
    }
}

impl Points {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform, tenants: Tenants, communities: Communities, members: Members) -> Self {
        Self { platform, tenants, communities, members, watch: Arc::default(), gathered: Gathered::default() }
    }

    /// Tells `watch` of holds that lapse and are kept for something; for `app.rs`, once.
    pub fn watched_by(&self, watch: Arc<dyn HoldWatch>) {
        self.watch.get_or_init(|| watch);
    }

    /// Gives points to many; each is given or refused for itself.
    pub async fn award_many(
        &self,
        actor: &Actor,
        drafts: Vec<AwardDraft>,
        call: &Call,
    ) -> Result<AwardOutcomes, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let (this, asker) = (self.clone(), Asker::of(actor));
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move {
                    let askers = vec![&asker; drafts.len()];
                    this.award_many_by_hand_in(tx, drafts, &askers).await.map(AwardOutcomes)
                }
                .boxed()
            })
            .await
    }

    /// Gives points to many in the caller's transaction, without a limit: for what somebody has decided on already.
    pub async fn award_many_in(
        &self,
        tx: &TenantTx,
        drafts: Vec<AwardDraft>,
        actor: &str,
    ) -> Result<Vec<AwardOutcome>, PointsError> {
        let calendar = self.calendar_in(tx).await?;
        let judged = self.judge_in(tx, drafts, &calendar).await?;
        let actors = vec![actor; judged.len()];
        self.post_judged_in(tx, judged, (&actors, calendar.now)).await
    }

    /// The awards, or why they are none.
    pub(super) async fn judge_in(
        &self,
        tx: &TenantTx,
        drafts: Vec<AwardDraft>,
        calendar: &Calendar,
    ) -> Result<Vec<Result<Award, AwardOutcome>>, PointsError> {
        let ids: Vec<_> = drafts.iter().map(|draft| draft.member).collect();
        let standing = self.members.list_standing_in(tx, &ids).await?;
        let judged = drafts.into_iter().map(|draft| judge(draft, &standing, calendar).map_err(AwardOutcome::refused));
        Ok(judged.collect())
    }

    /// Posts what is an award, each by its actor.
    pub(super) async fn post_judged_in(
        &self,
        tx: &TenantTx,
        judged: Vec<Result<Award, AwardOutcome>>,
        (actors, now): (&[&str], DateTime<Utc>),
    ) -> Result<Vec<AwardOutcome>, PointsError> {
        let awards: Vec<_> = judged
            .iter()
            .zip(actors)
            .filter_map(|(judged, actor)| Some((judged.as_ref().ok()?.clone(), *actor)))
            .map(|(award, actor)| NewAward { id: self.platform.new_id(), award, actor })
            .collect();
        let mut posted = self.post_awards_in(tx, &awards, now).await?;
        let mut ids = awards.into_iter().map(|new| new.id);
        let outcomes = judged.into_iter().map(|judged| match judged {
            Err(outcome) => outcome,
            Ok(_) => match ids.next().and_then(|id| posted.remove(&id)) {
                Some(row) => {
                    let (entry, row) = (Some(row.id), Some(Box::new(row)));
                    AwardOutcome { entry, approval: None, errors: Vec::new(), row }
                }
                None => AwardOutcome::refused(user_errors(PointsError::Frozen("memberId"))),
            },
        });
        Ok(outcomes.collect())
    }

    /// Posts new awards, and what is due before them; gives the entries of those whose accounts are not frozen.
    pub(super) async fn post_awards_in(
        &self,
        tx: &TenantTx,
        awards: &[NewAward<'_>],
        now: DateTime<Utc>,
    ) -> Result<HashMap<PointsEntryId, EntryRow>, PointsError> {
        if awards.is_empty() {
            return Ok(HashMap::new());
        }
        let by = (Origin::Issued, now);
        let mut posted = award_many(tx, awards, &self.texts_of(tx, awards), by).await?;
        let left: Vec<_> = awards.iter().filter(|new| !posted.contains_key(&new.id)).cloned().collect();
        if left.is_empty() {
            return Ok(posted);
        }
        // The statement has locked these too, in the order of their ids, so that nobody waits in a circle.
        for member in left.iter().map(|new| new.award.member).collect::<BTreeSet<_>>() {
            self.settle_in(tx, member, now).await?;
        }
        posted.extend(award_many(tx, &left, &self.texts_of(tx, &left), by).await?);
        Ok(posted)
    }

    /// Takes points from a member. A person has to have proved lately who they are.
    pub async fn deduct(&self, actor: &Actor, spending: Spending, call: &Call) -> Result<ByHand, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let (this, asker) = (self.clone(), Asker::of(actor));
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move { this.deduct_by_hand_in(tx, spending, &asker).await }.boxed()
            })
            .await
    }

    /// Takes points in the caller's transaction, without a limit.
    pub(super) async fn deduct_in(
        &self,
        tx: &TenantTx,
        spending: Spending,
        actor: &str,
    ) -> Result<Posted, PointsError> {
        let spending = spending.check()?;
        self.standing_in(tx, spending.member).await?;
        let posting = Posting {
            reason: Some(spending.reason),
            reference: spending.reference,
            ..self.posting(spending.member, (EntryKind::Deduct, spending.amount), actor)
        };
        self.spend_in(tx, &posting, ("amount", "memberId")).await
    }

    /// Posts what takes from an account, or gives back to it. The fields are those that are at fault when there is too
    /// little, and when the account is frozen.
    pub(super) async fn spend_in(
        &self,
        tx: &TenantTx,
        posting: &Posting,
        (short, frozen): (&'static str, &'static str),
    ) -> Result<Posted, PointsError> {
        let posted = Posted { entry: posting.id, member: posting.member };
        if self.post_in(tx, posting).await? {
            return Ok(posted);
        }
        if !posting.is_settled {
            self.settle_in(tx, posting.member, posting.now).await?;
            if self.post_in(tx, &Posting { is_settled: true, ..posting.clone() }).await? {
                return Ok(posted);
            }
        }
        let account = store::list_accounts(tx, &[posting.member]).await?.remove(&posting.member);
        let is_frozen = account.is_some_and(|account| account.frozen_at.is_some());
        Err(if is_frozen { PointsError::Frozen(frozen) } else { PointsError::Insufficient(short) })
    }

    /// Posts one entry; false when its account lets nothing through.
    pub(super) async fn post_in(&self, tx: &TenantTx, posting: &Posting) -> Result<bool, PointsError> {
        let texts = (posting.id, posting.reason.as_deref(), posting.reference.as_deref());
        match post(tx, posting, self.texts_mac(tx, texts)).await? {
            Answer::Posted => Ok(true),
            Answer::Closed => Ok(false),
            Answer::LotsDiffer => Err(PointsError::DoesNotAddUp(posting.member)),
        }
    }

    /// The proofs of the texts of awards.
    pub(super) fn texts_of(&self, tx: &TenantTx, awards: &[NewAward<'_>]) -> Vec<Vec<u8>> {
        let texts = |NewAward { id, award, .. }: &NewAward<'_>| {
            self.texts_mac(tx, (*id, Some(&award.reason), award.reference.as_deref()))
        };
        awards.iter().map(texts).collect()
    }

    fn texts_mac(
        &self,
        tx: &TenantTx,
        (id, reason, reference): (PointsEntryId, Option<&str>, Option<&str>),
    ) -> Vec<u8> {
        LedgerKey::of(&self.platform.master, tx.tenant()).texts(id.uuid(), reason, reference)
    }

    /// An entry that takes what is available, in the order in which lots are spent: the usual case.
    pub(super) fn posting(&self, member: MemberId, (kind, amount): (EntryKind, i64), actor: &str) -> Posting {
        Posting {
            id: self.platform.new_id(),
            member,
            kind,
            from: Account::Available,
            to: Account::Revoked,
            amount,
            lots: Lots::InOrder(None),
            reason: None,
            reference: None,
            hold: None::<PointsHoldId>,
            reverses: None,
            transfer: None,
            actor: actor.to_owned(),
            now: self.platform.clock.now(),
            due_at: None,
            is_settled: false,
        }
    }

    /// How many points the member can spend, in the caller's transaction.
    pub async fn available_in(&self, tx: &TenantTx, member: MemberId) -> Result<i64, PointsError> {
        let account = store::list_accounts(tx, &[member]).await?.remove(&member);
        Ok(account.map_or(0, |account| account.available))
    }

    /// Whether the member is there.
    pub(super) async fn standing_in(&self, tx: &TenantTx, member: MemberId) -> Result<Standing, PointsError> {
        let standing = self.members.list_standing_in(tx, &[member]).await?.remove(&member);
        standing.ok_or(PointsError::NotFound("memberId", "member"))
    }

    pub(super) async fn calendar_in(&self, tx: &TenantTx) -> Result<Calendar, PointsError> {
        self.terms_in(tx).await.map(|(calendar, _)| calendar)
    }

    /// What dates depend on, and the limit on what one person moves by hand, if there is one.
    pub(super) async fn terms_in(&self, tx: &TenantTx) -> Result<(Calendar, Option<i64>), PointsError> {
        let tenant = self.tenants.get_in(tx).await?;
        let PointsPolicy { lifetime_months, approval_above, .. } = tenant.policy.points;
        Ok((Calendar { now: self.platform.clock.now(), zone: tenant.timezone, lifetime_months }, approval_above))
    }
}

/// The award, or all that speaks against it.
fn judge(
    draft: AwardDraft,
    standing: &HashMap<MemberId, Standing>,
    calendar: &Calendar,
) -> Result<Award, Vec<UserError>> {
    let standing = standing.get(&draft.member).copied();
    let award = draft.check(calendar)?;
    match standing {
        Some(Standing::Active) => Ok(award),
        Some(Standing::Archived) => Err(user_errors(PointsError::Archived("memberId"))),
        None => Err(user_errors(PointsError::NotFound("memberId", "member"))),
    }
}

pub(super) fn user_errors(error: PointsError) -> Vec<UserError> {
    match Failure::from(error) {
        Failure::Refused(errors) => errors,
        Failure::Failed(_) => Vec::new(),
    }
}
