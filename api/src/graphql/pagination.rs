//! Relay paging: arguments in, a keyset request for the store, sealed cursors out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, ErrorCode};
use crate::platform::crypto::{MasterKey, sha256};
use crate::platform::db::keyset::{KeysetPage, Position};
use crate::platform::ids::TenantId;

/// Items on a page when the client names no number.
pub const DEFAULT_PAGE_SIZE: u64 = 20;
/// The most items on a page.
pub const MAX_PAGE_SIZE: u64 = 100;
const CURSOR_VERSION: u8 = 1;

/// The four arguments of a connection, as they came.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// Items from the front.
    pub first: Option<i32>,
    /// Only items behind this cursor.
    pub after: Option<String>,
    /// Items from the back.
    pub last: Option<i32>,
    /// Only items before this cursor.
    pub before: Option<String>,
}

/// One list in one order: a cursor of another list, order, filter or tenant does not fit.
#[derive(Clone, Debug)]
pub struct CursorSpace(String);

impl CursorSpace {
    /// `list` names the field and, for nested lists, the parent; `order` and `filter` are their debug forms.
    #[must_use]
    pub fn new(tenant: TenantId, list: &str, order: &str, filter: &str) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(sha256(filter.as_bytes()));
        Self(format!("cursor|{tenant}|{list}|{order}|{digest}"))
    }

    /// The cursor of an item.
    pub fn seal(&self, master: &MasterKey, position: &Position) -> Result<String, ApiError> {
        let plain = serde_json::to_vec(&Wire::from(position)).map_err(ApiError::internal)?;
        let sealed = master.cursors.seal_deterministic(&self.0, &plain).map_err(ApiError::internal)?;
        // The nonce is constant and not worth sending.
        let body = sealed.get(12..).unwrap_or_default();
        let mut bytes = Vec::with_capacity(body.len() + 1);
        bytes.push(CURSOR_VERSION);
        bytes.extend_from_slice(body);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn open(&self, master: &MasterKey, argument: &'static str, cursor: &str) -> Result<Position, ApiError> {
        let invalid = || ApiError::argument(ErrorCode::CursorInvalid, argument, "This cursor is not of this list.");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let Some((&CURSOR_VERSION, body)) = bytes.split_first() else { return Err(invalid()) };
        let sealed = [&[0; 12], body].concat();
        let plain = master.cursors.open(&self.0, &sealed).map_err(|_| invalid())?;
        serde_json::from_slice::<Wire>(&plain).map(Position::from).map_err(|_| invalid())
    }
}

/// The sealed content of a cursor.
#[derive(Serialize, Deserialize)]
struct Wire(crate::platform::db::keyset::KeyValue, uuid::Uuid);

impl From<&Position> for Wire {
    fn from(position: &Position) -> Self {
        Self(position.key.clone(), position.id)
    }
}

impl From<Wire> for Position {
    fn from(Wire(key, id): Wire) -> Self {
        Self { key, id }
    }
}

impl PageArgs {
    /// Checks the arguments and opens their cursors.
    pub fn parse(&self, master: &MasterKey, space: &CursorSpace) -> Result<KeysetPage, ApiError> {
        let invalid =
            |argument, message: &'static str| Err(ApiError::argument(ErrorCode::PageSizeInvalid, argument, message));
        let (size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => return invalid("last", "Give first or last, not both."),
            (None, None) if self.before.is_some() => return invalid("last", "before needs last."),
            (None, None) => (DEFAULT_PAGE_SIZE, false),
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
        };
        let open = |argument, cursor: &Option<String>| {
            cursor.as_deref().map(|cursor| space.open(master, argument, cursor)).transpose()
        };
        Ok(KeysetPage { size, backward, after: open("after", &self.after)?, before: open("before", &self.before)? })
    }

    /// Whether the page starts somewhere given by a cursor.
    #[must_use]
    pub fn has_cursor(&self) -> bool {
        self.after.is_some() || self.before.is_some()
    }
}

fn size(argument: &'static str, value: i32) -> Result<u64, ApiError> {
    match u64::try_from(value) {
        Ok(size @ 1..=MAX_PAGE_SIZE) => Ok(size),
        _ => Err(ApiError::argument(ErrorCode::PageSizeInvalid, argument, "A page has 1 to 100 items.")),
    }
}
