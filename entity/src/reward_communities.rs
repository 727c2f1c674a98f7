//! The communities whose members a reward is for; all where it has none.

use sea_orm::entity::prelude::*;

/// A community of a reward.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_communities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reward_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: Uuid,
}

/// What a row of `reward_communities` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Which.
    #[sea_orm(
        belongs_to = "super::rewards::Entity",
        from = "(Column::TenantId, Column::RewardId)",
        to = "(super::rewards::Column::TenantId, super::rewards::Column::Id)"
    )]
    Reward,
    /// Whose members.
    #[sea_orm(
        belongs_to = "super::communities::Entity",
        from = "(Column::TenantId, Column::CommunityId)",
        to = "(super::communities::Column::TenantId, super::communities::Column::Id)"
    )]
    Community,
}

impl Related<super::rewards::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Reward.def()
    }
}

impl Related<super::communities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Community.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
