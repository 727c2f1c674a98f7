//! Trusted documents. A row is never changed: an id stands for one text.

use sea_orm::entity::prelude::*;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trusted_documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub registry_id: Uuid,
    /// What clients call it, unique in the registry.
    pub document_id: String,
    /// Of the text.
    pub sha256: Vec<u8>,
    pub text: String,
    /// A space before, between and after them; one space for none.
    pub operation_names: String,
    pub created_at: DateTimeUtc,
}

/// What a row of `trusted_documents` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
    /// The registry it is in.
    #[sea_orm(
        belongs_to = "super::document_registries::Entity",
        from = "(Column::TenantId, Column::RegistryId)",
        to = "(super::document_registries::Column::TenantId, super::document_registries::Column::Id)"
    )]
    Registry,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::document_registries::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Registry.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
