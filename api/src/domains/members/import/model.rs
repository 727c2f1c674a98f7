//! A row, what becomes of it, and which rows of a batch contradict each other.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domains::members::membership::Tier;
use crate::domains::members::model::{Draft, Identity, NewMember};
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::ids::{CommunityId, MemberId};
use crate::platform::text::{parse_line, sort_key};

/// Rows in one transaction.
pub const BATCH: usize = 1_000;

/// How much of a file is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bytes: u64,
    pub(super) lines: u64,
}

/// How a row names a community.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CommunityRef {
    /// By id.
    Id(CommunityId),
    /// By name; case and width do not matter.
    Name(String),
}

/// A row as it came.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The member; its external reference is required.
    pub member: Draft,
    /// Where they live.
    pub city: Option<String>,
    /// What they join.
    pub community: Option<CommunityRef>,
    /// As what; ordinary unless told otherwise.
    pub tier: Option<Tier>,
    /// Since when; now unless told otherwise.
    pub joined_at: Option<DateTime<Utc>>,
    /// What could not be read; one without a field says that nothing of the row could be.
    pub errors: Vec<UserError>,
}

named_enum! {
    /// What became of a row.
    #[derive(Serialize, Deserialize)]
    #[graphql(name = "MemberImportStatus")]
    Status {
        /// It made a member.
        Created "CREATED",
        /// It was filled into a member.
        Updated "UPDATED",
        /// It changed nothing; its errors say why.
        Refused "REFUSED",
    }
}

/// What became of a row, as it is remembered under an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowOutcome {
    /// What became of it.
    pub status: Status,
    /// Whom it made or was filled into.
    pub member: Option<MemberId>,
    /// Why it was refused.
    pub errors: Vec<UserError>,
}

impl RowOutcome {
    pub(super) fn refused(errors: Vec<UserError>) -> Self {
        Self { status: Status::Refused, member: None, errors }
    }
}

/// A row that is fit by itself.
#[derive(Clone, Debug)]
pub(super) struct CheckedRow {
    pub(super) external_ref: String,
    pub(super) member: NewMember,
    pub(super) city: Option<String>,
    pub(super) community: Option<CommunityRef>,
    pub(super) tier: Option<Tier>,
    pub(super) joined_at: Option<DateTime<Utc>>,
}

impl Row {
    /// The row if it is fit by itself, or everything that is wrong with it.
    pub(super) fn check(self, country: &str, now: DateTime<Utc>) -> Result<CheckedRow, Vec<UserError>> {
        let mut errors = self.errors;
        if errors.iter().any(|error| error.field.is_none()) {
            return Err(errors);
        }
        if self.member.external_ref.is_none() {
            errors.push(UserError::at("externalRef", UserErrorCode::Required, "Rows are matched by it."));
        }
        let mut line = |field, text: String| {
            parse_line(&text, 120).map_err(|problem| errors.push(UserError::text(field, problem))).ok()
        };
        let city = self.city.and_then(|text| line("city", text));
        let community = match self.community {
            Some(CommunityRef::Name(name)) => line("community", name).map(|name| CommunityRef::Name(sort_key(&name))),
            other => other,
        };
        if self.joined_at.is_some_and(|at| at > now) {
            errors.push(UserError::at("joinedAt", UserErrorCode::Invalid, "A membership cannot begin in the future."));
        }
        let checked = self.member.check(country);
        match (checked, errors.is_empty()) {
            (Ok(member), true) => Ok(CheckedRow {
                external_ref: member.external_ref.clone().unwrap_or_default(),
                member,
                city,
                community,
                tier: self.tier,
                joined_at: self.joined_at,
            }),
            (Ok(_), false) => Err(errors),
            (Err(more), _) => Err(errors.into_iter().chain(more).collect()),
        }
    }
}

/// What earlier rows of a batch have claimed.
#[derive(Default)]
pub(super) struct Claims {
    references: HashSet<String>,
    phones: HashSet<String>,
    identities: HashSet<Identity>,
}

impl Claims {
    /// Claims what is unique for this row, or says what an earlier row claimed.
    pub(super) fn claim(&mut self, row: &CheckedRow) -> Result<(), Vec<UserError>> {
        let twice = |field, code| vec![UserError::at(field, code, "An earlier row of this batch has it.")];
        if self.references.contains(&row.external_ref) {
            return Err(twice("externalRef", UserErrorCode::ExternalRefTaken));
        }
        let phone = row.member.phone.as_ref().map(|phone| phone.as_str().to_owned());
        if phone.as_ref().is_some_and(|phone| self.phones.contains(phone)) {
            return Err(twice("phone", UserErrorCode::PhoneTaken));
        }
        if row.member.identities.iter().any(|identity| self.identities.contains(identity)) {
            return Err(twice("identities", UserErrorCode::IdentityTaken));
        }
        self.references.insert(row.external_ref.clone());
        self.phones.extend(phone);
        self.identities.extend(row.member.identities.iter().cloned());
        Ok(())
    }
}
