//! Use cases: writing rules, changing them, and letting them pay.

use futures_util::FutureExt as _;

use super::model::{MOST_RULES, RuleChange, RuleDraft, RuleState, may_become};
use super::model_score::Rule;
use super::row::RuleRow;
use super::store;
use crate::actor::{Actor, Scope};
use crate::domains::points::{Points, PointsError};
use crate::error::{Denied, Failure, UserError};
use crate::platform::db::{TenantScope, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{CommunityId, EarningRuleId};

impl Points {
    /// Writes a rule, as a draft. A person has to have proved lately who they are.
    pub async fn create_rule(&self, actor: &Actor, draft: RuleDraft, call: &Call) -> Result<EarningRuleId, Failure> {
        let (scope, this, label) = (self.rules_scope(actor)?, self.clone(), actor.label());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.create_rule_in(tx, draft, &label).await }.boxed())
            .await
    }

    /// As [`Points::create_rule`], in the caller's transaction.
    pub async fn create_rule_in(
        &self,
        tx: &TenantTx,
        draft: RuleDraft,
        actor: &str,
    ) -> Result<EarningRuleId, PointsError> {
        let RuleDraft { name, event, definition } = draft.check()?;
        self.check_communities_in(tx, &definition.communities).await?;
        if store::count_open(tx).await? >= MOST_RULES {
            return Err(PointsError::TooManyRules);
        }
        let rule = Rule { id: self.platform.new_id(), name, event, version: 1, definition };
        store::insert(tx, (&rule, actor), self.platform.clock.now()).await?;
        Ok(rule.id)
    }

    /// Gives a rule another name, or a new version. What it has paid stays as it is.
    pub async fn update_rule(
        &self,
        actor: &Actor,
        (id, change): (EarningRuleId, RuleChange),
        call: &Call,
    ) -> Result<EarningRuleId, Failure> {
        let (scope, this, label) = (self.rules_scope(actor)?, self.clone(), actor.label());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.update_rule_in(tx, (id, change), &label).await }.boxed())
            .await
    }

    async fn update_rule_in(
        &self,
        tx: &TenantTx,
        (id, change): (EarningRuleId, RuleChange),
        actor: &str,
    ) -> Result<EarningRuleId, PointsError> {
        let row = lock_open(tx, id).await?;
        let change = change.check(&row.rule.event)?;
        if change.version != row.rule.version {
            return Err(PointsError::VersionConflict("rule"));
        }
        let now = self.platform.clock.now();
        let (name, mut version) = (change.name.unwrap_or(row.rule.name), row.rule.version);
        if let Some(definition) = change.definition.filter(|definition| *definition != row.rule.definition) {
            self.check_communities_in(tx, &definition.communities).await?;
            version += 1;
            store::insert_version(tx, (id, version), (&definition, actor), now).await?;
        }
        store::update(tx, id, (&name, version), now).await?;
        Ok(id)
    }

    /// Lets a rule pay, or not any more.
    pub async fn set_rule_state(
        &self,
        actor: &Actor,
        (id, state): (EarningRuleId, RuleState),
        call: &Call,
    ) -> Result<EarningRuleId, Failure> {
        let (scope, this) = (self.rules_scope(actor)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.set_rule_state_in(tx, id, state).await }.boxed())
            .await
    }

    /// As [`Points::set_rule_state`], in the caller's transaction.
    pub async fn set_rule_state_in(
        &self,
        tx: &TenantTx,
        id: EarningRuleId,
        state: RuleState,
    ) -> Result<EarningRuleId, PointsError> {
        let row = lock_open(tx, id).await?;
        if !may_become(row.state, state) {
            return Err(PointsError::NoDraft);
        }
        store::set_state(tx, id, state, self.platform.clock.now()).await?;
        Ok(id)
    }

    /// Rules are the tenant's: a key that is restricted to communities changes none.
    fn rules_scope(&self, actor: &Actor) -> Result<TenantScope, Denied> {
        actor.require_fresh(Scope::PointsRules, self.platform.clock.now())?;
        actor.require_whole(Scope::PointsRules)
    }

    /// A rule that is for some communities only names those that there are.
    async fn check_communities_in(&self, tx: &TenantTx, ids: &[CommunityId]) -> Result<(), PointsError> {
        let known = self.communities.list_known_in(tx, ids).await?;
        let unknown = |(place, id): (usize, &CommunityId)| {
            let field = format!("definition.communityIds.{place}");
            (!known.contains(id)).then(|| UserError::not_found(&field, "community"))
        };
        let errors: Vec<_> = ids.iter().enumerate().filter_map(unknown).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
    }
}

/// The rule, held, unless it is archived.
async fn lock_open(tx: &TenantTx, id: EarningRuleId) -> Result<RuleRow, PointsError> {
    let row = store::lock(tx, id).await?.ok_or(PointsError::NotFound("ruleId", "rule"))?;
    if row.state == RuleState::Archived { Err(PointsError::RuleArchived) } else { Ok(row) }
}
