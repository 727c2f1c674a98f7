//! The communities that a restricted key is for.

use sea_orm::entity::prelude::*;

/// One of a key's communities.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_key_communities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: Uuid,
}

/// What a row of `partner_key_communities` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The key.
    #[sea_orm(
        belongs_to = "super::partner_keys::Entity",
        from = "(Column::TenantId, Column::KeyId)",
        to = "(super::partner_keys::Column::TenantId, super::partner_keys::Column::Id)"
    )]
    Key,
    /// The community.
    #[sea_orm(
        belongs_to = "super::communities::Entity",
        from = "(Column::TenantId, Column::CommunityId)",
        to = "(super::communities::Column::TenantId, super::communities::Column::Id)"
    )]
    Community,
}

impl Related<super::partner_keys::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Key.def()
    }
}

impl Related<super::communities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Community.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
