//! How far a tenant's ledger was read for the growth path.

use sea_orm::entity::prelude::*;

/// A place among the entries, in the order of (transaction, seq).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "growth_cursors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Of the last entry that was read.
    pub xid: i64,
    pub seq: i64,
    /// Entries up to this seq were read in another cluster; 0 unless the database was restored.
    pub above_seq: i64,
    /// The largest seq so far.
    pub max_seq: i64,
    pub updated_at: DateTimeUtc,
}

/// What a row of `growth_cursors` refers to.
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
