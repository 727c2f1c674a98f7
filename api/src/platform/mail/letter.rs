//! A letter, and its form on the wire.

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox};
use lettre::{Address, Message};

use super::CarryError;
use crate::platform::ids::MailId;

/// What somebody is to read.
pub struct Letter {
    /// The reader's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// A letter with what is written on the outside.
pub(super) struct Envelope<'a> {
    pub(super) id: MailId,
    pub(super) from: &'a Mailbox,
    pub(super) written_at: DateTime<Utc>,
    pub(super) letter: &'a Letter,
}

/// How the text is put into bytes.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    /// As it is: for eyes.
    Plain,
    /// In ASCII: for servers, not all of which take more.
    Ascii,
}

impl Envelope<'_> {
    /// The message. Its id is that of the mail, so that a letter which comes twice can be known as one.
    pub(super) fn message(&self, encoding: Encoding) -> Result<Message, CarryError> {
        let never = |what: &str| CarryError::Never(what.to_owned());
        let to: Address = self.letter.to.parse().map_err(|_| never("the address is not one"))?;
        let text = self.letter.text.clone();
        let body = match encoding {
            // Lines are far from the 998 bytes that a message may have in one.
            Encoding::Plain => {
                Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), ContentTransferEncoding::EightBit)
            }
            Encoding::Ascii => Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
                .map_err(|_| never("the text cannot be encoded"))?,
        };
        Message::builder()
            .message_id(Some(format!("<{}@{}>", self.id, self.from.email.domain())))
            .date(self.written_at.into())
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.letter.subject.as_str())
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|_| never("the letter has no form"))
    }
}
