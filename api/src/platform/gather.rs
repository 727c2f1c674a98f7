//! Work that many ask for at the same time, done together.
//!
//! Nobody waits for company: whoever comes first is served at once and alone. Those who come for the same while that
//! goes on are served together behind it, and so on. The work runs in a task of its own, so that nobody who leaves takes
//! the others along.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The most that are served together.
const MOST: usize = 64;

/// Who waits, by what for.
pub struct Gather<K, I, O> {
    lines: Arc<Lines<K, I, O>>,
}

type Lines<K, I, O> = Mutex<HashMap<K, VecDeque<Waiting<I, O>>>>;

struct Waiting<I, O> {
    item: I,
    tell: oneshot::Sender<Option<O>>,
}

impl<K, I, O> Default for Gather<K, I, O> {
    fn default() -> Self {
        Self { lines: Arc::default() }
    }
}

impl<K, I, O> Clone for Gather<K, I, O> {
    fn clone(&self) -> Self {
        Self { lines: Arc::clone(&self.lines) }
    }
}

impl<K, I, O> Gather<K, I, O>
where
    K: Clone + Eq + Hash + Send + 'static,
    I: Send + 'static,
    O: Send + 'static,
{
    /// Has `work` done on `item`, with what else waits for `key`. It answers each item, in their order; None where it has
    /// nothing to say of this one, or broke off.
    pub async fn join<W, F>(&self, key: K, item: I, work: W) -> Option<O>
    where
        W: Fn(Vec<I>) -> F + Send + 'static,
        F: Future<Output = Vec<Option<O>>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let is_first = {
            let mut lines = locked(&self.lines);
            let is_first = !lines.contains_key(&key);
            lines.entry(key.clone()).or_default().push_back(Waiting { item, tell });
            is_first
        };
        if is_first {
            tokio::spawn(Line { key: Some(key), lines: Arc::clone(&self.lines) }.serve(work));
        }
        told.await.ok().flatten()
    }
}

/// Those who wait for one key, until nobody does.
struct Line<K: Eq + Hash, I, O> {
    /// None when the line is over.
    key: Option<K>,
    lines: Arc<Lines<K, I, O>>,
}

impl<K: Eq + Hash, I, O> Line<K, I, O> {
    async fn serve<W, F>(mut self, work: W)
    where
        W: Fn(Vec<I>) -> F,
        F: Future<Output = Vec<Option<O>>>,
    {
        while let Some(next) = self.take() {
            let (items, tells): (Vec<_>, Vec<_>) = next.into_iter().map(|Waiting { item, tell }| (item, tell)).unzip();
            for (tell, done) in tells.into_iter().zip(work(items).await) {
                // Whoever left needs no answer.
                tell.send(done).unwrap_or_default();
            }
        }
    }

    /// Those who are next; None ends the line, in the same moment in which nobody was there.
    fn take(&mut self) -> Option<Vec<Waiting<I, O>>> {
        let mut lines = locked(&self.lines);
        let line = lines.get_mut(self.key.as_ref()?)?;
        if line.is_empty() {
            lines.remove(&self.key.take()?);
            return None;
        }
        Some(line.drain(..line.len().min(MOST)).collect())
    }
}

/// Where the work panicked, or the program ends, nobody is left waiting.
impl<K: Eq + Hash, I, O> Drop for Line<K, I, O> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            locked(&self.lines).remove(&key);
        }
    }
}

fn locked<T>(lines: &Mutex<T>) -> MutexGuard<'_, T> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
