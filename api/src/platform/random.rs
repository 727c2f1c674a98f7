//! Randomness, injected: the operating system's, or a seeded stream for demo data.

use std::sync::Arc;

/// A source of random bytes.
#[derive(Clone)]
pub struct Random(Arc<dyn Fn(&mut [u8]) + Send + Sync>);

impl Random {
    /// The operating system's generator.
    ///
    /// A machine that cannot give random bytes cannot run this program: the process ends rather than
    /// hand out predictable keys.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            if getrandom::fill(bytes).is_err() {
                tracing::error!("the operating system gave no random bytes");
                std::process::abort();
            }
        }))
    }

    /// Fresh bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}
