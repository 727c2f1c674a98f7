//! `shequn tenant`.

use std::io::{IsTerminal as _, Read as _};

use super::{CliError, commit_recorded};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::domains::auth::{AuthError, NewStaff};
use crate::domains::tenants::{NewTenant, TenantError};
use crate::error::{ApiError, Denied};
use crate::platform::audit::Subject;
use crate::platform::db::SystemTx;
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
    /// Give somebody who works for a tenant another role; their sessions go on with it
    Role {
        /// The tenant's slug
        #[arg(long)]
        tenant: String,
        /// The person's e-mail address
        #[arg(long)]
        email: String,
        /// OWNER, ADMIN, OPERATOR, MODERATOR, FINANCE or ANALYST
        #[arg(long)]
        role: String,
    },
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error.message().to_owned())
    }
}

impl From<Denied> for CliError {
    fn from(denied: Denied) -> Self {
        Self::Refused(denied.to_string())
    }
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
            let role = read_role(&role)?;
            let password = password("SHEQUN_STAFF_PASSWORD", &email)?;
            let tx = app.platform.db.system().await?;
            let tenant = find(app, &tx, &tenant).await?;
            let display_name = name.unwrap_or_else(|| local_part(&email));
            let staff = NewStaff { tenant, email, password, display_name, role };
            app.auth.add_staff_in(&tx, staff).await?;
            let tx = app.platform.db.enter(tx, Actor::System(tenant).home()?).await?;
            commit_recorded(app, tx, "tenant staff", Subject::of(tenant)).await?;
        }
        Command::Role { tenant, email, role } => {
            let role = read_role(&role)?;
            let tx = app.platform.db.system().await?;
            let tenant = find(app, &tx, &tenant).await?;
            let membership = app.auth.find_membership_in(&tx, &email, tenant).await?;
            let tx = app.platform.db.enter(tx, Actor::System(tenant).home()?).await?;
            let touched = app.staff.change_role_in(&tx, membership, role).await?;
            commit_recorded(app, tx, "tenant role", Subject::of(membership)).await?;
            app.auth.announce(touched).await;
        }
    }
    Ok(())
}

/// The tenant of this slug.
pub(super) async fn find(app: &App, tx: &SystemTx, slug: &str) -> Result<TenantId, CliError> {
    let tenant = app.tenants.find_by_slug_in(tx, slug).await?;
    tenant.map(|tenant| tenant.id).ok_or_else(|| CliError::Refused(format!("there is no tenant {slug}")))
}

fn read_role(text: &str) -> Result<Role, CliError> {
    Role::parse(text).ok_or_else(|| CliError::Refused(format!("there is no role {text}")))
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
    let tx = app.platform.db.enter(tx, Actor::System(tenant.id).home()?).await?;
    commit_recorded(app, tx, "tenant create", Subject::of(tenant.id)).await?;
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
