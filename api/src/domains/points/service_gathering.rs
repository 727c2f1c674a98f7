//! Use cases: giving points to one member. Awards of one tenant that come while others are posted are posted together
//! behind them (ADR 0032), with the outcome that each would have alone.

use futures_util::FutureExt as _;

use super::PointsError;
use super::approvals::{Asker, Awarded};
use super::model::AwardDraft;
use super::service::Points;
use crate::actor::{Actor, Scope};
use crate::error::Failure;
use crate::platform::db::{TenantScope, TenantTx};
use crate::platform::gather::Gather;
use crate::platform::idempotency::{By, Call, Ending, Worked};
use crate::platform::ids::TenantId;

/// Who waits, by tenant.
pub(super) type Gathered = Gather<TenantId, (By, AwardDraft), Result<Awarded, Failure>>;

impl Points {
    /// Gives points to a member. A person has to have proved lately who they are.
    pub async fn award(&self, actor: &Actor, draft: AwardDraft, call: &Call) -> Result<Awarded, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let by = (actor.clone(), call.for_ever());
        // Keys that see a part of the tenant have a transaction of their own, which sees no more.
        if !scope.is_confined() {
            let (this, all) = (self.clone(), scope.clone());
            let work = move |asked| this.clone().award_each(all.clone(), asked);
            if let Some(result) = self.gathered.join(scope.tenant(), (by.clone(), draft.clone()), work).await {
                return result;
            }
        }
        self.award_alone(scope, &by, draft).await
    }

    async fn award_alone(&self, scope: TenantScope, (actor, call): &By, draft: AwardDraft) -> Result<Awarded, Failure> {
        let (this, asker) = (self.clone(), Asker::of(actor));
        self.platform
            .once(scope, (actor, call), |tx| async move { this.award_by_hand_in(tx, draft, &asker).await }.boxed())
            .await
    }

    async fn award_each(self, scope: TenantScope, asked: Vec<(By, AwardDraft)>) -> Vec<Ending<Awarded>> {
        let (calls, drafts): (Vec<By>, Vec<AwardDraft>) = asked.into_iter().unzip();
        let askers: Vec<_> = calls.iter().map(|(actor, _)| Asker::of(actor)).collect();
        let this = self.clone();
        self.platform
            .once_each(scope, &calls, |tx, places| {
                let both = |place: usize| Some((drafts.get(place)?.clone(), askers.get(place)?.clone()));
                let new = places.into_iter().filter_map(both).collect();
                async move { this.award_each_in(tx, new).await }.boxed()
            })
            .await
    }

    async fn award_each_in(
        &self,
        tx: &TenantTx,
        asked: Vec<(AwardDraft, Asker)>,
    ) -> Result<Worked<Awarded>, PointsError> {
        let (drafts, askers): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let members: Vec<_> = drafts.iter().map(|draft| draft.member).collect();
        let outcomes = self.award_many_by_hand_in(tx, drafts, &askers.iter().collect::<Vec<_>>()).await?;
        Ok(members.into_iter().zip(outcomes).map(|(member, outcome)| Awarded::of(member, outcome)).collect())
    }
}
