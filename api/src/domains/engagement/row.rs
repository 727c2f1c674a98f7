//! Check-ins, and where members stand, as the store read them.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::model::{Kind, Last, Mark, Record};
use crate::platform::ids::{CheckInId, CommunityId, Id, MemberId};

/// A check-in.
#[derive(Clone, Debug)]
pub struct CheckInRow {
    /// Its id.
    pub id: CheckInId,
    /// Whose.
    pub member: MemberId,
    pub(super) day: NaiveDate,
    pub(super) kind: Kind,
    pub(super) streak: i32,
    pub(super) community: Option<CommunityId>,
    pub(super) checked_in_at: DateTime<Utc>,
}

impl CheckInRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let kind: String = row.try_get("", "kind")?;
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            day: parsed(&row.try_get::<String>("", "day")?)?,
            kind: Kind::parse(&kind).ok_or_else(|| DbErr::Type("kind is not of its table".to_owned()))?,
            streak: row.try_get("", "streak")?,
            community: row.try_get::<Option<Uuid>>("", "community_id")?.map(Id::from_uuid),
            checked_in_at: row.try_get("", "checked_in_at")?,
        })
    }
}

impl Record {
    pub(super) fn read(row: &QueryResult) -> Result<(MemberId, Self), DbErr> {
        let record = Self {
            last: Last::read(row)?,
            streak: row.try_get("", "streak")?,
            longest: row.try_get("", "longest")?,
            total: row.try_get("", "total")?,
            cards: row.try_get("", "cards")?,
        };
        Ok((Id::from_uuid(row.try_get("", "member_id")?), record))
    }
}

impl Last {
    fn read(row: &QueryResult) -> Result<Option<Self>, DbErr> {
        let (day, zone): (Option<String>, Option<String>) =
            (row.try_get("", "last_day")?, row.try_get("", "last_zone")?);
        let (Some(day), Some(zone), Some(at)) = (day, zone, row.try_get("", "last_at")?) else { return Ok(None) };
        Ok(Some(Self { day: parsed(&day)?, zone: parsed::<Tz>(&zone)?, at }))
    }
}

impl Mark {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self { day: parsed(&row.try_get::<String>("", "day")?)?, streak: row.try_get("", "streak")? })
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, DbErr> {
    text.parse().map_err(|_| DbErr::Type(format!("{text} is not of its table")))
}
