//! What letters say: written when they go out, so that what has changed since they were posted counts.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::letters::{self, Invited};
use super::model::{InvitationStatus, RESET_LIFE, ResetTicket, Ticket};
use super::service::Staff;
use super::tokens::{invitation_token, reset_token};
use super::{store, store_accounts, store_invitations};
use crate::actor::Actor;
use crate::domains::auth::service::email_place;
use crate::error::ApiError;
use crate::platform::db::Cancel;
use crate::platform::ids::{InvitationId, TenantId};
use crate::platform::locale::Locale;
use crate::platform::mail::{Job, Letter, NewMail, Writer};

const INVITATION: &str = "staff.invitation";

/// What an invitation's mail is about.
#[derive(Serialize, Deserialize)]
struct InvitationSubject {
    tenant: TenantId,
    invitation: InvitationId,
    version: i32,
}

/// The mail of an invitation, worth sending as long as its link is good.
pub(super) fn invitation_mail(ticket: Ticket, ends_at: DateTime<Utc>) -> NewMail {
    let subject = InvitationSubject { tenant: ticket.tenant, invitation: ticket.invitation, version: ticket.version };
    NewMail { kind: INVITATION, subject: serde_json::to_value(subject).unwrap_or_default(), ends_at }
}

const PASSWORD_RESET: &str = "staff.password_reset";

/// What a mail about a forgotten password is about: the address as its index only, since it was typed by anybody.
#[derive(Serialize, Deserialize)]
struct ResetSubject {
    account: String,
    locale: String,
}

/// The mail about a forgotten password, worth sending as long as its link is good.
pub(super) fn reset_mail(account: &[u8], locale: Locale, ends_at: DateTime<Utc>) -> NewMail {
    let subject = ResetSubject { account: URL_SAFE_NO_PAD.encode(account), locale: locale.as_str().to_owned() };
    NewMail { kind: PASSWORD_RESET, subject: serde_json::to_value(subject).unwrap_or_default(), ends_at }
}

/// Writes the letters of this slice.
pub struct Letters(pub Staff);

#[async_trait]
impl Writer for Letters {
    async fn write(&self, job: &Job) -> Result<Option<Letter>, ApiError> {
        match job.kind.as_str() {
            INVITATION => {
                let subject = serde_json::from_value(job.subject.clone()).map_err(ApiError::internal)?;
                self.0.write_invitation(subject).await
            }
            PASSWORD_RESET => {
                let subject = serde_json::from_value(job.subject.clone()).map_err(ApiError::internal)?;
                self.0.write_reset(subject, job.ends_at).await
            }
            // Of a newer version of this program, which will send it.
            kind => Err(ApiError::internal(format!("nobody writes letters of the kind {kind}"))),
        }
    }
}

impl Staff {
    /// The letter, unless the invitation was answered, taken back or sent again since.
    async fn write_invitation(&self, subject: InvitationSubject) -> Result<Option<Letter>, ApiError> {
        let ticket = Ticket { tenant: subject.tenant, invitation: subject.invitation, version: subject.version };
        let tx = self.platform.db.read(Actor::System(ticket.tenant).home()?, Cancel::never()).await?;
        let row = store_invitations::find(&tx, ticket.invitation).await?;
        let Some(row) = row.filter(|row| row.is_named_by(ticket)) else { return Ok(None) };
        if row.life.status(self.platform.clock.now()) != InvitationStatus::Open {
            return Ok(None);
        }
        let tenant = self.tenants.get_in(&tx).await?;
        let inviter = store::find_many(&tx, &[row.invited_by]).await?.pop();
        let link = self.mails.console_link("invitation", &invitation_token(&self.platform.master, ticket));
        let facts = Invited {
            name: &row.display_name,
            inviter: inviter.as_ref().map_or(tenant.name.as_str(), |inviter| inviter.display_name.as_str()),
            tenant: &tenant.name,
            slug: &tenant.slug,
            role: row.role,
            link: &link,
            expires_at: row.life.expires_at,
            timezone: tenant.timezone,
        };
        let letters::Text { subject, text } = letters::invitation(row.locale, &facts);
        Ok(Some(Letter { to: self.invitation_email(ticket.tenant, &row)?, subject, text }))
    }

    /// The letter, if there is an account and its owner works anywhere.
    async fn write_reset(&self, subject: ResetSubject, expires_at: DateTime<Utc>) -> Result<Option<Letter>, ApiError> {
        let index = URL_SAFE_NO_PAD.decode(&subject.account).map_err(ApiError::internal)?;
        let tx = self.platform.db.system_reader().await?;
        let account = store_accounts::find_account(&tx, &index).await?;
        let Some(account) = account.filter(|account| account.is_active) else { return Ok(None) };
        if store_accounts::list_places(&tx, account.user).await?.is_empty() {
            return Ok(None);
        }
        let ticket = ResetTicket { user: account.user, expires_at };
        let token = reset_token(&self.platform.master, ticket, &account.password_hash);
        let locale = Locale::parse(&subject.locale).unwrap_or(Locale::ZhCn);
        let link = self.mails.console_link("reset", &token);
        let letters::Text { subject, text } = letters::password_reset(locale, RESET_LIFE.num_minutes(), &link);
        Ok(Some(Letter { to: self.open_email(&email_place(account.user), &account.email_enc)?, subject, text }))
    }
}
