//! Sessions: one row a sign-in, with its rotating refresh token.

use sea_orm::entity::prelude::*;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub membership_id: Uuid,
    /// Repeats the membership's user, so that one person's sessions are one index range.
    pub user_id: Uuid,
    /// Number of the refresh token that is valid now; an older one is a replay.
    pub generation: i32,
    /// When the current generation was made.
    pub rotated_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    /// When last signed in or refreshed.
    pub last_used_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// Null while the session may be used.
    pub revoked_at: Option<DateTimeUtc>,
    /// Set together with `revoked_at`.
    pub revoke_reason: Option<String>,
    /// When its owner last proved who they are: at sign-in, or again since.
    pub stepped_up_at: Option<DateTimeUtc>,
    /// What the client called itself when last signed in or refreshed; at most 200 characters.
    pub client: Option<String>,
    /// The network address it did so from.
    pub address: Option<String>,
}

/// What a row of `sessions` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The membership that signed in.
    #[sea_orm(
        belongs_to = "super::tenant_memberships::Entity",
        from = "(Column::TenantId, Column::MembershipId)",
        to = "(super::tenant_memberships::Column::TenantId, super::tenant_memberships::Column::Id)"
    )]
    Membership,
}

impl Related<super::tenant_memberships::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Membership.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
