//! The demo tenant of an empty embedded database, and `demo.json`, which says how to sign in to it.
//!
//! The password is generated: the file, which only its owner may read, is the one place that has it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{CliError, demo_communities, tenant};
use crate::actor::Actor;
use crate::app::App;
use crate::config::{Config, write_private};
use crate::domains::communities::Draft;
use crate::domains::tenants::NewTenant;
use crate::error::{ApiError, Failure};

const FILE: &str = "demo.json";
const SLUG: &str = "demo";
const EMAIL: &str = "owner@demo.example";

/// How to sign in to the demo tenant; the content of `demo.json`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SignIn {
    /// Where it listens; a browser is led to the console from there.
    url: String,
    tenant: String,
    email: String,
    password: String,
}

impl SignIn {
    /// Notes where it listens this time.
    pub(super) fn write(&mut self, config: &Config, address: &str) -> Result<(), CliError> {
        self.url = address.to_owned();
        let text = serde_json::to_string_pretty(self).map_err(|error| CliError::Refused(error.to_string()))?;
        Ok(write_private(&config.data_dir.join(FILE), &format!("{text}\n"))?)
    }

    /// For the terminal.
    pub(super) fn print(&self) {
        println!("console: {}/console", self.url);
        println!("sign in: tenant {}, e-mail {}, password {}", self.tenant, self.email, self.password);
    }
}

/// Makes the demo tenant if there is no tenant at all. Gives the way in, to one made earlier too; None where
/// there is no demo.
pub(super) async fn prepare(app: &App, config: &Config) -> Result<Option<SignIn>, CliError> {
    if !config.demo {
        return Ok(None);
    }
    let is_new = {
        let tx = app.platform.db.system().await?;
        !app.tenants.has_any_in(&tx).await.map_err(api_error)?
    };
    if !is_new {
        let known = std::fs::read_to_string(config.data_dir.join(FILE)).ok();
        return Ok(known.and_then(|text| serde_json::from_str(&text).ok()));
    }
    let mut sign_in = SignIn {
        url: String::new(),
        tenant: SLUG.to_owned(),
        email: EMAIL.to_owned(),
        password: app.platform.random.password(),
    };
    // Before the tenant, so that a password cannot be lost with the process.
    sign_in.write(config, "")?;
    seed(app, &sign_in).await?;
    Ok(Some(sign_in))
}

async fn seed(app: &App, sign_in: &SignIn) -> Result<(), CliError> {
    let new = NewTenant {
        slug: SLUG.to_owned(),
        name: "Demo: 拾光读书".to_owned(),
        timezone: "Asia/Shanghai".to_owned(),
        country: "CN".to_owned(),
    };
    let tenant = tenant::create(app, new, sign_in.email.clone(), sign_in.password.clone()).await?;
    let scope = Actor::System(tenant).home().map_err(|denied| api_error(denied.into()))?;
    let tx = app.platform.db.write(scope).await?;
    let now = app.platform.clock.now();
    for sample in demo_communities::ALL {
        let draft = Draft { founded_at: Some(now - TimeDelta::days(sample.days_ago)), ..sample.draft() };
        app.communities.create_in(&tx, draft).await.map_err(|error| match Failure::from(error) {
            Failure::Failed(error) => api_error(error),
            Failure::Refused(errors) => CliError::Refused(format!("a demo community is not valid: {errors:?}")),
        })?;
    }
    Ok(tx.commit().await?)
}

fn api_error(error: ApiError) -> CliError {
    CliError::Refused(error.message().to_owned())
}
