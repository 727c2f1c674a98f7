//! Mail: letters go out by SMTP, or into a folder in the embedded mode.
//!
//! A slice posts a [`NewMail`] in the transaction of what the letter is about; the row holds ids and no
//! address, secret or text. Behind it a worker asks the slice for the letter ([`Writer`]) and hands it to
//! the one `Carrier`: at least once, later and later while the carrier is away, and not at all once the
//! letter would come too late.

mod folder;
mod letter;
mod options;
mod queue;
mod smtp;
mod worker;

pub use letter::Letter;
pub use options::{MailError, MailOptions, MailSettings};
pub use queue::{Job, Mails, NewMail};
pub use worker::work;

use async_trait::async_trait;

use crate::error::ApiError;
use letter::Envelope;

/// Takes letters to where they are read.
#[async_trait]
trait Carrier: Send + Sync {
    /// Returns when the letter is safe with somebody else.
    async fn carry(&self, envelope: &Envelope<'_>) -> Result<(), CarryError>;
}

/// Why a letter was not carried. Texts name no address: what servers answer is not repeated.
#[derive(Debug, thiserror::Error)]
enum CarryError {
    /// Another time it may be.
    #[error("the letter waits: {0}")]
    Later(String),
    /// Nobody has that mailbox.
    #[error("the letter cannot be delivered: {0}")]
    Never(String),
}

/// Knows what a mail's letter says when it goes out: a port, filled by the slice that posts.
#[async_trait]
pub trait Writer: Send + Sync {
    /// The letter; None when nobody wants it any more.
    async fn write(&self, job: &Job) -> Result<Option<Letter>, ApiError>;
}
