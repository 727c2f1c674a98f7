//! Communities: groups of members on one platform.

use sea_orm::entity::prelude::*;

/// A community.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "communities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// Normalised form of the name (NFKC, folded): what sorting and prefix search read.
    pub name_key: String,
    /// `INTEREST`, `CONSUMER`, `BRAND` or `HYBRID`.
    pub r#type: String,
    /// `INTEREST_SOCIAL`, `CUSTOMER_SERVICE` or `RESOURCE_MATCHING`.
    pub positioning: String,
    /// `WECHAT`, `WECOM`, `QQ` or `DINGTALK`.
    pub platform: String,
    /// List of the kinds of messages in use.
    #[sea_orm(column_type = "JsonBinary")]
    pub message_kinds: Json,
    /// List of the touchpoints in use.
    #[sea_orm(column_type = "JsonBinary")]
    pub touchpoints: Json,
    /// How the community earns.
    #[sea_orm(column_type = "JsonBinary")]
    pub monetisation: Json,
    pub value_proposition: String,
    /// `STARTUP`, `GROWTH`, `MATURE`, `DECLINE` or `ENDED`.
    pub stage: String,
    /// Target share of the tier in percent, 0 to 100; null: the tenant's policy decides.
    pub quota_admin: Option<i32>,
    /// As `quota_admin`, for core members.
    pub quota_core: Option<i32>,
    /// Percentage points a share may be off its target before it counts as drift.
    pub quota_tolerance: Option<i32>,
    /// Current memberships (not left), kept in the transaction that changes them.
    pub member_count: i32,
    pub founded_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    /// Null while active.
    pub archived_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Starts at 1 and grows by one with each change.
    pub version: i32,
}

/// What a row of `communities` refers to and is referred to by.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant that owns the row.
    #[sea_orm(belongs_to = "super::tenants::Entity", from = "Column::TenantId", to = "super::tenants::Column::Id")]
    Tenant,
    /// Memberships of the community, left ones included.
    #[sea_orm(has_many = "super::community_memberships::Entity")]
    Memberships,
}

impl Related<super::tenants::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::community_memberships::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Memberships.def()
    }
}

/// Members, left ones included: filter on the membership.
impl Related<super::members::Entity> for Entity {
    fn to() -> RelationDef {
        super::community_memberships::Relation::Member.def()
    }

    fn via() -> Option<RelationDef> {
        Some(super::community_memberships::Relation::Community.def().rev())
    }
}

impl ActiveModelBehavior for ActiveModel {}
