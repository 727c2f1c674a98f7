//! Chance that comes out the same each time.

use std::ops::RangeInclusive;

/// Changing it changes everybody in the demo.
const SEED: u64 = 0x5be9_0a4e_7c1d_2f63;

/// A stream of numbers (SplitMix64): not for secrets.
#[derive(Clone, Copy)]
pub(super) struct Draw(u64);

impl Draw {
    /// The stream of the thing with this number among those of `topic`; it depends on nothing else, so that
    /// one more draw for one thing leaves all others as they were.
    pub(super) fn of(topic: &str, number: usize) -> Self {
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let mut own = Self(topic.bytes().fold(SEED, fold).wrapping_add(u64::try_from(number).unwrap_or_default()));
        Self(own.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or_default()
    }

    /// A number of the range, each as likely; its start when it is empty.
    pub(super) fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let width = u64::try_from(range.end().saturating_sub(*range.start()).saturating_add(1)).unwrap_or(0);
        range.start().saturating_add(i64::try_from(self.below(width)).unwrap_or_default())
    }

    /// Zero or more, on average about `mean`: many small ones, few large ones.
    pub(super) fn around(&mut self, mean: i64) -> i64 {
        let leaves = 1000 / u64::try_from(mean.max(1)).unwrap_or(1);
        let mut days = 0;
        while days < mean.saturating_mul(6) && self.below(1000) >= leaves {
            days += 1;
        }
        days
    }

    /// True in so many of a thousand cases.
    pub(super) fn happens(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// One of the items, each as likely.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        let place = self.below(u64::try_from(items.len()).unwrap_or_default());
        items.get(usize::try_from(place).unwrap_or_default()).copied()
    }

    /// One of the items, as likely as its weight says.
    pub(super) fn weigh<T: Copy>(&mut self, items: &[(T, u64)]) -> Option<T> {
        let mut place = self.below(items.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in items {
            match place.checked_sub(*weight) {
                Some(rest) => place = rest,
                None => return Some(*item),
            }
        }
        None
    }

    /// Letters and digits, as platforms make their ids of.
    pub(super) fn signs(&mut self, length: usize) -> String {
        const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).filter_map(|_| self.pick(SIGNS).map(char::from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Draw, RangeInclusive};

    #[test]
    fn a_stream_repeats_itself_and_differs_from_its_neighbours() {
        let numbers = |number| {
            let mut draw = Draw::of("person", number);
            [(); 8].map(|()| draw.within(1..=1_000_000))
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut draw = Draw::of("bounds", 0);
        for _ in 0..1000 {
            assert!((3..=5).contains(&draw.within(3..=5)));
            assert!((0..=60).contains(&draw.around(10)));
            assert_eq!(draw.weigh(&[("never", 0), ("always", 1)]), Some("always"));
        }
        assert_eq!(draw.within(RangeInclusive::new(9, 8)), 9);
        assert_eq!(draw.pick::<u8>(&[]), None);
    }
}
