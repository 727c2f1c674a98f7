//! Importing a file: looked through whole first, then batch by batch, each with its place in the file.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::model::{BATCH, Row, RowOutcome, Status};
use super::reader::{FileProblem, ReadRow, RowReader};
use super::store::{self, Job};
use crate::actor::{Actor, Scope};
use crate::domains::members::{MemberError, Members};
use crate::error::{ApiError, Failure};
use crate::platform::crypto::Sha256;
use crate::platform::db::DbError;

/// The largest file that is converted from another encoding: it is held in memory.
const LARGEST_CONVERTED: u64 = 256 * 1024 * 1024;
/// Tries for a batch that somebody else's change got in the way of.
const TRIES: usize = 3;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// GB 18030, which GBK and GB 2312 are part of.
    Gb18030,
}

/// What to import and where to.
#[derive(Clone, Debug)]
pub struct FileImport {
    /// The roster.
    pub path: PathBuf,
    /// How it is written.
    pub encoding: Encoding,
    /// Where refused rows go, with their reasons.
    pub refused: PathBuf,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Members made.
    pub created: i64,
    /// Members filled in.
    pub updated: i64,
    /// Rows refused.
    pub refused: i64,
    /// Rows in the file.
    pub rows: u64,
    /// Whether an earlier run had begun this file.
    pub is_resumed: bool,
}

/// Why an import stopped. What it had committed stays, and the next run goes on behind it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as a roster.
    #[error("{path}: {problem}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong, with its place.
        problem: FileProblem,
    },
    /// The file is too large to be converted.
    #[error("ENCODING_INVALID: the file is too large to convert; convert it to UTF-8 first, such as with iconv")]
    TooLargeToConvert,
    /// The storage failed.
    #[error("the import stopped: {}", .0.message())]
    Failed(ApiError),
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}
type Reader = RowReader<Box<dyn Source>>;

impl FileImport {
    fn problem(&self) -> impl Fn(FileProblem) -> ImportError + '_ {
        |problem| ImportError::File { path: self.path.display().to_string(), problem }
    }

    fn open(&self) -> Result<Box<dyn Source>, ImportError> {
        let failed = |error: std::io::Error| self.problem()(error.into());
        let mut file = File::open(&self.path).map_err(failed)?;
        if self.encoding == Encoding::Utf8 {
            return Ok(Box::new(file));
        }
        if file.metadata().map_err(failed)?.len() > LARGEST_CONVERTED {
            return Err(ImportError::TooLargeToConvert);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let (text, _, has_errors) = encoding_rs::GB18030.decode(&bytes);
        if has_errors {
            return Err(self.problem()(FileProblem::NotUtf8 { line: 1 }));
        }
        Ok(Box::new(Cursor::new(text.into_owned().into_bytes())))
    }

    /// Looks through the whole file; answers its digest and how many rows it has.
    fn check(&self) -> Result<([u8; 32], u64), ImportError> {
        let digest = self.digest().map_err(|error| self.problem()(error.into()))?;
        let mut reader = RowReader::open(self.open()?).map_err(self.problem())?;
        let mut rows = 0;
        let mut last = reader.place();
        loop {
            let place = reader.place();
            match reader.next().map_err(self.problem())? {
                Some(_) => {
                    rows += 1;
                    last = place;
                }
                None => break,
            }
        }
        self.check_last_quote(last)?;
        Ok((digest, rows))
    }

    /// The CSV reader takes the end of the file for the end of an open quote.
    fn check_last_quote(&self, (byte, line): (u64, u64)) -> Result<(), ImportError> {
        let failed = |error: std::io::Error| self.problem()(error.into());
        let mut source = self.open()?;
        source.seek(SeekFrom::Start(byte)).map_err(failed)?;
        let mut tail = Vec::new();
        source.read_to_end(&mut tail).map_err(failed)?;
        let quotes = tail.iter().filter(|&&byte| byte == b'"').count();
        if quotes % 2 == 1 { Err(self.problem()(FileProblem::UnclosedQuote { line: line + 1 })) } else { Ok(()) }
    }

    fn digest(&self) -> Result<[u8; 32], std::io::Error> {
        let mut file = File::open(&self.path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            match buffer.get(..read) {
                Some(chunk) if !chunk.is_empty() => hash.update(chunk),
                _ => return Ok(hash.finish()),
            }
        }
    }
}

impl Members {
    /// Imports a file, or goes on with it. `report` is told the progress after each batch.
    pub async fn import_file(
        &self,
        actor: &Actor,
        import: &FileImport,
        mut report: impl FnMut(Progress),
    ) -> Result<Progress, ImportError> {
        let (digest, rows) = import.check()?;
        let (mut job, is_resumed) = self.begin_job(actor, import, &digest).await?;
        let progress =
            |job: &Job| Progress { created: job.created, updated: job.updated, refused: job.refused, rows, is_resumed };
        if job.is_finished {
            return Ok(progress(&job));
        }
        let failed = import.problem();
        let mut refused = RefusedRows::open(&import.refused, job.line).map_err(|error| failed(error.into()))?;
        let mut reader = RowReader::open(import.open()?).map_err(&failed)?;
        if let (Ok(byte @ 1..), Ok(line)) = (u64::try_from(job.byte_offset), u64::try_from(job.line)) {
            reader = reader.go_to((byte, line)).map_err(&failed)?;
        }
        while !job.is_finished {
            let batch = read_batch(&mut reader).map_err(&failed)?;
            let rows: Vec<Row> = batch.iter().map(|read| reader.row(read)).collect();
            let (byte, line) = reader.place();
            job.byte_offset = i64::try_from(byte).unwrap_or(i64::MAX);
            job.line = i64::try_from(line).unwrap_or(i64::MAX);
            job.is_finished = batch.len() < BATCH;
            self.import_batch(actor, rows, &mut job, &mut refused, &batch).await?;
            report(progress(&job));
        }
        Ok(progress(&job))
    }

    async fn begin_job(&self, actor: &Actor, import: &FileImport, digest: &[u8]) -> Result<(Job, bool), ImportError> {
        let scope = actor.require(Scope::MembersWrite).map_err(|denied| ImportError::Failed(denied.into()))?;
        let tx = self.platform.db.write(scope).await?;
        if let Some(job) = store::lock_job(&tx, digest).await? {
            return Ok((job, true));
        }
        let id = self.platform.new_id();
        let job = Job { id, byte_offset: 0, line: 0, created: 0, updated: 0, refused: 0, is_finished: false };
        let name = import.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        store::insert_job(&tx, &job, (digest, &name), self.platform.clock.now()).await?;
        tx.commit().await?;
        Ok((job, false))
    }

    /// One batch and its place in the file, in one transaction.
    async fn import_batch(
        &self,
        actor: &Actor,
        rows: Vec<Row>,
        job: &mut Job,
        refused: &mut RefusedRows,
        batch: &[ReadRow],
    ) -> Result<(), ImportError> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let scope = actor.require(Scope::MembersWrite).map_err(|denied| ImportError::Failed(denied.into()))?;
            let tx = self.platform.db.write(scope).await?;
            let outcomes = match self.import_in(&tx, rows.clone()).await {
                Ok(outcomes) => outcomes,
                // Somebody took a phone or a reference between our look and our write: look again.
                Err(MemberError::PhoneTaken | MemberError::ExternalRefTaken | MemberError::IdentityTaken)
                    if tries > 0 =>
                {
                    continue;
                }
                Err(error) => return Err(stopped(error)),
            };
            let mut next = job.clone();
            for outcome in &outcomes {
                match outcome.status {
                    Status::Created => next.created += 1,
                    Status::Updated => next.updated += 1,
                    Status::Refused => next.refused += 1,
                }
            }
            // Before the commit: a row may stand here that is imported again, never the other way round.
            refused.write(batch, &outcomes).map_err(|error| ImportError::Failed(ApiError::internal(error)))?;
            store::update_job(&tx, &next, self.platform.clock.now()).await?;
            tx.commit().await?;
            *job = next;
            return Ok(());
        }
    }
}

fn stopped(error: MemberError) -> ImportError {
    match Failure::from(error) {
        Failure::Failed(error) => ImportError::Failed(error),
        Failure::Refused(_) => ImportError::Failed(ApiError::internal("a batch was refused as a whole")),
    }
}

fn read_batch(reader: &mut Reader) -> Result<Vec<ReadRow>, FileProblem> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH {
        match reader.next()? {
            Some(row) => batch.push(row),
            None => break,
        }
    }
    Ok(batch)
}

/// The file of refused rows: line, reference, field, code, message. Made when the first row is refused.
struct RefusedRows {
    path: PathBuf,
    file: Option<File>,
}

const REFUSED_HEADER: &str = "line,external_ref,field,code,message\n";

impl RefusedRows {
    /// Keeps what earlier runs wrote up to `line`: what lies behind it is imported again.
    fn open(path: &Path, line: i64) -> Result<Self, std::io::Error> {
        let mut rows = Self { path: path.to_owned(), file: None };
        if let Ok(text) = std::fs::read_to_string(path) {
            let is_done =
                |row: &&str| row.split(',').next().and_then(|at| at.parse().ok()).is_some_and(|at: i64| at <= line);
            let kept: Vec<_> = text.lines().skip(1).filter(is_done).collect();
            std::fs::remove_file(path)?;
            if !kept.is_empty() {
                rows.file()?.write_all(format!("{}\n", kept.join("\n")).as_bytes())?;
            }
        }
        Ok(rows)
    }

    fn file(&mut self) -> Result<&mut File, std::io::Error> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
                file.write_all(REFUSED_HEADER.as_bytes())?;
                file
            }
        };
        Ok(self.file.insert(file))
    }

    fn write(&mut self, batch: &[ReadRow], outcomes: &[RowOutcome]) -> Result<(), std::io::Error> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        for (row, outcome) in batch.iter().zip(outcomes) {
            for error in &outcome.errors {
                let field = error.field.as_ref().map(|path| path.join(".")).unwrap_or_default();
                let reference = row.fields.first().map(String::as_str).unwrap_or_default();
                let code = serde_json::to_value(error.code)?;
                let code = code.as_str().unwrap_or_default();
                lines.write_record([row.line.to_string().as_str(), reference, &field, code, &error.message])?;
            }
        }
        let lines = lines.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
        if !lines.is_empty() {
            let file = self.file()?;
            file.write_all(&lines)?;
            file.sync_data()?;
        }
        Ok(())
    }
}
