//! What submissions say, revision by revision. A row is never changed.

use sea_orm::entity::prelude::*;

/// A revision of a submission.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission_revisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub submission_id: Uuid,
    /// 1 for the first, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    pub member_id: Uuid,
    pub title: String,
    pub body: Option<String>,
    /// In their order.
    #[sea_orm(column_type = "JsonBinary")]
    pub links: Json,
    pub submitted_at: DateTimeUtc,
}

/// What a row of `submission_revisions` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Of what.
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
