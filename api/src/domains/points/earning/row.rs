//! Rules, events and payments as the store read them.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::model::{Definition, Outcome, RuleState};
use super::model_score::Rule;
use crate::domains::members::membership::Tier;
use crate::domains::points::row::named;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{CommunityId, EarningEventId, EarningRuleId, Id, MemberId, PointsEntryId};

/// A rule with its newest version.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// What it says.
    pub rule: Rule,
    pub(super) state: RuleState,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl RuleRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            rule: read_rule(row)?,
            state: named(row, "state", RuleState::parse)?,
            created_at: row.try_get("", "created_at")?,
            updated_at: row.try_get("", "updated_at")?,
        })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> EarningRuleId {
        self.rule.id
    }

    /// Where it stands among all rules, newest first.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.rule.id.uuid() }
    }
}

/// What a rule said.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub(in crate::domains::points) rule: EarningRuleId,
    pub(in crate::domains::points) version: i32,
    pub(in crate::domains::points) definition: Definition,
    /// The label of who wrote it.
    pub(super) actor: String,
    pub(super) created_at: DateTime<Utc>,
}

impl VersionRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            rule: Id::from_uuid(row.try_get("", "rule_id")?),
            version: row.try_get("", "version")?,
            definition: read_definition(row)?,
            actor: row.try_get("", "actor")?,
            created_at: row.try_get("", "created_at")?,
        })
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its id.
    pub id: EarningEventId,
    pub(super) member: MemberId,
    pub(super) event: String,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) day: NaiveDate,
    pub(in crate::domains::points) quantity: Option<i64>,
    pub(super) community: Option<CommunityId>,
    pub(in crate::domains::points) tier: Option<Tier>,
    pub(in crate::domains::points) streak: Option<i32>,
    pub(in crate::domains::points) growth_percent: i32,
    pub(in crate::domains::points) creator_percent: i32,
    pub(super) subject: Option<MemberId>,
    pub(super) reference: Option<String>,
    pub(super) recorded_at: DateTime<Utc>,
}

impl EventRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            event: row.try_get("", "event")?,
            occurred_at: row.try_get("", "occurred_at")?,
            day: named(row, "day", |day| day.parse().ok())?,
            quantity: row.try_get("", "quantity")?,
            community: row.try_get::<Option<Uuid>>("", "community_id")?.map(Id::from_uuid),
            tier: row.try_get::<Option<String>>("", "tier")?.as_deref().and_then(Tier::parse),
            streak: row.try_get("", "streak")?,
            growth_percent: row.try_get("", "growth_percent")?,
            creator_percent: row.try_get("", "creator_percent")?,
            subject: row.try_get::<Option<Uuid>>("", "subject_id")?.map(Id::from_uuid),
            reference: row.try_get("", "reference")?,
            recorded_at: row.try_get("", "recorded_at")?,
        })
    }
}

/// What a rule paid for an event.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    pub(in crate::domains::points) event: EarningEventId,
    pub(in crate::domains::points) rule: EarningRuleId,
    pub(in crate::domains::points) version: i32,
    pub(super) outcome: Outcome,
    pub(super) base: i64,
    pub(in crate::domains::points) percent: i32,
    pub(in crate::domains::points) amount: i64,
    pub(in crate::domains::points) entry: Option<PointsEntryId>,
    pub(super) returns_by: Option<DateTime<Utc>>,
}

impl PaymentRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            event: Id::from_uuid(row.try_get("", "event_id")?),
            rule: Id::from_uuid(row.try_get("", "rule_id")?),
            version: row.try_get("", "version")?,
            outcome: named(row, "outcome", Outcome::parse)?,
            base: row.try_get("", "base")?,
            percent: row.try_get("", "percent")?,
            amount: row.try_get("", "amount")?,
            entry: row.try_get::<Option<Uuid>>("", "entry_id")?.map(Id::from_uuid),
            returns_by: row.try_get("", "returns_by")?,
        })
    }
}

/// A rule from its own columns and `definition`.
pub(super) fn read_rule(row: &QueryResult) -> Result<Rule, DbErr> {
    Ok(Rule {
        id: Id::from_uuid(row.try_get("", "id")?),
        name: row.try_get("", "name")?,
        event: row.try_get("", "event")?,
        version: row.try_get("", "version")?,
        definition: read_definition(row)?,
    })
}

fn read_definition(row: &QueryResult) -> Result<Definition, DbErr> {
    let text: String = row.try_get("", "definition")?;
    serde_json::from_str(&text).map_err(|error| DbErr::Type(format!("a rule's definition cannot be read: {error}")))
}
