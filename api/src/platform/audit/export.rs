//! A chain as a file: a line of JSON for what it is, one for each event with its proofs, one to close it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::chain::Checkpoint;
use super::event::Event;
use super::read::{Found, Link, ProvedEvent};
use crate::platform::ids::{AuditEventId, TenantId};

/// What the first line says the file is.
pub const FORMAT: &str = "shequn-audit/1";

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Line {
    /// The first.
    Header {
        /// [`FORMAT`].
        format: String,
        /// Whose trail.
        tenant: TenantId,
    },
    /// An event in its place.
    Event(Box<EventLine>),
    /// The last: how many events there are, signed.
    Closing {
        /// Of the last event.
        checkpoint: Checkpoint,
    },
}

/// An event in its place, with its proofs in base64.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    position: i64,
    id: AuditEventId,
    /// Null for one that the database did not have any more.
    event: Option<Event>,
    mac: String,
    link: String,
}

impl From<Link> for Line {
    fn from(link: Link) -> Self {
        let (event, mac) = match link.found {
            Found::Here(found) => (Some(found.event), found.mac),
            Found::Unreadable | Found::Gone => (None, Vec::new()),
        };
        Self::Event(Box::new(EventLine {
            position: link.position,
            id: link.event,
            event,
            mac: URL_SAFE_NO_PAD.encode(mac),
            link: URL_SAFE_NO_PAD.encode(link.mac),
        }))
    }
}

impl From<EventLine> for Link {
    fn from(line: EventLine) -> Self {
        // What is no base64 is no proof either.
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let mac = decode(&line.mac);
        let found = line.event.map(|event| Found::Here(Box::new(ProvedEvent { event, mac })));
        Self { position: line.position, event: line.id, mac: decode(&line.link), found: found.unwrap_or(Found::Gone) }
    }
}
