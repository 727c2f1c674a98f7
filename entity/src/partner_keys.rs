//! Keys of partner systems: what each may do, from where, and proofs of its one or two secrets.

use sea_orm::entity::prelude::*;

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// A list of the spellings of scopes.
    pub scopes: Json,
    /// Only for the communities in `partner_key_communities`; a restricted key without any reaches nothing.
    pub restricted: bool,
    /// A list of addresses and networks; empty for anywhere.
    pub networks: Json,
    /// A keyed hash; the secret itself is nowhere.
    pub secret_hash: Vec<u8>,
    /// When the secret was made, if it is not the first.
    pub rotated_at: Option<DateTimeUtc>,
    /// The user who was given it then.
    pub rotated_by: Option<Uuid>,
    pub previous_secret_hash: Option<Vec<u8>>,
    /// The user who was given the secret before this one, if that was not the first either.
    pub previous_rotated_by: Option<Uuid>,
    /// Until when the secret before this one is good; set together with its hash.
    pub previous_secret_until: Option<DateTimeUtc>,
    pub expires_at: DateTimeUtc,
    /// Null while the key is switched on.
    pub disabled_at: Option<DateTimeUtc>,
    /// Null until the key is ended for good.
    pub revoked_at: Option<DateTimeUtc>,
    /// Behind by a minute at most.
    pub last_used_at: Option<DateTimeUtc>,
    pub last_used_address: Option<String>,
    /// The user who made it; null for the command line.
    pub created_by: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

/// What a row of `partner_keys` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
    /// The communities it is restricted to.
    #[sea_orm(has_many = "super::partner_key_communities::Entity")]
    Communities,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::partner_key_communities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Communities.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
