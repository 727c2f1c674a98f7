//! Who acts, and what they may do.
//!
//! An [`Actor`] is the first parameter of every use case. [`Actor::require`] is the only way to a
//! [`TenantScope`], and a tenant scope is the only way to a tenant's tables. What roles may do is in `role`.

mod role;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

pub use role::Role;

use crate::error::Denied;
use crate::platform::db::{Partition, TenantScope};
use crate::platform::ids::{CommunityId, Id, MemberId, MembershipId, PartnerKeyId, SessionId, TenantId, UserId};

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

            /// Reads the spelling of [`Scope::as_str`].
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)+ _ => None }
            }
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
    /// Read members' check-ins.
    EngagementRead "engagement:read";
    /// Check members in, and give cards that make missed days up.
    EngagementWrite "engagement:write";
    /// Read members' points and the ledger.
    PointsRead "points:read";
    /// Give, take, hold and reverse points.
    PointsWrite "points:write";
    /// Change how points are earned and what they lead to.
    PointsRules "points:rules";
    /// Approve or reject points by hand that somebody else asked for; people only.
    PointsApprove "points:approve";
    /// Read rewards, and what was redeemed.
    RewardsRead "rewards:read";
    /// Change rewards, their stock and their voucher codes.
    RewardsWrite "rewards:write";
    /// Read the voucher codes that redemptions handed out.
    RewardsVouchers "rewards:vouchers";
    /// Redeem rewards for members, and fulfil or cancel that.
    RedemptionsWrite "redemptions:write";
    /// Read the creator programme, and what members handed in.
    CreatorsRead "creators:read";
    /// Hand things in for members, revise them and take them back.
    SubmissionsWrite "submissions:write";
    /// Decide on what members handed in, and undo that.
    SubmissionsReview "submissions:review";
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
    /// See the registries of trusted documents.
    DocumentsRead "documents:read";
    /// Publish and remove trusted documents; people also say whether others may run.
    DocumentsWrite "documents:write";
}

impl Scope {
    /// What a member's token can be made for: what members do for themselves.
    pub const OF_MEMBERS: &'static [Self] = &[Self::EngagementWrite, Self::RedemptionsWrite, Self::SubmissionsWrite];
}

/// For how long whoever has proved who they are may do what needs a fresh proof.
pub const STEP_UP_LIFE: TimeDelta = TimeDelta::minutes(5);

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
    /// The epoch of the place when the token was made: what ends tokens raises it.
    pub epoch: i32,
    /// The person's role in this tenant.
    pub role: Role,
    /// When the person last proved in this session who they are: at sign-in, or again since.
    pub stepped_up_at: Option<DateTime<Utc>>,
    /// The tenant asks everybody for a second factor, and the person has none yet.
    pub lacks_second_factor: bool,
}

/// A partner system with its key.
#[derive(Clone, Debug)]
pub struct KeyActor {
    /// The tenant of the key.
    pub tenant: TenantId,
    /// Which key.
    pub key: PartnerKeyId,
    /// What the key may do.
    pub scopes: Arc<[Scope]>,
    /// The communities it is restricted to; None for the whole tenant.
    pub communities: Option<Arc<[CommunityId]>>,
}

/// A member, by a token that a partner system's key made for them.
#[derive(Clone, Debug)]
pub struct MemberActor {
    /// The tenant of the member.
    pub tenant: TenantId,
    /// Who.
    pub member: MemberId,
    /// The key that vouches for them, on whose restriction the member depends.
    pub key: PartnerKeyId,
    /// The communities the key is restricted to; None for the whole tenant.
    pub communities: Option<Arc<[CommunityId]>>,
    /// What they may do for themselves, besides looking: what the token was made for and the key still may.
    pub scopes: Arc<[Scope]>,
}

/// Who acts.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Nobody we know.
    Anonymous,
    /// A person with a session.
    User(UserActor),
    /// A partner system.
    Key(KeyActor),
    /// A member, who reaches nothing but themselves.
    Member(MemberActor),
    /// The program itself, within one tenant: the command line and background work.
    System(TenantId),
}

impl Actor {
    /// The authority for `scope` in the actor's own tenant, or in the part of it that is open to the actor, or
    /// why not.
    pub fn require(&self, scope: Scope) -> Result<TenantScope, Denied> {
        match self {
            Self::Anonymous => Err(Denied::Unauthenticated),
            // Said before anything else: nothing else is worth telling them.
            Self::User(user) if user.lacks_second_factor => Err(Denied::SecondFactorLacking),
            _ if self.may(scope) => self.home(),
            _ => Err(Denied::Missing(scope)),
        }
    }

    /// As [`Actor::require`], for looking: a member's own token too, in a transaction that is confined to that member.
    pub fn require_in(&self, scope: Scope, authority: &TenantScope) -> Result<(), Denied> {
        let is_own = self.own().is_some_and(|(_, own)| own == *authority);
        if is_own { Ok(()) } else { self.require(scope).map(drop) }
    }

    /// The member whose token the actor has, if it was made for `scope`, and the authority over them alone.
    pub fn require_own(&self, scope: Scope) -> Result<(MemberId, TenantScope), Denied> {
        match self {
            Self::Anonymous => Err(Denied::Unauthenticated),
            Self::Member(member) if !member.scopes.contains(&scope) => Err(Denied::Missing(scope)),
            _ => self.own().ok_or(Denied::MembersOnly),
        }
    }

    /// The tenant that the actor is of.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(user.tenant),
            Self::Key(key) => Some(key.tenant),
            Self::Member(member) => Some(member.tenant),
            Self::System(tenant) => Some(*tenant),
        }
    }

    /// Whether the actor has the permission.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        match self {
            Self::Anonymous | Self::Member(_) => false,
            Self::User(user) => user.role.scopes().contains(&scope),
            Self::Key(key) => key.scopes.contains(&scope),
            Self::System(_) => true,
        }
    }

    /// As [`Actor::require`], for what reaches beyond single communities: no key that is restricted to some.
    pub fn require_whole(&self, scope: Scope) -> Result<TenantScope, Denied> {
        let authority = self.require(scope)?;
        if authority.is_confined() { Err(Denied::Confined) } else { Ok(authority) }
    }

    /// As [`Actor::require`], for what does lasting harm in the wrong hands (keys, roles, exports, points by hand,
    /// payouts): a person must have proved within [`STEP_UP_LIFE`] who they are. A key proves itself each time.
    pub fn require_fresh(&self, scope: Scope, now: DateTime<Utc>) -> Result<TenantScope, Denied> {
        let authority = self.require(scope)?;
        self.fresh(now)?;
        Ok(authority)
    }

    /// Whether a person has lately proved who they are; everybody else does with each request.
    pub fn fresh(&self, now: DateTime<Utc>) -> Result<(), Denied> {
        let is_fresh = |at: DateTime<Utc>| now < at + STEP_UP_LIFE;
        let Self::User(user) = self else { return Ok(()) };
        if user.stepped_up_at.is_some_and(is_fresh) { Ok(()) } else { Err(Denied::NotFresh) }
    }

    /// The actor's own tenant, or the part of it that is open to the actor, with no permission asked: for what
    /// every caller of a tenant may see. A member's token is none: see [`Actor::own`].
    pub fn home(&self) -> Result<TenantScope, Denied> {
        match self {
            Self::User(user) if user.lacks_second_factor => Err(Denied::SecondFactorLacking),
            _ => self.home_before_factor(),
        }
    }

    /// As [`Actor::home`], also for whoever has yet to get the second factor that the tenant asks for: for seeing who
    /// one is, getting it and signing out, and nothing else.
    pub fn home_before_factor(&self) -> Result<TenantScope, Denied> {
        match self {
            Self::Anonymous => Err(Denied::Unauthenticated),
            Self::User(user) => Ok(TenantScope::new(user.tenant)),
            Self::Key(key) => Ok(TenantScope::new(key.tenant).within(match groups(key.communities.as_deref()) {
                Some(groups) => Partition::Groups(groups),
                None => Partition::Whole,
            })),
            Self::Member(_) => Err(Denied::OwnOnly),
            Self::System(tenant) => Ok(TenantScope::new(*tenant)),
        }
    }

    /// The member that a member's token stands for, and the authority over them alone; None for everybody else.
    #[must_use]
    pub fn own(&self) -> Option<(MemberId, TenantScope)> {
        let Self::Member(member) = self else { return None };
        let partition = Partition::Person(member.member.uuid(), groups(member.communities.as_deref()));
        Some((member.member, TenantScope::new(member.tenant).within(partition)))
    }

    /// The signed-in person, if the actor is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserActor> {
        let Self::User(user) = self else { return None };
        Some(user)
    }

    /// The partner system's key, if the actor is one.
    #[must_use]
    pub fn key(&self) -> Option<&KeyActor> {
        let Self::Key(key) = self else { return None };
        Some(key)
    }

    /// The communities to which a key, or the key behind a member's token, is restricted; None for the whole tenant.
    #[must_use]
    pub fn communities(&self) -> Option<&[CommunityId]> {
        match self {
            Self::Key(key) => key.communities.as_deref(),
            Self::Member(member) => member.communities.as_deref(),
            Self::Anonymous | Self::User(_) | Self::System(_) => None,
        }
    }

    /// Who this is within its tenant, for idempotency records: the same text for the same actor.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User(user) => user.user.to_string(),
            Self::Key(key) => key.key.to_string(),
            Self::Member(member) => member.member.to_string(),
            Self::System(_) => "system".to_owned(),
        }
    }
}

fn groups(communities: Option<&[CommunityId]>) -> Option<Arc<[uuid::Uuid]>> {
    communities.map(|ids| ids.iter().copied().map(Id::uuid).collect())
}
