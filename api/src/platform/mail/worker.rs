//! Sends what waits, one mail after the other; several of these may run, in any number of processes.

use std::sync::Arc;
use std::time::Duration;

use super::letter::Envelope;
use super::queue::{Job, Mails, Road};
use super::{CarryError, Writer};
use crate::platform::db::DbError;

/// How often to look for mails that other processes posted, or whose time has come again.
const POLL: Duration = Duration::from_millis(500);

/// Sends mails until the task is aborted. Without a way out they stay.
pub async fn work(mails: Mails, writer: Arc<dyn Writer>) {
    let Some(road) = mails.road.clone() else { return };
    loop {
        match mails.take().await {
            Ok(Some(job)) => {
                if let Err(error) = send(&mails, &road, writer.as_ref(), &job).await {
                    tracing::warn!(mail.id = %job.id, error = ?error, "mail.not_forgotten");
                }
            }
            Ok(None) => tokio::time::timeout(POLL, mails.posted.notified()).await.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(error = ?error, "mail.queue_unavailable");
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

/// Sends one mail and forgets it; one that has to wait stays as it was taken.
async fn send(mails: &Mails, road: &Road, writer: &dyn Writer, job: &Job) -> Result<(), DbError> {
    let now = mails.platform.clock.now();
    if now >= job.ends_at {
        tracing::warn!(mail.id = %job.id, mail.kind = job.kind, mail.attempts = job.attempts, "mail.too_late");
        return mails.forget(job).await;
    }
    let letter = match writer.write(job).await {
        Ok(Some(letter)) => letter,
        Ok(None) => return mails.forget(job).await,
        Err(error) => {
            tracing::warn!(mail.id = %job.id, mail.kind = job.kind, error = ?error, "mail.not_written");
            return Ok(());
        }
    };
    let envelope = Envelope { id: job.id, from: &road.options.from, written_at: job.created_at, letter: &letter };
    match road.carrier.carry(&envelope).await {
        Ok(()) => {
            tracing::info!(mail.id = %job.id, mail.kind = job.kind, mail.attempts = job.attempts, "mail.sent");
            mails.forget(job).await
        }
        Err(error @ CarryError::Never(_)) => {
            tracing::warn!(mail.id = %job.id, mail.kind = job.kind, error = %error, "mail.refused");
            mails.forget(job).await
        }
        Err(error @ CarryError::Later(_)) => {
            tracing::warn!(
                mail.id = %job.id, mail.kind = job.kind, mail.attempts = job.attempts, error = %error, "mail.waits"
            );
            Ok(())
        }
    }
}
