//! Use cases: looking at rules, events and payments.

use std::collections::BTreeSet;

use super::model::{CHECK_IN, MOST_VERSIONS};
use super::row::{EventRow, PaymentRow, RuleRow, VersionRow};
use super::{Filter, store, store_events};
use crate::actor::{Actor, Scope};
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::{CheckInId, EarningEventId, EarningRuleId, PointsEntryId};

impl Points {
    /// A page of rules, newest first. They are the tenant's: a key that is restricted to communities reads none.
    pub async fn list_rules(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        page: &KeysetPage,
    ) -> Result<Slice<RuleRow>, ApiError> {
        actor.require_whole(Scope::PointsRead)?;
        Ok(store::list(tx, filter, page).await?)
    }

    /// How many rules the filter lets through.
    pub async fn count_rules(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require_whole(Scope::PointsRead)?;
        Ok(store::count(tx, filter).await?)
    }

    /// Rules by id; unknown ones are left out.
    pub async fn rules_by_id(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[EarningRuleId],
    ) -> Result<Vec<RuleRow>, ApiError> {
        actor.require_whole(Scope::PointsRead)?;
        Ok(store::list_by_id(tx, ids).await?)
    }

    /// The rules behind payments; none for a key that is restricted to communities.
    pub async fn rules_behind(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[EarningRuleId],
    ) -> Result<Vec<RuleRow>, ApiError> {
        let is_confined = actor.require(Scope::PointsRead)?.is_confined();
        if is_confined { Ok(Vec::new()) } else { Ok(store::list_by_id(tx, ids).await?) }
    }

    /// The rule that the caller has just written.
    pub async fn find_written_rule(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: EarningRuleId,
    ) -> Result<Option<RuleRow>, ApiError> {
        actor.require(Scope::PointsRules)?;
        Ok(store::list_by_id(tx, &[id]).await?.pop())
    }

    /// The newest versions of these rules, the newest first.
    pub async fn versions_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        rules: &[EarningRuleId],
    ) -> Result<Vec<VersionRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_versions(tx, rules, MOST_VERSIONS).await?)
    }

    /// What the rules behind these payments said in the versions that paid, and in those between them.
    pub async fn versions_behind(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        payments: &[PaymentRow],
    ) -> Result<Vec<VersionRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        let rules: BTreeSet<_> = payments.iter().map(|payment| payment.rule).collect();
        let versions = || payments.iter().map(|payment| payment.version);
        let Some(between) = versions().min().zip(versions().max()) else { return Ok(Vec::new()) };
        Ok(store::list_versions_between(tx, &rules, between).await?)
    }

    /// Events by id; unknown ones are left out.
    pub async fn events_by_id(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[EarningEventId],
    ) -> Result<Vec<EventRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store_events::list_by_id(tx, ids).await?)
    }

    /// What these check-ins were scored as. Those that were made up were not.
    pub async fn events_of_check_ins(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        check_ins: &[CheckInId],
    ) -> Result<Vec<EventRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        let references = check_ins.iter().map(ToString::to_string).collect();
        Ok(store_events::list_by_reference(tx, (CHECK_IN, references)).await?)
    }

    /// The event that the caller has just recorded.
    pub async fn find_recorded_event(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: EarningEventId,
    ) -> Result<Option<EventRow>, ApiError> {
        actor.require(Scope::PointsWrite)?;
        Ok(store_events::list_by_id(tx, &[id]).await?.pop())
    }

    /// What was paid for these events. Whoever got the events may see it.
    pub async fn payments_for(&self, tx: &TenantTx, events: &[EarningEventId]) -> Result<Vec<PaymentRow>, ApiError> {
        Ok(store_events::list_payments(tx, events).await?)
    }

    /// The payments that these entries are.
    pub async fn payments_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        entries: &[PointsEntryId],
    ) -> Result<Vec<PaymentRow>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store_events::list_payments_of(tx, entries).await?)
    }
}

impl EventRow {
    /// Whether the actor may know where it happened, and what the member was there: a key that is restricted to
    /// communities is told of no others, and neither is whom it vouches for.
    #[must_use]
    pub fn is_told_to(&self, actor: &Actor) -> bool {
        actor.communities().zip(self.community).is_none_or(|(own, community)| own.contains(&community))
    }
}
