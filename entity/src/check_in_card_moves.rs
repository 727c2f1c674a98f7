//! Make-up cards that members were given, and those they spent. Rows are never changed.

use sea_orm::entity::prelude::*;

/// A movement of cards.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_in_card_moves")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    /// `GRANT` or `SPEND`.
    pub kind: String,
    /// How many; always positive.
    pub cards: i32,
    /// Of a grant.
    pub reason: Option<String>,
    /// What was made up.
    pub check_in_id: Option<Uuid>,
    /// Who moved them: `usr_…`, `key_…` or `system`.
    pub actor: String,
    pub moved_at: DateTimeUtc,
}

/// What a row of `check_in_card_moves` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose.
    #[sea_orm(
        belongs_to = "super::check_in_members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::check_in_members::Column::TenantId, super::check_in_members::Column::MemberId)"
    )]
    Member,
    /// What was made up.
    #[sea_orm(
        belongs_to = "super::check_ins::Entity",
        from = "(Column::TenantId, Column::CheckInId)",
        to = "(super::check_ins::Column::TenantId, super::check_ins::Column::Id)"
    )]
    CheckIn,
}

impl Related<super::check_in_members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl Related<super::check_ins::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CheckIn.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
