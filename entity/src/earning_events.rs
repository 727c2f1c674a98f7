//! What happened that rules may answer; never changed.

use sea_orm::entity::prelude::*;

/// An event, with what it is scored by.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earning_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    pub event: String,
    pub occurred_at: DateTimeUtc,
    /// In the zone that the tenant had then.
    pub day: String,
    pub quantity: Option<i64>,
    pub community_id: Option<Uuid>,
    /// The member's in that community, then.
    pub tier: Option<String>,
    pub streak: Option<i32>,
    /// What the member's growth node multiplied by, then.
    pub growth_percent: i32,
    /// What the member's level as a creator multiplied by, then.
    pub creator_percent: i32,
    /// Whom else it is about.
    pub subject_id: Option<Uuid>,
    pub reference: Option<String>,
    pub recorded_at: DateTimeUtc,
}

/// What a row of `earning_events` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "super::members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::members::Column::TenantId, super::members::Column::Id)"
    )]
    Member,
}

impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
