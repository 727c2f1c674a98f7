//! A membership as the store read it.

use chrono::{DateTime, Utc};

use super::model::Tier;
use crate::domains::members::MemberRow;
use crate::platform::db::keyset::{KeyValue, Position};

/// A member as part of a community.
#[derive(Clone, Debug)]
pub struct CommunityMember {
    /// As what.
    pub tier: Tier,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Who.
    pub member: MemberRow,
}

impl CommunityMember {
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.joined_at), id: self.member.id.uuid() }
    }
}
