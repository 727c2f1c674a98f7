//! Registries of trusted documents: how each treats documents that are not in it.

use sea_orm::entity::prelude::*;

/// A registry.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "document_registries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// That of the key whose registry it is, or of the tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Null for the tenant's own.
    pub partner_key_id: Option<Uuid>,
    /// `OPEN`, `LOG` or `ENFORCE`.
    pub mode: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Raised by every change, of its documents too: processes tell by it whether they know them all.
    pub version: i32,
}

/// What a row of `document_registries` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
    /// The key whose registry it is.
    #[sea_orm(
        belongs_to = "super::partner_keys::Entity",
        from = "(Column::TenantId, Column::PartnerKeyId)",
        to = "(super::partner_keys::Column::TenantId, super::partner_keys::Column::Id)"
    )]
    Key,
    /// Its documents.
    #[sea_orm(has_many = "super::trusted_documents::Entity")]
    Documents,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::partner_keys::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Key.def()
    }
}

impl Related<super::trusted_documents::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Documents.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
