//! Submissions, their revisions and reviews, and programmes, as the stores read them.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::model::{Mark, Programme};
use super::model_submission::{Decision, SubmissionKind, SubmissionState};
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{CommunityId, EarningEventId, Id, MemberId, SubmissionId};

/// A submission, with what its latest revision is called; the rest of that is read apart, since it may be long.
#[derive(Clone, Debug)]
pub struct SubmissionRow {
    /// Its id.
    pub id: SubmissionId,
    /// Whose.
    pub member: MemberId,
    pub(super) community: Option<CommunityId>,
    pub(super) kind: SubmissionKind,
    pub(super) title: String,
    pub(super) reference: Option<String>,
    pub(super) state: SubmissionState,
    pub(super) revision: i32,
    pub(super) reviews: i32,
    pub(super) score: Option<i32>,
    pub(super) points: i64,
    pub(super) event: Option<EarningEventId>,
    pub(super) note: Option<String>,
    pub(super) submitted_at: DateTime<Utc>,
    pub(super) revised_at: DateTime<Utc>,
    pub(super) reviewed_at: Option<DateTime<Utc>>,
}

impl SubmissionRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            community: row.try_get::<Option<Uuid>>("", "community_id")?.map(Id::from_uuid),
            kind: named(row, "kind", SubmissionKind::parse)?,
            title: row.try_get("", "title")?,
            reference: row.try_get("", "reference")?,
            state: named(row, "state", SubmissionState::parse)?,
            revision: row.try_get("", "revision")?,
            reviews: row.try_get("", "reviews")?,
            score: row.try_get("", "score")?,
            points: row.try_get("", "points")?,
            event: row.try_get::<Option<Uuid>>("", "event_id")?.map(Id::from_uuid),
            note: row.try_get("", "note")?,
            submitted_at: row.try_get("", "submitted_at")?,
            revised_at: row.try_get("", "revised_at")?,
            reviewed_at: row.try_get("", "reviewed_at")?,
        })
    }

    /// Where it stands among all submissions, newest first.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.submitted_at), id: self.id.uuid() }
    }
}

/// What a submission said at a time.
#[derive(Clone, Debug)]
pub struct RevisionRow {
    pub(super) submission: SubmissionId,
    pub(super) revision: i32,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) links: Vec<String>,
    pub(super) submitted_at: DateTime<Utc>,
}

impl RevisionRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            submission: Id::from_uuid(row.try_get("", "submission_id")?),
            revision: row.try_get("", "revision")?,
            title: row.try_get("", "title")?,
            body: row.try_get("", "body")?,
            links: json(row, "links")?,
            submitted_at: row.try_get("", "submitted_at")?,
        })
    }
}

/// What was decided on a revision.
#[derive(Clone, Debug)]
pub struct ReviewRow {
    pub(super) submission: SubmissionId,
    pub(super) number: i32,
    pub(super) member: MemberId,
    pub(super) revision: i32,
    pub(super) decision: Decision,
    pub(super) programme_version: i32,
    pub(super) marks: Vec<Mark>,
    pub(super) score: Option<i32>,
    pub(super) level: Option<String>,
    pub(super) percent: i32,
    pub(super) points: i64,
    pub(super) note: Option<String>,
    pub(super) actor: String,
    pub(super) reviewed_at: DateTime<Utc>,
}

impl ReviewRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            submission: Id::from_uuid(row.try_get("", "submission_id")?),
            number: row.try_get("", "number")?,
            member: Id::from_uuid(row.try_get("", "member_id")?),
            revision: row.try_get("", "revision")?,
            decision: named(row, "decision", Decision::parse)?,
            programme_version: row.try_get("", "programme_version")?,
            marks: json(row, "marks")?,
            score: row.try_get("", "score")?,
            level: row.try_get("", "level")?,
            percent: row.try_get("", "percent")?,
            points: row.try_get("", "points")?,
            note: row.try_get("", "note")?,
            actor: row.try_get("", "actor")?,
            reviewed_at: row.try_get("", "reviewed_at")?,
        })
    }
}

pub(super) fn read_programme(row: &QueryResult) -> Result<Programme, DbErr> {
    Ok(Programme {
        version: row.try_get("", "version")?,
        criteria: json(row, "criteria")?,
        minimum_score: row.try_get("", "minimum_score")?,
        window_days: row.try_get("", "window_days")?,
        levels: json(row, "levels")?,
    })
}

/// A value of a table of names.
pub(super) fn named<T>(row: &QueryResult, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, DbErr> {
    parse(&row.try_get::<String>("", column)?)
        .ok_or_else(|| DbErr::Type(format!("{column} holds a value that is not of its table")))
}

fn json<T: DeserializeOwned>(row: &QueryResult, column: &str) -> Result<T, DbErr> {
    let value: serde_json::Value = row.try_get("", column)?;
    serde_json::from_value(value).map_err(|error| DbErr::Type(format!("{column}: {error}")))
}
