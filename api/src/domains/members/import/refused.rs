//! The file of refused rows: line, reference, field, code, message. Made when the first row is refused.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::model::RowOutcome;
use super::reader::ReadRow;

const HEADER: [&str; 5] = ["line", "external_ref", "field", "code", "message"];

pub(super) struct RefusedRows {
    path: PathBuf,
    file: Option<File>,
}

impl RefusedRows {
    /// Keeps what earlier runs wrote up to `line`: what lies behind it is imported again.
    pub(super) fn open(path: &Path, line: i64) -> Result<Self, Error> {
        let mut rows = Self { path: path.to_owned(), file: None };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(rows),
            Err(error) => return Err(error),
        };
        let kept = kept(&text, line)?;
        // Whole or not at all: a process that is killed here must not lose rows.
        let mut beside = OsString::from(path);
        beside.push(".part");
        private(OpenOptions::new().truncate(true).create(true)).open(&beside)?.write_all(&kept)?;
        std::fs::rename(&beside, path)?;
        if kept.is_empty() {
            std::fs::remove_file(path)?;
        } else {
            rows.file = Some(OpenOptions::new().append(true).open(path)?);
        }
        Ok(rows)
    }

    /// Adds the refused rows of a batch.
    pub(super) fn write(&mut self, batch: &[ReadRow], outcomes: &[RowOutcome]) -> Result<(), Error> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        for (row, outcome) in batch.iter().zip(outcomes) {
            for error in &outcome.errors {
                let field = error.field.as_ref().map(|path| path.join(".")).unwrap_or_default();
                let code = serde_json::to_value(error.code)?;
                let code = code.as_str().unwrap_or_default();
                lines.write_record([&row.line.to_string(), &row.reference, &field, code, &error.message])?;
            }
        }
        let lines = taken(lines)?;
        if lines.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut file = private(OpenOptions::new().create_new(true)).open(&self.path)?;
                file.write_all(format!("{}\n", HEADER.join(",")).as_bytes())?;
                self.file.insert(file)
            }
        };
        file.write_all(&lines)?;
        file.sync_data()
    }
}

/// Rows hold references, so nobody else may read them.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true).mode(0o600)
}

/// The rows up to `line` with their header; nothing when there are none. The last one may be torn.
fn kept(text: &[u8], line: i64) -> Result<Vec<u8>, Error> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    if reader.byte_headers()?.iter().ne(HEADER.iter().map(|name| name.as_bytes())) {
        let message = "it exists and is not a file of refused rows; choose another with --refused";
        return Err(Error::new(ErrorKind::AlreadyExists, message));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let is_whole = text.ends_with(b"\n");
    let mut rows = reader.into_byte_records().collect::<Result<Vec<_>, _>>()?;
    if !is_whole {
        rows.pop();
    }
    let is_done = |row: &csv::ByteRecord| {
        let at = row.get(0).and_then(|at| std::str::from_utf8(at).ok()?.parse().ok());
        row.len() == HEADER.len() && at.is_some_and(|at: i64| at <= line)
    };
    let mut rows = rows.iter().filter(|row| is_done(row)).peekable();
    if rows.peek().is_some() {
        writer.write_record(HEADER)?;
    }
    rows.try_for_each(|row| writer.write_byte_record(row))?;
    taken(writer)
}

fn taken(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, Error> {
    writer.into_inner().map_err(|error| Error::other(error.to_string()))
}
