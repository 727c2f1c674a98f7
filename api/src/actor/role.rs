//! The roles that people have for a tenant, and what each may do.

use async_graphql::Enum;

use super::Scope;

/// What a person is to a tenant.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Owns the tenant; may do everything.
    Owner,
    /// Administers the tenant; may do everything but end ownership.
    Admin,
    /// Runs communities day by day, personal data included.
    Operator,
    /// Keeps communities in order; sees no personal data.
    Moderator,
    /// Looks after money; reads the rest.
    Finance,
    /// Reads numbers and lists; changes nothing.
    Analyst,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::Admin, Self::Operator, Self::Moderator, Self::Finance, Self::Analyst];

    /// The spelling in the database, in tokens and in GraphQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Operator => "OPERATOR",
            Self::Moderator => "MODERATOR",
            Self::Finance => "FINANCE",
            Self::Analyst => "ANALYST",
        }
    }

    /// Reads the spelling of [`Role::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What this role may do.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        use Scope::{
            CommunitiesRead, CommunitiesWrite, CreatorsRead, EngagementRead, EngagementWrite, MembersPii, MembersRead,
            MembersWrite, PointsApprove, PointsRead, PointsRules, PointsWrite, RedemptionsWrite, RewardsRead,
            RewardsVouchers, RewardsWrite, SubmissionsReview, SubmissionsWrite, TenantRead,
        };
        match self {
            Self::Owner | Self::Admin => Scope::ALL,
            Self::Operator => &[
                CommunitiesRead,
                CommunitiesWrite,
                MembersRead,
                MembersWrite,
                MembersPii,
                EngagementRead,
                EngagementWrite,
                PointsRead,
                PointsWrite,
                PointsRules,
                RewardsRead,
                RewardsWrite,
                RewardsVouchers,
                RedemptionsWrite,
                CreatorsRead,
                SubmissionsWrite,
                SubmissionsReview,
                TenantRead,
            ],
            Self::Moderator => &[
                CommunitiesRead,
                MembersRead,
                MembersWrite,
                EngagementRead,
                EngagementWrite,
                PointsRead,
                RewardsRead,
                RedemptionsWrite,
                CreatorsRead,
                SubmissionsWrite,
                SubmissionsReview,
                TenantRead,
            ],
            Self::Finance => &[
                CommunitiesRead,
                MembersRead,
                EngagementRead,
                PointsRead,
                PointsWrite,
                PointsApprove,
                RewardsRead,
                CreatorsRead,
                TenantRead,
            ],
            Self::Analyst => {
                &[CommunitiesRead, MembersRead, EngagementRead, PointsRead, RewardsRead, CreatorsRead, TenantRead]
            }
        }
    }
}
