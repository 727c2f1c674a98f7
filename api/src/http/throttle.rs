//! What a caller may spend: whose bucket pays for an operation, and how the answer tells of it.
//!
//! Headers are those of draft-ietf-httpapi-ratelimit-headers (version 8 and later): `RateLimit-Policy` and `RateLimit`.

use std::net::IpAddr;

use actix_web::HttpResponseBuilder;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::buckets::{Rate, Take};
use crate::platform::kv::KvKey;
use crate::platform::origin::Origin;

/// Who pays, and out of how much.
pub(super) struct Purse {
    key: KvKey,
    rate: Rate,
}

/// What is in a bucket, for the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Throttle {
    rate: Rate,
    available: u32,
}

impl Purse {
    /// The bucket of the actor: one for all of a tenant's people, so that many of them are no more than one; one for
    /// each key, so that a script that runs away stops itself alone; one for each member who comes with a token; and
    /// one for each address where nobody is signed in.
    pub(super) fn of(actor: &Actor, origin: &Origin, platform: &Platform, rate: Rate) -> Self {
        let key = match actor {
            Actor::Anonymous => {
                let mac = platform.master.counters.mac(network(origin.address).as_bytes());
                KvKey::outside_tenants("cost", URL_SAFE_NO_PAD.encode(mac))
            }
            Actor::User(user) => KvKey::new(user.tenant, "cost", "staff"),
            Actor::Key(key) => KvKey::new(key.tenant, "cost", key.key),
            Actor::Member(member) => KvKey::new(member.tenant, "cost", member.member),
            Actor::System(tenant) => KvKey::new(*tenant, "cost", "staff"),
        };
        Self { key, rate }
    }

    /// Takes `cost`, or says when it will be there.
    pub(super) async fn pay(&self, platform: &Platform, cost: u64) -> (Throttle, Result<(), ApiError>) {
        let Take { is_granted, available, retry_after } =
            platform.buckets.take(&self.key, self.rate, whole(cost)).await;
        let throttle = Throttle { rate: self.rate, available };
        let paid = if is_granted {
            Ok(())
        } else {
            let message = format!("This costs {cost}, and {available} is left for now.");
            Err(ApiError::throttled(message, retry_after))
        };
        (throttle, paid)
    }

    /// Puts back what was paid too much. The answer does not wait for it.
    pub(super) fn put_back(self, platform: &Platform, cost: u64, throttle: Throttle) -> Throttle {
        let amount = whole(cost);
        if amount > 0 {
            let platform = platform.clone();
            let Self { key, rate } = self;
            tokio::spawn(async move { platform.buckets.put_back(&key, rate, amount).await });
        }
        let available = throttle.available.saturating_add(amount).min(throttle.rate.maximum);
        Throttle { available, ..throttle }
    }
}

/// The part of an address that one customer has: all of an IPv4 address, the first half of an IPv6 one.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:032x}", u128::from(address) >> 64),
    }
}

impl Throttle {
    /// `throttle` in `extensions.cost`.
    pub(super) fn extension(self) -> Value {
        json!({
            "maximum": self.rate.maximum,
            "available": self.available,
            "restoreRate": self.rate.per_second,
        })
    }

    /// What it holds, and what is left, with the seconds until it is full.
    pub(super) fn write_headers(self, response: &mut HttpResponseBuilder) {
        let Self { rate, available } = self;
        let window = seconds_for(rate, rate.maximum);
        let reset = seconds_for(rate, rate.maximum.saturating_sub(available));
        response
            .insert_header(("ratelimit-policy", format!("\"cost\";q={};w={window};qu=\"points\"", rate.maximum)))
            .insert_header(("ratelimit", format!("\"cost\";r={available};t={reset}")));
    }
}

/// The whole seconds in which so much comes back.
fn seconds_for(rate: Rate, amount: u32) -> u64 {
    let seconds = f64::from(amount) / rate.per_second;
    std::time::Duration::try_from_secs_f64(seconds.ceil()).map_or(u64::MAX, |time| time.as_secs())
}

/// Buckets count in 32 bits.
fn whole(cost: u64) -> u32 {
    u32::try_from(cost).unwrap_or(u32::MAX)
}
