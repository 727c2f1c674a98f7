//! What this process knows of registries, bounded in number and weight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::model::{Hashes, Mode};
use super::service_admission::Place;
use crate::platform::ids::{DocumentRegistryId, TenantId};

/// How long a process goes by what it read.
const KEPT_FOR: TimeDelta = TimeDelta::seconds(2);
/// The most callers whose registry is remembered.
const MOST_PLACES: usize = 4_096;
/// The most that remembered documents weigh together, in bytes.
const MOST_WEIGHT: usize = 32 * 1024 * 1024;

/// Which registry a caller goes by, and which version of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) id: DocumentRegistryId,
    pub(super) mode: Mode,
    pub(super) version: i32,
}

/// What is known about one place. A change takes the slot out of the memory, so that whoever was asking before it
/// fills one that nobody looks into any more.
#[derive(Default)]
pub(super) struct Slot {
    known: Mutex<Option<(Settings, DateTime<Utc>)>>,
    /// Held by the one who asks the database.
    pub(super) asking: tokio::sync::Mutex<()>,
}

impl Slot {
    /// What was read less than two seconds ago.
    pub(super) fn fresh(&self, now: DateTime<Utc>) -> Option<Settings> {
        let known = *lock(&self.known);
        known.filter(|(_, read_at)| *read_at <= now && now < *read_at + KEPT_FOR).map(|(settings, _)| settings)
    }

    /// Keeps what was read; `read_at` is when reading began.
    pub(super) fn keep(&self, settings: Settings, read_at: DateTime<Utc>) {
        *lock(&self.known) = Some((settings, read_at));
    }
}

/// The memory; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    slots: HashMap<Place, Arc<Slot>>,
    sets: HashMap<(TenantId, DocumentRegistryId), Set>,
    weight: usize,
    /// Grows with each use: the set with the smallest was used least lately.
    uses: u64,
}

struct Set {
    version: i32,
    hashes: Arc<Hashes>,
    used: u64,
}

impl Memory {
    pub(super) fn slot(&self, place: Place) -> Arc<Slot> {
        let mut kept = lock(&self.0);
        if kept.slots.len() >= MOST_PLACES && !kept.slots.contains_key(&place) {
            kept.slots.clear();
        }
        Arc::clone(kept.slots.entry(place).or_default())
    }

    /// The documents of just this version.
    pub(super) fn hashes(&self, tenant: TenantId, settings: &Settings) -> Option<Arc<Hashes>> {
        let mut kept = lock(&self.0);
        kept.uses += 1;
        let used = kept.uses;
        let set = kept.sets.get_mut(&(tenant, settings.id)).filter(|set| set.version == settings.version)?;
        set.used = used;
        Some(Arc::clone(&set.hashes))
    }

    pub(super) fn keep_hashes(&self, tenant: TenantId, settings: &Settings, hashes: &Arc<Hashes>) {
        let mut kept = lock(&self.0);
        kept.uses += 1;
        let set = Set { version: settings.version, hashes: Arc::clone(hashes), used: kept.uses };
        kept.weight += hashes.weight();
        if let Some(before) = kept.sets.insert((tenant, settings.id), set) {
            kept.weight -= before.hashes.weight();
        }
        while kept.weight > MOST_WEIGHT {
            let Some(oldest) = kept.sets.iter().min_by_key(|(_, set)| set.used).map(|(place, _)| *place) else { break };
            kept.weight -= kept.sets.remove(&oldest).map_or(0, |set| set.hashes.weight());
        }
    }

    /// Makes everybody ask anew about the tenant's registries.
    pub(super) fn forget(&self, tenant: TenantId) {
        lock(&self.0).slots.retain(|place, _| place.tenant != tenant);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::platform::ids::Id;

    fn settings(number: u128) -> Settings {
        Settings { id: Id::from_uuid(Uuid::from_u128(number)), mode: Mode::Log, version: 1 }
    }

    #[test]
    fn what_was_read_is_known_for_two_seconds_and_a_clock_that_goes_back_ends_it() {
        let (slot, read_at) = (Slot::default(), DateTime::UNIX_EPOCH + TimeDelta::hours(1));
        slot.keep(settings(1), read_at);
        assert!(slot.fresh(read_at + TimeDelta::milliseconds(1_999)).is_some());
        assert!(slot.fresh(read_at + TimeDelta::seconds(2)).is_none());
        assert!(slot.fresh(read_at - TimeDelta::seconds(1)).is_none());
    }

    #[test]
    fn whoever_asked_before_a_change_tells_nobody_behind_it() {
        let (memory, tenant) = (Memory::default(), Id::from_uuid(Uuid::from_u128(1)));
        let place = Place { tenant, key: None };
        let asking = memory.slot(place);
        memory.forget(tenant);
        asking.keep(settings(1), DateTime::UNIX_EPOCH);
        assert!(memory.slot(place).fresh(DateTime::UNIX_EPOCH).is_none());
    }

    #[test]
    fn another_version_is_not_known_and_the_memory_is_bounded() {
        let (memory, tenant) = (Memory::default(), Id::from_uuid(Uuid::from_u128(1)));
        let documents = |size: u32| Hashes::of((0..size).map(|number| (format!("{number:0>100}"), [0; 32])));
        let large = Arc::new(documents(10_000));
        for number in 0..50 {
            memory.keep_hashes(tenant, &settings(number), &large);
            memory.keep_hashes(tenant, &settings(number), &large);
        }
        assert!(lock(&memory.0).weight <= MOST_WEIGHT);
        let held: usize = lock(&memory.0).sets.values().map(|set| set.hashes.weight()).sum();
        assert_eq!(lock(&memory.0).weight, held);
        assert!(memory.hashes(tenant, &settings(0)).is_none());
        assert!(memory.hashes(tenant, &settings(49)).is_some());
        assert!(memory.hashes(tenant, &Settings { version: 2, ..settings(49) }).is_none());
    }
}
