//! Where each tenant's chain of audit events ends. Derived: the links say the same.

use sea_orm::entity::prelude::*;

/// The end of one chain.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_heads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Of the last link.
    pub position: i64,
    /// Of the last link.
    pub mac: Vec<u8>,
    /// When the last link was made.
    pub sealed_at: DateTimeUtc,
    /// Of the last checkpoint; 0 before the first.
    pub signed_position: i64,
    /// When the last checkpoint was made.
    pub signed_at: DateTimeUtc,
}

/// `audit_heads` has no relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
