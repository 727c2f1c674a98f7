//! Profile values of members. Each source keeps its own value of an attribute, so that one can
//! be recomputed without losing the others.

use sea_orm::entity::prelude::*;

/// One value from one source.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_profile_values")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attribute: String,
    /// Where the value comes from.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub value: Json,
    /// Normalised text of the value, for filters.
    pub value_key: String,
    pub observed_at: DateTimeUtc,
}

/// What a row of `member_profile_values` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The member it belongs to.
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
