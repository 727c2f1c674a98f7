//! What reviewers decided on submissions. A row is never changed.

use sea_orm::entity::prelude::*;

/// A decision on a revision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission_reviews")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub submission_id: Uuid,
    /// 1 for the first, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub member_id: Uuid,
    pub revision: i32,
    /// `APPROVE`, `REQUEST_CHANGES`, `REJECT` or `REOPEN`.
    pub decision: String,
    /// By which criteria.
    pub programme_version: i32,
    /// Criterion, mark and weight of each.
    #[sea_orm(column_type = "JsonBinary")]
    pub marks: Json,
    pub score: Option<i32>,
    /// The member's level before it, of an approval.
    pub level: Option<String>,
    /// What that multiplied by.
    pub percent: i32,
    /// What was paid; what was taken back is negative.
    pub points: i64,
    pub note: Option<String>,
    /// Public id of who decided.
    pub actor: String,
    pub reviewed_at: DateTimeUtc,
}

/// What a row of `submission_reviews` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// On what.
    #[sea_orm(
        belongs_to = "super::submissions::Entity",
        from = "(Column::TenantId, Column::SubmissionId)",
        to = "(super::submissions::Column::TenantId, super::submissions::Column::Id)"
    )]
    Submission,
}

impl Related<super::submissions::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Submission.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
