//! Mails that wait: one row each, written with what they are about, and taken by whoever is free.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address;
use sea_orm::sea_query::{LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryResult};
use shequn_entity::mails::{Column, Entity};
use tokio::sync::Notify;

use super::options::{MailOptions, Way};
use super::smtp::Smtp;
use super::{Carrier, MailError, folder};
use crate::platform::Platform;
use crate::platform::db::{DbError, ScopedTx};
use crate::platform::ids::{Id, MailId};

/// When a mail that was taken may be taken again: later than any attempt lasts.
const FIRST_RETRY: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(30);

/// A mail about to be posted.
pub struct NewMail {
    /// Which letter, e.g. `staff.invitation`.
    pub kind: &'static str,
    /// What it is about: ids, numbers and digests. Never an address, a secret or a text.
    pub subject: serde_json::Value,
    /// When it would come too late.
    pub ends_at: DateTime<Utc>,
}

/// A mail that was taken.
pub struct Job {
    /// Its name.
    pub id: MailId,
    /// See [`NewMail::kind`].
    pub kind: String,
    /// See [`NewMail::subject`].
    pub subject: serde_json::Value,
    /// When it was posted.
    pub created_at: DateTime<Utc>,
    /// See [`NewMail::ends_at`].
    pub ends_at: DateTime<Utc>,
    /// How often it was taken, this time included.
    pub attempts: i32,
}

/// Posts mails; cheap to clone.
#[derive(Clone)]
pub struct Mails {
    pub(super) platform: Platform,
    pub(super) posted: Arc<Notify>,
    pub(super) road: Option<Arc<Road>>,
}

/// The way out.
pub(super) struct Road {
    pub(super) options: MailOptions,
    pub(super) carrier: Box<dyn Carrier>,
}

impl Mails {
    /// For `app.rs`.
    pub fn new(platform: Platform, options: Option<MailOptions>) -> Result<Self, MailError> {
        let road = options.map(|options| -> Result<_, MailError> {
            let carrier: Box<dyn Carrier> = match &options.way {
                Way::Smtp(url) => {
                    Box::new(Smtp::new(url).ok_or(MailError("SHEQUN_SMTP_URL", "this is no address of a mail server"))?)
                }
                Way::Folder(path) => Box::new(folder::Folder(path.clone())),
            };
            Ok(Arc::new(Road { options, carrier }))
        });
        Ok(Self { platform, posted: Arc::default(), road: road.transpose()? })
    }

    /// Whether this installation sends mail at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.road.is_some()
    }

    /// Whether a letter to this address can be written.
    #[must_use]
    pub fn is_address(&self, text: &str) -> bool {
        text.parse::<Address>().is_ok()
    }

    /// A link for people to open in the console. What follows the `#` stays in their browser: it is in no log.
    #[must_use]
    pub fn console_link(&self, purpose: &str, secret: &str) -> String {
        let public_url = self.road.as_ref().map(|road| road.options.public_url.as_str()).unwrap_or_default();
        format!("{public_url}/console#{purpose}={secret}")
    }

    /// Posts a mail in the caller's transaction.
    pub async fn post_in<S: Send + Sync>(&self, tx: &ScopedTx<S>, mail: NewMail) -> Result<(), DbError> {
        let now = self.platform.clock.now();
        let id: MailId = self.platform.new_id();
        let insert = Query::insert()
            .into_table(Entity)
            .columns([
                Column::Id,
                Column::Kind,
                Column::Subject,
                Column::Attempts,
                Column::DueAt,
                Column::EndsAt,
                Column::CreatedAt,
            ])
            .values_panic([
                id.uuid().into(),
                mail.kind.into(),
                mail.subject.into(),
                0.into(),
                now.into(),
                mail.ends_at.into(),
                now.into(),
            ])
            .to_owned();
        tx.execute(&insert).await?;
        // Early: the row is there when the caller commits. Whoever looks too soon looks again.
        self.posted.notify_one();
        Ok(())
    }

    /// Posts a mail by itself, for callers who have no tenant.
    pub async fn post(&self, mail: NewMail) -> Result<(), DbError> {
        let tx = self.platform.db.system().await?;
        self.post_in(&tx, mail).await?;
        tx.commit().await
    }

    /// Takes the mail that waits longest, and leaves it to be taken again should this process end. It costs
    /// no lock while nothing waits.
    pub(super) async fn take(&self) -> Result<Option<Job>, DbError> {
        let now = self.platform.clock.now();
        let mut select = Query::select()
            .columns([Column::Id, Column::Kind, Column::Subject, Column::Attempts, Column::EndsAt, Column::CreatedAt])
            .from(Entity)
            .and_where(Column::DueAt.lte(now))
            .order_by(Column::DueAt, sea_orm::Order::Asc)
            .limit(1)
            .to_owned();
        if self.platform.db.system_reader().await?.query_one(&select).await?.is_none() {
            return Ok(None);
        }
        let tx = self.platform.db.system().await?;
        select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let Some(row) = tx.query_one(&select).await? else { return Ok(None) };
        let job = read(&row)?;
        let update = Query::update()
            .table(Entity)
            .values([(Column::Attempts, job.attempts.into()), (Column::DueAt, (now + wait(job.attempts)).into())])
            .and_where(Column::Id.eq(job.id.uuid()))
            .to_owned();
        tx.execute(&update).await?;
        tx.commit().await?;
        Ok(Some(job))
    }

    /// Forgets a mail that is done with.
    pub(super) async fn forget(&self, job: &Job) -> Result<(), DbError> {
        let tx = self.platform.db.system().await?;
        let delete = Query::delete().from_table(Entity).and_where(Column::Id.eq(job.id.uuid())).to_owned();
        tx.execute(&delete).await?;
        tx.commit().await
    }
}

/// The time until the next attempt: twice as long each time, within bounds.
fn wait(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(10);
    (FIRST_RETRY * 2_i32.pow(doublings)).min(LONGEST_WAIT)
}

fn read(row: &QueryResult) -> Result<Job, DbError> {
    Ok(Job {
        id: Id::from_uuid(row.try_get("", "id")?),
        kind: row.try_get("", "kind")?,
        subject: row.try_get("", "subject")?,
        attempts: row.try_get::<i32>("", "attempts")?.saturating_add(1),
        created_at: row.try_get("", "created_at")?,
        ends_at: row.try_get("", "ends_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_last_up_to_half_an_hour() {
        let seconds = |attempts| wait(attempts).num_seconds();
        assert_eq!([1, 2, 3, 4].map(seconds), [30, 60, 120, 240]);
        assert_eq!([7, 8, i32::MAX].map(seconds), [1800, 1800, 1800]);
    }
}
