//! A member, and what hangs on one, as the store read it.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use shequn_entity::members::Column;

use super::model::{IdentityKind, Sort};
use crate::domains::communities::Platform;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{Id, IdentityId, MemberId};

/// What was read of a member: the columns that were asked for.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Always there.
    pub id: MemberId,
    pub(super) display_name: Option<String>,
    pub(super) name_key: Option<String>,
    pub(super) external_ref: Option<Option<String>>,
    pub(super) phone_enc: Option<Option<Vec<u8>>>,
    pub(super) real_name_enc: Option<Option<Vec<u8>>>,
    pub(super) data_key: Option<Option<Vec<u8>>>,
    pub(super) archived_at: Option<Option<DateTime<Utc>>>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) version: Option<i32>,
}

impl MemberRow {
    pub(super) fn read(row: &QueryResult, columns: &Columns<Column>) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            display_name: columns.read(row, Column::DisplayName)?,
            name_key: columns.read(row, Column::NameKey)?,
            external_ref: columns.read(row, Column::ExternalRef)?,
            phone_enc: columns.read(row, Column::PhoneEnc)?,
            real_name_enc: columns.read(row, Column::RealNameEnc)?,
            data_key: columns.read(row, Column::DataKey)?,
            archived_at: columns.read(row, Column::ArchivedAt)?,
            created_at: columns.read(row, Column::CreatedAt)?,
            updated_at: columns.read(row, Column::UpdatedAt)?,
            version: columns.read(row, Column::Version)?,
        })
    }

    /// Whether the member is out of use; the row was read with its `archived_at`.
    pub(super) fn is_archived(&self) -> bool {
        self.archived_at.flatten().is_some()
    }

    /// Where the row stands in a list with this sort.
    pub(super) fn position(&self, sort: Sort) -> Option<Position> {
        let key = match sort {
            Sort::NameAsc | Sort::NameDesc => KeyValue::Text(self.name_key.clone()?),
            Sort::CreatedAtAsc | Sort::CreatedAtDesc => KeyValue::Time(self.created_at?),
        };
        Some(Position { key, id: self.id.uuid() })
    }
}

/// A stored identity.
#[derive(Clone, Debug)]
pub(super) struct IdentityRow {
    pub(super) id: IdentityId,
    pub(super) kind: IdentityKind,
    pub(super) platform: Platform,
    pub(super) app_id: String,
    pub(super) value_enc: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
}
