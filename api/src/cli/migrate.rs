//! `shequn migrate`.

use clap::ValueEnum;
use sea_orm::{Database, DatabaseConnection};

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
            use shequn_migration::MigratorTrait as _;
            for migration in shequn_migration::Migrator::get_migration_with_status_read_only(&db).await? {
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

async fn connect(config: &Config) -> Result<DatabaseConnection, CliError> {
    let url = match (&config.migrate_url, &config.database) {
        (Some(url), _) | (None, ConnectOptions::Postgres { url, .. }) => url.clone(),
        (None, ConnectOptions::Sqlite { path }) => format!("sqlite://{}?mode=rwc", path.display()),
    };
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}
