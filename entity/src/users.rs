//! Users: credentials of people who sign in. Global, because an agency's operator works in
//! many tenants; name, role and status in a tenant are on `tenant_memberships`.

use sea_orm::entity::prelude::*;

/// A person who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Encrypted address.
    pub email_enc: Vec<u8>,
    /// Blind index of the normalised address; unique.
    pub email_bidx: Vec<u8>,
    /// PHC string (argon2id).
    pub password_hash: String,
    /// `ACTIVE` or `DISABLED`.
    pub status: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What a row of `users` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenants the person works in.
    #[sea_orm(has_many = "super::tenant_memberships::Entity")]
    Memberships,
}

impl Related<super::tenant_memberships::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Memberships.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
