//! How members came to where they stand on the growth path. A row is never changed.

use sea_orm::entity::prelude::*;

/// One member's way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "growth_moves")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// 1 for the first of a member, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// `PROMOTION`, `DEMOTION` or `SET`.
    pub kind: String,
    /// `EARNED`, `REVERSED`, `WINDOW`, `PATH_CHANGED` or `BY_HAND`.
    pub reason: String,
    /// The codes, and what the nodes were called then.
    pub from_node: String,
    pub from_name: String,
    pub to_node: String,
    pub to_name: String,
    /// The member's value then.
    pub value: i64,
    /// Of the path by which they moved.
    pub path_version: i32,
    /// Why, where it was done by hand.
    pub text: Option<String>,
    /// The last day on which a node that was set by hand is kept.
    pub kept_on: Option<String>,
    /// Public id of who did it; `system` for the program.
    pub actor: String,
    pub moved_at: DateTimeUtc,
}

/// What a row of `growth_moves` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where the member stands.
    #[sea_orm(
        belongs_to = "super::growth_positions::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::growth_positions::Column::TenantId, super::growth_positions::Column::MemberId)"
    )]
    Position,
}

impl Related<super::growth_positions::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Position.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
