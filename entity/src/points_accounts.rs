//! What a member has of an asset, and where what they were given has gone.

use sea_orm::entity::prelude::*;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// `POINTS`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub asset: String,
    /// All that the tenant gave: the sum of the other seven.
    pub issued: i64,
    pub pending: i64,
    pub available: i64,
    pub held: i64,
    pub redeemed: i64,
    pub expired: i64,
    pub revoked: i64,
    /// Given to other members, less what others gave: may be less than 0.
    pub transferred: i64,
    /// How many entries there are; the number of the last one.
    pub entries: i64,
    /// Of the last entry; never goes back.
    pub posted_at: DateTimeUtc,
    /// Nothing matures, lapses or expires before this.
    pub due_at: Option<DateTimeUtc>,
    /// Since when nothing is posted, for it was found not to add up.
    pub frozen_at: Option<DateTimeUtc>,
}

/// What a row of `points_accounts` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The member.
    #[sea_orm(
        belongs_to = "super::members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::members::Column::TenantId, super::members::Column::Id)"
    )]
    Member,
}

impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
