//! What a rule said, version by version; never changed.

use sea_orm::entity::prelude::*;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earning_rule_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// JSON, as `points::earning` reads it.
    pub definition: String,
    pub actor: String,
    pub created_at: DateTimeUtc,
}

/// What a row of `earning_rule_versions` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The rule.
    #[sea_orm(
        belongs_to = "super::earning_rules::Entity",
        from = "(Column::TenantId, Column::RuleId)",
        to = "(super::earning_rules::Column::TenantId, super::earning_rules::Column::Id)"
    )]
    Rule,
}

impl Related<super::earning_rules::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Rule.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
