//! Which lots an entry took from or gave back to. A row is never changed.

use sea_orm::entity::prelude::*;

/// An entry's part in one lot.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_lot_moves")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub lot_id: Uuid,
    pub member_id: Uuid,
    pub amount: i64,
}

/// What a row of `points_lot_moves` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The entry.
    #[sea_orm(
        belongs_to = "super::points_entries::Entity",
        from = "(Column::TenantId, Column::EntryId)",
        to = "(super::points_entries::Column::TenantId, super::points_entries::Column::Id)"
    )]
    Entry,
    /// The lot.
    #[sea_orm(
        belongs_to = "super::points_lots::Entity",
        from = "(Column::TenantId, Column::LotId)",
        to = "(super::points_lots::Column::TenantId, super::points_lots::Column::Id)"
    )]
    Lot,
}

impl Related<super::points_entries::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Entry.def()
    }
}

impl Related<super::points_lots::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Lot.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
