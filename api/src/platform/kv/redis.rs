//! The connection to Redis, one server or a cluster.
//!
//! While the server counts as away, commands fail at once, and one task looks for it by new connections: the
//! old one may lead nowhere, and no request should pay for finding out (ADR 0012).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo as _, RedisError, ServerErrorKind};

use super::KvError;
use super::breaker::Breaker;

/// How long a command may take, connecting included.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often a server that is away is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long it may take then to connect; a cluster asks every node for its part.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// Redis, wherever it is.
pub(super) struct Server {
    target: Target,
    connection: Mutex<Option<Connection>>,
    breaker: Breaker,
    failures: AtomicU64,
}

/// Where to connect.
enum Target {
    One(Box<redis::Client>),
    Cluster(Box<ClusterClient>),
}

/// Many commands at once go through one; cheap to clone.
#[derive(Clone)]
enum Connection {
    One(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Server {
    pub(super) fn new(url: &str) -> Result<Self, KvError> {
        Ok(Self {
            target: Target::parse(url)?,
            connection: Mutex::default(),
            breaker: Breaker::default(),
            failures: AtomicU64::new(0),
        })
    }

    /// Sends a command and waits for the answer, unless Redis is away.
    pub(super) async fn run<T: FromRedisValue>(self: &Arc<Self>, command: Cmd) -> Result<T, KvError> {
        if self.breaker.is_open() {
            return Err(KvError::Away);
        }
        let answer = match tokio::time::timeout(PATIENCE, self.connection()?.run(&command)).await {
            Ok(answer) => answer.map_err(KvError::from),
            Err(_) => Err(KvError::TimedOut),
        };
        match &answer {
            Err(error) if is_away(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                if self.breaker.note_failure() {
                    tracing::warn!(error = ?error, "redis.away");
                    tokio::spawn(Arc::clone(self).look_for_it());
                }
            }
            _ => self.breaker.note_success(),
        }
        answer
    }

    pub(super) fn is_away(&self) -> bool {
        self.breaker.is_open()
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    async fn look_for_it(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Ok(connection) = self.target.connect() else { continue };
            let ping = redis::cmd("PING");
            if let Ok(Ok(())) = tokio::time::timeout(CONNECT_PATIENCE, connection.clone().run::<()>(&ping)).await {
                *self.lock() = Some(connection);
                self.breaker.close();
                tracing::info!("redis.back");
                return;
            }
        }
    }

    fn connection(&self) -> Result<Connection, KvError> {
        let mut connection = self.lock();
        match &*connection {
            Some(connection) => Ok(connection.clone()),
            None => Ok(connection.insert(self.target.connect()?).clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Target {
    fn parse(url: &str) -> Result<Self, KvError> {
        let tcp = TcpSettings::default().set_nodelay(true);
        let Some(rest) = url.strip_prefix("redis-cluster://") else {
            let info = url.into_connection_info()?.set_tcp_settings(tcp);
            return Ok(Self::One(Box::new(redis::Client::open(info)?)));
        };
        let builder = ClusterClient::builder(cluster_nodes(rest))
            .tcp_settings(tcp)
            .connection_timeout(PATIENCE)
            .response_timeout(PATIENCE)
            // Ours is round everything, and longer when connecting.
            .overall_response_timeout(None)
            .retries(2)
            .min_retry_wait(10)
            .max_retry_wait(50);
        Ok(Self::Cluster(Box::new(builder.build()?)))
    }

    /// A connection that is made when first used; of a cluster, from now on.
    fn connect(&self) -> Result<Connection, KvError> {
        match self {
            Self::One(client) => {
                let config = ConnectionManagerConfig::new()
                    // Who gives up at once can be asked again at once.
                    .set_number_of_retries(0)
                    .set_connection_timeout(Some(PATIENCE))
                    .set_response_timeout(Some(PATIENCE));
                Ok(Connection::One(ConnectionManager::new_lazy_with_config(redis::Client::clone(client), config)?))
            }
            Self::Cluster(client) => {
                Ok(Connection::Cluster(client.get_pending_async_connection_with_config(ClusterConfig::new())))
            }
        }
    }
}

/// Reads `user:password@host:port,host:port` as the addresses of single servers.
fn cluster_nodes(rest: &str) -> Vec<String> {
    let (credentials, hosts) = match rest.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), rest),
    };
    let hosts = hosts.split(['/', '?']).next().unwrap_or_default();
    hosts.split(',').map(|host| format!("redis://{credentials}{}", host.trim())).collect()
}

impl Connection {
    async fn run<T: FromRedisValue>(self, command: &Cmd) -> Result<T, RedisError> {
        match self {
            Self::One(mut connection) => command.query_async(&mut connection).await,
            Self::Cluster(mut connection) => command.query_async(&mut connection).await,
        }
    }
}

/// Whether the failure says that the server is not there, rather than that it did not like the command.
fn is_away(error: &KvError) -> bool {
    let KvError::Failed(error) = error else { return true };
    let does_not_serve = matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed
            | ErrorKind::Client
            | ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                ServerErrorKind::BusyLoading
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::ReadOnly
                    | ServerErrorKind::TryAgain
            )
    );
    error.is_io_error() || does_not_serve
}

/// Whether the server has yet to be told the script's text.
pub(super) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

impl From<RedisError> for KvError {
    fn from(error: RedisError) -> Self {
        Self::Failed(Arc::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_by_some_of_its_nodes() {
        assert_eq!(cluster_nodes("a:1, b:2"), ["redis://a:1", "redis://b:2"]);
        assert_eq!(cluster_nodes("u:p@ss@a:1,b:2/0"), ["redis://u:p@ss@a:1", "redis://u:p@ss@b:2"]);
        assert!(matches!(Target::parse("redis-cluster://127.0.0.1:1,127.0.0.1:2"), Ok(Target::Cluster(_))));
        assert!(matches!(Target::parse("redis://127.0.0.1:1"), Ok(Target::One(_))));
        assert!(Target::parse("redis-cluster://").is_err() && Target::parse("localhost").is_err());
    }
}
