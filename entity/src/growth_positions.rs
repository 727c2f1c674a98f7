//! Where members stand on their tenant's growth path, as last reviewed.

use sea_orm::entity::prelude::*;

/// A member's place. Who was never given points, nor put anywhere by hand, has none: they stand at the first node.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "growth_positions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// Of the path that they were last reviewed by; 0 for the default.
    pub path_version: i32,
    /// The node's code.
    pub node: String,
    /// Points that were awarded within the path's window, and not reversed.
    pub value: i64,
    /// How many moves there were: the number of the last one.
    pub moves: i64,
    /// When they came to the node; null for those who never moved.
    pub since: Option<DateTimeUtc>,
    /// They stay at least at this node, set by hand.
    pub floor_node: Option<String>,
    /// To the end of this day, `2026-12-31`.
    pub floor_on: Option<String>,
    /// When that day is over.
    pub floor_until: Option<DateTimeUtc>,
    /// Nothing changes by time alone before this.
    pub review_at: Option<DateTimeUtc>,
}

/// What a row of `growth_positions` refers to.
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
