//! The twin of Redis inside this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::KvKey;

/// Entries above which those that have expired are swept out.
const SWEEP_AT: usize = 10_000;

/// Values with an end; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Local(Arc<Mutex<Expiring<String>>>);

impl Local {
    pub(super) fn get(&self, key: &KvKey) -> Option<String> {
        self.lock().get(key, now()).map(|(value, _)| value.clone())
    }

    pub(super) fn set(&self, key: &KvKey, value: &str, life: Duration) {
        let now = now();
        self.lock().set(key, value.to_owned(), life, now);
    }

    pub(super) fn set_if_absent(&self, key: &KvKey, value: &str, life: Duration) {
        let (mut map, now) = (self.lock(), now());
        if map.get(key, now).is_none() {
            map.set(key, value.to_owned(), life, now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Expiring<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A map whose entries end by themselves.
pub(in crate::platform) struct Expiring<V> {
    entries: HashMap<KvKey, (Instant, V)>,
    swept_to: usize,
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), swept_to: 0 }
    }
}

impl<V> Expiring<V> {
    /// The value and how long it still lasts.
    pub(in crate::platform) fn get(&self, key: &KvKey, now: Instant) -> Option<(&V, Duration)> {
        let (end, value) = self.entries.get(key)?;
        let life = end.checked_duration_since(now).filter(|life| !life.is_zero())?;
        Some((value, life))
    }

    /// Sets the value whatever was there; one without a life is none.
    pub(in crate::platform) fn set(&mut self, key: &KvKey, value: V, life: Duration, now: Instant) {
        self.sweep(now);
        match now.checked_add(life).filter(|_| !life.is_zero()) {
            Some(end) => drop(self.entries.insert(key.clone(), (end, value))),
            None => self.remove(key),
        }
    }

    /// Forgets the value.
    pub(in crate::platform) fn remove(&mut self, key: &KvKey) {
        self.entries.remove(key);
    }

    /// Looks through all whenever there are twice as many as after the last time: cheap on average.
    fn sweep(&mut self, now: Instant) {
        if self.entries.len() >= SWEEP_AT.max(self.swept_to.saturating_mul(2)) {
            self.entries.retain(|_, (end, _)| *end > now);
            self.swept_to = self.entries.len();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "expiry inside one process is measured by its own monotonic clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn key(name: impl std::fmt::Display) -> KvKey {
        KvKey::outside_tenants("test", name)
    }

    #[test]
    fn a_value_lasts_its_life_and_not_longer() {
        let (mut map, start) = (Expiring::default(), now());
        map.set(&key("a"), 1, MINUTE, start);
        assert_eq!(map.get(&key("a"), start + MINUTE / 2), Some((&1, MINUTE / 2)));
        assert_eq!(map.get(&key("a"), start + MINUTE), None);
        map.set(&key("a"), 2, Duration::ZERO, start);
        assert_eq!(map.get(&key("a"), start), None);
    }

    #[test]
    fn what_has_expired_is_swept_out() {
        let (mut map, start) = (Expiring::default(), now());
        for number in 0..SWEEP_AT {
            map.set(&key(number), (), MINUTE, start);
        }
        map.set(&key("late"), (), MINUTE, start + MINUTE);
        assert_eq!(map.entries.len(), 1);
    }
}
