//! Where a member stands with checking in: what a check-in locks. Its counts say the same as the days in `check_ins`.

use sea_orm::entity::prelude::*;

/// A member who has checked in, or has cards.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_in_members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// `2026-11-22`.
    pub last_day: Option<String>,
    /// By which the last day was told.
    pub last_zone: Option<String>,
    pub last_at: Option<DateTimeUtc>,
    /// That of the last day.
    pub streak: i32,
    pub longest: i32,
    pub total: i32,
    /// Those left to make days up with.
    pub cards: i32,
}

/// What a row of `check_in_members` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who.
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
