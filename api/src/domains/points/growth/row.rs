//! Paths, positions and moves as the store read them.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DbErr, QueryResult};

use super::model::{MoveKind, MoveReason, Path};
use super::model_review::{Floor, Position};
use crate::platform::db::keyset::{KeyValue, Position as Place};
use crate::platform::ids::{Id, MemberId};

pub(super) fn read_path(row: &QueryResult) -> Result<Path, DbErr> {
    let nodes: serde_json::Value = row.try_get("", "nodes")?;
    let window: Option<i32> = row.try_get("", "window_months")?;
    Ok(Path {
        version: row.try_get("", "version")?,
        nodes: serde_json::from_value(nodes).map_err(|error| DbErr::Type(error.to_string()))?,
        window_months: window.and_then(|months| u32::try_from(months).ok()),
        source: row.try_get("", "source")?,
        created_at: Some(row.try_get("", "created_at")?),
    })
}

pub(super) fn read_position(row: &QueryResult) -> Result<(MemberId, Position), DbErr> {
    let floor = row.try_get::<Option<String>>("", "floor_node")?.map(|node| -> Result<_, DbErr> {
        Ok(Floor { node, on: read_day(row, "floor_on")?, until: row.try_get("", "floor_until")? })
    });
    let position = Position {
        path_version: row.try_get("", "path_version")?,
        node: row.try_get("", "node")?,
        value: row.try_get("", "value")?,
        moves: row.try_get("", "moves")?,
        since: row.try_get("", "since")?,
        floor: floor.transpose()?,
        review_at: row.try_get("", "review_at")?,
    };
    Ok((Id::from_uuid(row.try_get("", "member_id")?), position))
}

fn read_day(row: &QueryResult, column: &str) -> Result<NaiveDate, DbErr> {
    let text: String = row.try_get("", column)?;
    text.parse().map_err(|_| DbErr::Type(format!("{column} holds no day")))
}

/// A move on the growth path.
#[derive(Clone, Debug)]
pub struct MoveRow {
    /// Whose.
    pub member: MemberId,
    pub(super) number: i64,
    pub(super) kind: MoveKind,
    pub(super) reason: MoveReason,
    /// Code and name, as they were then.
    pub(super) from: (String, String),
    pub(super) to: (String, String),
    pub(super) value: i64,
    pub(super) path_version: i32,
    /// Why, where it was done by hand.
    pub(super) text: Option<String>,
    pub(super) kept_on: Option<NaiveDate>,
    pub(super) actor: String,
    pub(super) moved_at: DateTime<Utc>,
}

impl MoveRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let unknown = |column: &str| DbErr::Type(format!("{column} holds a value that is not of its table"));
        let kind: String = row.try_get("", "kind")?;
        let reason: String = row.try_get("", "reason")?;
        let is_kept = row.try_get::<Option<String>>("", "kept_on")?.is_some();
        Ok(Self {
            member: Id::from_uuid(row.try_get("", "member_id")?),
            number: row.try_get("", "number")?,
            kind: MoveKind::parse(&kind).ok_or_else(|| unknown("kind"))?,
            reason: MoveReason::parse(&reason).ok_or_else(|| unknown("reason"))?,
            from: (row.try_get("", "from_node")?, row.try_get("", "from_name")?),
            to: (row.try_get("", "to_node")?, row.try_get("", "to_name")?),
            value: row.try_get("", "value")?,
            path_version: row.try_get("", "path_version")?,
            text: row.try_get("", "text")?,
            kept_on: is_kept.then(|| read_day(row, "kept_on")).transpose()?,
            actor: row.try_get("", "actor")?,
            moved_at: row.try_get("", "moved_at")?,
        })
    }

    /// Where the move stands among those of its member.
    pub(super) fn place(&self) -> Place {
        Place { key: KeyValue::Long(self.number), id: self.member.uuid() }
    }
}
