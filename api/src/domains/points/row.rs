//! Accounts, entries, lots and holds as the store read them.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::model::{Account, EntryKind, HoldState, Source};
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{EarningRuleId, Id, MemberId, PointsEntryId, PointsHoldId, PointsLotId};

/// What a member has, and where the rest went.
#[derive(Clone, Debug, Default)]
pub struct AccountRow {
    pub(super) issued: i64,
    pub(super) pending: i64,
    pub(super) available: i64,
    pub(super) held: i64,
    pub(super) redeemed: i64,
    pub(super) expired: i64,
    pub(super) revoked: i64,
    pub(super) transferred: i64,
    pub(super) entries: i64,
    pub(super) due_at: Option<DateTime<Utc>>,
    pub(super) frozen_at: Option<DateTime<Utc>>,
}

impl AccountRow {
    pub(super) fn read(row: &QueryResult) -> Result<(MemberId, Self), DbErr> {
        let account = Self {
            issued: row.try_get("", "issued")?,
            pending: row.try_get("", "pending")?,
            available: row.try_get("", "available")?,
            held: row.try_get("", "held")?,
            redeemed: row.try_get("", "redeemed")?,
            expired: row.try_get("", "expired")?,
            revoked: row.try_get("", "revoked")?,
            transferred: row.try_get("", "transferred")?,
            entries: row.try_get("", "entries")?,
            due_at: row.try_get("", "due_at")?,
            frozen_at: row.try_get("", "frozen_at")?,
        };
        Ok((Id::from_uuid(row.try_get("", "member_id")?), account))
    }

    /// Whether something matures, lapses or expires by then.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

/// An entry of the ledger.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// Its id.
    pub id: PointsEntryId,
    /// Whose.
    pub member: MemberId,
    pub(super) number: i64,
    pub(super) kind: EntryKind,
    pub(super) from: Account,
    pub(super) to: Account,
    pub(super) amount: i64,
    pub(super) pending_after: i64,
    pub(super) available_after: i64,
    pub(super) held_after: i64,
    pub(super) source: Option<Source>,
    pub(super) reason: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) hold: Option<PointsHoldId>,
    pub(super) reverses: Option<PointsEntryId>,
    /// The entry that left the giver, on all entries of a transfer and of its reversal.
    pub(super) transfer: Option<PointsEntryId>,
    /// The label of who posted it.
    pub(super) actor: String,
    pub(super) posted_at: DateTime<Utc>,
}

impl EntryRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            number: row.try_get("", "number")?,
            kind: named(row, "kind", EntryKind::parse)?,
            from: named(row, "from_account", Account::parse)?,
            to: named(row, "to_account", Account::parse)?,
            amount: row.try_get("", "amount")?,
            pending_after: row.try_get("", "pending_after")?,
            available_after: row.try_get("", "available_after")?,
            held_after: row.try_get("", "held_after")?,
            source: row.try_get::<Option<String>>("", "source")?.as_deref().and_then(Source::parse),
            reason: row.try_get("", "reason")?,
            reference: row.try_get("", "reference")?,
            hold: row.try_get::<Option<Uuid>>("", "hold_id")?.map(Id::from_uuid),
            reverses: row.try_get::<Option<Uuid>>("", "reverses_id")?.map(Id::from_uuid),
            transfer: row.try_get::<Option<Uuid>>("", "transfer_id")?.map(Id::from_uuid),
            actor: row.try_get("", "actor")?,
            posted_at: row.try_get("", "posted_at")?,
        })
    }

    /// Where the entry stands among those of its account.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Long(self.number), id: self.id.uuid() }
    }

    /// By how much it changed what can be spent.
    pub(super) fn available_delta(&self) -> i64 {
        match (self.from, self.to) {
            (Account::Available, _) => -self.amount,
            (_, Account::Available) => self.amount,
            _ => 0,
        }
    }
}

/// Points that were given together.
#[derive(Clone, Debug)]
pub struct LotRow {
    /// That of the entry that made it.
    pub id: PointsLotId,
    pub(super) member: MemberId,
    pub(super) source: Source,
    pub(super) amount: i64,
    pub(super) pending: i64,
    pub(super) available: i64,
    pub(super) held: i64,
    pub(super) expired: i64,
    pub(super) earned_at: DateTime<Utc>,
    pub(super) available_at: Option<DateTime<Utc>>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) expires_on: Option<NaiveDate>,
}

impl LotRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            source: named(row, "source", Source::parse)?,
            amount: row.try_get("", "amount")?,
            pending: row.try_get("", "pending")?,
            available: row.try_get("", "available")?,
            held: row.try_get("", "held")?,
            expired: row.try_get("", "expired")?,
            earned_at: row.try_get("", "earned_at")?,
            available_at: row.try_get("", "available_at")?,
            expires_at: row.try_get("", "expires_at")?,
            expires_on: read_day(row)?,
        })
    }

    /// The entry that made it, whose id it has.
    pub(super) fn entry(&self) -> PointsEntryId {
        Id::from_uuid(self.id.uuid())
    }
}

/// An entry's part in one lot.
#[derive(Clone, Debug)]
pub struct MoveRow {
    pub(super) entry: PointsEntryId,
    pub(super) lot: PointsLotId,
    pub(super) amount: i64,
    pub(super) source: Source,
    pub(super) earned_at: DateTime<Utc>,
    pub(super) available_at: Option<DateTime<Utc>>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) expires_on: Option<NaiveDate>,
}

impl MoveRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            entry: Id::from_uuid(row.try_get("", "entry_id")?),
            lot: Id::from_uuid(row.try_get("", "lot_id")?),
            amount: row.try_get("", "amount")?,
            source: named(row, "source", Source::parse)?,
            earned_at: row.try_get("", "earned_at")?,
            available_at: row.try_get("", "available_at")?,
            expires_at: row.try_get("", "expires_at")?,
            expires_on: read_day(row)?,
        })
    }
}

impl MoveRow {
    /// All of a lot, as the entry made it.
    pub(super) fn of_new(lot: &LotRow) -> Self {
        Self {
            entry: lot.entry(),
            lot: lot.id,
            amount: lot.amount,
            source: lot.source,
            earned_at: lot.earned_at,
            available_at: lot.available_at,
            expires_at: lot.expires_at,
            expires_on: lot.expires_on,
        }
    }
}

/// Points that are or were set aside.
#[derive(Clone, Debug)]
pub struct HoldRow {
    /// Its id.
    pub id: PointsHoldId,
    /// Whose.
    pub member: MemberId,
    pub(super) entry: PointsEntryId,
    pub(super) amount: i64,
    pub(super) captured: i64,
    pub(super) state: HoldState,
    pub(super) reason: String,
    pub(super) reference: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) closed_at: Option<DateTime<Utc>>,
    pub(super) kept_for: Option<String>,
}

impl HoldRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            entry: Id::from_uuid(row.try_get("", "entry_id")?),
            amount: row.try_get("", "amount")?,
            captured: row.try_get("", "captured")?,
            state: named(row, "state", HoldState::parse)?,
            reason: row.try_get("", "reason")?,
            reference: row.try_get("", "reference")?,
            expires_at: row.try_get("", "expires_at")?,
            created_at: row.try_get("", "created_at")?,
            closed_at: row.try_get("", "closed_at")?,
            kept_for: row.try_get("", "kept_for")?,
        })
    }
}

/// What points were earned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// By kind.
    pub source: Source,
    /// By which rule, if one paid them.
    pub rule: Option<EarningRuleId>,
    /// How many.
    pub points: i64,
}

impl SourceRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            source: named(row, "source", Source::parse)?,
            rule: row.try_get::<Option<Uuid>>("", "rule_id")?.map(Id::from_uuid),
            points: row.try_get("", "points")?,
        })
    }
}

/// The last good day.
pub(super) fn read_day(row: &QueryResult) -> Result<Option<NaiveDate>, DbErr> {
    Ok(row.try_get::<Option<String>>("", "expires_on")?.and_then(|day| day.parse().ok()))
}

/// A value of a table of names, or of anything else that is spelled.
pub(super) fn named<T>(row: &QueryResult, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, DbErr> {
    parse(&row.try_get::<String>("", column)?)
        .ok_or_else(|| DbErr::Type(format!("{column} holds a value that is not of its table")))
}
