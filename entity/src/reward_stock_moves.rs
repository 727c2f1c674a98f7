//! By how much somebody changed the stock of a reward, and why. Rows are never changed.

use sea_orm::entity::prelude::*;

/// A change by hand.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_stock_moves")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reward_id: Uuid,
    pub delta: i64,
    pub stock_after: i64,
    pub reason: String,
    /// Who: `usr_…`, `key_…` or `system`.
    pub actor: String,
    pub moved_at: DateTimeUtc,
}

/// What a row of `reward_stock_moves` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose stock.
    #[sea_orm(
        belongs_to = "super::rewards::Entity",
        from = "(Column::TenantId, Column::RewardId)",
        to = "(super::rewards::Column::TenantId, super::rewards::Column::Id)"
    )]
    Reward,
}

impl Related<super::rewards::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Reward.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
