//! Technical services without business words.
//!
//! Nothing here knows what a member or an order is. In reading order: time, ids and randomness; where a
//! request comes from; keys and encryption; text; the database; Redis and its in-process twin, and limits
//! counted there; the outbox; mail; work that is done together; idempotency; the audit trail.

pub mod audit;
pub mod buckets;
pub mod clock;
pub mod crypto;
pub mod db;
pub mod gather;
pub mod idempotency;
pub mod ids;
pub mod kv;
pub mod locale;
pub mod mail;
pub mod named;
pub mod origin;
pub mod outbox;
pub mod phone;
pub mod random;
pub mod retention;
pub mod text;

use crypto::MasterKey;
use std::sync::Arc;

/// What every slice's service holds: cheap to clone, made once in `app.rs`.
#[derive(Clone)]
pub struct Platform {
    /// The database.
    pub db: db::Db,
    /// Redis, or its in-process twin.
    pub kv: kv::Kv,
    /// How much somebody may still do.
    pub buckets: buckets::Buckets,
    /// The time.
    pub clock: clock::Clock,
    /// Randomness.
    pub random: random::Random,
    /// The installation's root key.
    pub master: Arc<MasterKey>,
    /// Wakes whoever seals the audit trail.
    pub trail: audit::Trail,
}

impl Platform {
    /// A new id: time-ordered, unique.
    #[must_use]
    pub fn new_id<K: ids::Kind>(&self) -> ids::Id<K> {
        ids::Id::new(self.clock.now(), &self.random)
    }
}
