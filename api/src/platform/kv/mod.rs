//! Small shared state with an expiry: Redis, one server or a cluster, or a map inside this process.
//!
//! It is a cache and a counter, never the truth: a caller that gets [`KvError`] asks the database. A command
//! ends within 200 ms, and while Redis is away it ends at once. One function builds keys, and it takes the
//! tenant; a script touches one key. In reading order: `redis` speaks to the server, `breaker` notes that it
//! is away, `local` is its twin in this process.

mod breaker;
mod local;
mod redis;

use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, FromRedisValue, cmd};

use self::redis::Server;
use super::ids::TenantId;
pub(super) use local::Expiring;

/// Redis did not answer in time or answered with an error.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KvError {
    /// It has been away for a moment, and nobody asked again.
    #[error("Redis is away")]
    Away,
    /// It said nothing for 200 ms.
    #[error("Redis did not answer in time")]
    TimedOut,
    /// It could not be reached, or refused.
    #[error("Redis failed")]
    Failed(#[source] Arc<::redis::RedisError>),
}

/// A key of one tenant. The tenant stands in a hash tag, so that a cluster keeps its keys together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KvKey(String);

impl KvKey {
    /// The key of `name` within `family` of `tenant`.
    #[must_use]
    pub fn new(tenant: TenantId, family: &'static str, name: impl std::fmt::Display) -> Self {
        Self(format!("{{{tenant}}}:{family}:{name}"))
    }

    /// The key of what is counted before a tenant is known, such as sign-ins. `name` spreads the keys over a
    /// cluster; it is nobody's address or name in the clear.
    #[must_use]
    pub fn outside_tenants(family: &'static str, name: impl std::fmt::Display) -> Self {
        Self(format!("{{{name}}}:{family}"))
    }
}

/// A Lua script that touches one key. Its text is sent when a server does not know it yet, its digest from then on.
pub struct Script {
    code: &'static str,
    digest: String,
}

impl Script {
    /// For a `static`.
    #[must_use]
    pub fn new(code: &'static str) -> Self {
        Self { code, digest: ::redis::Script::new(code).get_hash().to_owned() }
    }
}

/// The store; cheap to clone.
#[derive(Clone)]
pub struct Kv(Store);

#[derive(Clone)]
enum Store {
    /// Redis, and what is put before every key, so that installations can share a server.
    Shared(Arc<Server>, Arc<str>),
    /// This process only.
    Local(local::Local),
}

impl Kv {
    /// A store inside this process.
    #[must_use]
    pub fn local() -> Self {
        Self(Store::Local(local::Local::default()))
    }

    /// A store on Redis: `redis://host`, or `redis-cluster://host,host` for a cluster that is reached through any
    /// of these. It connects when first used: a server that is away now may come back.
    pub fn redis(url: &str, prefix: &str) -> Result<Self, KvError> {
        Ok(Self(Store::Shared(Arc::new(Server::new(url)?), prefix.into())))
    }

    /// The value, if there is one that has not expired.
    pub async fn get(&self, key: &KvKey) -> Result<Option<String>, KvError> {
        match &self.0 {
            Store::Shared(server, prefix) => server.run(command("GET", prefix, key)).await,
            Store::Local(map) => Ok(map.get(key)),
        }
    }

    /// Sets the value whatever was there.
    pub async fn set(&self, key: &KvKey, value: &str, life: Duration) -> Result<(), KvError> {
        match &self.0 {
            Store::Shared(server, prefix) => {
                let mut set = command("SET", prefix, key);
                set.arg(value).arg("PX").arg(millis(life));
                server.run(set).await
            }
            Store::Local(map) => {
                map.set(key, value, life);
                Ok(())
            }
        }
    }

    /// Sets the value unless there is one.
    pub async fn set_if_absent(&self, key: &KvKey, value: &str, life: Duration) -> Result<(), KvError> {
        match &self.0 {
            Store::Shared(server, prefix) => {
                let mut set = command("SET", prefix, key);
                set.arg(value).arg("PX").arg(millis(life)).arg("NX");
                server.run::<Option<String>>(set).await.map(drop)
            }
            Store::Local(map) => {
                map.set_if_absent(key, value, life);
                Ok(())
            }
        }
    }

    /// Runs a script, which only Redis can: nothing when the store is this process only.
    pub async fn run_script<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &KvKey,
        arguments: &[String],
    ) -> Option<Result<T, KvError>> {
        let Store::Shared(server, prefix) = &self.0 else { return None };
        let call = |name: &str, script: &str| {
            let mut call = cmd(name);
            call.arg(script).arg(1).arg(format!("{prefix}{}", key.0)).arg(arguments);
            call
        };
        let answer = match server.run(call("EVALSHA", &script.digest)).await {
            Err(KvError::Failed(error)) if redis::is_unknown_script(&error) => {
                server.run(call("EVAL", script.code)).await
            }
            answer => answer,
        };
        Some(answer)
    }

    /// Whether the store is this process only.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.0, Store::Local(_))
    }

    /// Whether the store counts as away, as far as its users have noticed.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(&self.0, Store::Shared(server, _) if server.is_away())
    }

    /// How many commands Redis has left without an answer.
    #[must_use]
    pub fn failures(&self) -> u64 {
        match &self.0 {
            Store::Shared(server, _) => server.failures(),
            Store::Local(_) => 0,
        }
    }

    /// Whether the store answers; of a cluster, every part.
    pub async fn ping(&self) -> Result<(), KvError> {
        match &self.0 {
            Store::Shared(server, _) => server.run(cmd("PING")).await,
            Store::Local(_) => Ok(()),
        }
    }
}

fn command(name: &str, prefix: &str, key: &KvKey) -> Cmd {
    let mut command = cmd(name);
    command.arg(format!("{prefix}{}", key.0));
    command
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}
