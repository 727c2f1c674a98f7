//! A community, as clients see it.

use async_graphql::{ID, Object};
use shequn_entity::communities::Column;

use super::super::model::{
    CommunityType, LifecycleStage, MessageKind, Monetisation, Platform, Positioning, Touchpoint,
};
use super::super::row::CommunityRow;
use crate::error::ApiError;
use crate::graphql::batch::{Ref, loaded};
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::platform::db::columns::Columns;

/// What parts of a community are made from.
pub type CommunityRef = Ref<CommunityRow>;

/// The columns behind the selected fields of a community. Other slices' parts need its id only, or its quota.
#[must_use]
pub fn columns(selection: &Selection) -> Columns<Column> {
    let mut columns = Columns::of([]);
    for field in selection.names() {
        for column in columns_of(field) {
            columns.add(*column);
        }
    }
    columns
}

fn columns_of(field: &str) -> &'static [Column] {
    match field {
        "name" => &[Column::Name],
        "type" => &[Column::Type],
        "positioning" => &[Column::Positioning],
        "platform" => &[Column::Platform],
        "touchpoints" => &[Column::Touchpoints],
        "messageKinds" => &[Column::MessageKinds],
        "monetisation" => &[Column::Monetisation],
        "valueProposition" => &[Column::ValueProposition],
        "stage" => &[Column::Stage],
        "memberCount" => &[Column::MemberCount],
        "foundedAt" => &[Column::FoundedAt],
        "endedAt" => &[Column::EndedAt],
        "archivedAt" => &[Column::ArchivedAt],
        "createdAt" => &[Column::CreatedAt],
        "updatedAt" => &[Column::UpdatedAt],
        "version" => &[Column::Version],
        "tierReport" => &[Column::QuotaAdmin, Column::QuotaCore, Column::QuotaTolerance],
        _ => &[],
    }
}

/// The slice's part of `Community`.
#[derive(Clone)]
pub struct CommunityCore(pub CommunityRef);

/// A group of members on one platform.
#[Object]
impl CommunityCore {
    /// `com_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// Its name.
    async fn name(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.name.as_ref())?)
    }

    /// What it lives on.
    #[graphql(name = "type")]
    async fn kind(&self) -> Result<CommunityType, ApiError> {
        Ok(*loaded(self.0.row()?.kind.as_ref())?)
    }

    /// What it is for.
    async fn positioning(&self) -> Result<Positioning, ApiError> {
        Ok(*loaded(self.0.row()?.positioning.as_ref())?)
    }

    /// Where it is.
    async fn platform(&self) -> Result<Platform, ApiError> {
        Ok(*loaded(self.0.row()?.platform.as_ref())?)
    }

    /// Where its members are reached.
    async fn touchpoints(&self) -> Result<Vec<Touchpoint>, ApiError> {
        Ok(read_list(loaded(self.0.row()?.touchpoints.as_ref())?, Touchpoint::parse))
    }

    /// What is sent in it: the kinds of messages it works with.
    async fn message_kinds(&self) -> Result<Vec<MessageKind>, ApiError> {
        Ok(read_list(loaded(self.0.row()?.message_kinds.as_ref())?, MessageKind::parse))
    }

    /// How it earns.
    async fn monetisation(&self) -> Result<Vec<Monetisation>, ApiError> {
        Ok(read_list(loaded(self.0.row()?.monetisation.as_ref())?, Monetisation::parse))
    }

    /// What its members get from it.
    async fn value_proposition(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.value_proposition.as_ref())?)
    }

    /// Where it is in its life.
    async fn stage(&self) -> Result<LifecycleStage, ApiError> {
        Ok(*loaded(self.0.row()?.stage.as_ref())?)
    }

    /// How many members it has. Follows joins and leaves within about a second; `members.totalCount` is exact.
    async fn member_count(&self) -> Result<i32, ApiError> {
        Ok(*loaded(self.0.row()?.member_count.as_ref())?)
    }

    /// When it was founded.
    async fn founded_at(&self) -> Result<DateTime, ApiError> {
        Ok((*loaded(self.0.row()?.founded_at.as_ref())?).into())
    }

    /// When its stage became ENDED; null before.
    async fn ended_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(loaded(self.0.row()?.ended_at.as_ref())?.map(DateTime))
    }

    /// Since when it is out of use; null while it is in use.
    async fn archived_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(loaded(self.0.row()?.archived_at.as_ref())?.map(DateTime))
    }

    /// When this record was made.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok((*loaded(self.0.row()?.created_at.as_ref())?).into())
    }

    /// When this record was last changed.
    async fn updated_at(&self) -> Result<DateTime, ApiError> {
        Ok((*loaded(self.0.row()?.updated_at.as_ref())?).into())
    }

    /// Grows by one with each change; give it to a change to be told when somebody was faster.
    async fn version(&self) -> Result<i32, ApiError> {
        Ok(*loaded(self.0.row()?.version.as_ref())?)
    }
}

fn read_list<T>(stored: &serde_json::Value, parse: fn(&str) -> Option<T>) -> Vec<T> {
    let values = stored.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(serde_json::Value::as_str).filter_map(parse).collect()
}
