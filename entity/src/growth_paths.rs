//! Versions of growth paths. A row is never changed.

use sea_orm::entity::prelude::*;

/// A version of a tenant's growth path.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "growth_paths")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// 1 for the first, without gaps; the largest counts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// In their order: code, name, threshold, multiplier, perks.
    #[sea_orm(column_type = "JsonBinary")]
    pub nodes: Json,
    /// Calendar months, this one included, whose awards count; null for all.
    pub window_months: Option<i32>,
    /// Where the numbers come from.
    pub source: String,
    /// Public id of who made it.
    pub actor: String,
    pub created_at: DateTimeUtc,
}

/// What a row of `growth_paths` refers to.
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
