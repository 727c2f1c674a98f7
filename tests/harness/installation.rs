//! One installation of the product: its storage, its secrets and its folder, whatever number of processes runs on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::storage::{self, MASTER_KEY, Storage};
use crate::{
    Database, Letter, PostgresServer, Proxy, REDIS_PASSWORD, RedisServer, SmtpServer, binary, letters, process,
    runtime, scratch,
};

/// Dropped with the last server on it; takes its database and its folder along.
pub struct Installation {
    folder: PathBuf,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    postgres_database: Option<String>,
    postgres: Option<PostgresServer>,
    proxies: Option<(Proxy, Proxy)>,
    smtp: Option<SmtpServer>,
    redis: Vec<RedisServer>,
}

/// How a command of the product ended.
#[derive(Debug)]
pub struct CliOutput {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl CliOutput {
    /// Fails the test unless the command succeeded.
    pub fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }
}

/// What distinguishes an installation from the usual one.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    pub environment: Vec<(String, String)>,
    /// The build that a test can steer.
    pub steered: bool,
    pub unmigrated: bool,
    pub proxied: bool,
    pub smtp: bool,
    pub no_mail: bool,
    pub own_postgres: bool,
    /// How many Redis servers of its own; more than one are a cluster, none is the one that all share.
    pub own_redis: usize,
}

impl Installation {
    pub(crate) async fn create(plan: Plan) -> Arc<Self> {
        let folder = scratch::folder("installation");
        let postgres = match plan.own_postgres {
            true => Some(PostgresServer::start().await),
            false => None,
        };
        let postgres_database = match (Storage::of_this_run(), &postgres) {
            (Storage::Embedded, _) => None,
            (Storage::PostgresRedis, Some(own)) => Some(own.create_database().await),
            (Storage::PostgresRedis, None) if plan.unmigrated => Some(storage::create_empty_database().await),
            (Storage::PostgresRedis, None) => Some(storage::create_database().await),
        };
        let mut environment = vec![
            pair("SHEQUN_DEMO", "off"),
            pair("SHEQUN_LOG_FORMAT", "json"),
            pair("SHEQUN_DATABASE_CONNECTIONS", "4"),
        ];
        let mut proxies = None;
        let redis = match plan.own_redis {
            0 => Vec::new(),
            1 => vec![RedisServer::start().await],
            count => RedisServer::cluster(count).await,
        };
        if let Some(database) = &postgres_database {
            let mut database_url = match &postgres {
                Some(own) => own.url(database),
                None => storage::database_url(database),
            };
            let mut redis_url = redis_url(&redis);
            if plan.proxied {
                let to_postgres = Proxy::open(&storage::address_in(&database_url)).await;
                let to_redis = Proxy::open(&storage::address_in(&redis_url)).await;
                (database_url, redis_url) = (to_postgres.reroute(&database_url), to_redis.reroute(&redis_url));
                proxies = Some((to_postgres, to_redis));
            }
            environment.push(pair("DATABASE_URL", &database_url));
            environment.push(pair("REDIS_URL", &redis_url));
            environment.push(pair("SHEQUN_REDIS_PREFIX", &format!("{database}:")));
            environment.push(pair("SHEQUN_MASTER_KEY", MASTER_KEY));
        }
        // PostgreSQL has no folder for letters: where there are several machines, nobody would find it.
        let smtp = match plan.smtp || (postgres_database.is_some() && !plan.no_mail) {
            true => Some(SmtpServer::open().await),
            false => None,
        };
        if let Some(smtp) = &smtp {
            environment.push(pair("SHEQUN_SMTP_URL", &smtp.url()));
            environment.push(pair("SHEQUN_MAIL_FROM", "Shequn <no-reply@shequn.example>"));
            environment.push(pair("SHEQUN_PUBLIC_URL", "https://shequn.example"));
        }
        if plan.steered {
            environment.push(pair("SHEQUN_CLOCK_OFFSET_FILE", &clock_file(&folder).display().to_string()));
        }
        environment.extend(plan.environment);
        let binary = if plan.steered { binary::steered() } else { binary::normal() };
        Arc::new(Self {
            folder,
            binary: binary.to_owned(),
            environment,
            postgres_database,
            postgres,
            proxies,
            smtp,
            redis,
        })
    }

    /// The data directory of the process with this number. On PostgreSQL each has one of its own, as on separate hosts.
    pub fn data_dir(&self, process: u32) -> PathBuf {
        let name = match self.postgres_database {
            Some(_) => format!("data-{process}"),
            None => "data".to_owned(),
        };
        self.folder.join(name)
    }

    /// The way to PostgreSQL of a server started `through_proxies`.
    pub fn to_postgres(&self) -> &Proxy {
        &self.proxies.as_ref().expect("this installation has proxies").0
    }

    /// The way to Redis of a server started `through_proxies`.
    pub fn to_redis(&self) -> &Proxy {
        &self.proxies.as_ref().expect("this installation has proxies").1
    }

    /// The mail server, where there is one.
    pub fn smtp(&self) -> &SmtpServer {
        self.smtp.as_ref().expect("this installation sends letters by SMTP")
    }

    /// Where the embedded mode leaves letters.
    pub fn mail_folder(&self) -> PathBuf {
        self.data_dir(0).join("mail")
    }

    /// All letters to this address so far, the oldest first.
    pub fn letters_to(&self, email: &str) -> Vec<Letter> {
        let all = match &self.smtp {
            Some(smtp) => smtp.received(),
            None => letters::in_folder(&self.mail_folder()),
        };
        all.iter().map(|raw| Letter::read(raw)).filter(|letter| letter.to == email).collect()
    }

    /// The Redis servers of an installation with `own_redis` or a `redis_cluster`.
    pub fn redis(&self) -> &[RedisServer] {
        assert!(!self.redis.is_empty(), "this installation has no Redis of its own");
        &self.redis
    }

    /// The PostgreSQL server of an installation with `own_postgres`.
    pub fn postgres(&self) -> &PostgresServer {
        self.postgres.as_ref().expect("this installation has no PostgreSQL of its own")
    }

    /// How PostgreSQL's own programs reach the database, as the role that the product signs in with.
    pub fn postgres_url(&self) -> &str {
        let url = self.environment.iter().find(|(name, _)| name == "DATABASE_URL");
        &url.expect("this installation is on PostgreSQL").1
    }

    /// Moves the clock of every process of this installation; only in one that was asked `with_movable_clock`.
    pub fn advance_clock(&self, by: Duration) {
        let file = clock_file(&self.folder);
        let new = file.with_extension("new");
        std::fs::write(&new, (self.clock_ahead() + by).as_secs().to_string()).expect("the clock can be written");
        std::fs::rename(&new, &file).expect("the clock can be moved");
    }

    /// How far its clock is ahead of the machine's.
    pub fn clock_ahead(&self) -> Duration {
        let text = std::fs::read_to_string(clock_file(&self.folder));
        text.map_or(Duration::ZERO, |text| Duration::from_secs(text.parse().expect("seconds")))
    }

    /// A folder for files of the test itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of the product on this installation, not started.
    pub fn command(&self, process: u32) -> Command {
        let mut command = process::command(&self.binary);
        command
            .current_dir(&self.folder)
            .env("SHEQUN_DATA_DIR", self.data_dir(process))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command of the product to its end, beside the servers that run.
    pub async fn cli(&self, arguments: &[&str], environment: &[(&str, &str)]) -> CliOutput {
        let mut command = self.command(0);
        command.args(arguments).envs(environment.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("the command's thread ends")
            .expect("the product can be run");
        CliOutput {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The storage behind the API.
    pub async fn database(&self) -> Database {
        match &self.postgres_database {
            Some(name) => match &self.postgres {
                Some(own) => Database::postgres(&own.admin_url(name)).await,
                None => Database::postgres(&storage::admin_url(name)).await,
            },
            None => Database::sqlite(&self.data_dir(0).join("shequn.db")).await,
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(name) = self.postgres_database.take().filter(|_| self.postgres.is_none()) {
            runtime::run_detached(storage::drop_database(name));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Of a cluster two nodes are named: it tells of the others itself.
fn redis_url(own: &[RedisServer]) -> String {
    match own {
        [] => storage::redis_url(),
        [one] => format!("redis://:{REDIS_PASSWORD}@{}", one.address()),
        [one, other, ..] => format!("redis-cluster://:{REDIS_PASSWORD}@{},{}", one.address(), other.address()),
    }
}

/// How far the clock of a steered installation is ahead, in seconds; no file is no seconds.
fn clock_file(folder: &Path) -> PathBuf {
    folder.join("clock-offset")
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
