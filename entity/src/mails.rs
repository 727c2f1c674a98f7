//! Mails that wait to be sent. Global: a letter about a person's credentials belongs to no tenant.

use sea_orm::entity::prelude::*;

/// One mail; gone when it was sent.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which letter.
    pub kind: String,
    /// What it is about: ids, numbers and digests.
    pub subject: Json,
    /// How often somebody took it.
    pub attempts: i32,
    /// When it may be taken: at once, and after each attempt later.
    pub due_at: DateTimeUtc,
    /// When it would come too late.
    pub ends_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

/// It refers to nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
