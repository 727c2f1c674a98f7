//! Second factors: one a person, global as their credentials are.

use sea_orm::entity::prelude::*;

/// A person's authenticator.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Encrypted secret of 20 bytes.
    pub secret_enc: Vec<u8>,
    /// When the secret was made.
    pub created_at: DateTimeUtc,
    /// When a code of it was first seen; not in force before.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Number of the half minute whose code was used last; 0 at first.
    pub last_step: i64,
}

/// What a row of `second_factors` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose.
    #[sea_orm(belongs_to = "super::users::Entity", from = "Column::UserId", to = "super::users::Column::Id")]
    User,
}

impl Related<super::users::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
