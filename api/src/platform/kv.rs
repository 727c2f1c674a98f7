//! Small shared state with an expiry: Redis, or a map inside this process.
//!
//! It is a cache and a counter, never the truth: a caller that gets [`KvError`] asks the database.
//! Commands end within 200 ms. One function builds keys, and it takes the tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redis::IntoConnectionInfo as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;

use super::ids::TenantId;

const COMMAND_TIMEOUT: Duration = Duration::from_millis(200);
/// Entries of the in-process map above which expired ones are swept out.
const SWEEP_AT: usize = 10_000;

/// Redis did not answer in time or answered with an error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the key-value store failed")]
pub struct KvError(#[source] Option<Arc<redis::RedisError>>);

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

/// A Lua script that touches one key. It is sent once and named by its digest from then on.
pub struct Script(redis::Script);

impl Script {
    /// For a `static`.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(redis::Script::new(code))
    }
}

/// The store; cheap to clone.
#[derive(Clone)]
pub enum Kv {
    /// A Redis server.
    Redis {
        /// The shared, self-healing connection.
        connection: ConnectionManager,
        /// Put before every key, so that installations can share a server.
        prefix: Arc<str>,
    },
    /// This process only.
    Local(Arc<Mutex<HashMap<KvKey, (Instant, String)>>>),
}

impl Kv {
    /// A store inside this process.
    #[must_use]
    pub fn local() -> Self {
        Self::Local(Arc::default())
    }

    /// A store on the server at `url`. It connects when first used: a server that is away now may come back.
    pub fn redis(url: &str, prefix: &str) -> Result<Self, KvError> {
        let info = url.into_connection_info()?.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(COMMAND_TIMEOUT)
            .set_connection_timeout(Some(COMMAND_TIMEOUT))
            .set_response_timeout(Some(COMMAND_TIMEOUT));
        let connection = ConnectionManager::new_lazy_with_config(redis::Client::open(info)?, config)?;
        Ok(Self::Redis { connection, prefix: prefix.into() })
    }

    async fn run<T: redis::FromRedisValue>(connection: &ConnectionManager, command: &redis::Cmd) -> Result<T, KvError> {
        let mut connection = connection.clone();
        match tokio::time::timeout(COMMAND_TIMEOUT, command.query_async(&mut connection)).await {
            Ok(answer) => answer.map_err(KvError::from),
            Err(_) => Err(KvError(None)),
        }
    }

    /// The value, if there is one that has not expired.
    pub async fn get(&self, key: &KvKey) -> Result<Option<String>, KvError> {
        match self {
            Self::Redis { connection, prefix } => {
                Self::run(connection, redis::cmd("GET").arg(format!("{prefix}{}", key.0))).await
            }
            Self::Local(map) => Ok(lock(map).get(key).filter(|(end, _)| *end > now()).map(|(_, value)| value.clone())),
        }
    }

    /// Sets the value whatever was there.
    pub async fn set(&self, key: &KvKey, value: &str, life: Duration) -> Result<(), KvError> {
        match self {
            Self::Redis { connection, prefix } => {
                let key = format!("{prefix}{}", key.0);
                Self::run(connection, redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(life))).await
            }
            Self::Local(map) => {
                sweep(&mut lock(map)).insert(key.clone(), (now() + life, value.to_owned()));
                Ok(())
            }
        }
    }

    /// Sets the value unless there is one.
    pub async fn set_if_absent(&self, key: &KvKey, value: &str, life: Duration) -> Result<(), KvError> {
        match self {
            Self::Redis { connection, prefix } => {
                let key = format!("{prefix}{}", key.0);
                let command = redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(life)).arg("NX").clone();
                Self::run::<Option<String>>(connection, &command).await.map(drop)
            }
            Self::Local(map) => {
                let mut map = lock(map);
                let taken = map.get(key).is_some_and(|(end, _)| *end > now());
                if !taken {
                    sweep(&mut map).insert(key.clone(), (now() + life, value.to_owned()));
                }
                Ok(())
            }
        }
    }

    /// Runs a script, which only Redis can; see [`Kv::is_local`].
    pub async fn run_script<T>(&self, script: &Script, key: &KvKey, arguments: &[String]) -> Result<T, KvError>
    where
        T: redis::FromRedisValue,
    {
        let Self::Redis { connection, prefix } = self else { return Err(KvError(None)) };
        let mut connection = connection.clone();
        let mut invocation = script.0.key(format!("{prefix}{}", key.0));
        invocation.arg(arguments);
        match tokio::time::timeout(COMMAND_TIMEOUT, invocation.invoke_async(&mut connection)).await {
            Ok(answer) => answer.map_err(KvError::from),
            Err(_) => Err(KvError(None)),
        }
    }

    /// Whether the store is this process only.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), KvError> {
        match self {
            Self::Redis { connection, .. } => Self::run(connection, &redis::cmd("PING")).await,
            Self::Local(_) => Ok(()),
        }
    }
}

impl From<redis::RedisError> for KvError {
    fn from(error: redis::RedisError) -> Self {
        Self(Some(Arc::new(error)))
    }
}

type LocalMap = HashMap<KvKey, (Instant, String)>;

fn lock(map: &Mutex<LocalMap>) -> std::sync::MutexGuard<'_, LocalMap> {
    map.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn sweep(map: &mut LocalMap) -> &mut LocalMap {
    if map.len() >= SWEEP_AT {
        let now = now();
        map.retain(|_, (end, _)| *end > now);
    }
    map
}

#[expect(clippy::disallowed_methods, reason = "expiry inside one process is measured by its own monotonic clock")]
fn now() -> Instant {
    Instant::now()
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}
