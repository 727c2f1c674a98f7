//! Settings: from the environment and one optional file, typed, checked once.
//!
//! `SHEQUN_CONFIG` names a TOML file whose keys are those of [`KEYS`] in lower case without the
//! `SHEQUN_` prefix. The environment wins. Unknown keys are refused, so that a typing error is not a
//! silent default. Secrets are never printed.

mod files;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::platform::buckets::Rate;
use crate::platform::clock::Clock;
use crate::platform::crypto::MasterKey;
use crate::platform::db::{ConnectOptions, Walls};
use crate::platform::mail::{MailError, MailOptions, MailSettings};
use crate::platform::origin::TrustedProxies;

pub use files::write_private;
use files::{file_error, read_file, read_or_make_secret};
use values::{attempts, clock, database, points, switch, walls};

/// Every setting: its variable and what it does. `--help` prints this table.
pub const KEYS: &[(&str, &str)] = &[
    ("SHEQUN_CONFIG", "a TOML file with these settings; keys in lower case without SHEQUN_"),
    ("SHEQUN_DATA_DIR", "where the embedded database, generated secrets and demo.json are; default ./data"),
    ("SHEQUN_BIND", "address and port to listen on; default 127.0.0.1:8080, port 0 takes a free one"),
    ("DATABASE_URL", "postgres://… for production; without it a SQLite file in the data directory"),
    ("SHEQUN_MIGRATE_URL", "another login for migrations; default DATABASE_URL"),
    ("SHEQUN_MIGRATE", "on or off: migrate when serving; default on"),
    ("SHEQUN_DATABASE_CONNECTIONS", "connections to PostgreSQL, 2 to 500; default 20"),
    (
        "REDIS_URL",
        "redis://…, or redis-cluster://host:port,host:port for a cluster; needed with PostgreSQL, else state is kept in this process",
    ),
    ("SHEQUN_REDIS_PREFIX", "put before every key; default shequn:"),
    ("SHEQUN_MASTER_KEY", "base64 of 32 random bytes; needed with PostgreSQL, generated in the embedded mode"),
    (
        "SHEQUN_TOKEN_GENERATION",
        "a number, default 1; a higher one makes all access tokens invalid at once, and clients refresh",
    ),
    (
        "SHEQUN_SMTP_URL",
        "how mail leaves: smtps://user:password@host or smtp+starttls://…; default: data/mail when embedded, else not",
    ),
    ("SHEQUN_MAIL_FROM", "the sender of mail, such as Shequn <no-reply@example.com>; needed with SHEQUN_SMTP_URL"),
    ("SHEQUN_PUBLIC_URL", "where people open the console, for links in mail; needed with SHEQUN_SMTP_URL"),
    ("SHEQUN_DEMO", "on or off: demo tenant in an empty embedded database; default on"),
    ("SHEQUN_LOG", "log filter, such as info or info,shequn::sql=debug; default info"),
    ("SHEQUN_LOG_FORMAT", "text or json; default text"),
    ("SHEQUN_OWNER_PASSWORD", "password for `tenant create`; otherwise asked for, or read from standard input"),
    ("SHEQUN_STAFF_PASSWORD", "password for `tenant staff`; otherwise asked for, or read from standard input"),
    ("SHEQUN_WALLS_OFF", "rls or scope; only in builds with the feature walls-off, for tests"),
    ("SHEQUN_COST_LIMIT", "the most that one operation may cost; default 5000"),
    (
        "SHEQUN_COST_MAXIMUM",
        "points that the people of a tenant, a key, a member or an unknown address can save up; default 20000",
    ),
    ("SHEQUN_COST_PER_SECOND", "points that come back each second; default 1000"),
    (
        "SHEQUN_CLOCK_OFFSET_FILE",
        "seconds to be ahead of the machine's clock; only in builds with movable-clock, for tests",
    ),
    (
        "SHEQUN_TRUSTED_PROXIES",
        "addresses or networks, such as 10.0.0.0/8, whose X-Forwarded-For is believed; default none",
    ),
    (
        "SHEQUN_SIGN_INS_PER_ACCOUNT",
        "how many sign-ins to one account may fail at once, and the seconds until one more may; default 10/90",
    ),
    ("SHEQUN_SIGN_INS_PER_ADDRESS", "the same for all sign-ins from one network address; default 100/6"),
    ("SHEQUN_CONSOLE", "read when building: skip leaves the console out"),
];

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The checked settings.
pub struct Config {
    /// Where the embedded database and secrets are.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub bind: SocketAddr,
    /// Which database.
    pub database: ConnectOptions,
    /// Under which address to migrate; None: as `database`.
    pub migrate_url: Option<String>,
    /// Whether serving migrates first.
    pub migrate: bool,
    /// Which Redis; None keeps state in this process.
    pub redis_url: Option<String>,
    /// Put before every Redis key.
    pub redis_prefix: String,
    /// Which generation of keys signs access tokens.
    pub token_generation: u32,
    /// Whether an empty embedded database gets a demo tenant.
    pub demo: bool,
    /// What to log.
    pub log: String,
    /// How.
    pub log_format: LogFormat,
    /// How mail leaves; None: it does not.
    pub mail: Option<MailOptions>,
    /// Whose word on the caller's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// How many sign-ins to one account may fail.
    pub sign_ins_per_account: Rate,
    /// How many sign-ins from one address may fail.
    pub sign_ins_per_address: Rate,
    /// What one operation may cost.
    pub cost_limit: u32,
    /// What each caller may spend.
    pub cost_rate: Rate,
    /// The time.
    pub clock: Clock,
    /// Which walls stand.
    pub walls: Walls,
    master_key: Option<zeroize::Zeroizing<String>>,
}

/// A setting is missing or wrong. Names the setting, never its value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value is not acceptable.
    #[error("{key}: {reason}")]
    Invalid {
        /// The setting.
        key: String,
        /// What would be acceptable.
        reason: String,
    },
    /// There is no such setting.
    #[error("{key}: there is no such setting; `shequn --help` lists them")]
    Unknown {
        /// What was given.
        key: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

impl From<MailError> for ConfigError {
    fn from(MailError(key, reason): MailError) -> Self {
        invalid(key, reason)
    }
}

fn invalid(key: &str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid { key: key.to_owned(), reason: reason.into() }
}

impl Config {
    /// Reads the environment and the file it names.
    pub fn load() -> Result<Self, ConfigError> {
        let environment = std::env::vars().filter(|(key, _)| is_ours(key) && !key.starts_with("SHEQUN_TEST_"));
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in environment {
            if !KEYS.iter().any(|(known, _)| *known == key) {
                return Err(ConfigError::Unknown { key });
            }
            values.insert(key, value);
        }
        if let Some(path) = values.get("SHEQUN_CONFIG").cloned() {
            for (key, value) in read_file(Path::new(&path))? {
                values.entry(key).or_insert(value);
            }
        }
        Self::from_values(&values)
    }

    fn from_values(values: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let get = |key: &str| values.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let data_dir = PathBuf::from(get("SHEQUN_DATA_DIR").unwrap_or("data"));
        let database = database(get("DATABASE_URL"), get("SHEQUN_DATABASE_CONNECTIONS"), &data_dir)?;
        let is_embedded = matches!(database, ConnectOptions::Sqlite { .. });
        let redis_url = get("REDIS_URL").map(str::to_owned);
        let master_key = get("SHEQUN_MASTER_KEY").map(|key| zeroize::Zeroizing::new(key.to_owned()));
        if !is_embedded && redis_url.is_none() {
            return Err(invalid("REDIS_URL", "needed with PostgreSQL: sessions and limits are shared through Redis"));
        }
        if !is_embedded && master_key.is_none() {
            return Err(invalid(
                "SHEQUN_MASTER_KEY",
                "needed with PostgreSQL: base64 of 32 random bytes, such as `openssl rand -base64 32` prints",
            ));
        }
        let cost_limit = points("SHEQUN_COST_LIMIT", get("SHEQUN_COST_LIMIT"), 5_000)?;
        let cost_maximum = points("SHEQUN_COST_MAXIMUM", get("SHEQUN_COST_MAXIMUM"), 20_000)?;
        if cost_limit > cost_maximum {
            return Err(invalid("SHEQUN_COST_LIMIT", "more than SHEQUN_COST_MAXIMUM could never be paid"));
        }
        let walls = walls(get("SHEQUN_WALLS_OFF"), get("DATABASE_URL"))?;
        let bind: SocketAddr = get("SHEQUN_BIND")
            .unwrap_or("127.0.0.1:8080")
            .parse()
            .map_err(|_| invalid("SHEQUN_BIND", "expected an address and a port, such as 127.0.0.1:8080"))?;
        let mail = MailSettings {
            smtp_url: get("SHEQUN_SMTP_URL"),
            from: get("SHEQUN_MAIL_FROM"),
            public_url: get("SHEQUN_PUBLIC_URL"),
            embedded: is_embedded.then(|| (data_dir.join("mail"), format!("http://{bind}"))),
        };
        Ok(Self {
            bind,
            mail: MailOptions::parse(mail)?,
            migrate_url: get("SHEQUN_MIGRATE_URL").map(str::to_owned),
            migrate: switch("SHEQUN_MIGRATE", get("SHEQUN_MIGRATE"))?,
            redis_prefix: get("SHEQUN_REDIS_PREFIX").unwrap_or("shequn:").to_owned(),
            token_generation: get("SHEQUN_TOKEN_GENERATION")
                .unwrap_or("1")
                .parse()
                .map_err(|_| invalid("SHEQUN_TOKEN_GENERATION", "expected a number, such as 2"))?,
            demo: switch("SHEQUN_DEMO", get("SHEQUN_DEMO"))? && is_embedded,
            log: get("SHEQUN_LOG").unwrap_or("info").to_owned(),
            log_format: match get("SHEQUN_LOG_FORMAT") {
                None | Some("text") => LogFormat::Text,
                Some("json") => LogFormat::Json,
                Some(_) => return Err(invalid("SHEQUN_LOG_FORMAT", "expected text or json")),
            },
            data_dir,
            database,
            redis_url,
            trusted_proxies: TrustedProxies::parse(get("SHEQUN_TRUSTED_PROXIES").unwrap_or_default()).ok_or_else(
                || invalid("SHEQUN_TRUSTED_PROXIES", "expected addresses or networks, with commas between"),
            )?,
            sign_ins_per_account: attempts("SHEQUN_SIGN_INS_PER_ACCOUNT", get, "10/90")?,
            sign_ins_per_address: attempts("SHEQUN_SIGN_INS_PER_ADDRESS", get, "100/6")?,
            cost_limit,
            cost_rate: Rate {
                maximum: cost_maximum,
                per_second: points("SHEQUN_COST_PER_SECOND", get("SHEQUN_COST_PER_SECOND"), 1_000)?.into(),
            },
            clock: clock(get("SHEQUN_CLOCK_OFFSET_FILE"))?,
            walls,
            master_key,
        })
    }

    /// Whether this is the embedded mode.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self.database, ConnectOptions::Sqlite { .. })
    }

    /// The master key: the given one, or in the embedded mode the one kept beside the database, made when absent.
    pub fn master_key(&self) -> Result<MasterKey, ConfigError> {
        let text = match &self.master_key {
            Some(key) => key.clone(),
            None => zeroize::Zeroizing::new(read_or_make_secret(&self.data_dir.join("master.key"))?),
        };
        MasterKey::from_base64(&text).map_err(|_| invalid("SHEQUN_MASTER_KEY", "expected base64 of exactly 32 bytes"))
    }

    /// The master key as [`Config::master_key`] finds it; None where it would make one.
    pub fn known_master_key(&self) -> Result<Option<MasterKey>, ConfigError> {
        let is_known = self.master_key.is_some() || self.data_dir.join("master.key").exists();
        is_known.then(|| self.master_key()).transpose()
    }

    /// Makes the data directory and the embedded database's file, for their owner only.
    pub fn prepare_data_dir(&self) -> Result<(), ConfigError> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.data_dir)
            .map_err(|source| file_error(&self.data_dir, source))?;
        let ConnectOptions::Sqlite { path } = &self.database else { return Ok(()) };
        // SQLite makes its log and its index of it with the rights of the database; those of older versions stay.
        make_private(path)?;
        for suffix in ["-wal", "-shm"] {
            let mut beside = path.as_os_str().to_owned();
            beside.push(suffix);
            let beside = PathBuf::from(beside);
            if beside.exists() {
                make_private(&beside)?;
            }
        }
        Ok(())
    }
}

/// Makes a file that only its owner may read, empty, or takes the rights of others on one that is there.
fn make_private(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .and_then(|file| file.set_permissions(std::fs::Permissions::from_mode(0o600)))
        .map_err(|source| file_error(path, source))
}

fn is_ours(key: &str) -> bool {
    key.starts_with("SHEQUN_") || key == "DATABASE_URL" || key == "REDIS_URL"
}
