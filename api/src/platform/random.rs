//! Randomness, injected: the operating system's, or a seeded stream for demo data.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of random bytes.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// The operating system's generator.
    ///
    /// A machine that cannot give random bytes cannot run this program: the process ends rather than
    /// hand out predictable keys.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
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

    /// A password for people to copy: 16 letters, digits, hyphens and underscores, 96 bits.
    #[must_use]
    pub fn password(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<12>())
    }
}
