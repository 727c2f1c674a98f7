//! The files of the settings: the one that `SHEQUN_CONFIG` names, and generated secrets.

use std::path::{Path, PathBuf};

use super::{ConfigError, KEYS, invalid};
use crate::platform::crypto::generate_master_key;
use crate::platform::random::Random;

/// Writes a file that only its owner may read: whole or, if the process is killed, as it was before.
pub fn write_private(path: &Path, content: &str) -> Result<(), ConfigError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(content.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|source| file_error(path, source))
}

pub(super) fn read_or_make_secret(path: &Path) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = generate_master_key(&Random::system());
            write_private(path, &key)?;
            Ok(key)
        }
        Err(source) => Err(file_error(path, source)),
    }
}

pub(super) fn file_error(path: &Path, source: std::io::Error) -> ConfigError {
    ConfigError::File { path: path.display().to_string(), source }
}

pub(super) fn read_file(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| file_error(path, source))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| invalid("SHEQUN_CONFIG", error.message().to_owned()))?;
    table
        .into_iter()
        .map(|(key, value)| {
            let upper = key.to_uppercase();
            let name = [upper.clone(), format!("SHEQUN_{upper}")]
                .into_iter()
                .find(|name| KEYS.iter().any(|(known, _)| known == name) && name != "SHEQUN_CONFIG")
                .ok_or(ConfigError::Unknown { key })?;
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(on) => if on { "on" } else { "off" }.to_owned(),
                _ => return Err(invalid(&name, "expected a text, a number or a truth value")),
            };
            Ok((name, text))
        })
        .collect()
}
