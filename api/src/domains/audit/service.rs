//! Use cases: looking through the trail, and taking a checkpoint of it.

use crate::actor::{Actor, Scope};
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::audit::{self, Checkpoint, Event, Filter};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};

/// The slice's service. It is about all of the tenant: no key that is restricted to some communities may ask.
#[derive(Clone)]
pub struct Audit {
    platform: Platform,
}

impl Audit {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        Self { platform }
    }

    /// A page of events, the newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        page: &KeysetPage,
    ) -> Result<Slice<Event>, ApiError> {
        actor.require_whole(Scope::AuditRead)?;
        Ok(audit::list(tx, filter, page).await?)
    }

    /// How many events the filter lets through.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require_whole(Scope::AuditRead)?;
        Ok(audit::count(tx, filter).await?)
    }

    /// How far the chain has come, signed, and the key that shows it; None while there is no chain.
    pub async fn checkpoint(&self, actor: &Actor, tx: &TenantTx) -> Result<Option<(Checkpoint, String)>, ApiError> {
        actor.require_whole(Scope::AuditRead)?;
        let master = &self.platform.master;
        let checkpoint = audit::checkpoint(tx, master).await?;
        checkpoint.map(|checkpoint| Ok((checkpoint, Checkpoint::public_key(master)?))).transpose()
    }
}
