//! `demo.json`: how to sign in to the demo tenant of an embedded installation.
//!
//! The password is generated: the file, which only its owner may read, is the one place that keeps it.

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

/// Makes the demo tenant if there is no tenant at all. Gives the way in, to one made earlier too; None where
/// there is no demo.
pub(super) async fn prepare(app: &App, config: &Config) -> Result<Option<SignIn>, CliError> {
    if !config.demo {
        return Ok(None);
    }
    let known = SignIn::read(config);
    if !demo::is_wanted(app).await? {
        return Ok(if demo::is_here(app).await? { known } else { None });
    }
    let mut sign_in = SignIn {
        url: String::new(),
        tenant: demo::SLUG.to_owned(),
        email: demo::EMAIL.to_owned(),
        // That of a start which was interrupted before the tenant was there.
        password: known.map_or_else(|| app.platform.random.password(), |known| known.password),
        is_new: true,
    };
    // Before the tenant, so that a password cannot be lost with the process.
    sign_in.write(config, "")?;
    println!("making the demo tenant");
    demo::seed(app, &sign_in.password).await?;
    Ok(Some(sign_in))
}
