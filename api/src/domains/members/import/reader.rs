//! Reading a roster: CSV with a header that names the columns.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::Path;

use super::model::{CommunityRef, Place, Row};
use super::problem::FileProblem;
use super::record::Record;
use super::source::{Encoding, Source};
use crate::domains::communities::Platform;
use crate::domains::members::membership::Tier;
use crate::domains::members::model::{Draft, IdentityDraft, IdentityKind};
use crate::error::{UserError, UserErrorCode};
use crate::platform::ids::{CommunityKind, Id, Kind as _};

/// Every column a roster may have.
pub(super) const COLUMNS: [&str; 13] = [
    "external_ref",
    "display_name",
    "phone",
    "real_name",
    "tags",
    "city",
    "community",
    "tier",
    "joined_at",
    "identity_kind",
    "identity_platform",
    "identity_app_id",
    "identity_value",
];
const REQUIRED: [&str; 2] = ["external_ref", "display_name"];
/// The longest row, in bytes: a longer one is a quote that never closes.
const LONGEST_ROW: usize = 64 * 1024;
const BUFFER: usize = 64 * 1024;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The columns of a file by name.
#[derive(Clone, Debug)]
struct Header(HashMap<&'static str, usize>, usize);

impl Header {
    fn read(names: &[String]) -> Result<Self, FileProblem> {
        let mut columns = HashMap::new();
        for (place, name) in names.iter().map(|name| name.trim()).enumerate() {
            let known = COLUMNS.iter().find(|known| **known == name);
            let known = known.ok_or_else(|| FileProblem::UnknownColumn { column: shortened(name) })?;
            if columns.insert(*known, place).is_some() {
                return Err(FileProblem::RepeatedColumn { column: name.to_owned() });
            }
        }
        match REQUIRED.into_iter().find(|name| !columns.contains_key(name)) {
            Some(column) => Err(FileProblem::MissingColumn { column }),
            None => Ok(Self(columns, names.len())),
        }
    }

    fn get(&self, fields: &[String], column: &str) -> Option<String> {
        let field = fields.get(*self.0.get(column)?)?.trim();
        (!field.is_empty()).then(|| field.to_owned())
    }
}

/// What is no header may be a whole file in one line.
fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

/// Reads the rows of a file, and knows its place in it.
pub(super) struct RowReader {
    source: BufReader<Source>,
    encoding: Encoding,
    header: Header,
    place: Place,
}

/// Where a row begins and what it says, in text.
pub(super) struct ReadRow {
    pub(super) line: u64,
    /// As it stands there.
    pub(super) reference: String,
    fields: Vec<String>,
}

impl RowReader {
    /// At the first row.
    pub(super) fn open(path: &Path, encoding: Encoding) -> Result<Self, FileProblem> {
        let source = BufReader::with_capacity(BUFFER, Source::open(path, encoding)?);
        let mut reader = Self { source, encoding, header: Header(HashMap::new(), 0), place: Place::default() };
        let (_, names) = reader.record()?.ok_or(FileProblem::Empty)?;
        reader.header = Header::read(&names)?;
        Ok(reader)
    }

    /// With its header known, at a place that [`RowReader::place`] told.
    pub(super) fn open_at(path: &Path, encoding: Encoding, place: Place) -> Result<Self, FileProblem> {
        let reader = Self::open(path, encoding)?;
        if place.bytes == 0 {
            return Ok(reader);
        }
        let mut source = Source::open(path, encoding)?;
        source.skip(place.bytes)?;
        Ok(Self { source: BufReader::with_capacity(BUFFER, source), place, ..reader })
    }

    /// What lies before the next row.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The next row; None at the end.
    pub(super) fn next(&mut self) -> Result<Option<ReadRow>, FileProblem> {
        let Some((line, fields)) = self.record()? else { return Ok(None) };
        let reference = self.header.get(&fields, "external_ref").unwrap_or_default();
        Ok(Some(ReadRow { line, reference, fields }))
    }

    /// The next record that is not a blank line, and the line it begins on.
    fn record(&mut self) -> Result<Option<(u64, Vec<String>)>, FileProblem> {
        loop {
            let line = self.place.lines + 1;
            let mut record = Record::default();
            let mut length = 0;
            loop {
                let text = self.line(line)?;
                length += text.len();
                if text.is_empty() && length == 0 {
                    return Ok(None);
                } else if text.is_empty() || length > LONGEST_ROW {
                    return Err(FileProblem::UnclosedQuote { line });
                } else if record.add(&text) {
                    break;
                }
            }
            let fields = record.into_fields();
            if fields.len() > 1 || fields.iter().any(|field| !field.trim().is_empty()) {
                return Ok(Some((line, fields)));
            }
        }
    }

    /// The next line with what ends it, of the record that begins on line `start`; empty at the end of the file.
    fn line(&mut self, start: u64) -> Result<String, FileProblem> {
        let invalid = FileProblem::Encoding { line: self.place.lines + 1, encoding: self.encoding };
        let mut bytes = Vec::new();
        let longest = u64::try_from(LONGEST_ROW).unwrap_or(u64::MAX);
        match (&mut self.source).take(longest + 1).read_until(b'\n', &mut bytes) {
            Err(error) if error.kind() == ErrorKind::InvalidData => return Err(invalid),
            Err(error) => return Err(error.into()),
            Ok(read) if read > LONGEST_ROW => return Err(FileProblem::RowTooLong { line: start }),
            Ok(_) => {}
        }
        let is_first = self.place.bytes == 0;
        self.place.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.place.lines += u64::from(!bytes.is_empty());
        let mut text = String::from_utf8(bytes).map_err(|_| invalid)?;
        if is_first && text.starts_with(BYTE_ORDER_MARK) {
            text.remove(0);
        }
        Ok(text)
    }

    /// What a row says.
    pub(super) fn row(&self, read: &ReadRow) -> Row {
        if read.fields.len() != self.header.1 {
            let message = format!("The row has {} fields and the header has {}.", read.fields.len(), self.header.1);
            return Row {
                errors: vec![UserError { field: None, message, code: UserErrorCode::Invalid }],
                ..Row::default()
            };
        }
        let get = |column: &str| self.header.get(&read.fields, column);
        let mut errors = Vec::new();
        let tier = named("tier", get("tier"), Tier::parse, &mut errors);
        let joined_at = get("joined_at").and_then(|text| match chrono::DateTime::parse_from_rfc3339(&text) {
            Ok(time) => Some(time.to_utc()),
            Err(_) => {
                errors.push(UserError::at(
                    "joinedAt",
                    UserErrorCode::Invalid,
                    "Expected a time such as 2026-11-22T08:30:00Z.",
                ));
                None
            }
        });
        let kind = named("identities", get("identity_kind"), IdentityKind::parse, &mut errors);
        let platform = named("identities", get("identity_platform"), Platform::parse, &mut errors);
        let identity = match (get("identity_value"), kind, platform) {
            (None, _, _) => None,
            (Some(value), Some(kind), Some(platform)) => {
                Some(IdentityDraft { kind, platform, app_id: get("identity_app_id"), value })
            }
            // One that is given and unknown has been told already.
            (Some(_), _, _) if get("identity_kind").is_some() && get("identity_platform").is_some() => None,
            (Some(_), _, _) => {
                let message = "identity_value needs identity_kind and identity_platform.";
                errors.push(UserError::at("identities", UserErrorCode::Required, message));
                None
            }
        };
        let tags = get("tags")
            .map(|text| text.split(';').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect());
        Row {
            member: Draft {
                display_name: get("display_name").unwrap_or_default(),
                external_ref: get("external_ref"),
                phone: get("phone"),
                real_name: get("real_name"),
                tags: tags.unwrap_or_default(),
                identities: identity.into_iter().collect(),
            },
            city: get("city"),
            community: get("community").map(community),
            tier,
            joined_at,
            errors,
        }
    }
}

fn community(text: String) -> CommunityRef {
    match Id::<CommunityKind>::parse(&text) {
        Some(id) if text.starts_with(CommunityKind::PREFIX) => CommunityRef::Id(id),
        _ => CommunityRef::Name(text),
    }
}

fn named<T>(field: &str, text: Option<String>, parse: fn(&str) -> Option<T>, errors: &mut Vec<UserError>) -> Option<T> {
    let text = text?;
    let value = parse(&text.to_uppercase());
    if value.is_none() {
        errors.push(UserError::at(field, UserErrorCode::Invalid, "This value is not one of its list."));
    }
    value
}
