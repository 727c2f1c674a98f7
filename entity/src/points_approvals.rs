//! Points by hand that one person asked for and another decides on.

use sea_orm::entity::prelude::*;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    /// Of a transfer: who is to have them.
    pub to_member_id: Option<Uuid>,
    /// `AWARD`, `DEDUCT` or `TRANSFER_OUT`: what its entry will be.
    pub kind: String,
    pub amount: i64,
    /// Of an award alone.
    pub source: Option<String>,
    pub reason: String,
    pub reference: Option<String>,
    /// As somebody wished it; null for at once.
    pub available_at: Option<DateTimeUtc>,
    /// The same; null for what the policy says on the day of the approval.
    pub expires_on: Option<String>,
    /// `PENDING`, `APPROVED`, `REJECTED` or `WITHDRAWN`; a pending one lapses by its time.
    pub state: String,
    /// The label of the actor, whom the entry will name.
    pub asked_by: String,
    /// A list of the users who may be behind it: none of them decides.
    pub people: Json,
    pub created_at: DateTimeUtc,
    pub lapses_at: DateTimeUtc,
    /// The label of whoever ended it.
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    /// Why it was rejected.
    pub decision: Option<String>,
    /// What was posted by it.
    pub entry_id: Option<Uuid>,
}

/// What a row of `points_approvals` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose points.
    #[sea_orm(
        belongs_to = "super::members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::members::Column::TenantId, super::members::Column::Id)"
    )]
    Member,
    /// What was posted by it.
    #[sea_orm(
        belongs_to = "super::points_entries::Entity",
        from = "(Column::TenantId, Column::EntryId)",
        to = "(super::points_entries::Column::TenantId, super::points_entries::Column::Id)"
    )]
    Entry,
}

impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl Related<super::points_entries::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Entry.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
