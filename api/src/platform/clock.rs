//! The time, injected: tests and replays decide what it is.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

/// Tells the time in UTC with microseconds, which both databases keep exactly.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    pub fn system() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// A clock under somebody else's control.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Ahead of the machine's clock by the seconds that the file holds whenever it is asked.
    #[cfg(feature = "movable-clock")]
    #[must_use]
    pub fn ahead_by_file(path: std::path::PathBuf) -> Self {
        let machine = Self::system();
        Self::from_fn(move || {
            let seconds = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            machine.now() + chrono::TimeDelta::seconds(seconds)
        })
    }

    /// The time now, truncated to microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}
