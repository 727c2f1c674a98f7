//! Versions of creator programmes. A row is never changed.

use sea_orm::entity::prelude::*;

/// A version of a tenant's creator programme.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "creator_programmes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// 1 for the first, without gaps; the largest counts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// In their order: code, name, weight.
    #[sea_orm(column_type = "JsonBinary")]
    pub criteria: Json,
    /// In their order: code, name, what they ask, percent.
    #[sea_orm(column_type = "JsonBinary")]
    pub levels: Json,
    /// The least score of an approval.
    pub minimum_score: i32,
    /// Days whose approvals make a level.
    pub window_days: i32,
    /// Public id of who made it.
    pub actor: String,
    pub created_at: DateTimeUtc,
}

/// What a row of `creator_programmes` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
