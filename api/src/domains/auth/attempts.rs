//! How often somebody may try a password.
//!
//! Two buckets, taken from before anything is looked up: the account's, named by what was typed, so that an
//! account or a tenant that does not exist has one too; and that of the network address. Who gets in gets
//! both back, so only failures count, through aliases, connections and processes alike (ADR 0012).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::model::normalise_email;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::buckets::Rate;
use crate::platform::ids::UserId;
use crate::platform::kv::KvKey;

/// Letters about one forgotten password: enough for who looks into the wrong mailbox, too few to bury one.
const RESETS_PER_ACCOUNT: Rate = Rate { maximum: 3, per_second: 3.0 / 3600.0 };

/// How many passwords may be tried in vain.
#[derive(Clone, Copy, Debug)]
pub struct SignInLimits {
    /// For one account.
    pub per_account: Rate,
    /// From one address, whatever the accounts.
    pub per_address: Rate,
}

/// Counts attempts; cheap to clone.
#[derive(Clone)]
pub(super) struct Attempts {
    platform: Platform,
    limits: SignInLimits,
}

/// An attempt that has been counted.
pub(super) struct Attempt {
    account: KvKey,
    address: KvKey,
}

impl Attempts {
    pub(super) fn new(platform: Platform, limits: SignInLimits) -> Self {
        Self { platform, limits }
    }

    /// Counts an attempt, or refuses it and counts nothing.
    pub(super) async fn begin(&self, email: &str, address: IpAddr) -> Result<Attempt, ApiError> {
        // What finds one account is one account: as the look-up reads the words, so does the limit. The password is
        // the same in every tenant.
        let email = normalise_email(email).unwrap_or_else(|| email.trim().to_lowercase());
        self.take(self.key("sign-in-account", &email), address).await
    }

    /// The same for the password of somebody whose session it is: a session left open is no licence to guess.
    pub(super) async fn begin_change(&self, user: UserId, address: IpAddr) -> Result<Attempt, ApiError> {
        self.take(self.key("password-change", &user.to_string()), address).await
    }

    async fn take(&self, account: KvKey, address: IpAddr) -> Result<Attempt, ApiError> {
        let attempt = Attempt { account, address: self.key("sign-in-address", &network(address)) };
        let buckets = &self.platform.buckets;
        let to_account = buckets.take(&attempt.account, self.limits.per_account, 1).await;
        if !to_account.is_granted {
            return Err(throttled(to_account.retry_after));
        }
        let from_address = buckets.take(&attempt.address, self.limits.per_address, 1).await;
        if !from_address.is_granted {
            buckets.put_back(&attempt.account, self.limits.per_account, 1).await;
            return Err(throttled(from_address.retry_after));
        }
        Ok(attempt)
    }

    /// The attempt was no guess: it got in, or nothing was tried.
    pub(super) async fn forget(&self, attempt: &Attempt) {
        let buckets = &self.platform.buckets;
        // Together: a Redis that hangs is waited for once.
        tokio::join!(
            buckets.put_back(&attempt.account, self.limits.per_account, 1),
            buckets.put_back(&attempt.address, self.limits.per_address, 1),
        );
    }

    /// Counts the wish for a letter about a forgotten password, by the account that was named and by the address.
    pub(super) async fn count_reset(&self, email: &str, address: IpAddr) -> Result<(), ApiError> {
        let email = normalise_email(email).unwrap_or_else(|| email.trim().to_lowercase());
        let buckets = &self.platform.buckets;
        let from = self.key("sign-in-address", &network(address));
        let from_address = buckets.take(&from, self.limits.per_address, 1).await;
        if !from_address.is_granted {
            return Err(throttled(from_address.retry_after));
        }
        let to_account = buckets.take(&self.key("password-reset", &email), RESETS_PER_ACCOUNT, 1).await;
        if to_account.is_granted { Ok(()) } else { Err(throttled(to_account.retry_after)) }
    }

    fn key(&self, family: &'static str, name: &str) -> KvKey {
        let mac = self.platform.master.counters.mac(format!("{family}\n{name}").as_bytes());
        KvKey::outside_tenants(family, URL_SAFE_NO_PAD.encode(mac.get(..18).unwrap_or_default()))
    }
}

fn throttled(retry_after: std::time::Duration) -> ApiError {
    ApiError::throttled("Too many sign-ins failed; wait before the next.", retry_after)
}

/// Whom an address belongs to: with IPv6 a customer has a whole network of 64 bits.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
