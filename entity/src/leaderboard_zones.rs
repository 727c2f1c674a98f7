//! In which zones the days of leaderboards were counted.

use sea_orm::entity::prelude::*;

/// A zone, and the postings whose days are its days: from `since` to the next row's.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leaderboard_zones")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub since: DateTimeUtc,
    /// The tenant's then.
    pub zone: String,
    /// The latest posting that was counted; another zone begins behind it.
    pub counted_to: DateTimeUtc,
}

/// What a row of `leaderboard_zones` refers to.
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
