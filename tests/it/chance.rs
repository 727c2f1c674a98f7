//! Chance that can be repeated: the seed is printed, and `SHEQUN_TEST_SEED` sets it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub struct Chance(u64);

impl Chance {
    pub fn new(test: &str) -> Self {
        let seed = match std::env::var("SHEQUN_TEST_SEED") {
            Ok(seed) => seed.parse().expect("SHEQUN_TEST_SEED is a number"),
            Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64,
        };
        println!("{test}: SHEQUN_TEST_SEED={seed}");
        Self(seed | 1)
    }

    /// Chance of its own for one of several that run at the same time.
    pub fn fork(&mut self) -> Self {
        Self(self.next() | 1)
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// A number from 0 to one less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Multiplied, or the last bits of one number would tell those of the next.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 1
    }

    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}
