//! Events, written in the transaction of what they tell about. The primary key is `seq` and not
//! tenant-led: the table is operational, and its reader works through all tenants in one order.
//!
//! The column `xid` (`xid8`, the writing transaction) is left out: sqlx decodes no `xid8`. The
//! database fills it; readers cast it in raw SQL, and order by (xid, seq) to have no gaps.

use sea_orm::entity::prelude::*;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Given by the database.
    #[sea_orm(primary_key)]
    pub seq: i64,
    pub tenant_id: Uuid,
    /// The event's own id, for consumers that have to recognise a repetition.
    pub id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub created_at: DateTimeUtc,
}

/// `outbox` has no relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
