//! Identifiers of a member on platforms, encrypted and found by blind index.

use sea_orm::entity::prelude::*;

/// One identifier.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    /// `OPENID`, `UNIONID` or `EXTERNAL_USERID`.
    pub kind: String,
    /// `WECHAT`, `WECOM`, `QQ` or `DINGTALK`.
    pub platform: String,
    /// The app that an openid is valid for; empty (never null: it is in a unique key) when any.
    pub app_id: String,
    /// Encrypted identifier.
    pub value_enc: Vec<u8>,
    /// Blind index of the identifier, byte-exact.
    pub value_bidx: Vec<u8>,
    /// Which blind index key made the `*_bidx` columns.
    pub bidx_version: i16,
    /// Unique only among active ones: a removed or archived identifier can be taken again.
    pub active: bool,
    pub created_at: DateTimeUtc,
}

/// What a row of `member_identities` refers to and is referred to by.
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
