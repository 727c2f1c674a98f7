//! The settings of mail, checked once.

use std::path::PathBuf;

use lettre::message::Mailbox;

/// The settings as they were given.
#[derive(Default)]
pub struct MailSettings<'a> {
    /// `SHEQUN_SMTP_URL`
    pub smtp_url: Option<&'a str>,
    /// `SHEQUN_MAIL_FROM`
    pub from: Option<&'a str>,
    /// `SHEQUN_PUBLIC_URL`
    pub public_url: Option<&'a str>,
    /// Without SMTP: where letters are left, and by which address this machine reaches the server.
    pub embedded: Option<(PathBuf, String)>,
}

/// A setting is missing or wrong: which, and what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailError(pub &'static str, pub &'static str);

/// How letters leave; None of [`MailOptions::parse`] means that they do not.
#[derive(Clone)]
pub struct MailOptions {
    pub(super) way: Way,
    pub(super) from: Mailbox,
    /// Where people reach this installation, without a slash at the end.
    pub(super) public_url: String,
}

#[derive(Clone)]
pub(super) enum Way {
    /// In the form that the SMTP client reads, with its secret.
    Smtp(zeroize::Zeroizing<String>),
    Folder(PathBuf),
}

const URL: &str = "expected smtps://user:password@host or smtp+starttls://user:password@host, \
    with %XX for special signs; smtp:// without TLS is for a server on this machine";
const FROM: &str = "needed with SHEQUN_SMTP_URL: an address, such as Shequn <no-reply@example.com>";
const PUBLIC: &str = "needed with SHEQUN_SMTP_URL: where people open the console, such as https://shequn.example.com";

impl MailOptions {
    /// Checks the settings.
    pub fn parse(settings: MailSettings<'_>) -> Result<Option<Self>, MailError> {
        let (way, own_url) = match (settings.smtp_url, settings.embedded) {
            (Some(url), _) => (Way::Smtp(client_url(url).ok_or(MailError("SHEQUN_SMTP_URL", URL))?.into()), None),
            (None, Some((folder, own_url))) => (Way::Folder(folder), Some(own_url)),
            (None, None) => return Ok(None),
        };
        let fallback = own_url.is_some().then_some("Shequn <shequn@localhost>");
        let from = settings.from.or(fallback).and_then(|text| text.parse().ok());
        let public_url = settings.public_url.map(str::to_owned).or(own_url).filter(|url| is_web(url));
        Ok(Some(Self {
            way,
            from: from.ok_or(MailError("SHEQUN_MAIL_FROM", FROM))?,
            public_url: public_url.ok_or(MailError("SHEQUN_PUBLIC_URL", PUBLIC))?.trim_end_matches('/').to_owned(),
        }))
    }
}

fn is_web(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', ' ']))
}

/// The spelling of the SMTP client: TLS from the first byte, or STARTTLS that must succeed.
fn client_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if rest.contains(['?', '#', '/']) || rest.is_empty() {
        return None;
    }
    match scheme {
        "smtps" => Some(url.to_owned()),
        "smtp+starttls" => Some(format!("smtp://{rest}?tls=required")),
        "smtp" if is_this_machine(rest) => Some(url.to_owned()),
        _ => None,
    }
}

fn is_this_machine(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(settings: MailSettings<'_>) -> Result<Option<MailOptions>, MailError> {
        MailOptions::parse(settings)
    }

    fn by_smtp(url: &str) -> Option<String> {
        let settings = MailSettings {
            smtp_url: Some(url),
            from: Some("Shequn <no-reply@example.com>"),
            public_url: Some("https://shequn.example.com/"),
            ..MailSettings::default()
        };
        let Way::Smtp(url) = parsed(settings).ok()??.way else { return None };
        Some(url.to_string())
    }

    #[test]
    fn mail_leaves_by_tls_or_stays_on_this_machine() {
        assert_eq!(by_smtp("smtps://u:p@mail.example"), Some("smtps://u:p@mail.example".to_owned()));
        let starttls = Some("smtp://u:p@mail.example:587?tls=required".to_owned());
        assert_eq!(by_smtp("smtp+starttls://u:p@mail.example:587"), starttls);
        assert_eq!(by_smtp("smtp://127.0.0.1:2525"), Some("smtp://127.0.0.1:2525".to_owned()));
        for wrong in
            ["smtp://mail.example", "smtp://127.0.0.1.example", "smtp://localhost@mail.example", "x", "smtps://"]
        {
            assert_eq!(by_smtp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn smtp_needs_a_sender_and_an_address_for_links() {
        let given = |from, public_url| MailSettings {
            smtp_url: Some("smtps://mail.example"),
            from,
            public_url,
            ..MailSettings::default()
        };
        assert_eq!(parsed(given(None, Some("https://a.example"))).err(), Some(MailError("SHEQUN_MAIL_FROM", FROM)));
        assert_eq!(parsed(given(Some("a@a.example"), None)).err(), Some(MailError("SHEQUN_PUBLIC_URL", PUBLIC)));
        assert_eq!(
            parsed(given(Some("a@a.example"), Some("ftp://a"))).err(),
            Some(MailError("SHEQUN_PUBLIC_URL", PUBLIC))
        );
        assert!(parsed(MailSettings::default()).is_ok_and(|options| options.is_none()));
    }
}
