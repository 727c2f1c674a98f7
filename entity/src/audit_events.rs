//! Who did what: one row a mutation, written in its transaction, never changed.
//!
//! The columns `xid` (`xid8`, the writing transaction) and `seq` are left out: the database fills them, and only the
//! sealer reads them, by raw SQL.

use sea_orm::entity::prelude::*;

/// One event. Ids of actors and things are in their public spelling.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub occurred_at: DateTimeUtc,
    pub actor_kind: String,
    /// Null for nobody and for the program itself.
    pub actor_id: Option<String>,
    /// The session or the key by which the actor came.
    pub via_id: Option<String>,
    pub address: String,
    pub operation: String,
    /// What was made or changed, where it is one thing.
    pub object_id: Option<String>,
    /// The larger thing that this happened in.
    pub within_id: Option<String>,
    /// A list of paths of input fields; never their values.
    #[sea_orm(column_type = "JsonBinary")]
    pub changed_fields: Json,
    pub request_id: String,
    pub outcome: String,
    /// A list of the codes of refusal or failure.
    #[sea_orm(column_type = "JsonBinary")]
    pub codes: Json,
    /// Proves all of the above.
    pub mac: Vec<u8>,
}

/// `audit_events` has no relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
