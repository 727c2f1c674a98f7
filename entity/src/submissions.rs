//! What members made and handed in, as it stands.

use sea_orm::entity::prelude::*;

/// A submission; what it says is in its latest revision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submissions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    pub community_id: Option<Uuid>,
    /// `TEXT`, `PICTURES`, `VIDEO`, `AUDIO` or `OTHER`.
    pub kind: String,
    /// The partner's own.
    pub reference: Option<String>,
    /// `SUBMITTED`, `CHANGES_REQUESTED`, `APPROVED`, `REJECTED` or `WITHDRAWN`.
    pub state: String,
    /// The latest.
    pub revision: i32,
    /// How many.
    pub reviews: i32,
    /// Of the approval in force.
    pub score: Option<i32>,
    /// What was paid for that approval.
    pub points: i64,
    /// What that approval recorded.
    pub event_id: Option<Uuid>,
    /// Of the approval in force.
    pub approved_at: Option<DateTimeUtc>,
    /// What the last review said.
    pub note: Option<String>,
    pub submitted_at: DateTimeUtc,
    pub revised_at: DateTimeUtc,
    pub reviewed_at: Option<DateTimeUtc>,
}

/// What a row of `submissions` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "super::members::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::members::Column::TenantId, super::members::Column::Id)"
    )]
    Member,
    /// Where it was made for.
    #[sea_orm(
        belongs_to = "super::communities::Entity",
        from = "(Column::TenantId, Column::CommunityId)",
        to = "(super::communities::Column::TenantId, super::communities::Column::Id)"
    )]
    Community,
    /// What its approval recorded.
    #[sea_orm(
        belongs_to = "super::earning_events::Entity",
        from = "(Column::TenantId, Column::EventId)",
        to = "(super::earning_events::Column::TenantId, super::earning_events::Column::Id)"
    )]
    Event,
}

impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl Related<super::communities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Community.def()
    }
}

impl Related<super::earning_events::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Event.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
