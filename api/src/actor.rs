//! Who acts, and what they may do.
//!
//! An [`Actor`] is the first parameter of every use case. [`Actor::require`] is the only way to a
//! [`TenantScope`], and a tenant scope is the only way to a tenant's tables.

use async_graphql::Enum;

use crate::error::Denied;
use crate::platform::db::TenantScope;
use crate::platform::ids::{MembershipId, SessionId, TenantId, UserId};

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident $text:literal;)+) => {
        /// A permission, as tokens and keys carry it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Scope { $($(#[$doc])* $name),+ }

        impl Scope {
            /// Every scope, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The spelling that clients see.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $text),+ } }
        }
    };
}

scopes! {
    /// Read communities and their reports.
    CommunitiesRead "communities:read";
    /// Create and change communities.
    CommunitiesWrite "communities:write";
    /// Read members without their personal data.
    MembersRead "members:read";
    /// Create and change members and their memberships.
    MembersWrite "members:write";
    /// Read members' phone numbers, real names and platform ids.
    MembersPii "members:pii";
    /// Read the tenant's settings.
    TenantRead "tenant:read";
    /// Change the tenant's settings.
    TenantWrite "tenant:write";
    /// See who works for the tenant, and their sessions.
    StaffRead "staff:read";
    /// Invite people, change their roles, end their sessions and their work for the tenant.
    StaffWrite "staff:write";
    /// See the keys of partner systems, without their secrets.
    KeysRead "keys:read";
    /// Make, change, rotate and stop the keys of partner systems.
    KeysWrite "keys:write";
    /// Make tokens with which a mini program acts as one member.
    MemberTokens "members:token";
    /// Read the audit trail.
    AuditRead "audit:read";
}

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
        [Self::Owner, Self::Admin, Self::Operator, Self::Moderator, Self::Finance, Self::Analyst]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    /// What this role may do.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        use Scope::{CommunitiesRead, CommunitiesWrite, MembersPii, MembersRead, MembersWrite, TenantRead};
        match self {
            Self::Owner | Self::Admin => Scope::ALL,
            Self::Operator => &[CommunitiesRead, CommunitiesWrite, MembersRead, MembersWrite, MembersPii, TenantRead],
            Self::Moderator => &[CommunitiesRead, MembersRead, MembersWrite, TenantRead],
            Self::Finance | Self::Analyst => &[CommunitiesRead, MembersRead, TenantRead],
        }
    }
}

/// A person signed in to one tenant.
#[derive(Clone, Debug)]
pub struct UserActor {
    /// The tenant of this session.
    pub tenant: TenantId,
    /// The person, across tenants.
    pub user: UserId,
    /// The person's place in this tenant.
    pub membership: MembershipId,
    /// The session the access token belongs to.
    pub session: SessionId,
    /// The person's role in this tenant.
    pub role: Role,
}

/// Who acts.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Nobody we know.
    Anonymous,
    /// A person with a session.
    User(UserActor),
    /// The program itself, within one tenant: the command line and background work.
    System(TenantId),
}

impl Actor {
    /// The authority for `scope` in the actor's own tenant, or why not.
    pub fn require(&self, scope: Scope) -> Result<TenantScope, Denied> {
        match self {
            Self::Anonymous => Err(Denied::Unauthenticated),
            Self::User(user) if user.role.scopes().contains(&scope) => Ok(TenantScope::new(user.tenant)),
            Self::User(_) => Err(Denied::Missing(scope)),
            Self::System(tenant) => Ok(TenantScope::new(*tenant)),
        }
    }

    /// The actor's own tenant, with no permission asked: for what every signed-in caller may see.
    pub fn home(&self) -> Result<TenantScope, Denied> {
        match self {
            Self::Anonymous => Err(Denied::Unauthenticated),
            Self::User(user) => Ok(TenantScope::new(user.tenant)),
            Self::System(tenant) => Ok(TenantScope::new(*tenant)),
        }
    }

    /// The signed-in person, if the actor is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserActor> {
        match self {
            Self::User(user) => Some(user),
            Self::Anonymous | Self::System(_) => None,
        }
    }

    /// Who this is within its tenant, for idempotency records: the same text for the same actor.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User(user) => user.user.to_string(),
            Self::System(_) => "system".to_owned(),
        }
    }
}
