//! What members took for their points, and what became of it.

use sea_orm::entity::prelude::*;

/// A redemption.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redemptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reward_id: Uuid,
    /// As it was then.
    pub reward_name: String,
    pub member_id: Uuid,
    pub quantity: i32,
    /// As it was then.
    pub price: i64,
    pub points: i64,
    /// `PENDING`, `FULFILLED`, `CANCELLED` or `LAPSED`.
    pub state: String,
    pub hold_id: Uuid,
    /// Which set the points aside; its moves name the lots.
    pub entry_id: Uuid,
    pub reference: Option<String>,
    /// Of a cancellation.
    pub reason: Option<String>,
    /// Of one that lapsed: the reward's own numbers have it.
    pub is_restocked: bool,
    /// Who made it: `usr_…`, `key_…` or `system`.
    pub actor: String,
    pub created_at: DateTimeUtc,
    pub lapses_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
}

/// What a row of `redemptions` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What was taken.
    #[sea_orm(
        belongs_to = "super::rewards::Entity",
        from = "(Column::TenantId, Column::RewardId)",
        to = "(super::rewards::Column::TenantId, super::rewards::Column::Id)"
    )]
    Reward,
    /// By whom.
    #[sea_orm(
        belongs_to = "super::members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::members::Column::TenantId, super::members::Column::Id)"
    )]
    Member,
    /// The points.
    #[sea_orm(
        belongs_to = "super::points_holds::Entity",
        from = "(Column::TenantId, Column::HoldId)",
        to = "(super::points_holds::Column::TenantId, super::points_holds::Column::Id)"
    )]
    Hold,
}

impl Related<super::rewards::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Reward.def()
    }
}

impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl Related<super::points_holds::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Hold.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
