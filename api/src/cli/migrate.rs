//! `shequn migrate`.

use clap::ValueEnum;
use sea_orm::{Database, DatabaseConnection};
use shequn_migration::{Migrator, MigratorTrait as _};

use super::CliError;
use crate::config::Config;
use crate::platform::db::ConnectOptions;

#[derive(clap::Args)]
pub(super) struct Args {
    /// What to do
    #[arg(value_enum, default_value = "up")]
    direction: Direction,
    /// With down: how many migrations to take back
    #[arg(long, default_value_t = 1)]
    steps: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Direction {
    /// Apply what is missing
    Up,
    /// Take back the last ones, with the data in their tables
    Down,
    /// List all and say which are applied
    Status,
}

pub(super) async fn run(config: &Config, args: &Args) -> Result<(), CliError> {
    let db = connect(config).await?;
    match args.direction {
        Direction::Up => shequn_migration::up(&db, None).await?,
        Direction::Down => shequn_migration::down(&db, Some(args.steps)).await?,
        Direction::Status => {
            for migration in Migrator::get_migration_with_status_read_only(&db).await? {
                println!("{:8} {}", migration.status().to_string().to_lowercase(), migration.name());
            }
        }
    }
    Ok(db.close().await?)
}

/// Applies what is missing.
pub(super) async fn up(config: &Config) -> Result<(), CliError> {
    let db = connect(config).await?;
    shequn_migration::up(&db, None).await?;
    Ok(db.close().await?)
}

/// Refuses to go on with tables that are not there yet. Commands that a person types do not migrate by themselves:
/// servers of another version may be running.
pub(super) async fn check(config: &Config) -> Result<(), CliError> {
    let db = connect(config).await?;
    let missing = shequn_migration::MigrationStatus::Pending;
    let missing = match Migrator::get_migration_with_status_read_only(&db).await {
        Ok(all) => all.iter().filter(|migration| migration.status() == missing).count(),
        // A login that may not see the history still may do its work.
        Err(error) => {
            tracing::debug!(error = %error, "migrations.not_seen");
            0
        }
    };
    db.close().await?;
    match missing {
        0 => Ok(()),
        _ => Err(CliError::Refused(format!("the database lacks {missing} migrations: run `shequn migrate` first"))),
    }
}

async fn connect(config: &Config) -> Result<DatabaseConnection, CliError> {
    let url = match (&config.migrate_url, &config.database) {
        (Some(url), _) | (None, ConnectOptions::Postgres { url, .. }) => url.clone(),
        (None, ConnectOptions::Sqlite { path }) => format!("sqlite://{}?mode=rwc", path.display()),
    };
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}
