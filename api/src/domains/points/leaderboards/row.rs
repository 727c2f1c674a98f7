//! Scores as the store reads them.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};

use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{Id, MemberId};

/// A member's points of a period: by these three a board is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreRow {
    /// Whose.
    pub member: MemberId,
    /// More than 0.
    pub points: i64,
    /// When the last entry was posted that changed them.
    pub reached_at: DateTime<Utc>,
}

/// A score and its place on the board.
#[derive(Clone, Copy, Debug)]
pub struct EntryRow {
    /// 1 for the first.
    pub rank: i64,
    /// The score.
    pub score: ScoreRow,
}

impl ScoreRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            member: Id::from_uuid(row.try_get("", "member_id")?),
            points: row.try_get("", "points")?,
            reached_at: row.try_get("", "reached_at")?,
        })
    }

    /// What a cursor holds. Its key is two of the three: only this file reads it again.
    pub(super) fn position(&self) -> Position {
        let key = format!("{} {}", self.points, self.reached_at.timestamp_micros());
        Position { key: KeyValue::Text(key), id: self.member.uuid() }
    }

    pub(super) fn of_position(position: &Position) -> Option<Self> {
        let KeyValue::Text(key) = &position.key else { return None };
        let (points, micros) = key.split_once(' ')?;
        let reached_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Self { member: Id::from_uuid(position.id), points: points.parse().ok()?, reached_at })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_cursor_brings_the_place_back() {
        let reached_at = "2026-11-22T08:30:00.000001Z".parse().unwrap();
        let score = ScoreRow { member: Id::from_uuid(Uuid::from_u128(7)), points: i64::MAX, reached_at };
        assert_eq!(ScoreRow::of_position(&score.position()), Some(score));
        let other = Position { key: KeyValue::Long(1), id: Uuid::nil() };
        assert_eq!(ScoreRow::of_position(&other), None);
    }
}
