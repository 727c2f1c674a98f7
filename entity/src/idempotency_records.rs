//! Outcomes of mutations that came with an idempotency key.

use sea_orm::entity::prelude::*;

/// One remembered outcome.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Who sent the key: keys of two actors never meet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub operation: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the typed input without the key.
    pub input_hash: Vec<u8>,
    /// Typed outcome: ids, amounts and error codes, no personal text.
    #[sea_orm(column_type = "JsonBinary")]
    pub outcome: Json,
    pub created_at: DateTimeUtc,
    /// Of what may never be done twice under a key, however long ago.
    pub is_lasting: bool,
}

/// `idempotency_records` has no relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
