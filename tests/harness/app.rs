//! A server with its installation, ready for tenants.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::installation::Plan;
use crate::{Client, Database, Installation, Letter, Server, Tenant, eventually};

static SHARED: OnceCell<TestApp> = OnceCell::const_new();

/// The server is declared first: it must be gone before its storage goes.
pub struct TestApp {
    server: Server,
    installation: Arc<Installation>,
    processes: AtomicU32,
}

impl TestApp {
    /// The server that all tests share which neither configure nor kill it. Each makes its own tenants on it.
    pub async fn shared() -> &'static Self {
        SHARED.get_or_init(Self::start).await
    }

    /// A server of one's own, with the usual configuration.
    pub async fn start() -> Self {
        Self::with().start().await
    }

    /// A server of one's own, to be configured.
    pub fn with() -> Setup {
        Setup::default()
    }

    pub fn server(&self) -> &Server {
        &self.server
    }

    pub fn installation(&self) -> &Arc<Installation> {
        &self.installation
    }

    /// Another process on the same storage.
    pub async fn second_server(&self) -> Server {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        Server::start(Arc::clone(&self.installation), number).await
    }

    /// A client that nobody has signed in.
    pub fn anonymous(&self) -> Client {
        self.server.anonymous()
    }

    /// A new tenant with an owner; `name` is for the reader, its slug is made unique.
    pub async fn tenant(&self, name: &str) -> Tenant<'_> {
        Tenant::create(self, name).await
    }

    /// The last letter to this address; waits for the first.
    pub async fn letter_to(&self, email: &str) -> Letter {
        self.letters_to(email, 1).await.pop().expect("a letter came")
    }

    /// The letters to this address, once there are so many.
    pub async fn letters_to(&self, email: &str, count: usize) -> Vec<Letter> {
        let what = format!("{count} letters to {email}");
        eventually(&what, Duration::from_secs(15), || async { self.installation.letters_to(email).len() >= count })
            .await;
        self.installation.letters_to(email)
    }

    /// The storage behind the API.
    pub async fn database(&self) -> Database {
        self.installation.database().await
    }
}

/// What distinguishes a server from the usual one.
#[derive(Default)]
pub struct Setup {
    plan: Plan,
}

impl Setup {
    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.plan.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the demo tenant, which only the embedded storage has.
    pub fn demo(self) -> Self {
        self.env("SHEQUN_DEMO", "on")
    }

    /// Logs every statement as `db.statement`.
    pub fn statement_log(self) -> Self {
        self.env("SHEQUN_LOG", "info,shequn::sql=debug")
    }

    /// Without one wall between tenants: `rls` or `scope`.
    pub fn wall_off(mut self, wall: &str) -> Self {
        self.plan.steered = true;
        self.env("SHEQUN_WALLS_OFF", wall)
    }

    /// With a clock that [`Installation::advance_clock`] moves.
    pub fn with_movable_clock(mut self) -> Self {
        self.plan.steered = true;
        self
    }

    /// With ways to PostgreSQL and Redis that the test can cut, freeze and slow down.
    pub fn through_proxies(mut self) -> Self {
        self.plan.proxied = true;
        self
    }

    /// With letters sent by SMTP, which the embedded mode otherwise leaves in a folder.
    pub fn with_smtp(mut self) -> Self {
        self.plan.smtp = true;
        self
    }

    /// Without any mail, which the embedded mode always has.
    pub fn without_mail(mut self) -> Self {
        self.plan.no_mail = true;
        self
    }

    /// With a Redis of its own, which the test may stop, freeze and empty.
    pub fn own_redis(mut self) -> Self {
        self.plan.own_redis = 1;
        self
    }

    /// With a Redis cluster of its own, of three servers.
    pub fn redis_cluster(mut self) -> Self {
        self.plan.own_redis = 3;
        self
    }

    /// With a PostgreSQL server of its own, which the test may stop; it begins with an empty database.
    pub fn own_postgres(mut self) -> Self {
        self.plan.own_postgres = true;
        self
    }

    /// On an empty database, which PostgreSQL would otherwise copy from a migrated one.
    pub fn unmigrated(mut self) -> Self {
        self.plan.unmigrated = true;
        self
    }

    /// The installation without a server, for tests of the command line.
    pub async fn install(self) -> Arc<Installation> {
        Installation::create(self.plan).await
    }

    pub async fn start(self) -> TestApp {
        let installation = Installation::create(self.plan).await;
        let server = Server::start(Arc::clone(&installation), 0).await;
        TestApp { server, installation, processes: AtomicU32::new(1) }
    }
}
