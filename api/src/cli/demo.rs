//! `demo.json`: how to sign in to the demo tenant of an embedded installation.
//!
//! The password is generated: the file, which only its owner may read, is the one place that keeps it.

use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::CliError;
use crate::app::App;
use crate::config::{Config, write_private};
use crate::demo;

const FILE: &str = "demo.json";

/// The content of the file.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SignIn {
    /// Where it listens; a browser is led to the console from there.
    url: String,
    tenant: String,
    email: String,
    password: String,
    /// Made by this very start, so nobody has seen the password yet.
    #[serde(skip)]
    is_new: bool,
}

impl SignIn {
    fn read(config: &Config) -> Option<Self> {
        let text = std::fs::read_to_string(config.data_dir.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The way into a demo that is about to be made. It is in the file before the tenant is, so that a password
    /// cannot be lost with the process.
    fn prepare(app: &App, config: &Config) -> Result<Self, CliError> {
        let mut sign_in = Self {
            url: String::new(),
            tenant: demo::SLUG.to_owned(),
            email: demo::EMAIL.to_owned(),
            // That of a start which was interrupted before the tenant was there.
            password: Self::read(config).map_or_else(|| app.platform.random.password(), |known| known.password),
            is_new: true,
        };
        sign_in.write(config, "")?;
        Ok(sign_in)
    }

    /// Notes where it listens this time.
    pub(super) fn write(&mut self, config: &Config, address: &str) -> Result<(), CliError> {
        self.url = address.to_owned();
        let text = serde_json::to_string_pretty(self).map_err(|error| CliError::Refused(error.to_string()))?;
        Ok(write_private(&config.data_dir.join(FILE), &format!("{text}\n"))?)
    }

    /// For the terminal: the password once, and later where it stands.
    pub(super) fn print(&self, config: &Config) {
        println!("console: {}/console", self.url);
        if self.is_new {
            println!("sign in: tenant {}, {}, password {}", self.tenant, self.email, self.password);
        } else {
            println!("sign in: as {} says", config.data_dir.join(FILE).display());
        }
    }
}

/// Has the demo tenant made if there is no tenant at all. Gives the way in, to one made earlier too; None where
/// there is no demo.
pub(super) async fn prepare(app: &App, config: &Config) -> Result<Option<SignIn>, CliError> {
    if !config.demo {
        return Ok(None);
    }
    if !demo::is_wanted(app).await? {
        return Ok(if demo::is_here(app).await? { SignIn::read(config) } else { None });
    }
    let sign_in = SignIn::prepare(app, config)?;
    println!("making the demo tenant");
    match make_apart().await {
        // That of a start which was killed may have been faster.
        Err(_) if demo::is_here(app).await? => {}
        made => made?,
    }
    Ok(Some(sign_in))
}

/// `shequn demo`: makes the demo tenant here.
pub(super) async fn make(app: &App, config: &Config) -> Result<(), CliError> {
    if !config.is_embedded() {
        return Err(CliError::Refused("the demo tenant is for the embedded database".to_owned()));
    }
    if !demo::is_wanted(app).await? {
        // The process of a start that was killed may have outlived it.
        return if demo::is_here(app).await? {
            Ok(())
        } else {
            Err(CliError::Refused("there is a tenant already; the demo is for an empty database".to_owned()))
        };
    }
    let sign_in = SignIn::prepare(app, config)?;
    Ok(demo::seed(app, &sign_in.password).await?)
}

/// In a process of its own, with our settings: a year of members takes some 150 MB, which an allocator does not give
/// back to a server that may run for months.
async fn make_apart() -> Result<(), CliError> {
    let program = std::env::current_exe().map_err(CliError::Runtime)?;
    let mut child = tokio::process::Command::new(program);
    let status = child.arg("demo").stdin(Stdio::null()).status().await.map_err(CliError::Runtime)?;
    // It has said why.
    if status.success() { Ok(()) } else { Err(CliError::Refused("the demo tenant was not made".to_owned())) }
}
