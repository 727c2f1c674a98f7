//! Days on which members checked in.

use sea_orm::entity::prelude::*;

/// A check-in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// `2026-11-22`, in the tenant's zone as it was then.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    pub id: Uuid,
    /// `ON_TIME` or `MADE_UP`.
    pub kind: String,
    /// Its place in its run: 1 begins one.
    pub streak: i32,
    pub community_id: Option<Uuid>,
    pub checked_in_at: DateTimeUtc,
}

/// What a row of `check_ins` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who.
    #[sea_orm(
        belongs_to = "super::check_in_members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::check_in_members::Column::TenantId, super::check_in_members::Column::MemberId)"
    )]
    Member,
    /// Where, if they said so.
    #[sea_orm(
        belongs_to = "super::communities::Entity",
        from = "(Column::TenantId, Column::CommunityId)",
        to = "(super::communities::Column::TenantId, super::communities::Column::Id)"
    )]
    Community,
}

impl Related<super::check_in_members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl Related<super::communities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Community.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
