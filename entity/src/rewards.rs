//! What members get for points.

use sea_orm::entity::prelude::*;

/// A reward.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rewards")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub description: Option<String>,
    /// `DRAFT`, `ACTIVE`, `PAUSED` or `ARCHIVED`.
    pub state: String,
    /// `MANUAL` or `VOUCHER_CODE`.
    pub fulfilment: String,
    /// In points, for one.
    pub price: i64,
    /// What is left to be redeemed, or without end; behind by what lapsed and is not restocked.
    pub stock: Option<i64>,
    /// What is redeemed and not fulfilled; ahead by as much.
    pub reserved: i64,
    pub fulfilled: i64,
    /// The most for a member in a period.
    pub limit_quantity: Option<i32>,
    /// `DAY`, `WEEK`, `MONTH` or `EVER`.
    pub limit_period: Option<String>,
    /// `ADMIN`, `CORE` or `ORDINARY`.
    pub minimum_tier: Option<String>,
    pub starts_at: Option<DateTimeUtc>,
    pub ends_at: Option<DateTimeUtc>,
    pub fulfil_within_days: i32,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What a row of `rewards` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
