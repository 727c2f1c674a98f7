//! Points set aside until somebody takes them or lets them go.

use sea_orm::entity::prelude::*;

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_holds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    pub asset: String,
    /// Which set them aside; its moves name the lots.
    pub entry_id: Uuid,
    pub amount: i64,
    pub captured: i64,
    /// `OPEN`, `CAPTURED`, `RELEASED` or `LAPSED`.
    pub state: String,
    pub reason: String,
    pub reference: Option<String>,
    pub expires_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    /// The id of what alone ends it; none for whoever made it.
    pub kept_for: Option<String>,
}

/// What a row of `points_holds` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account it is in.
    #[sea_orm(
        belongs_to = "super::points_accounts::Entity",
        from = "(Column::TenantId, Column::MemberId, Column::Asset)",
        to = "(super::points_accounts::Column::TenantId, super::points_accounts::Column::MemberId, super::points_accounts::Column::Asset)"
    )]
    Account,
    /// The entry that set the points aside.
    #[sea_orm(
        belongs_to = "super::points_entries::Entity",
        from = "(Column::TenantId, Column::EntryId)",
        to = "(super::points_entries::Column::TenantId, super::points_entries::Column::Id)"
    )]
    Entry,
}

impl Related<super::points_accounts::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl Related<super::points_entries::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Entry.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
