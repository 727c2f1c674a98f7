//! The way by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::letter::{Encoding, Envelope};
use super::{Carrier, CarryError};

/// How long one command of the conversation may take, and the whole of it.
const COMMAND_LIMIT: Duration = Duration::from_secs(8);
const SEND_LIMIT: Duration = Duration::from_secs(20);
/// Answers that are about the reader's address: trying again changes nothing. The rest, a refused sender or
/// password among them, waits for whoever can put it right.
const ABOUT_THE_ADDRESS: [u16; 4] = [550, 551, 553, 556];

pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// None when the URL is none that the client reads.
    pub(super) fn new(url: &str) -> Option<Self> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).ok()?;
        Some(Self(builder.timeout(Some(COMMAND_LIMIT)).build()))
    }
}

#[async_trait]
impl Carrier for Smtp {
    async fn carry(&self, envelope: &Envelope<'_>) -> Result<(), CarryError> {
        let message = envelope.message(Encoding::Ascii)?;
        match tokio::time::timeout(SEND_LIMIT, self.0.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(judged(&error)),
            Err(_) => Err(CarryError::Later("the server takes too long".to_owned())),
        }
    }
}

fn judged(error: &Error) -> CarryError {
    match error.status().map(u16::from) {
        Some(code) if ABOUT_THE_ADDRESS.contains(&code) => CarryError::Never(format!("the server answers {code}")),
        Some(code) => CarryError::Later(format!("the server answers {code}")),
        None if error.is_tls() => CarryError::Later("the server's TLS is not acceptable".to_owned()),
        None if error.is_timeout() => CarryError::Later("the server takes too long".to_owned()),
        None if error.is_client() => CarryError::Later("the server lacks what the letter needs".to_owned()),
        None => CarryError::Later("the server is not there".to_owned()),
    }
}
