//! The command line; `shequn --help` is the manual.

mod demo;
mod export;
mod import;
mod migrate;
mod rebuild;
mod serve;
mod session;
mod staff;
mod tenant;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::actor::Actor;
use crate::app::{App, AppError};
use crate::config::{Config, ConfigError, KEYS};
use crate::demo::DemoError;
use crate::domains::members::import::ImportError;
use crate::domains::points::PointsError;
use crate::domains::tenants::Tenant;
use crate::error::Failure;
use crate::http::ServeError;
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::Call;

/// Bytes of each worker's stack, of which only what is used is memory. A page of members in the communities of members
/// is polled through each part of `Member`: without optimisation that takes more than the usual 2 MiB.
const WORKER_STACK: usize = 8 * 1024 * 1024;

/// Shequn (社群): a multi-tenant GraphQL API for companies that run WeChat-style communities.
#[derive(Parser)]
#[command(name = "shequn", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the console (what happens without a command)
    Serve,
    /// Bring the database's tables up to date, take them back, or say where they stand
    Migrate(migrate::Args),
    /// Print the GraphQL schema
    Schema,
    /// Make tenants and their first staff
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// End people's sessions
    #[command(subcommand)]
    Session(session::Command),
    /// Help people who cannot help themselves
    #[command(subcommand)]
    Staff(staff::Command),
    /// Make the demo tenant in an empty embedded database, as the first `serve` does
    Demo,
    /// Import from files
    #[command(subcommand)]
    Import(import::Command),
    /// Export to files
    #[command(subcommand)]
    Export(export::Command),
    /// Find out whether something is as it was written
    #[command(subcommand)]
    Verify(verify::Command),
    /// Make anew what follows from the ledger
    #[command(subcommand)]
    Rebuild(rebuild::Command),
}

/// Why a command failed. Its text is for the person at the terminal.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("the log filter in SHEQUN_LOG cannot be read: {0}")]
    Log(#[from] tracing_subscriber::filter::ParseError),
    #[error("the program could not start: {0}")]
    Runtime(#[source] std::io::Error),
    #[error("the password could not be read: {0}")]
    Input(#[source] std::io::Error),
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sea_orm::DbErr),
    #[error("{0}")]
    Database(#[from] DbError),
    #[error("cannot serve: {0}")]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{0}")]
    Refused(String),
}

/// The tenant that somebody named at the terminal.
async fn tenant_named(app: &App, slug: &str) -> Result<Tenant, CliError> {
    let tx = app.platform.db.system_reader().await?;
    let found = app.tenants.find_by_slug_in(&tx, slug).await;
    found
        .map_err(|error| CliError::Refused(error.message().to_owned()))?
        .ok_or_else(|| CliError::Refused(format!("there is no tenant {slug}")))
}

/// What kept a command from reading or following a ledger.
fn ledger_failed(error: PointsError) -> CliError {
    match error.into() {
        Failure::Failed(error) => CliError::Refused(error.message().to_owned()),
        Failure::Refused(_) => CliError::Refused("the ledger cannot be read".to_owned()),
    }
}

/// Commits what a command did for a tenant, with its event in that tenant's audit trail.
async fn commit_recorded(app: &App, tx: TenantTx, command: &'static str, subject: Subject) -> Result<(), CliError> {
    let (actor, call) = (Actor::System(tx.tenant()), Call::once(command));
    app.platform.record_in(&tx, Entry { actor: &actor, call: &call, ended: Ended::Succeeded(subject) }).await?;
    Ok(tx.commit().await?)
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let matches = Cli::command().after_long_help(settings_help()).after_help(settings_help()).get_matches();
    let command = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli.command.unwrap_or(Command::Serve),
        Err(error) => error.exit(),
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shequn: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn settings_help() -> String {
    let width = KEYS.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let lines: Vec<_> = KEYS.iter().map(|(key, what)| format!("  {key:width$}  {what}")).collect();
    format!("Settings (environment):\n{}", lines.join("\n"))
}

fn run(command: Command) -> Result<(), CliError> {
    if let Command::Schema = command {
        print!("{}", crate::schema::sdl());
        return Ok(());
    }
    let config = Config::load()?;
    crate::telemetry::start(&config.log, config.log_format)?;
    if config.is_embedded() {
        config.prepare_data_dir()?;
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().thread_stack_size(WORKER_STACK).build().map_err(CliError::Runtime)?;
    runtime.block_on(async {
        if matches!(command, Command::Tenant(_) | Command::Demo | Command::Import(_)) {
            migrate::check(&config).await?;
        }
        match command {
            Command::Serve => serve::run(&config).await,
            Command::Migrate(args) => migrate::run(&config, &args).await,
            Command::Schema => Ok(()),
            Command::Tenant(command) => tenant::run(&App::new(&config)?, command).await,
            Command::Session(command) => session::run(&App::new(&config)?, command).await,
            Command::Staff(command) => staff::run(&App::new(&config)?, command).await,
            Command::Demo => demo::make(&App::new(&config)?, &config).await,
            Command::Import(command) => import::run(&App::new(&config)?, command).await,
            Command::Export(command) => export::run(&App::new(&config)?, command).await,
            Command::Verify(command) => verify::run(&config, command).await,
            Command::Rebuild(command) => rebuild::run(&App::new(&config)?, command).await,
        }
    })
}
