//! What a partner key is, what makes one valid, and when it is let in.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::actor::Scope;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{CommunityId, PartnerKeyId};
use crate::platform::origin::parse_network;
use crate::platform::text::parse_line;

/// How long a key is good for when nobody says.
pub(super) const USUAL_LIFE: TimeDelta = TimeDelta::days(90);
/// How long it is at most, from the last change of its end.
pub(super) const LONGEST_LIFE: TimeDelta = TimeDelta::days(365);
/// How long the secret before a new one stays good when nobody says, in seconds.
const USUAL_OVERLAP: i32 = 24 * 60 * 60;
/// How long it does at most, in seconds.
const LONGEST_OVERLAP: i32 = 7 * 24 * 60 * 60;
const NAME_LENGTH: usize = 120;
const NETWORKS: usize = 50;
const COMMUNITIES: usize = 100;

named_enum! {
    /// Whether a key opens anything.
    #[graphql(name = "PartnerKeyState")]
    State {
        /// It does, from the addresses it is for.
        Active "ACTIVE",
        /// It is switched off and can be switched on again.
        Disabled "DISABLED",
        /// Its time is over; a later end makes it good again.
        Expired "EXPIRED",
        /// It is ended for good.
        Revoked "REVOKED",
    }
}

/// The times by which a key lives or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Life {
    pub(super) expires_at: DateTime<Utc>,
    pub(super) disabled_at: Option<DateTime<Utc>>,
    pub(super) revoked_at: Option<DateTime<Utc>>,
}

impl Life {
    pub(super) fn state(&self, now: DateTime<Utc>) -> State {
        match self {
            Self { revoked_at: Some(_), .. } => State::Revoked,
            Self { disabled_at: Some(_), .. } => State::Disabled,
            Self { expires_at, .. } if *expires_at <= now => State::Expired,
            Self { .. } => State::Active,
        }
    }
}

/// What decides on each request; kept for seconds outside the database, so it has no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) scopes: Vec<String>,
    /// None for the whole tenant.
    pub(super) communities: Option<Vec<CommunityId>>,
    /// Empty for anywhere.
    pub(super) networks: Vec<String>,
    /// The keyed hash of the secret.
    pub(super) secret: Vec<u8>,
    /// That of the secret before, and until when it is good.
    pub(super) previous: Option<(Vec<u8>, DateTime<Utc>)>,
    pub(super) life: Life,
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

/// Why a key that is genuine is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Revoked,
    Disabled,
    Expired,
    Elsewhere,
}

impl Standing {
    /// Whether a caller who has proved to hold the secret is let in from this address.
    pub(super) fn admit(&self, address: IpAddr, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.life.state(now) {
            State::Revoked => return Err(Refusal::Revoked),
            State::Disabled => return Err(Refusal::Disabled),
            State::Expired => return Err(Refusal::Expired),
            State::Active => {}
        }
        let mut networks = self.networks.iter().filter_map(|text| parse_network(text));
        let is_open = self.networks.is_empty() || networks.any(|network| network.contains(&address));
        if is_open { Ok(()) } else { Err(Refusal::Elsewhere) }
    }
}

/// A key as somebody wants it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The communities it is for; None for the whole tenant.
    pub communities: Option<Vec<CommunityId>>,
    /// From where it may be used; empty for anywhere.
    pub networks: Vec<String>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What somebody wants changed; None leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Another name.
    pub name: Option<String>,
    /// All scopes from now on.
    pub scopes: Option<Vec<String>>,
    /// All communities from now on; the inner None is the whole tenant.
    pub communities: Option<Option<Vec<CommunityId>>>,
    /// All networks from now on.
    pub networks: Option<Vec<String>>,
    /// Another end.
    pub expires_at: Option<DateTime<Utc>>,
    /// The version the change was made from.
    pub version: Option<i32>,
}

/// A checked key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) communities: Option<Vec<CommunityId>>,
    pub(super) networks: Vec<IpNet>,
    pub(super) expires_at: DateTime<Utc>,
}

impl Draft {
    /// The checked key, or everything that is wrong with it. `held` is what the maker may do.
    pub(super) fn check(self, held: &[Scope], now: DateTime<Utc>) -> Result<Checked, Vec<UserError>> {
        let mut errors = Vec::new();
        let name = parse_line(&self.name, NAME_LENGTH)
            .map_err(|problem| errors.push(UserError::text("name", problem)))
            .unwrap_or_default();
        let communities = check_communities(self.communities, &mut errors);
        let scopes = check_scopes(&self.scopes, (held, communities.is_some()), &mut errors);
        let networks = check_networks(&self.networks, &mut errors);
        let expires_at = self.expires_at.unwrap_or(now + USUAL_LIFE);
        if expires_at <= now || expires_at > now + LONGEST_LIFE {
            let message = "A key ends in the future, within 365 days.";
            errors.push(UserError::at("expiresAt", UserErrorCode::Invalid, message));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Checked { name, scopes, communities, networks, expires_at })
    }
}

impl Checked {
    /// This key with the changes, or everything that is wrong with them. `held` is what the changer may do: also
    /// what the key could do before is given anew by them.
    pub(super) fn change(self, changes: Changes, held: &[Scope], now: DateTime<Utc>) -> Result<Self, Vec<UserError>> {
        let ends = self.expires_at;
        let keeps_end = changes.expires_at.is_none_or(|end| end == ends);
        let text = |scopes: Vec<Scope>| scopes.into_iter().map(|scope| scope.as_str().to_owned()).collect();
        let draft = Draft {
            name: changes.name.unwrap_or(self.name),
            scopes: changes.scopes.unwrap_or_else(|| text(self.scopes)),
            communities: changes.communities.unwrap_or(self.communities),
            networks: changes.networks.unwrap_or_else(|| self.networks.iter().map(ToString::to_string).collect()),
            // An end that stays is not judged again.
            expires_at: changes.expires_at.filter(|_| !keeps_end),
        };
        let checked = draft.check(held, now)?;
        Ok(if keeps_end { Self { expires_at: ends, ..checked } } else { checked })
    }
}

/// Whether a key may have the scope at all: none that makes keys, people or the tenant's rules, or stands for a second
/// person.
pub(super) const fn is_for_keys(scope: Scope) -> bool {
    !matches!(
        scope,
        Scope::KeysRead
            | Scope::KeysWrite
            | Scope::StaffRead
            | Scope::StaffWrite
            | Scope::TenantWrite
            | Scope::PointsApprove
    )
}

fn check_scopes(scopes: &[String], (held, is_restricted): (&[Scope], bool), errors: &mut Vec<UserError>) -> Vec<Scope> {
    let mut granted = Vec::new();
    if scopes.is_empty() {
        errors.push(UserError::at("scopes", UserErrorCode::Required, "A key may do something."));
    }
    for (place, text) in scopes.iter().enumerate().take(Scope::ALL.len()) {
        let refusal = match Scope::parse(text) {
            None => "There is no such scope.",
            Some(scope) if !is_for_keys(scope) => "Keys cannot have this scope.",
            Some(scope) if !held.contains(&scope) => "You do not have this scope yourself.",
            // The trail and the registries are the whole tenant's.
            Some(Scope::AuditRead | Scope::DocumentsRead | Scope::DocumentsWrite) if is_restricted => {
                "A key that is restricted to communities cannot have this scope."
            }
            Some(scope) => {
                if !granted.contains(&scope) {
                    granted.push(scope);
                }
                continue;
            }
        };
        errors.push(UserError::at(&format!("scopes.{place}"), UserErrorCode::Invalid, refusal));
    }
    granted
}

fn check_communities(ids: Option<Vec<CommunityId>>, errors: &mut Vec<UserError>) -> Option<Vec<CommunityId>> {
    let mut ids = ids?;
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        let message = "Name communities, or leave this out for the whole tenant.";
        errors.push(UserError::at("communityIds", UserErrorCode::Required, message));
    } else if ids.len() > COMMUNITIES {
        errors.push(UserError::at("communityIds", UserErrorCode::TooLong, "At most 100 communities."));
    }
    Some(ids)
}

fn check_networks(networks: &[String], errors: &mut Vec<UserError>) -> Vec<IpNet> {
    if networks.len() > NETWORKS {
        errors.push(UserError::at("networks", UserErrorCode::TooLong, "At most 50 addresses or networks."));
    }
    let mut read = Vec::new();
    for (place, text) in networks.iter().enumerate().take(NETWORKS) {
        match parse_network(text) {
            Some(network) => read.push(network.trunc()),
            None => {
                let message = "Expected an address or a network, such as 203.0.113.7 or 203.0.113.0/24.";
                errors.push(UserError::at(&format!("networks.{place}"), UserErrorCode::Invalid, message));
            }
        }
    }
    read
}

/// How long the secret before the new one stays good.
pub(super) fn check_overlap(seconds: Option<i32>) -> Result<TimeDelta, Vec<UserError>> {
    match seconds.unwrap_or(USUAL_OVERLAP) {
        seconds @ 0..=LONGEST_OVERLAP => Ok(TimeDelta::seconds(i64::from(seconds))),
        _ => {
            Err(vec![UserError::at("overlapSeconds", UserErrorCode::Invalid, "Expected 0 to 604800 seconds, 7 days.")])
        }
    }
}

/// The part of a key's token that is no secret: by it a token that was found somewhere is matched with its key.
pub(super) fn hint(tenant_suffix: &str, key: PartnerKeyId) -> String {
    format!("{PREFIX}{tenant_suffix}{}_", key.suffix())
}

/// What every key starts with, for people and for programs that look for lost secrets.
pub(super) const PREFIX: &str = "shq_live_";

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn draft() -> Draft {
        Draft { name: "Shop".to_owned(), scopes: vec!["members:read".to_owned()], ..Draft::default() }
    }

    fn fields(result: Result<Checked, Vec<UserError>>) -> Vec<String> {
        result.unwrap_err().into_iter().filter_map(|error| error.field).map(|path| path.join(".")).collect()
    }

    #[test]
    fn a_key_lives_ninety_days_unless_told_otherwise_and_a_year_at_most() {
        let checked = draft().check(Scope::ALL, now()).unwrap();
        assert_eq!(checked.expires_at, now() + TimeDelta::days(90));
        let year = Draft { expires_at: Some(now() + TimeDelta::days(365)), ..draft() };
        assert!(year.check(Scope::ALL, now()).is_ok());
        let longer = Draft { expires_at: Some(now() + TimeDelta::days(366)), ..draft() };
        assert_eq!(fields(longer.check(Scope::ALL, now())), ["expiresAt"]);
    }

    #[test]
    fn a_key_gets_no_scope_that_its_maker_lacks_or_that_is_for_people() {
        let scopes = ["keys:write", "staff:read", "tenant:write", "members:pii", "nothing", "members:read"];
        let wide = Draft { scopes: scopes.map(str::to_owned).into(), ..draft() };
        let held = [Scope::KeysWrite, Scope::StaffRead, Scope::TenantWrite, Scope::MembersRead];
        assert_eq!(fields(wide.check(&held, now())), ["scopes.0", "scopes.1", "scopes.2", "scopes.3", "scopes.4"]);
    }

    #[test]
    fn the_trail_and_the_registries_are_not_for_restricted_keys() {
        let community = CommunityId::from_uuid(uuid::Uuid::nil());
        let scopes = ["audit:read", "documents:read", "members:read", "documents:write"].map(str::to_owned).into();
        let wide = Draft { scopes, communities: Some(vec![community]), ..draft() };
        assert_eq!(fields(wide.check(Scope::ALL, now())), ["scopes.0", "scopes.1", "scopes.3"]);
    }

    #[test]
    fn an_end_that_stays_is_not_judged_again() {
        let checked = draft().check(Scope::ALL, now()).unwrap();
        let late = now() + TimeDelta::days(100);
        let renamed = checked.clone().change(
            Changes { name: Some("Till".to_owned()), expires_at: Some(checked.expires_at), ..Changes::default() },
            Scope::ALL,
            late,
        );
        assert_eq!(renamed.unwrap().expires_at, now() + TimeDelta::days(90));
    }

    #[test]
    fn networks_are_asked_last_and_an_empty_list_is_anywhere() {
        let standing = |networks: &[&str], disabled_at| Standing {
            scopes: Vec::new(),
            communities: None,
            networks: networks.iter().map(|&text| text.to_owned()).collect(),
            secret: Vec::new(),
            previous: None,
            life: Life { expires_at: now() + USUAL_LIFE, disabled_at, revoked_at: None },
            last_used_at: None,
        };
        let address = "203.0.113.9".parse().unwrap();
        assert_eq!(standing(&[], None).admit(address, now()), Ok(()));
        assert_eq!(standing(&["203.0.113.0/24"], None).admit(address, now()), Ok(()));
        assert_eq!(standing(&["203.0.113.8"], None).admit(address, now()), Err(Refusal::Elsewhere));
        assert_eq!(standing(&["203.0.113.8"], Some(now())).admit(address, now()), Err(Refusal::Disabled));
        assert_eq!(standing(&[], None).admit(address, now() + USUAL_LIFE), Err(Refusal::Expired));
    }
}
