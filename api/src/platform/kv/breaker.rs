//! Notes that a server is away, so that nobody waits for it in vain.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures in a row after which the server counts as away: one request waits for two time-outs at most.
const FAILURES: u32 = 2;

/// Closed while the server answers; open while it is away.
#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    is_open: bool,
}

impl Breaker {
    /// Whether the server counts as away.
    pub(super) fn is_open(&self) -> bool {
        self.lock().is_open
    }

    /// The server answered a command that was sent while it counted as there.
    pub(super) fn note_success(&self) {
        self.lock().failures = 0;
    }

    /// It did not. True for the failure that opens the breaker: whoever is told looks for the server from then on.
    pub(super) fn note_failure(&self) -> bool {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        let opens = !state.is_open && state.failures >= FAILURES;
        state.is_open |= opens;
        opens
    }

    /// The server was found again.
    pub(super) fn close(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_at_the_second_failure_in_a_row_and_says_so_once() {
        let breaker = Breaker::default();
        assert!(!breaker.note_failure());
        breaker.note_success();
        assert!(!breaker.note_failure() && !breaker.is_open());
        assert!(breaker.note_failure() && breaker.is_open());
        // One that was under way, and one that came late.
        assert!(!breaker.note_failure());
        breaker.note_success();
        assert!(breaker.is_open());
        breaker.close();
        assert!(!breaker.is_open() && !breaker.note_failure());
    }
}
