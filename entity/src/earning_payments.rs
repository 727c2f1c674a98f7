//! What a rule paid for an event, and how it came to that; never changed.

use sea_orm::entity::prelude::*;

/// A payment; without an entry where nothing could be paid.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earning_payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: Uuid,
    pub version: i32,
    pub member_id: Uuid,
    /// The event's.
    pub day: String,
    /// `PAID`, `CAPPED` or `WITHHELD`.
    pub outcome: String,
    pub base: i64,
    pub percent: i32,
    pub amount: i64,
    pub entry_id: Option<Uuid>,
    /// Until when it is taken back if the one who was brought along leaves.
    pub returns_by: Option<DateTimeUtc>,
}

/// What a row of `earning_payments` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What it was paid for.
    #[sea_orm(
        belongs_to = "super::earning_events::Entity",
        from = "(Column::TenantId, Column::EventId)",
        to = "(super::earning_events::Column::TenantId, super::earning_events::Column::Id)"
    )]
    Event,
    /// By which rule.
    #[sea_orm(
        belongs_to = "super::earning_rule_versions::Entity",
        from = "(Column::TenantId, Column::RuleId, Column::Version)",
        to = "(super::earning_rule_versions::Column::TenantId, super::earning_rule_versions::Column::RuleId, super::earning_rule_versions::Column::Version)"
    )]
    Version,
    /// The award.
    #[sea_orm(
        belongs_to = "super::points_entries::Entity",
        from = "(Column::TenantId, Column::EntryId)",
        to = "(super::points_entries::Column::TenantId, super::points_entries::Column::Id)"
    )]
    Entry,
}

impl Related<super::earning_events::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Event.def()
    }
}

impl Related<super::earning_rule_versions::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Version.def()
    }
}

impl Related<super::points_entries::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Entry.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
