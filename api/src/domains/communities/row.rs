//! A community as the store read it.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use shequn_entity::communities::Column;

use super::model::{CommunityType, LifecycleStage, Platform, Positioning, QuotaOverride, Sort};
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{CommunityId, Id};

/// What was read of a community: the columns that were asked for.
#[derive(Clone, Debug)]
pub struct CommunityRow {
    /// Always there.
    pub id: CommunityId,
    pub(super) name: Option<String>,
    pub(super) name_key: Option<String>,
    pub(super) kind: Option<CommunityType>,
    pub(super) positioning: Option<Positioning>,
    pub(super) platform: Option<Platform>,
    pub(super) touchpoints: Option<serde_json::Value>,
    pub(super) message_kinds: Option<serde_json::Value>,
    pub(super) monetisation: Option<serde_json::Value>,
    pub(super) value_proposition: Option<String>,
    pub(super) stage: Option<LifecycleStage>,
    /// A community's own quota, where the columns were asked for.
    pub quota: QuotaOverride,
    pub(super) member_count: Option<i32>,
    pub(super) founded_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<Option<DateTime<Utc>>>,
    pub(super) archived_at: Option<Option<DateTime<Utc>>>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) version: Option<i32>,
}

impl CommunityRow {
    pub(super) fn read(row: &QueryResult, columns: &Columns<Column>) -> Result<Self, DbErr> {
        let quota = |column| columns.read::<Option<i32>>(row, column).map(Option::flatten);
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            name: columns.read(row, Column::Name)?,
            name_key: columns.read(row, Column::NameKey)?,
            kind: columns.read_named(row, Column::Type, CommunityType::parse)?,
            positioning: columns.read_named(row, Column::Positioning, Positioning::parse)?,
            platform: columns.read_named(row, Column::Platform, Platform::parse)?,
            touchpoints: columns.read(row, Column::Touchpoints)?,
            message_kinds: columns.read(row, Column::MessageKinds)?,
            monetisation: columns.read(row, Column::Monetisation)?,
            value_proposition: columns.read(row, Column::ValueProposition)?,
            stage: columns.read_named(row, Column::Stage, LifecycleStage::parse)?,
            quota: QuotaOverride {
                admin_percent: quota(Column::QuotaAdmin)?,
                core_percent: quota(Column::QuotaCore)?,
                tolerance_points: quota(Column::QuotaTolerance)?,
            },
            member_count: columns.read(row, Column::MemberCount)?,
            founded_at: columns.read(row, Column::FoundedAt)?,
            ended_at: columns.read(row, Column::EndedAt)?,
            archived_at: columns.read(row, Column::ArchivedAt)?,
            created_at: columns.read(row, Column::CreatedAt)?,
            updated_at: columns.read(row, Column::UpdatedAt)?,
            version: columns.read(row, Column::Version)?,
        })
    }

    /// Whether the community is out of use; the row was read with its `archived_at`.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.archived_at.flatten().is_some()
    }

    /// Where the row stands in a list with this sort.
    pub(super) fn position(&self, sort: Sort) -> Option<Position> {
        let key = match sort {
            Sort::NameAsc | Sort::NameDesc => KeyValue::Text(self.name_key.clone()?),
            Sort::CreatedAtAsc | Sort::CreatedAtDesc => KeyValue::Time(self.created_at?),
            Sort::MemberCountAsc | Sort::MemberCountDesc => KeyValue::Int(self.member_count?),
        };
        Some(Position { key, id: self.id.uuid() })
    }
}
