//! What an audit event is about.

use crate::platform::ids::{Id, Kind};

/// The thing that was made or changed, and the larger thing that this happened in, by their public ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The thing itself.
    pub object: Option<String>,
    /// Say, the community that a member joined.
    pub within: Option<String>,
}

impl Subject {
    /// Nothing in particular.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing.
    #[must_use]
    pub fn of<K: Kind>(id: Id<K>) -> Self {
        Self { object: Some(id.to_string()), within: None }
    }

    /// In a larger one.
    #[must_use]
    pub fn within<K: Kind>(self, id: Id<K>) -> Self {
        Self { within: Some(id.to_string()), ..self }
    }

    /// This, or `other` where this is nothing in particular.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        if self.object.is_some() { self } else { other.clone() }
    }
}
