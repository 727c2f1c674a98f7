//! Memberships of users in tenants: display name, role and status there.

use sea_orm::entity::prelude::*;

/// One user's place in one tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant_memberships")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// At most one membership a user and tenant.
    pub user_id: Uuid,
    pub display_name: String,
    /// `OWNER`, `ADMIN`, `OPERATOR`, `MODERATOR`, `FINANCE` or `ANALYST`.
    pub role: String,
    /// `ACTIVE` or `ENDED`.
    pub status: String,
    /// Raised to make every access token issued before it invalid.
    pub epoch: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What a row of `tenant_memberships` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
    /// Whose membership it is.
    #[sea_orm(belongs_to = "super::users::Entity", from = "Column::UserId", to = "super::users::Column::Id")]
    User,
    /// Sessions opened with it.
    #[sea_orm(has_many = "super::sessions::Entity")]
    Sessions,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::users::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl Related<super::sessions::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Sessions.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
