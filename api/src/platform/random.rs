//! Randomness, injected: the operating system's.

use std::sync::Arc;

/// 32 letters and digits, so that each takes five bits of a byte without bias.
const SIGNS: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

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

    /// A password for people to read and copy, like `k7mf-q2xw-9trd-hn4p`: 80 bits, and no sign that looks
    /// like another.
    #[must_use]
    pub fn password(&self) -> String {
        self.signs::<16>(4)
    }

    /// So many signs of five bits each, in groups with hyphens between.
    #[must_use]
    pub fn signs<const N: usize>(&self, group: usize) -> String {
        let sign = |byte: &u8| SIGNS.get(usize::from(byte % 32)).copied().map(char::from);
        let groups: Vec<String> =
            self.bytes::<N>().chunks(group.max(1)).map(|group| group.iter().filter_map(sign).collect()).collect();
        groups.join("-")
    }
}
