//! Staff and invitations as the stores read them.

use chrono::{DateTime, Utc};

use super::model::{Life, StaffStatus, Ticket};
use crate::actor::Role;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{InvitationId, MembershipId, UserId};
use crate::platform::locale::Locale;

/// Somebody who works for the tenant, or did.
#[derive(Clone, Debug)]
pub struct StaffRow {
    pub(super) id: MembershipId,
    pub(super) user: UserId,
    pub(super) email_enc: Vec<u8>,
    pub(super) display_name: String,
    pub(super) role: Role,
    pub(super) status: StaffStatus,
    pub(super) created_at: DateTime<Utc>,
}

impl StaffRow {
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }
}

/// An invitation.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    pub(super) id: InvitationId,
    pub(super) email_enc: Vec<u8>,
    pub(super) email_bidx: Vec<u8>,
    pub(super) display_name: String,
    pub(super) role: Role,
    pub(super) locale: Locale,
    pub(super) version: i32,
    pub(super) invited_by: MembershipId,
    pub(super) life: Life,
    pub(super) created_at: DateTime<Utc>,
}

impl InvitationRow {
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }

    /// Whether the ticket is of the last sending.
    pub(super) fn is_named_by(&self, ticket: Ticket) -> bool {
        self.id == ticket.invitation && self.version == ticket.version
    }
}
