//! Tenants: the companies whose data the walls keep apart.

use sea_orm::entity::prelude::*;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What people type at sign-in; unique over all tenants.
    pub slug: String,
    pub name: String,
    /// IANA name; a day of this tenant is a calendar day there.
    pub timezone: String,
    /// ISO 3166 alpha-2; the default for phone numbers without a prefix.
    pub country: String,
    /// `ACTIVE`, `SUSPENDED` or `CLOSED`.
    pub status: String,
    /// The tenant's data key, wrapped by the master key.
    pub data_key: Vec<u8>,
    /// Only what the tenant changed; defaults live in code, with their source.
    #[sea_orm(column_type = "JsonBinary")]
    pub policy: Json,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What a row of `tenants` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// People who work in the tenant.
    #[sea_orm(has_many = "super::tenant_memberships::Entity")]
    Memberships,
    /// Its communities.
    #[sea_orm(has_many = "super::communities::Entity")]
    Communities,
    /// Its members.
    #[sea_orm(has_many = "super::members::Entity")]
    Members,
}

impl Related<super::tenant_memberships::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Memberships.def()
    }
}

impl Related<super::communities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Communities.def()
    }
}

impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Members.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
