//! `shequn tenant`.

use std::io::{IsTerminal as _, Read as _};

use super::CliError;
use crate::actor::Role;
use crate::app::App;
use crate::domains::auth::{AuthError, NewStaff};
use crate::domains::tenants::{NewTenant, TenantError};
use crate::platform::ids::TenantId;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a tenant and its owner; the password comes from SHEQUN_OWNER_PASSWORD, or is asked for
    Create {
        /// Its name at sign-in: lower-case letters, digits and hyphens
        #[arg(long)]
        slug: String,
        /// Its name for people
        #[arg(long)]
        name: String,
        /// The owner's e-mail address
        #[arg(long)]
        owner_email: String,
        /// IANA time zone in which its days are counted
        #[arg(long, default_value = "Asia/Shanghai")]
        timezone: String,
        /// Two letters: where phone numbers without a country code belong
        #[arg(long, default_value = "CN")]
        country: String,
    },
    /// Make somebody staff of a tenant; a new account's password comes from SHEQUN_STAFF_PASSWORD, or is asked for
    Staff {
        /// The tenant's slug
        #[arg(long)]
        tenant: String,
        /// The person's e-mail address
        #[arg(long)]
        email: String,
        /// OWNER, ADMIN, OPERATOR, MODERATOR, FINANCE or ANALYST
        #[arg(long)]
        role: String,
        /// Their name in this tenant; the address's local part unless given
        #[arg(long)]
        name: Option<String>,
    },
}

impl From<TenantError> for CliError {
    fn from(error: TenantError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<AuthError> for CliError {
    fn from(error: AuthError) -> Self {
        Self::Refused(error.to_string())
    }
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), CliError> {
    match command {
        Command::Create { slug, name, owner_email, timezone, country } => {
            let password = password("SHEQUN_OWNER_PASSWORD", &owner_email)?;
            let new = NewTenant { slug, name, timezone, country };
            let tenant = create(app, new, owner_email, password).await?;
            println!("{tenant}");
        }
        Command::Staff { tenant, email, role, name } => {
            let role = Role::parse(&role).ok_or_else(|| CliError::Refused(format!("there is no role {role}")))?;
            let password = password("SHEQUN_STAFF_PASSWORD", &email)?;
            let tx = app.platform.db.system().await?;
            let tenant = app
                .tenants
                .find_by_slug_in(&tx, &tenant)
                .await
                .map_err(|error| CliError::Refused(error.message().to_owned()))?
                .ok_or_else(|| CliError::Refused(format!("there is no tenant {tenant}")))?;
            let display_name = name.unwrap_or_else(|| local_part(&email));
            let staff = NewStaff { tenant: tenant.id, email, password, display_name, role };
            app.auth.add_staff_in(&tx, staff).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Makes a tenant with its owner: both or neither.
pub(super) async fn create(
    app: &App,
    new: NewTenant,
    owner_email: String,
    password: String,
) -> Result<TenantId, CliError> {
    let tx = app.platform.db.system().await?;
    let tenant = app.tenants.create_in(&tx, new).await?;
    let display_name = local_part(&owner_email);
    let staff = NewStaff { tenant: tenant.id, email: owner_email, password, display_name, role: Role::Owner };
    app.auth.add_staff_in(&tx, staff).await?;
    tx.commit().await?;
    Ok(tenant.id)
}

fn local_part(email: &str) -> String {
    email.split('@').next().unwrap_or(email).to_owned()
}

/// From the variable; else asked for at a terminal, where it is not seen; else all of standard input.
fn password(variable: &str, email: &str) -> Result<String, CliError> {
    if let Ok(password) = std::env::var(variable) {
        return Ok(password);
    }
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("Password for {email}: ")).map_err(CliError::Input);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(CliError::Input)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
