//! Leaky buckets: how much somebody may still do, shared by all processes.
//!
//! A bucket's whole state is the moment at which it will be full again, so it is one key that expires by
//! itself. Every take is counted in this process first and then in Redis, by one script and Redis' own
//! time. A process has granted no more than all together, so its own count never refuses what Redis would
//! grant; but while Redis is away, or has forgotten, the limit of what this process saw still stands (ADR 0012).

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::kv::{Expiring, Kv, KvKey, Script};

/// How long a refusal by Redis is believed without asking again: who is refused a thousand times a second costs
/// it nothing.
const REFUSAL_LIFE: Duration = Duration::from_secs(1);
/// What rounding may cost, in microseconds: a bucket of ten grants ten at the same instant.
const TOLERANCE: f64 = 0.5;

/// KEYS: the bucket. ARGV: microseconds to refill what is taken, and an empty bucket, and the tolerance.
/// Returns whether it was granted, and the microseconds until the bucket is full.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
         local now = time[1] * 1000000 + time[2]
         -- More than the bucket holds is missing only after the clock went back.
         local missing = (tonumber(redis.call('GET', KEYS[1])) or now) - now
         missing = math.min(math.max(missing, 0), tonumber(ARGV[2]))
         local after = missing + ARGV[1]
         if after > ARGV[2] + ARGV[3] then return {0, math.ceil(missing)} end
         if after > 0 then
           redis.call('SET', KEYS[1], string.format('%.2f', now + after), 'PX', math.ceil(after / 1000))
         end
         return {1, math.ceil(after)}",
    )
});

/// KEYS: the bucket. ARGV: microseconds to refill what is put back, and an empty bucket.
static PUT_BACK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
         local now = time[1] * 1000000 + time[2]
         local missing = (tonumber(redis.call('GET', KEYS[1])) or now) - now
         local after = math.min(missing, tonumber(ARGV[2])) - ARGV[1]
         if after > 0 then
           redis.call('SET', KEYS[1], string.format('%.2f', now + after), 'PX', math.ceil(after / 1000))
         else
           redis.call('DEL', KEYS[1])
         end
         return {1, 0}",
    )
});

/// What a bucket holds and how fast it fills. The same for every take from one key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// What a full bucket holds.
    pub maximum: u32,
    /// How much comes back in a second; more than 0.
    pub per_second: f64,
}

impl Rate {
    /// The time in which an empty bucket gets `amount`, in microseconds.
    fn micros(self, amount: u32) -> f64 {
        f64::from(amount) * 1e6 / self.per_second.max(1e-6)
    }

    /// What is left when it takes so many microseconds until the bucket is full.
    fn available(self, missing: f64) -> u32 {
        let refilled = (self.micros(self.maximum) - missing + TOLERANCE) / 1e6 * self.per_second.max(1e-6);
        whole(refilled).min(self.maximum)
    }

    fn granted(self, missing: f64) -> Take {
        Take { is_granted: true, available: self.available(missing), retry_after: Duration::ZERO }
    }

    fn refused(self, missing: f64, amount: u32) -> Take {
        // What never fits is at least told when there is the most.
        let wanted = self.micros(amount.min(self.maximum));
        let wait = (missing + wanted - self.micros(self.maximum)).max(0.0) / 1e6;
        let retry_after = Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX);
        Take { is_granted: false, available: self.available(missing), retry_after }
    }
}

#[expect(clippy::as_conversions, reason = "there is no other conversion; it cuts off the fraction and saturates")]
fn whole(number: f64) -> u32 {
    number as u32
}

/// The answer to a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    /// Whether the amount was taken; a refused take takes nothing.
    pub is_granted: bool,
    /// What the bucket holds now.
    pub available: u32,
    /// When the same take would be granted if nobody else took; zero when it was. More than the maximum never is:
    /// the caller looks before.
    pub retry_after: Duration,
}

/// The buckets; cheap to clone.
#[derive(Clone)]
pub struct Buckets {
    kv: Kv,
    here: Arc<Mutex<Here>>,
}

impl Buckets {
    /// Buckets shared by all processes that share `kv`.
    #[must_use]
    pub fn new(kv: Kv) -> Self {
        Self { kv, here: Arc::default() }
    }

    /// Takes `amount`, all or nothing. Never fails: while Redis is away this process counts alone.
    pub async fn take(&self, key: &KvKey, rate: Rate, amount: u32) -> Take {
        let here = self.here().take(key, rate, amount, now());
        if !here.is_granted {
            return here;
        }
        let arguments = [rate.micros(amount), rate.micros(rate.maximum), TOLERANCE].map(|micros| micros.to_string());
        match self.kv.run_script::<(u8, u64)>(&TAKE, key, &arguments).await {
            None => here,
            Some(Ok((1, missing))) => rate.granted(micros(missing)),
            Some(Ok((_, missing))) => {
                let refused = rate.refused(micros(missing), amount);
                self.here().note_refusal(key, rate, Refusal { amount, missing: micros(missing) }, now());
                refused
            }
            Some(Err(error)) => {
                tracing::debug!(error = ?error, "bucket.counted_here");
                here
            }
        }
    }

    /// Gives back what was taken and not needed; a full bucket stays full.
    pub async fn put_back(&self, key: &KvKey, rate: Rate, amount: u32) {
        self.here().put_back(key, rate, amount, now());
        if amount == 0 {
            return;
        }
        let arguments = [rate.micros(amount), rate.micros(rate.maximum)].map(|micros| micros.to_string());
        if let Some(Err(error)) = self.kv.run_script::<(u8, u64)>(&PUT_BACK, key, &arguments).await {
            tracing::debug!(error = ?error, "bucket.not_put_back");
        }
    }

    fn here(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::as_conversions, reason = "a time of centuries would be off by less than a microsecond")]
fn micros(number: u64) -> f64 {
    number as f64
}

/// What this process has counted: buckets that are not full, for as long as they are not.
#[derive(Default)]
struct Here {
    counted: Expiring<()>,
    /// What Redis refused a moment ago.
    refused: Expiring<Refusal>,
}

struct Refusal {
    amount: u32,
    /// Microseconds until the bucket would be full, then.
    missing: f64,
}

impl Here {
    fn take(&mut self, key: &KvKey, rate: Rate, amount: u32, now: Instant) -> Take {
        if let Some((refusal, life)) = self.refused.get(key, now)
            && refusal.amount <= amount
        {
            let since = REFUSAL_LIFE.saturating_sub(life).as_secs_f64() * 1e6;
            return rate.refused((refusal.missing - since).max(0.0), amount);
        }
        let missing = self.missing(key, now);
        let after = missing + rate.micros(amount);
        if after > rate.micros(rate.maximum) + TOLERANCE {
            return rate.refused(missing, amount);
        }
        self.set_missing(key, after, now);
        rate.granted(after)
    }

    fn put_back(&mut self, key: &KvKey, rate: Rate, amount: u32, now: Instant) {
        let after = self.missing(key, now) - rate.micros(amount);
        self.set_missing(key, after, now);
        self.refused.remove(key);
    }

    /// Redis refused what was counted here: it was not taken, and will not be for the time being.
    fn note_refusal(&mut self, key: &KvKey, rate: Rate, refusal: Refusal, now: Instant) {
        self.put_back(key, rate, refusal.amount, now);
        if rate.refused(refusal.missing, refusal.amount).retry_after >= REFUSAL_LIFE {
            self.refused.set(key, refusal, REFUSAL_LIFE, now);
        }
    }

    /// Microseconds until the bucket is full.
    fn missing(&self, key: &KvKey, now: Instant) -> f64 {
        self.counted.get(key, now).map_or(0.0, |(_, life)| life.as_secs_f64() * 1e6)
    }

    fn set_missing(&mut self, key: &KvKey, missing: f64, now: Instant) {
        let life = Duration::try_from_secs_f64((missing / 1e6).max(0.0)).unwrap_or(Duration::MAX);
        self.counted.set(key, (), life, now);
    }
}

#[expect(clippy::disallowed_methods, reason = "one process measures by its own monotonic clock, Redis by its own")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Rate = Rate { maximum: 10, per_second: 1.0 / 90.0 };

    fn key(name: &str) -> KvKey {
        KvKey::outside_tenants("test", name)
    }

    #[test]
    fn a_bucket_of_ten_grants_ten_at_once_and_then_one_every_refill() {
        let (mut here, start) = (Here::default(), now());
        for left in (0..10).rev() {
            assert_eq!(here.take(&key("a"), TEN, 1, start), TEN.granted(TEN.micros(10 - left)));
            assert_eq!(TEN.available(TEN.micros(10 - left)), left);
        }
        let refused = here.take(&key("a"), TEN, 1, start);
        assert_eq!((refused.is_granted, refused.available), (false, 0));
        assert!(refused.retry_after.as_secs_f64() > 89.9 && refused.retry_after.as_secs_f64() < 90.1);
        assert!(here.take(&key("b"), TEN, 1, start).is_granted);
        assert!(!here.take(&key("a"), TEN, 1, start + Duration::from_secs(89)).is_granted);
        assert!(here.take(&key("a"), TEN, 1, start + Duration::from_secs(91)).is_granted);
        assert!(!here.take(&key("a"), TEN, 1, start + Duration::from_secs(91)).is_granted);
    }

    #[test]
    fn a_refused_take_takes_nothing_and_what_is_put_back_may_be_taken_again() {
        let (mut here, start) = (Here::default(), now());
        assert!(here.take(&key("a"), TEN, 7, start).is_granted);
        assert!(!here.take(&key("a"), TEN, 4, start).is_granted);
        assert!(here.take(&key("a"), TEN, 3, start).is_granted);
        here.put_back(&key("a"), TEN, 4, start);
        assert_eq!(here.take(&key("a"), TEN, 4, start).available, 0);
        here.put_back(&key("a"), TEN, 100, start);
        assert_eq!(here.take(&key("a"), TEN, 0, start).available, 10);
        assert!(here.counted.get(&key("a"), start).is_none());
    }

    #[test]
    fn a_refusal_by_redis_is_believed_for_a_second_or_until_something_is_put_back() {
        let (mut here, start) = (Here::default(), now());
        let refusal = || Refusal { amount: 3, missing: TEN.micros(8) };
        let granted = |here: &mut Here, amount, millis| {
            here.take(&key("a"), TEN, amount, start + Duration::from_millis(millis)).is_granted
        };
        assert!(granted(&mut here, 3, 0));
        here.note_refusal(&key("a"), TEN, refusal(), start);
        assert!(!granted(&mut here, 3, 999) && granted(&mut here, 2, 999) && granted(&mut here, 3, 1000));
        here.note_refusal(&key("a"), TEN, refusal(), start);
        here.put_back(&key("a"), TEN, 1, start);
        assert!(granted(&mut here, 3, 1));
    }

    #[test]
    fn what_never_fits_is_refused_however_full_the_bucket() {
        let refused = Here::default().take(&key("a"), TEN, 11, now());
        assert_eq!((refused.is_granted, refused.available, refused.retry_after), (false, 10, Duration::ZERO));
    }
}
