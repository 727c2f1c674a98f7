//! Members: the people in a tenant's communities. Personal data is encrypted by the member's
//! own data key; equality is looked up by blind index.

use sea_orm::entity::prelude::*;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub display_name: String,
    /// Normalised form of the name (NFKC, folded): what sorting and prefix search read.
    pub name_key: String,
    /// The tenant's own reference; unique in the tenant.
    pub external_ref: Option<String>,
    /// Encrypted E.164 number.
    pub phone_enc: Option<Vec<u8>>,
    /// Blind index of the number; unique among the tenant's active members.
    pub phone_bidx: Option<Vec<u8>>,
    /// Which blind index key made the `*_bidx` columns.
    pub bidx_version: i16,
    /// Encrypted real name.
    pub real_name_enc: Option<Vec<u8>>,
    /// The member's data key, wrapped by the tenant's; null: erased, for ever.
    pub data_key: Option<Vec<u8>>,
    /// Null while active.
    pub archived_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Starts at 1 and grows by one with each change.
    pub version: i32,
}

/// What a row of `members` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
    /// Identifiers on platforms.
    #[sea_orm(has_many = "super::member_identities::Entity")]
    Identities,
    /// Profile values.
    #[sea_orm(has_many = "super::member_profile_values::Entity")]
    ProfileValues,
    /// Tags.
    #[sea_orm(has_many = "super::member_tags::Entity")]
    Tags,
    /// Memberships of communities, left ones included.
    #[sea_orm(has_many = "super::community_memberships::Entity")]
    Memberships,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::member_identities::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Identities.def()
    }
}

impl Related<super::member_profile_values::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ProfileValues.def()
    }
}

impl Related<super::member_tags::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tags.def()
    }
}

impl Related<super::community_memberships::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Memberships.def()
    }
}

/// Communities, left ones included: filter on the membership.
impl Related<super::communities::Entity> for Entity {
    fn to() -> RelationDef {
        super::community_memberships::Relation::Community.def()
    }

    fn via() -> Option<RelationDef> {
        Some(super::community_memberships::Relation::Member.def().rev())
    }
}

impl ActiveModelBehavior for ActiveModel {}
