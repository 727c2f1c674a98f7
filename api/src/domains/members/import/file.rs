//! Importing a file: looked through whole first, then batch by batch, each with its place in the file.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use super::model::{BATCH, Row, RowOutcome, Status};
use super::problem::FileProblem;
use super::reader::{ReadRow, RowReader};
use super::refused::RefusedRows;
use super::source::Encoding;
use super::store::{self, Job};
use crate::actor::{Actor, Scope};
use crate::domains::members::{MemberError, Members};
use crate::error::{ApiError, Failure};
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::crypto::Sha256;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::Call;

/// Tries for a batch that somebody else's change got in the way of.
const TRIES: usize = 3;

/// What to import and where to.
#[derive(Clone, Debug)]
pub struct FileImport {
    /// The roster.
    pub path: PathBuf,
    /// How it is written.
    pub encoding: Encoding,
    /// Where refused rows go, with their reasons.
    pub refused: PathBuf,
    /// Whether a file that is finished is run from its start once more.
    pub again: bool,
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
    /// Whether an earlier run had finished it, so that this one did nothing.
    pub was_finished: bool,
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
    /// The file of refused rows cannot be written.
    #[error("{path}: the refused rows cannot be written: {problem}")]
    Refused {
        /// Which file.
        path: String,
        /// What is wrong.
        problem: std::io::Error,
    },
    /// Another process imports the same file, and has come further.
    #[error("IMPORT_RUNNING: another process is importing this file")]
    Overtaken,
    /// The storage failed.
    #[error("the import stopped: {}", .0.message())]
    Failed(ApiError),
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl FileImport {
    fn problem(&self) -> impl Fn(FileProblem) -> ImportError + '_ {
        |problem| ImportError::File { path: self.path.display().to_string(), problem }
    }

    fn unwritten(&self) -> impl Fn(std::io::Error) -> ImportError + '_ {
        |problem| ImportError::Refused { path: self.refused.display().to_string(), problem }
    }

    /// Looks through the whole file; answers its digest and how many rows it has.
    fn check(&self) -> Result<([u8; 32], u64), ImportError> {
        let digest = self.digest().map_err(|error| self.problem()(error.into()))?;
        let mut reader = RowReader::open(&self.path, self.encoding).map_err(self.problem())?;
        let mut rows = 0;
        while reader.next().map_err(self.problem())?.is_some() {
            rows += 1;
        }
        Ok((digest, rows))
    }

    /// Of what the file says: the same bytes in another encoding are another file, with other places.
    fn digest(&self) -> Result<[u8; 32], std::io::Error> {
        let mut file = File::open(&self.path)?;
        let mut hash = Sha256::new();
        if self.encoding == Encoding::Gb18030 {
            hash.update(b"gb18030\0");
        }
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
        let was_finished = job.is_finished;
        let progress = |job: &Job| Progress {
            created: job.created,
            updated: job.updated,
            refused: job.refused,
            rows,
            is_resumed,
            was_finished,
        };
        if was_finished {
            return Ok(progress(&job));
        }
        let mut run = Run {
            reader: RowReader::open_at(&import.path, import.encoding, job.place).map_err(import.problem())?,
            refused: RefusedRows::open(&import.refused, job.line()).map_err(import.unwritten())?,
            digest,
            import,
        };
        while !job.is_finished {
            job = self.import_batch(actor, &mut run, job).await?;
            report(progress(&job));
        }
        Ok(progress(&job))
    }

    async fn begin_job(&self, actor: &Actor, import: &FileImport, digest: &[u8]) -> Result<(Job, bool), ImportError> {
        let tx = self.begin_import(actor).await?;
        let (job, is_resumed) = match store::lock_job(&tx, digest).await? {
            Some(job) if job.is_finished && !import.again => return Ok((job, true)),
            Some(job) if job.is_finished => {
                let job = Job::new(job.id);
                store::update_job(&tx, &job, self.platform.clock.now()).await?;
                (job, false)
            }
            Some(job) => (job, true),
            None => {
                let job = Job::new(self.platform.new_id());
                let name = import.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                store::insert_job(&tx, &job, (digest, &name), self.platform.clock.now()).await?;
                (job, false)
            }
        };
        // Each run is in the audit trail, not each row: what became of those is with the job.
        let (call, ended) = (Call::once("import members"), Ended::Succeeded(Subject::of(job.id)));
        self.platform.record_in(&tx, Entry { actor, call: &call, ended }).await.map_err(ImportError::Failed)?;
        tx.commit().await?;
        Ok((job, is_resumed))
    }

    async fn begin_import(&self, actor: &Actor) -> Result<TenantTx, ImportError> {
        let scope = actor.require(Scope::MembersWrite).map_err(|denied| ImportError::Failed(denied.into()))?;
        Ok(self.platform.db.write(scope).await?)
    }

    /// The next batch and its place in the file, in one transaction; answers how far the job is then.
    async fn import_batch(&self, actor: &Actor, run: &mut Run<'_>, job: Job) -> Result<Job, ImportError> {
        let batch = read_batch(&mut run.reader).map_err(run.import.problem())?;
        let rows: Vec<Row> = batch.iter().map(|read| run.reader.row(read)).collect();
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let tx = self.begin_import(actor).await?;
            if store::lock_job(&tx, &run.digest).await?.is_none_or(|found| found.place != job.place) {
                return Err(ImportError::Overtaken);
            }
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
            let mut next = Job { place: run.reader.place(), is_finished: batch.len() < BATCH, ..job.clone() };
            next.count(&outcomes);
            // Before the commit: a row may stand here that is imported again, never the other way round.
            run.refused.write(&batch, &outcomes).map_err(run.import.unwritten())?;
            store::update_job(&tx, &next, self.platform.clock.now()).await?;
            tx.commit().await?;
            return Ok(next);
        }
    }
}

/// The files of an import that is under way.
struct Run<'a> {
    import: &'a FileImport,
    digest: [u8; 32],
    reader: RowReader,
    refused: RefusedRows,
}

impl Job {
    fn line(&self) -> i64 {
        i64::try_from(self.place.lines).unwrap_or(i64::MAX)
    }

    fn count(&mut self, outcomes: &[RowOutcome]) {
        for outcome in outcomes {
            match outcome.status {
                Status::Created => self.created += 1,
                Status::Updated => self.updated += 1,
                Status::Refused => self.refused += 1,
            }
        }
    }
}

fn stopped(error: MemberError) -> ImportError {
    match Failure::from(error) {
        Failure::Failed(error) => ImportError::Failed(error),
        Failure::Refused(_) => ImportError::Failed(ApiError::internal("a batch was refused as a whole")),
    }
}

fn read_batch(reader: &mut RowReader) -> Result<Vec<ReadRow>, FileProblem> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH {
        match reader.next()? {
            Some(row) => batch.push(row),
            None => break,
        }
    }
    Ok(batch)
}
