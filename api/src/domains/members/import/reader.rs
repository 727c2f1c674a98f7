//! Reading a roster: CSV in UTF-8, with a header that names the columns.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use csv::{ByteRecord, Position};

use super::model::{CommunityRef, Row};
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
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Why a file cannot be read at all. Nothing of it has been imported then.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// Reading failed.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// There is no header line.
    #[error("EMPTY_FILE: line 1: the file has no header")]
    Empty,
    /// A column that rosters do not have.
    #[error("HEADER_INVALID: line 1: there is no column {column:?}; the columns are {}", COLUMNS.join(", "))]
    UnknownColumn {
        /// As it stands in the header.
        column: String,
    },
    /// A column stands twice.
    #[error("HEADER_INVALID: line 1: the column {column:?} stands twice")]
    RepeatedColumn {
        /// Which.
        column: String,
    },
    /// A column is missing.
    #[error("HEADER_INVALID: line 1: the column {column:?} is missing")]
    MissingColumn {
        /// Which.
        column: &'static str,
    },
    /// Bytes that are not UTF-8.
    #[error("ENCODING_INVALID: line {line}: this is not UTF-8; if the file was saved as GBK, add --encoding gb18030")]
    NotUtf8 {
        /// Where.
        line: u64,
    },
    /// A quote that never closes.
    #[error("QUOTE_UNCLOSED: line {line}: a quote is opened and not closed")]
    UnclosedQuote {
        /// Where the row begins.
        line: u64,
    },
    /// The CSV cannot be read.
    #[error("CSV_INVALID: line {line}: the row cannot be read")]
    Csv {
        /// Where.
        line: u64,
    },
}

/// The columns of a file by name.
#[derive(Clone, Debug)]
pub(super) struct Header(HashMap<&'static str, usize>, usize);

impl Header {
    fn read(record: &ByteRecord) -> Result<Self, FileProblem> {
        let mut columns = HashMap::new();
        for (place, name) in record.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| FileProblem::NotUtf8 { line: 1 })?.trim();
            let known = COLUMNS.iter().find(|known| **known == name);
            let known = known.ok_or_else(|| FileProblem::UnknownColumn { column: name.to_owned() })?;
            if columns.insert(*known, place).is_some() {
                return Err(FileProblem::RepeatedColumn { column: name.to_owned() });
            }
        }
        match REQUIRED.into_iter().find(|name| !columns.contains_key(name)) {
            Some(column) => Err(FileProblem::MissingColumn { column }),
            None => Ok(Self(columns, record.len())),
        }
    }
}

/// Reads the rows of a file, with the place behind each.
pub(super) struct RowReader<R: Read> {
    csv: csv::Reader<R>,
    header: Header,
    /// Bytes before what the CSV reader counts as its start.
    base: u64,
    line_base: u64,
    record: ByteRecord,
}

/// Where a row begins and what it says, in text.
pub(super) struct ReadRow {
    pub(super) line: u64,
    pub(super) fields: Vec<String>,
}

fn csv_reader<R: Read>(source: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source)
}

impl<R: Read + Seek> RowReader<R> {
    /// At the first row.
    pub(super) fn open(mut source: R) -> Result<Self, FileProblem> {
        let mut start = [0; 3];
        let read = read_up_to(&mut source, &mut start)?;
        let base = if read == 3 && start == BYTE_ORDER_MARK { 3 } else { 0 };
        source.seek(SeekFrom::Start(base))?;
        let mut csv = csv_reader(source);
        let mut record = ByteRecord::new();
        let has_header = csv.read_byte_record(&mut record).map_err(|_| FileProblem::Csv { line: 1 })?;
        if !has_header {
            return Err(FileProblem::Empty);
        }
        check_length(&record, 1)?;
        let header = Header::read(&record)?;
        Ok(Self { csv, header, base, line_base: 0, record })
    }

    /// Goes on at a place that [`RowReader::place`] told.
    pub(super) fn go_to(self, (byte, line): (u64, u64)) -> Result<Self, FileProblem> {
        let mut source = self.csv.into_inner();
        source.seek(SeekFrom::Start(byte))?;
        Ok(Self { csv: csv_reader(source), base: byte, line_base: line, ..self })
    }
}

impl<R: Read> RowReader<R> {
    /// Bytes and lines before the next row.
    pub(super) fn place(&self) -> (u64, u64) {
        let position = self.csv.position();
        (self.base + position.byte(), self.line_base + lines_before(position))
    }

    /// The next row; None at the end.
    pub(super) fn next(&mut self) -> Result<Option<ReadRow>, FileProblem> {
        let (_, lines) = self.place();
        let line = lines + 1;
        if !self.csv.read_byte_record(&mut self.record).map_err(|_| FileProblem::Csv { line })? {
            return Ok(None);
        }
        check_length(&self.record, line)?;
        let text = |field: &[u8]| std::str::from_utf8(field).map(str::to_owned);
        let fields =
            self.record.iter().map(text).collect::<Result<_, _>>().map_err(|_| FileProblem::NotUtf8 { line })?;
        Ok(Some(ReadRow { line, fields }))
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
        let get = |column: &str| {
            let place = self.header.0.get(column)?;
            read.fields.get(*place).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
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

/// Newlines before the reader's place: its own count starts at 1.
fn lines_before(position: &Position) -> u64 {
    position.line().saturating_sub(1)
}

fn check_length(record: &ByteRecord, line: u64) -> Result<(), FileProblem> {
    if record.as_slice().len() > LONGEST_ROW { Err(FileProblem::UnclosedQuote { line }) } else { Ok(()) }
}

fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, std::io::Error> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
