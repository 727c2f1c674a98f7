//! Invitations to work for a tenant. The secret in the letter is derived and not stored.

use sea_orm::entity::prelude::*;

/// One invitation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Encrypted address.
    pub email_enc: Vec<u8>,
    /// Blind index of the normalised address, the one that `users` has too.
    pub email_bidx: Vec<u8>,
    /// The name the person will have in the tenant, unless they choose another.
    pub display_name: String,
    /// See `tenant_memberships.role`.
    pub role: String,
    /// `ZH_CN` or `EN`: the letter's language.
    pub locale: String,
    /// Raised by sending it again, which makes earlier links invalid.
    pub version: i32,
    /// The membership of whoever invited.
    pub invited_by: Uuid,
    pub expires_at: DateTimeUtc,
    pub accepted_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What a row of `invitations` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
