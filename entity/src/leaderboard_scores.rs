//! What members earned in each day, week and month.

use sea_orm::entity::prelude::*;

/// A member's points of one period.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leaderboard_scores")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// `D2026-11-22`, `W2026-W47` or `M2026-11`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// Points that were awarded in the period, without awards that were reversed. Who has none is on no board.
    pub points: i64,
    /// When the last entry was posted that changed them.
    pub reached_at: DateTimeUtc,
}

/// What a row of `leaderboard_scores` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The member.
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
