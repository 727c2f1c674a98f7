//! Requests as the store read them.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::super::model::{EntryKind, Source};
use super::super::row::{named, read_day};
use super::model::State;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{Id, MemberId, PointsApprovalId, PointsEntryId, UserId};

/// Points that somebody asked for.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    /// Its id.
    pub id: PointsApprovalId,
    /// Whose points.
    pub member: MemberId,
    /// Of a transfer: who is to have them.
    pub(super) to: Option<MemberId>,
    /// What was posted by it.
    pub entry: Option<PointsEntryId>,
    pub(super) kind: EntryKind,
    pub(super) amount: i64,
    pub(super) source: Option<Source>,
    pub(super) reason: String,
    pub(super) reference: Option<String>,
    pub(super) available_at: Option<DateTime<Utc>>,
    pub(super) expires_on: Option<NaiveDate>,
    state: State,
    pub(super) asked_by: String,
    pub(super) people: Vec<UserId>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) lapses_at: DateTime<Utc>,
    pub(super) decided_by: Option<String>,
    pub(super) decided_at: Option<DateTime<Utc>>,
    pub(super) decision: Option<String>,
}

impl ApprovalRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let people: serde_json::Value = row.try_get("", "people")?;
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            to: row.try_get::<Option<Uuid>>("", "to_member_id")?.map(Id::from_uuid),
            entry: row.try_get::<Option<Uuid>>("", "entry_id")?.map(Id::from_uuid),
            kind: named(row, "kind", EntryKind::parse)?,
            amount: row.try_get("", "amount")?,
            source: row.try_get::<Option<String>>("", "source")?.as_deref().and_then(Source::parse),
            reason: row.try_get("", "reason")?,
            reference: row.try_get("", "reference")?,
            available_at: row.try_get("", "available_at")?,
            expires_on: read_day(row)?,
            state: named(row, "state", State::parse)?,
            asked_by: row.try_get("", "asked_by")?,
            people: serde_json::from_value(people).map_err(|error| DbErr::Type(error.to_string()))?,
            created_at: row.try_get("", "created_at")?,
            lapses_at: row.try_get("", "lapses_at")?,
            decided_by: row.try_get("", "decided_by")?,
            decided_at: row.try_get("", "decided_at")?,
            decision: row.try_get("", "decision")?,
        })
    }

    /// What has become of it by then.
    pub(super) fn state(&self, now: DateTime<Utc>) -> State {
        self.state.at(now, self.lapses_at)
    }

    /// Where the request stands in the list.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }
}
