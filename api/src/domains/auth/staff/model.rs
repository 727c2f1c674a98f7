//! What an invitation is, and who may do what to whom.

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::Role;
use crate::domains::auth::model::normalise_email;
use crate::domains::tenants::Tenant;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{InvitationId, MembershipId, TenantId, UserId};
use crate::platform::locale::Locale;
use crate::platform::text::parse_line;

/// How long an invitation is good for.
pub(super) const INVITATION_LIFE: TimeDelta = TimeDelta::days(7);
/// How long the link to a new password is good for.
pub(super) const RESET_LIFE: TimeDelta = TimeDelta::minutes(30);
const NAME_LENGTH: usize = 80;

named_enum! {
    /// Whether somebody works for the tenant.
    StaffStatus {
        /// They do.
        Active "ACTIVE",
        /// They did.
        Ended "ENDED",
    }
}

named_enum! {
    /// What has become of an invitation.
    InvitationStatus {
        /// It waits to be accepted.
        Open "OPEN",
        /// Its time is over; sending it again opens it again.
        Expired "EXPIRED",
        /// Somebody works here by it.
        Accepted "ACCEPTED",
        /// It was taken back.
        Revoked "REVOKED",
    }
}

/// Which staff to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct StaffFilter {
    /// With this role.
    pub role: Option<Role>,
    /// Who do, or did.
    pub status: Option<StaffStatus>,
}

/// Which invitations to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct InvitationFilter {
    /// Of which this has become.
    pub status: Option<InvitationStatus>,
}

/// Somebody to be invited, as a client describes them.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where they are reached.
    pub email: String,
    /// Their name in the tenant, unless they choose another.
    pub display_name: String,
    /// What they are to be.
    pub role: Role,
    /// In which language.
    pub locale: Option<Locale>,
}

impl Draft {
    /// The draft with its texts in order, or everything that is wrong with it.
    pub(super) fn check(mut self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        match normalise_email(&self.email) {
            Some(email) => self.email = email,
            None => errors.push(UserError::at("email", UserErrorCode::Invalid, "This is not an e-mail address.")),
        }
        match parse_line(&self.display_name, NAME_LENGTH) {
            Ok(name) => self.display_name = name,
            Err(problem) => errors.push(UserError::text("displayName", problem)),
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

/// The name that somebody chose for themselves, in order.
pub(super) fn check_name(name: &str) -> Result<String, UserError> {
    parse_line(name, NAME_LENGTH).map_err(|problem| UserError::text("displayName", problem))
}

/// What decides whether an invitation is good.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// When its time is over.
    pub expires_at: DateTime<Utc>,
    /// When somebody accepted it.
    pub accepted_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Life {
    /// What has become of it.
    #[must_use]
    pub fn status(self, now: DateTime<Utc>) -> InvitationStatus {
        if self.accepted_at.is_some() {
            InvitationStatus::Accepted
        } else if self.revoked_at.is_some() {
            InvitationStatus::Revoked
        } else if now >= self.expires_at {
            InvitationStatus::Expired
        } else {
            InvitationStatus::Open
        }
    }
}

/// An invitation as a link names it; the version is raised by sending it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub invitation: InvitationId,
    /// Of which sending.
    pub version: i32,
}

/// A forgotten password's link, before its proof was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetTicket {
    /// Whose.
    pub user: UserId,
    /// When it is void.
    pub expires_at: DateTime<Utc>,
}

/// A tenant that somebody works for.
#[derive(Clone, Debug)]
pub struct Workplace {
    /// Where.
    pub tenant: Tenant,
    /// As what.
    pub role: Role,
    /// By which membership, and its epoch.
    pub membership: (MembershipId, i32),
}

/// What somebody is to the tenant, at the moment of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub id: MembershipId,
    /// As what.
    pub role: Role,
    /// Whether they still are.
    pub is_active: bool,
}

/// Whether somebody in `giver`'s role may make, and unmake, somebody in the role `given`.
#[must_use]
pub(super) fn may_give(giver: Role, given: Role) -> bool {
    match giver {
        Role::Owner => true,
        Role::Admin => given != Role::Owner,
        Role::Operator | Role::Moderator | Role::Finance | Role::Analyst => false,
    }
}

/// What is to become of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They get another role.
    Role(Role),
    /// They work here no more.
    End,
    /// They work here again, in the role they had.
    Restore,
}

/// Why it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// Their role is above the actor's.
    PersonAboveOwn,
    /// The new role is above the actor's.
    RoleAboveOwn,
    /// The tenant would have no owner.
    LastOwner,
    /// They have gone.
    Ended,
    /// They have not gone.
    Active,
}

/// Whether somebody in `actor`'s role may change the person so, where the tenant has so many active owners.
pub(super) fn decide(actor: Role, person: Standing, change: Change, owners: usize) -> Result<(), Objection> {
    if !may_give(actor, person.role) {
        return Err(Objection::PersonAboveOwn);
    }
    let stays_owner = match change {
        Change::Role(_) | Change::End if !person.is_active => return Err(Objection::Ended),
        Change::Restore if person.is_active => return Err(Objection::Active),
        Change::Role(role) if !may_give(actor, role) => return Err(Objection::RoleAboveOwn),
        Change::Role(role) => role == Role::Owner,
        Change::End => false,
        Change::Restore => true,
    };
    let is_last = person.role == Role::Owner && owners <= 1;
    if is_last && !stays_owner { Err(Objection::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn who_may_change_whom_is_a_table() {
        use Role::{Admin, Analyst, Owner};
        let person = |role, is_active| Standing { id: MembershipId::from_uuid(Uuid::nil()), role, is_active };
        let (here, gone) = (true, false);
        let table = [
            (Owner, person(Analyst, here), Change::Role(Owner), 1, Ok(())),
            (Owner, person(Owner, here), Change::Role(Admin), 2, Ok(())),
            (Owner, person(Owner, here), Change::Role(Owner), 1, Ok(())),
            (Owner, person(Owner, here), Change::Role(Admin), 1, Err(Objection::LastOwner)),
            (Owner, person(Owner, here), Change::End, 2, Ok(())),
            (Owner, person(Owner, here), Change::End, 1, Err(Objection::LastOwner)),
            (Owner, person(Owner, gone), Change::Restore, 1, Ok(())),
            (Owner, person(Analyst, gone), Change::Role(Admin), 1, Err(Objection::Ended)),
            (Owner, person(Analyst, gone), Change::End, 1, Err(Objection::Ended)),
            (Owner, person(Analyst, here), Change::Restore, 1, Err(Objection::Active)),
            (Admin, person(Admin, here), Change::Role(Analyst), 1, Ok(())),
            (Admin, person(Analyst, here), Change::Role(Owner), 1, Err(Objection::RoleAboveOwn)),
            (Admin, person(Owner, here), Change::Role(Admin), 2, Err(Objection::PersonAboveOwn)),
            (Admin, person(Owner, here), Change::End, 2, Err(Objection::PersonAboveOwn)),
            (Admin, person(Owner, gone), Change::Restore, 2, Err(Objection::PersonAboveOwn)),
            (Analyst, person(Analyst, here), Change::End, 2, Err(Objection::PersonAboveOwn)),
        ];
        for (actor, person, change, owners, expected) in table {
            assert_eq!(decide(actor, person, change, owners), expected, "{actor:?} {person:?} {change:?}");
        }
    }

    #[test]
    fn nobody_gives_a_role_above_their_own() {
        use Role::{Admin, Analyst, Finance, Moderator, Operator, Owner};
        for given in [Owner, Admin, Operator, Moderator, Finance, Analyst] {
            assert!(may_give(Owner, given));
            assert_eq!(may_give(Admin, given), given != Owner);
            for giver in [Operator, Moderator, Finance, Analyst] {
                assert!(!may_give(giver, given));
            }
        }
    }

    #[test]
    fn an_invitation_is_open_until_it_is_used_taken_back_or_a_week_old() {
        let then = DateTime::UNIX_EPOCH;
        let open = Life { expires_at: then + INVITATION_LIFE, accepted_at: None, revoked_at: None };
        assert_eq!(open.status(then + INVITATION_LIFE - TimeDelta::microseconds(1)), InvitationStatus::Open);
        assert_eq!(open.status(then + INVITATION_LIFE), InvitationStatus::Expired);
        let accepted = Life { accepted_at: Some(then), ..open };
        assert_eq!(accepted.status(then + INVITATION_LIFE), InvitationStatus::Accepted);
        assert_eq!(Life { revoked_at: Some(then), ..open }.status(then), InvitationStatus::Revoked);
    }
}
