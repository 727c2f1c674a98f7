//! How far the sealer has read the audit events. Not a tenant's data: only the system role reads it.

use sea_orm::entity::prelude::*;

/// The sealer's place.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_cursors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sealer: String,
    /// Of the last event read (an `xid8` as a number; 0 on SQLite).
    pub xid: i64,
    /// Of the last event read.
    pub seq: i64,
    pub updated_at: DateTimeUtc,
}

/// `audit_cursors` has no relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
