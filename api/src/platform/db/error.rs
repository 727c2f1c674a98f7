//! What can go wrong in the database, as callers need to tell it apart.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr};

use crate::error::{ApiError, ErrorCode, Failure};

/// A database call failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The database is away or has no connection free.
    #[error("the database is away")]
    Unavailable(#[source] Arc<DbErr>),
    /// The request was given up before this statement.
    #[error("the request was cancelled")]
    Cancelled,
    /// A statement ran longer than it may.
    #[error("a statement ran too long")]
    StatementTimeout,
    /// An answer would read more rows than one request may.
    #[error("too many rows for one request")]
    TooManyRows,
    /// The role that requests run under is not bound by row security.
    #[error("the database role that requests run under is a superuser or bypasses row security: it must not")]
    RowSecurityOff,
    /// Anything else: a defect, or a constraint that no caller mapped.
    #[error("a statement failed")]
    Statement(#[source] Arc<DbErr>),
}

/// The message by which a cancelled transaction tells SeaORM to stop.
pub(super) const CANCELLED: &str = "cancelled between statements";

/// The message by which a transaction tells SeaORM that a request reads too much.
pub(super) const TOO_MANY_ROWS: &str = "more rows than one request may read";

/// A named constraint, as each database spells its violation.
///
/// PostgreSQL gives the constraint's name; SQLite gives the columns of the index, or the name of a CHECK.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    /// Name in PostgreSQL.
    pub postgres: &'static str,
    /// What SQLite's message ends with.
    pub sqlite: &'static str,
}

impl DbError {
    /// Whether this is the violation of `constraint`.
    #[must_use]
    pub fn violates(&self, constraint: Constraint) -> bool {
        let Self::Statement(error) = self else { return false };
        let Some(database) = database_error(error) else { return false };
        database.constraint() == Some(constraint.postgres) || database.message().ends_with(constraint.sqlite)
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => Some(inner),
        _ => None,
    }
}

fn database_error(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    sqlx_error(error).and_then(sqlx::Error::as_database_error)
}

/// SQLSTATE classes and codes by which PostgreSQL says that it is going, full or starting.
fn says_unavailable(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("57P") || code == "53300"
}

/// Whether the server is away, or the way to it.
pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| says_unavailable(&code)),
        _ => false,
    }
}

impl From<DbErr> for DbError {
    fn from(error: DbErr) -> Self {
        if matches!(&error, DbErr::Custom(text) if text == CANCELLED) {
            return Self::Cancelled;
        }
        if matches!(&error, DbErr::Custom(text) if text == TOO_MANY_ROWS) {
            return Self::TooManyRows;
        }
        if database_error(&error).and_then(sqlx::error::DatabaseError::code).as_deref() == Some("57014") {
            return Self::StatementTimeout;
        }
        let away = matches!(error, DbErr::ConnectionAcquire(_)) || sqlx_error(&error).is_some_and(is_unavailable);
        let error = Arc::new(error);
        if away { Self::Unavailable(error) } else { Self::Statement(error) }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))).into()
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::unavailable(error),
            DbError::Cancelled | DbError::StatementTimeout => {
                Self::new(ErrorCode::Timeout, "This took longer than the deadline of a request.")
            }
            DbError::TooManyRows => Self::new(
                ErrorCode::DocumentTooComplex,
                "This would read more than 20,000 rows; ask for smaller pages.",
            ),
            DbError::Statement(_) | DbError::RowSecurityOff => Self::internal(error),
        }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}
