//! Lots: points that were given together, and what is left of them. A lot has the id of the entry that made it.

use sea_orm::entity::prelude::*;

/// A lot.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_lots")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    pub asset: String,
    pub source: String,
    pub amount: i64,
    pub pending: i64,
    pub available: i64,
    pub held: i64,
    pub expired: i64,
    pub earned_at: DateTimeUtc,
    /// Null when it was from the start.
    pub available_at: Option<DateTimeUtc>,
    /// The start of a day in the tenant's zone; null for never.
    pub expires_at: Option<DateTimeUtc>,
    /// The last good day in the zone the tenant had then, `2027-11-30`.
    pub expires_on: Option<String>,
}

/// What a row of `points_lots` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account it is in.
    #[sea_orm(
        belongs_to = "super::points_accounts::Entity",
        from = "(Column::TenantId, Column::MemberId, Column::Asset)",
        to = "(super::points_accounts::Column::TenantId, super::points_accounts::Column::MemberId, super::points_accounts::Column::Asset)"
    )]
    Account,
}

impl Related<super::points_accounts::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
