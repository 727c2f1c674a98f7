//! Rewards and redemptions as the store read them.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::model::{Fulfilment, Limit, Period, RewardState, Terms};
use super::model_redemption::RedemptionState;
use crate::domains::members::membership::Tier;
use crate::domains::points::Source;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{EarningRuleId, Id, MemberId, PointsEntryId, PointsHoldId, RedemptionId, RewardId};

/// A reward; its communities are read apart.
#[derive(Clone, Debug)]
pub struct RewardRow {
    /// Its id.
    pub id: RewardId,
    pub(super) terms: Terms,
    pub(super) state: RewardState,
    pub(super) fulfilment: Fulfilment,
    pub(super) stock: Option<i64>,
    pub(super) reserved: i64,
    pub(super) fulfilled: i64,
    /// How much of the stock came back that the row itself does not have yet.
    pub(super) lapsed: i64,
    pub(super) version: i32,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl RewardRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let lapsed: i64 = row.try_get("", "lapsed")?;
        let limit = match (row.try_get("", "limit_quantity")?, optional(row, "limit_period", Period::parse)?) {
            (Some(quantity), Some(period)) => Some(Limit { quantity, period }),
            _ => None,
        };
        let terms = Terms {
            name: row.try_get("", "name")?,
            description: row.try_get("", "description")?,
            price: row.try_get("", "price")?,
            limit,
            communities: Vec::new(),
            minimum_tier: optional(row, "minimum_tier", Tier::parse)?,
            starts_at: row.try_get("", "starts_at")?,
            ends_at: row.try_get("", "ends_at")?,
            fulfil_within_days: Some(row.try_get("", "fulfil_within_days")?),
        };
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            terms,
            state: named(row, "state", RewardState::parse)?,
            fulfilment: named(row, "fulfilment", Fulfilment::parse)?,
            stock: row.try_get::<Option<i64>>("", "stock")?.map(|stock| stock + lapsed),
            reserved: row.try_get::<i64>("", "reserved")? - lapsed,
            fulfilled: row.try_get("", "fulfilled")?,
            lapsed,
            version: row.try_get("", "version")?,
            created_at: row.try_get("", "created_at")?,
            updated_at: row.try_get("", "updated_at")?,
        })
    }

    /// Where it stands among all rewards, newest first.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }
}

/// A change of a reward's stock by hand.
#[derive(Clone, Debug)]
pub struct StockMoveRow {
    pub(super) reward: RewardId,
    pub(super) delta: i64,
    pub(super) stock_after: i64,
    pub(super) reason: String,
    pub(super) actor: String,
    pub(super) moved_at: DateTime<Utc>,
}

impl StockMoveRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            reward: Id::from_uuid(row.try_get("", "reward_id")?),
            delta: row.try_get("", "delta")?,
            stock_after: row.try_get("", "stock_after")?,
            reason: row.try_get("", "reason")?,
            actor: row.try_get("", "actor")?,
            moved_at: row.try_get("", "moved_at")?,
        })
    }
}

/// What a member took.
#[derive(Clone, Debug)]
pub struct RedemptionRow {
    /// Its id.
    pub id: RedemptionId,
    /// By whom.
    pub member: MemberId,
    pub(super) reward: RewardId,
    pub(super) reward_name: String,
    pub(super) quantity: i32,
    pub(super) price: i64,
    pub(super) points: i64,
    pub(super) state: RedemptionState,
    pub(super) hold: PointsHoldId,
    pub(super) entry: PointsEntryId,
    pub(super) reference: Option<String>,
    pub(super) reason: Option<String>,
    /// The label of who redeemed.
    pub(super) actor: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) lapses_at: Option<DateTime<Utc>>,
    pub(super) closed_at: Option<DateTime<Utc>>,
}

impl RedemptionRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: Id::from_uuid(row.try_get("", "id")?),
            member: Id::from_uuid(row.try_get("", "member_id")?),
            reward: Id::from_uuid(row.try_get("", "reward_id")?),
            reward_name: row.try_get("", "reward_name")?,
            quantity: row.try_get("", "quantity")?,
            price: row.try_get("", "price")?,
            points: row.try_get("", "points")?,
            state: named(row, "state", RedemptionState::parse)?,
            hold: Id::from_uuid(row.try_get("", "hold_id")?),
            entry: Id::from_uuid(row.try_get("", "entry_id")?),
            reference: row.try_get("", "reference")?,
            reason: row.try_get("", "reason")?,
            actor: row.try_get("", "actor")?,
            created_at: row.try_get("", "created_at")?,
            lapses_at: row.try_get("", "lapses_at")?,
            closed_at: row.try_get("", "closed_at")?,
        })
    }

    /// Where it stands among all redemptions, newest first.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }
}

/// What a part of a redemption's points was earned by.
#[derive(Clone, Debug)]
pub struct PaidRow {
    pub(super) redemption: RedemptionId,
    pub(super) source: Source,
    pub(super) rule: Option<EarningRuleId>,
    pub(super) points: i64,
}

impl PaidRow {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            redemption: Id::from_uuid(row.try_get("", "redemption_id")?),
            source: named(row, "source", Source::parse)?,
            rule: row.try_get::<Option<Uuid>>("", "rule_id")?.map(Id::from_uuid),
            points: row.try_get("", "points")?,
        })
    }
}

/// What was spent on one reward.
#[derive(Clone, Debug)]
pub struct SpentOn {
    pub(super) reward: RewardId,
    pub(super) name: String,
    pub(super) points: i64,
    pub(super) redemptions: i64,
}

fn optional<T>(row: &QueryResult, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, DbErr> {
    Ok(row.try_get::<Option<String>>("", column)?.as_deref().and_then(parse))
}

/// A value of a table of names.
pub(super) fn named<T>(row: &QueryResult, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, DbErr> {
    parse(&row.try_get::<String>("", column)?)
        .ok_or_else(|| DbErr::Type(format!("{column} holds a value that is not of its table")))
}
