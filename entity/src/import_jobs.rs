//! Imports of files: how far each came, so that it can go on after a crash.

use sea_orm::entity::prelude::*;

/// One import.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of the file: the same file is the same job.
    pub file_digest: Vec<u8>,
    pub file_name: String,
    /// Bytes of the file that are done with.
    pub byte_offset: i64,
    /// Lines of the file that are done with.
    pub line: i64,
    pub rows_created: i64,
    pub rows_updated: i64,
    pub rows_refused: i64,
    /// Null while there is something left to do.
    pub finished_at: Option<DateTimeUtc>,
    pub started_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What a row of `import_jobs` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
