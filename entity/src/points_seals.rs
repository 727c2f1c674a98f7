//! How far a tenant's ledger was checked and proved. A row is never changed.

use sea_orm::entity::prelude::*;

/// A run of entries: those behind one place, up to another, in the order of (transaction, seq).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_seals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub asset: String,
    /// 1 for the first, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The entries begin behind this place.
    pub behind_xid: i64,
    pub behind_seq: i64,
    /// And have a larger seq than this; 0 unless the database was restored into another cluster.
    pub above_seq: i64,
    /// The last entry.
    pub last_xid: i64,
    pub last_seq: i64,
    /// The largest seq so far.
    pub max_seq: i64,
    /// How many so far.
    pub entries: i64,
    /// Sums of all entries so far.
    pub issued: i64,
    pub pending: i64,
    pub available: i64,
    pub held: i64,
    pub redeemed: i64,
    pub expired: i64,
    pub revoked: i64,
    pub transferred: i64,
    /// Over the entries of this run, behind the mac of the one before.
    pub mac: Vec<u8>,
    pub sealed_at: DateTimeUtc,
}

/// What a row of `points_seals` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
