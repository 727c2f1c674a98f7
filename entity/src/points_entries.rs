//! Entries of the ledger. A row is never changed.

use sea_orm::entity::prelude::*;

/// An amount that moved from one of a member's accounts to another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_entries")]
pub struct Model {
    /// Order of writing; `xid`, the writing transaction on PostgreSQL, is read by the sealer only.
    pub seq: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    pub asset: String,
    /// 1 for the first of an account, without gaps.
    pub number: i64,
    pub kind: String,
    pub from_account: String,
    pub to_account: String,
    pub amount: i64,
    pub pending_after: i64,
    pub available_after: i64,
    pub held_after: i64,
    /// What the points were earned by.
    pub source: Option<String>,
    pub reason: Option<String>,
    /// The partner's own.
    pub reference: Option<String>,
    /// Proves reason and reference, which may be erased.
    pub texts_mac: Vec<u8>,
    pub hold_id: Option<Uuid>,
    /// Unique: an entry is reversed once.
    pub reverses_id: Option<Uuid>,
    /// Of a transfer, and of its reversal: the entry that left the giver. They sum to zero.
    pub transfer_id: Option<Uuid>,
    /// Public id of who did it; `system` for the program.
    pub actor: String,
    pub posted_at: DateTimeUtc,
}

/// What a row of `points_entries` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account it is in.
    #[sea_orm(
        belongs_to = "super::points_accounts::Entity",
        from = "(Column::TenantId, Column::MemberId, Column::Asset)",
        to = "(super::points_accounts::Column::TenantId, super::points_accounts::Column::MemberId, super::points_accounts::Column::Asset)"
    )]
    Account,
}

impl Related<super::points_accounts::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
