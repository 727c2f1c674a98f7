//! Registries and documents as the store read them.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use shequn_entity::document_registries::Model;
use shequn_entity::trusted_documents::Column;

use super::model::Mode;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{DocumentRegistryId, Id, PartnerKeyId, TrustedDocumentId};

/// A registry.
#[derive(Clone, Debug)]
pub struct RegistryRow {
    /// That of its key, or of the tenant.
    pub id: DocumentRegistryId,
    pub(super) key: Option<PartnerKeyId>,
    pub(super) mode: Mode,
    /// None for one that nothing was ever done to.
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) version: i32,
}

impl RegistryRow {
    pub(super) fn read(row: &Model) -> Result<Self, DbErr> {
        let unknown = || DbErr::Type("mode of a registry holds a value that is not of its table".to_owned());
        Ok(Self {
            id: Id::from_uuid(row.id),
            key: row.partner_key_id.map(Id::from_uuid),
            mode: Mode::parse(&row.mode).ok_or_else(unknown)?,
            updated_at: Some(row.updated_at),
            version: row.version,
        })
    }

    /// The tenant's own before anything was done to it.
    pub(super) fn untouched(id: DocumentRegistryId) -> Self {
        Self { id, key: None, mode: Mode::Open, updated_at: None, version: 0 }
    }
}

/// A document; the text where the column was asked for.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Ours, not the client's.
    pub id: TrustedDocumentId,
    pub(super) document_id: String,
    pub(super) sha256: Vec<u8>,
    pub(super) operation_names: Vec<String>,
    pub(super) text: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

impl DocumentRow {
    pub(super) fn read(row: &QueryResult, columns: &Columns<Column>) -> Result<Self, DbErr> {
        let names: String = row.try_get("", "operation_names")?;
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            document_id: row.try_get("", "document_id")?,
            sha256: row.try_get("", "sha256")?,
            operation_names: names.split_whitespace().map(str::to_owned).collect(),
            text: columns.read(row, Column::Text)?,
            created_at: row.try_get("", "created_at")?,
        })
    }

    /// Where the document stands in the list.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }
}
