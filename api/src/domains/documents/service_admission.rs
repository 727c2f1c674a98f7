//! What a caller's registry says: asked on every request of whoever is signed in.
//!
//! Which registry it is, its mode and its version are read once in two seconds for each caller; its documents when
//! they are needed and the version is another. So an open registry costs one small statement in two seconds.

use std::sync::Arc;

use super::model::{Hash, Hashes, Mode};
use super::service::TrustedDocuments;
use super::service_memory::Settings;
use super::store::{self, registry_id};
use crate::actor::{Actor, KeyActor, MemberActor, UserActor};
use crate::error::ApiError;
use crate::platform::db::Cancel;
use crate::platform::ids::{DocumentRegistryId, PartnerKeyId, TenantId};

/// Where a caller stands: the tenant, or one of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub(super) tenant: TenantId,
    pub(super) key: Option<PartnerKeyId>,
}

/// A caller's registry as it was at most two seconds ago; cheap to clone.
#[derive(Clone, Debug)]
pub struct Registry {
    tenant: TenantId,
    id: DocumentRegistryId,
    mode: Mode,
    /// None where nobody has to know.
    hashes: Option<Arc<Hashes>>,
}

impl Registry {
    /// Whose it is.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Which one.
    #[must_use]
    pub fn id(&self) -> DocumentRegistryId {
        self.id
    }

    /// What it does about documents that are not in it; None for nothing.
    #[must_use]
    pub fn watch(&self) -> Option<&'static str> {
        (self.mode != Mode::Open).then(|| self.mode.as_str())
    }

    /// Whether other documents are refused.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        self.mode == Mode::Enforce
    }

    /// The SHA-256 of the text that a `documentId` stands for.
    #[must_use]
    pub fn find(&self, document_id: &str) -> Option<[u8; 32]> {
        self.hashes.as_ref()?.find(document_id)
    }

    /// Whether a text with this SHA-256 is in it.
    #[must_use]
    pub fn has(&self, hash: &[u8; 32]) -> bool {
        self.hashes.as_ref().is_some_and(|hashes| hashes.has(hash))
    }
}

impl TrustedDocuments {
    /// By whose registry the actor goes; None for whoever is not signed in.
    #[must_use]
    pub fn place(actor: &Actor) -> Option<Place> {
        match actor {
            Actor::Anonymous => None,
            Actor::User(UserActor { tenant, .. }) | Actor::System(tenant) => Some(Place { tenant: *tenant, key: None }),
            // A member's program is the partner's.
            Actor::Key(KeyActor { tenant, key, .. }) | Actor::Member(MemberActor { tenant, key, .. }) => {
                Some(Place { tenant: *tenant, key: Some(*key) })
            }
        }
    }

    /// What this process knows of the registry. With `by_id` a document is about to be found in it.
    #[must_use]
    pub fn recall(&self, place: Place, by_id: bool) -> Option<Registry> {
        let settings = self.memory.slot(place).fresh(self.platform.clock.now())?;
        self.known(place, settings, by_id)
    }

    fn known(&self, place: Place, settings: Settings, by_id: bool) -> Option<Registry> {
        let needs_hashes = by_id || settings.mode != Mode::Open;
        let hashes = if needs_hashes { Some(self.memory.hashes(place.tenant, &settings)?) } else { None };
        Some(Registry { tenant: place.tenant, id: settings.id, mode: settings.mode, hashes })
    }

    /// As [`TrustedDocuments::recall`], from the database where the process does not know. One asks for all who come
    /// at the same time.
    pub async fn look_up(&self, place: Place, by_id: bool) -> Result<Registry, ApiError> {
        let slot = self.memory.slot(place);
        let asking = slot.asking.lock().await;
        let now = self.platform.clock.now();
        if let Some(registry) = slot.fresh(now).and_then(|settings| self.known(place, settings, by_id)) {
            return Ok(registry);
        }
        let tx = self.platform.db.read(Actor::System(place.tenant).home()?, Cancel::never()).await?;
        let row = store::find_for(&tx, place.key).await?;
        let settings = row.map_or_else(
            || Settings { id: registry_id(place.tenant, None), mode: Mode::Open, version: 0 },
            |row| Settings { id: row.id, mode: row.mode, version: row.version },
        );
        let registry = match self.known(place, settings, by_id) {
            Some(registry) => registry,
            None => {
                let hashes = Arc::new(store::read_hashes(&tx, settings.id).await?);
                self.memory.keep_hashes(place.tenant, &settings, &hashes);
                Registry { tenant: place.tenant, id: settings.id, mode: settings.mode, hashes: Some(hashes) }
            }
        };
        slot.keep(settings, now);
        drop(asking);
        Ok(registry)
    }

    /// The text of a document of the registry; None if it was removed since.
    pub async fn text(&self, registry: &Registry, hash: Hash) -> Result<Option<String>, ApiError> {
        let tx = self.platform.db.read(Actor::System(registry.tenant).home()?, Cancel::never()).await?;
        Ok(store::find_text(&tx, registry.id, &hash).await?)
    }
}
