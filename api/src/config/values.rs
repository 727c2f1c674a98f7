//! Reads the text of single settings.

use std::path::Path;

use super::{ConfigError, invalid};
use crate::platform::buckets::Rate;
use crate::platform::clock::Clock;
use crate::platform::db::{ConnectOptions, Walls};

pub(super) fn database(
    url: Option<&str>,
    connections: Option<&str>,
    data_dir: &Path,
) -> Result<ConnectOptions, ConfigError> {
    let connections = match connections.map(str::parse) {
        None => 20,
        Some(Ok(number @ 2..=500)) => number,
        Some(_) => return Err(invalid("SHEQUN_DATABASE_CONNECTIONS", "expected 2 to 500")),
    };
    match url {
        None => Ok(ConnectOptions::Sqlite { path: data_dir.join("shequn.db") }),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(ConnectOptions::Postgres { url: url.to_owned(), connections })
        }
        Some(_) => Err(invalid("DATABASE_URL", "expected postgres://…; leave it out for the embedded database")),
    }
}

/// Reads `10/90`: ten at once, and one more every ninety seconds.
pub(super) fn attempts<'a>(
    key: &str,
    get: impl Fn(&str) -> Option<&'a str>,
    default: &'static str,
) -> Result<Rate, ConfigError> {
    let (maximum, seconds) = get(key).unwrap_or(default).split_once('/').unwrap_or_default();
    match (maximum.trim().parse(), seconds.trim().parse::<u32>()) {
        (Ok(maximum @ 1..), Ok(seconds @ 1..)) => Ok(Rate { maximum, per_second: 1.0 / f64::from(seconds) }),
        _ => Err(invalid(key, "expected two numbers from 1, such as 10/90")),
    }
}

pub(super) fn points(key: &str, value: Option<&str>, default: u32) -> Result<u32, ConfigError> {
    match value.map(str::parse) {
        None => Ok(default),
        Some(Ok(points @ 1..=1_000_000_000)) => Ok(points),
        Some(_) => Err(invalid(key, "expected 1 to 1000000000")),
    }
}

pub(super) fn switch(key: &str, value: Option<&str>) -> Result<bool, ConfigError> {
    match value {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(invalid(key, "expected on or off")),
    }
}

#[cfg(feature = "movable-clock")]
pub(super) fn clock(offset_file: Option<&str>) -> Result<Clock, ConfigError> {
    Ok(offset_file.map_or_else(Clock::system, |path| Clock::ahead_by_file(path.into())))
}

#[cfg(not(feature = "movable-clock"))]
pub(super) fn clock(offset_file: Option<&str>) -> Result<Clock, ConfigError> {
    match offset_file {
        None => Ok(Clock::system()),
        Some(_) => Err(invalid("SHEQUN_CLOCK_OFFSET_FILE", "this build cannot move the clock")),
    }
}

#[cfg(feature = "walls-off")]
pub(super) fn walls(value: Option<&str>, database: Option<&str>) -> Result<Walls, ConfigError> {
    let is_local = database.is_none_or(|url| {
        let host = url.rsplit('@').next().unwrap_or_default();
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| host.starts_with(local))
    });
    match value {
        None => Ok(Walls::STANDING),
        Some(_) if !is_local => Err(invalid("SHEQUN_WALLS_OFF", "refused for a database on another machine")),
        Some("rls") => Ok(Walls { row_security: false, code_scope: true }),
        Some("scope") => Ok(Walls { row_security: true, code_scope: false }),
        Some(_) => Err(invalid("SHEQUN_WALLS_OFF", "expected rls or scope")),
    }
}

#[cfg(not(feature = "walls-off"))]
pub(super) fn walls(value: Option<&str>, _: Option<&str>) -> Result<Walls, ConfigError> {
    match value {
        None => Ok(Walls::STANDING),
        Some(_) => Err(invalid("SHEQUN_WALLS_OFF", "this build cannot take a wall down")),
    }
}
