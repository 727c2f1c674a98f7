//! Signed statements of how far a tenant's chain of audit events had come.

use sea_orm::entity::prelude::*;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_checkpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The link at that position.
    pub head: Vec<u8>,
    /// When that link was made.
    pub sealed_at: DateTimeUtc,
    /// Ed25519.
    pub signature: Vec<u8>,
}

/// `audit_checkpoints` has no relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
