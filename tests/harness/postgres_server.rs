//! A PostgreSQL server of a test's own, which it may stop as a power cut would. Unlike the one that all share it
//! writes to disk what it acknowledges.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::net::TcpListener;

use crate::runtime::eventually;
use crate::storage::required;
use crate::{process, scratch};

/// Nothing but the servers of the tests knows it.
const PASSWORD: &str = "postgres-secret-of-the-tests";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Killed when dropped.
pub struct PostgresServer {
    address: String,
    folder: PathBuf,
    child: Mutex<Child>,
}

impl PostgresServer {
    pub(crate) async fn start() -> Self {
        let folder = scratch::folder("postgres");
        let address = format!("127.0.0.1:{}", free_port().await);
        let place = folder.clone();
        tokio::task::spawn_blocking(move || make_cluster(&place)).await.expect("a cluster is made");
        let child = Mutex::new(spawn(&folder, &address));
        let server = Self { address, folder, child };
        server.wait_until_it_answers().await;
        // No superuser, as in services.sh: row security binds the role that migrates and serves.
        server
            .run(&format!(
                "CREATE ROLE shequn_owner LOGIN PASSWORD '{PASSWORD}' NOSUPERUSER NOBYPASSRLS CREATEROLE CREATEDB"
            ))
            .await
            .expect("the owner's role is made");
        server
    }

    /// An empty database.
    pub(crate) async fn create_database(&self) -> String {
        let name = format!("shequn_test_{}_{}", std::process::id(), scratch::next_number());
        self.run(&format!("CREATE DATABASE {name} OWNER shequn_owner")).await.expect("the database is made");
        name
    }

    /// How the product reaches a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://shequn_owner:{PASSWORD}@{}/{database}", self.address)
    }

    /// How a superuser does.
    pub(crate) fn admin_url(&self, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD}@{}/{database}", self.address)
    }

    /// Without a checkpoint and without a word to anybody; waits until it is gone. The next start recovers.
    pub async fn stop_immediate(&self) {
        process::signal(self.lock().id(), "QUIT");
        let start = Instant::now();
        while self.lock().try_wait().expect("PostgreSQL can be asked").is_none() {
            assert!(start.elapsed() < STOP_LIMIT, "PostgreSQL ignores SIGQUIT: {}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// On the same port; waits until it has recovered.
    pub async fn start_again(&self) {
        *self.lock() = spawn(&self.folder, &self.address);
        self.wait_until_it_answers().await;
    }

    async fn wait_until_it_answers(&self) {
        eventually("PostgreSQL starts", START_LIMIT, || async {
            let status = self.lock().try_wait().expect("PostgreSQL can be asked");
            assert!(status.is_none(), "PostgreSQL ended with {status:?}: {}", self.log());
            self.run("SELECT 1").await.is_ok()
        })
        .await;
    }

    async fn run(&self, sql: &str) -> Result<(), sqlx::Error> {
        let options: PgConnectOptions = self.admin_url("postgres").parse()?;
        let mut connection = options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        connection.close().await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(log_path(&self.folder)).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut child = self.lock();
        if let Ok(None) = child.try_wait() {
            process::signal(child.id(), "QUIT");
        }
        let _ = child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn make_cluster(folder: &Path) {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).expect("the password can be written");
    if is_root() {
        let owned = Command::new("chown").args([Path::new("postgres"), folder]).status();
        assert!(owned.is_ok_and(|status| status.success()), "the folder can be given away");
    }
    let mut initdb = program("initdb");
    initdb.arg("--pgdata").arg(data(folder)).arg("--pwfile").arg(&password);
    initdb.args(["--username", "postgres", "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"]);
    initdb.arg("--no-sync"); // before the first start there is nothing to lose
    let output = initdb.output().expect("initdb can be run");
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
}

fn spawn(folder: &Path, address: &str) -> Child {
    let port = address.rsplit(':').next().expect("an address has a port");
    let log = File::options().create(true).append(true).open(log_path(folder)).expect("the log can be opened");
    let mut postgres = program("postgres");
    postgres.arg("-D").arg(data(folder)).args(["-p", port]);
    for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories="] {
        postgres.args(["-c", setting]);
    }
    postgres.stdin(Stdio::null()).stdout(log.try_clone().expect("the log can be shared")).stderr(log);
    process::start(postgres)
}

/// A program of PostgreSQL, which refuses to run as root.
fn program(name: &str) -> Command {
    let path = PathBuf::from(required("SHEQUN_TEST_PG_BIN")).join(name);
    let mut command = match is_root() {
        false => process::command(&path),
        true => {
            // Becoming somebody else takes the death signal away, so it is set again.
            let mut command = process::command(Path::new("setpriv"));
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--pdeathsig", "KILL", "--"]);
            command.arg(path);
            command
        }
    };
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("this process is there").uid() == 0
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("log")
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    listener.local_addr().expect("a listener has an address").port()
}
