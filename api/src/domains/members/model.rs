//! What a member is, and what makes one valid.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::membership::Tier;
use crate::domains::communities::Platform;
use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::phone::Phone;
use crate::platform::text::{TextProblem, parse_line, sort_key};

const NAME_LENGTH: usize = 120;
const REFERENCE_BYTES: usize = 128;
const TAG_LENGTH: usize = 40;
const TAGS: usize = 50;
const IDENTITIES: usize = 20;
const IDENTITY_LENGTH: usize = 128;

named_enum! {
    /// What kind of name a platform gives to a person.
    IdentityKind {
        /// One person in one app of the platform.
        Openid "OPENID",
        /// One person across the apps of one developer.
        Unionid "UNIONID",
        /// An external contact of a WeCom tenant.
        ExternalUserid "EXTERNAL_USERID",
    }
}

/// A platform identity as a client gives it.
#[derive(Clone, Debug)]
pub struct IdentityDraft {
    /// What kind of name it is.
    pub kind: IdentityKind,
    /// Who gave it.
    pub platform: Platform,
    /// In which app, for an OPENID.
    pub app_id: Option<String>,
    /// The name, byte for byte.
    pub value: String,
}

/// A member as a client describes it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What it is called.
    pub display_name: String,
    /// Its id in another system.
    pub external_ref: Option<String>,
    /// Any usual spelling.
    pub phone: Option<String>,
    /// Its legal name.
    pub real_name: Option<String>,
    /// What it is tagged with.
    pub tags: Vec<String>,
    /// Where it is known from.
    pub identities: Vec<IdentityDraft>,
}

/// What a client wants changed. The outer None leaves a field as it is, the inner one empties it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A new name.
    pub display_name: Option<String>,
    /// Another reference.
    pub external_ref: Option<Option<String>>,
    /// Another phone number.
    pub phone: Option<Option<String>>,
    /// Another legal name.
    pub real_name: Option<Option<String>>,
    /// Other tags, all of them.
    pub tags: Option<Vec<String>>,
    /// The version the change was made from.
    pub version: Option<i32>,
}

/// A text to find members by: the start of a name, or exactly a reference or a phone number.
#[derive(Clone, Debug)]
pub struct SearchText {
    /// As it was given.
    pub line: String,
    /// The blind index of the phone number it may be.
    pub phone_index: Option<Vec<u8>>,
}

/// Which members to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// See [`SearchText`].
    pub text: Option<SearchText>,
    /// Tagged so.
    pub tag: Option<String>,
    /// Of this tier in some community.
    pub tier: Option<Tier>,
    /// Living there, by any source.
    pub city: Option<String>,
    /// Recorded at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub created_to: Option<DateTime<Utc>>,
    /// The archived ones instead of the others.
    pub archived: bool,
}

named_enum! {
    /// In which order to list members. Equal ones are ordered by id.
    #[graphql(name = "MemberSort")]
    Sort {
        /// By name, A first.
        NameAsc "NAME_ASC",
        /// By name, A last.
        NameDesc "NAME_DESC",
        /// Oldest record first.
        CreatedAtAsc "CREATED_AT_ASC",
        /// Newest record first.
        CreatedAtDesc "CREATED_AT_DESC",
    }
}

/// A checked name and the key it is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) key: String,
}

/// A checked identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) kind: IdentityKind,
    pub(super) platform: Platform,
    pub(super) app_id: String,
    pub(super) value: String,
}

/// A checked draft.
#[derive(Clone, Debug)]
pub(super) struct NewMember {
    pub(super) name: Name,
    pub(super) external_ref: Option<String>,
    pub(super) phone: Option<Phone>,
    pub(super) real_name: Option<String>,
    pub(super) tags: BTreeSet<String>,
    pub(super) identities: Vec<Identity>,
}

/// Checked changes.
#[derive(Clone, Debug)]
pub(super) struct CheckedChanges {
    pub(super) name: Option<Name>,
    pub(super) external_ref: Option<Option<String>>,
    pub(super) phone: Option<Option<Phone>>,
    pub(super) real_name: Option<Option<String>>,
    pub(super) tags: Option<BTreeSet<String>>,
    pub(super) version: Option<i32>,
}

/// Collects what is wrong with an input while its fields are read.
struct Reader<'a> {
    /// Where phone numbers without a country code belong.
    country: &'a str,
    errors: Vec<UserError>,
}

impl Draft {
    /// The checked member, or everything that is wrong with it.
    pub(super) fn check(self, country: &str) -> Result<NewMember, Vec<UserError>> {
        let mut reader = Reader { country, errors: Vec::new() };
        let name = reader.name(&self.display_name);
        let member = NewMember {
            external_ref: self.external_ref.and_then(|text| reader.external_ref(&text)),
            phone: self.phone.and_then(|text| reader.phone(&text)),
            real_name: self.real_name.and_then(|text| reader.text("realName", &text, NAME_LENGTH)),
            tags: reader.tags(&self.tags),
            identities: reader.identities(self.identities),
            name,
        };
        reader.finish(member)
    }
}

impl Changes {
    /// The checked changes, or everything that is wrong with them.
    pub(super) fn check(self, country: &str) -> Result<CheckedChanges, Vec<UserError>> {
        let mut reader = Reader { country, errors: Vec::new() };
        let changes = CheckedChanges {
            name: self.display_name.map(|text| reader.name(&text)),
            external_ref: self.external_ref.map(|value| value.and_then(|text| reader.external_ref(&text))),
            phone: self.phone.map(|value| value.and_then(|text| reader.phone(&text))),
            real_name: self.real_name.map(|value| value.and_then(|text| reader.text("realName", &text, NAME_LENGTH))),
            tags: self.tags.map(|tags| reader.tags(&tags)),
            version: self.version,
        };
        reader.finish(changes)
    }
}

impl IdentityDraft {
    /// The checked identity, or everything that is wrong with it.
    pub(super) fn check(self) -> Result<Identity, Vec<UserError>> {
        let mut reader = Reader { country: "", errors: Vec::new() };
        let identity = reader.identity(self, "");
        match identity {
            Some(identity) => reader.finish(identity),
            None => Err(reader.errors),
        }
    }
}

impl Reader<'_> {
    fn finish<T>(self, value: T) -> Result<T, Vec<UserError>> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }

    fn text(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        parse_line(text, max).map_err(|problem| self.errors.push(UserError::text(field, problem))).ok()
    }

    fn name(&mut self, text: &str) -> Name {
        let text = self.text("displayName", text, NAME_LENGTH).unwrap_or_default();
        Name { key: sort_key(&text), text }
    }

    fn external_ref(&mut self, text: &str) -> Option<String> {
        let text = self.text("externalRef", text, REFERENCE_BYTES)?;
        if text.len() > REFERENCE_BYTES {
            self.errors.push(UserError::at("externalRef", UserErrorCode::TooLong, "This has more than 128 bytes."));
            return None;
        }
        Some(text)
    }

    fn phone(&mut self, text: &str) -> Option<Phone> {
        let phone = (text.len() <= 64).then(|| Phone::parse(text, self.country)).flatten();
        if phone.is_none() {
            let message = "This is not a phone number; give it with its country code, such as +86 138 0013 8000.";
            self.errors.push(UserError::at("phone", UserErrorCode::PhoneInvalid, message));
        }
        phone
    }

    fn tags(&mut self, tags: &[String]) -> BTreeSet<String> {
        if tags.len() > TAGS {
            self.errors.push(UserError::at("tags", UserErrorCode::TooLong, "A member has at most 50 tags."));
        }
        let field = |place: usize| format!("tags.{place}");
        tags.iter()
            .take(TAGS)
            .enumerate()
            .filter_map(|(place, tag)| self.text(&field(place), tag, TAG_LENGTH))
            .collect()
    }

    fn identities(&mut self, drafts: Vec<IdentityDraft>) -> Vec<Identity> {
        if drafts.len() > IDENTITIES {
            self.errors.push(UserError::at(
                "identities",
                UserErrorCode::TooLong,
                "A member has at most 20 identities.",
            ));
        }
        let mut seen = BTreeSet::new();
        drafts
            .into_iter()
            .take(IDENTITIES)
            .enumerate()
            .filter_map(|(place, draft)| self.identity(draft, &format!("identities.{place}.")))
            .filter(|identity| {
                seen.insert((identity.kind, identity.platform, identity.app_id.clone(), identity.value.clone()))
            })
            .collect()
    }

    /// Platform ids are compared byte by byte: nothing is trimmed or folded.
    fn identity(&mut self, draft: IdentityDraft, prefix: &str) -> Option<Identity> {
        let app_id = draft.app_id.unwrap_or_default();
        let mut is_fit = true;
        for (field, text) in [("value", &draft.value), ("appId", &app_id)] {
            let problem = match text.chars().count() {
                0 if field == "value" => Some(TextProblem::Blank),
                length if length > IDENTITY_LENGTH => Some(TextProblem::TooLong { max: IDENTITY_LENGTH }),
                _ if text.chars().any(char::is_control) => Some(TextProblem::Control),
                _ => None,
            };
            if let Some(problem) = problem {
                self.errors.push(UserError::text(&format!("{prefix}{field}"), problem));
                is_fit = false;
            }
        }
        is_fit.then_some(Identity { kind: draft.kind, platform: draft.platform, app_id, value: draft.value })
    }
}
