//! Codes that are handed out by redemptions, encrypted under the tenant's key.

use sea_orm::entity::prelude::*;

/// A code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_vouchers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reward_id: Uuid,
    pub code_enc: Vec<u8>,
    /// By which a code that was added before is found.
    pub code_index: Vec<u8>,
    /// Who has it; none while it is free.
    pub redemption_id: Option<Uuid>,
    pub added_at: DateTimeUtc,
}

/// What a row of `reward_vouchers` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Of which reward.
    #[sea_orm(
        belongs_to = "super::rewards::Entity",
        from = "(Column::TenantId, Column::RewardId)",
        to = "(super::rewards::Column::TenantId, super::rewards::Column::Id)"
    )]
    Reward,
    /// Who has it.
    #[sea_orm(
        belongs_to = "super::redemptions::Entity",
        from = "(Column::TenantId, Column::RedemptionId)",
        to = "(super::redemptions::Column::TenantId, super::redemptions::Column::Id)"
    )]
    Redemption,
}

impl Related<super::rewards::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Reward.def()
    }
}

impl Related<super::redemptions::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Redemption.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
