//! What the points of a redemption were earned by. Rows are never changed.

use sea_orm::entity::prelude::*;

/// A part of its points.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redemption_sources")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub redemption_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    pub member_id: Uuid,
    pub source: String,
    /// By which earning rule, if one paid them.
    pub rule_id: Option<Uuid>,
    pub points: i64,
}

/// What a row of `redemption_sources` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What they paid.
    #[sea_orm(
        belongs_to = "super::redemptions::Entity",
        from = "(Column::TenantId, Column::RedemptionId)",
        to = "(super::redemptions::Column::TenantId, super::redemptions::Column::Id)"
    )]
    Redemption,
}

impl Related<super::redemptions::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Redemption.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
