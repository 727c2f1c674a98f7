//! The schema and its history, the same for PostgreSQL and SQLite; one change a file, each with
//! `down`. Expand first, contract in a later release.
//!
//! PostgreSQL forces row security on the owner too: a migration that touches *rows* has to
//! `SET LOCAL ROLE shequn_system` first, or it sees none.

mod dialect;
mod walls;

mod m20261122_0001_roles;
mod m20261122_0002_tenants_and_users;
mod m20261122_0003_sessions;
mod m20261122_0004_communities;
mod m20261122_0005_members;
mod m20261122_0006_community_memberships;
mod m20261122_0007_outbox;
mod m20261122_0008_idempotency_records;
mod m20261122_0009_import_jobs;
mod m20261122_0010_session_clients;
mod m20261122_0011_partner_keys;
mod m20261122_0012_audit;
mod m20261122_0013_second_factor;
mod m20261122_0014_staff;
mod m20261122_0015_trusted_documents;
mod m20261122_0016_message_kinds;
mod m20261122_0017_idempotency_records_by_age;
mod m20261122_0018_points_ledger;
mod m20261122_0019_lasting_idempotency_records;
mod m20261122_0020_earning;
mod m20261122_0021_check_ins;
mod m20261122_0022_growth;
mod m20261122_0023_rewards;
mod m20261122_0024_leaderboards;
mod m20261122_0026_points_approvals;
mod m20261123_0027_creators;
mod m20261123_0028_transfers;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
pub use sea_orm_migration::{MigrationStatus, MigratorTrait};

/// All migrations, oldest first. Prefer [`up`] and [`down`]: the trait's own take no lock.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_0001_roles::Migration),
            Box::new(m20261122_0002_tenants_and_users::Migration),
            Box::new(m20261122_0003_sessions::Migration),
            Box::new(m20261122_0004_communities::Migration),
            Box::new(m20261122_0005_members::Migration),
            Box::new(m20261122_0006_community_memberships::Migration),
            Box::new(m20261122_0007_outbox::Migration),
            Box::new(m20261122_0008_idempotency_records::Migration),
            Box::new(m20261122_0009_import_jobs::Migration),
            Box::new(m20261122_0010_session_clients::Migration),
            Box::new(m20261122_0011_partner_keys::Migration),
            Box::new(m20261122_0012_audit::Migration),
            Box::new(m20261122_0013_second_factor::Migration),
            Box::new(m20261122_0014_staff::Migration),
            Box::new(m20261122_0015_trusted_documents::Migration),
            Box::new(m20261122_0016_message_kinds::Migration),
            Box::new(m20261122_0017_idempotency_records_by_age::Migration),
            Box::new(m20261122_0018_points_ledger::Migration),
            Box::new(m20261122_0019_lasting_idempotency_records::Migration),
            Box::new(m20261122_0020_earning::Migration),
            Box::new(m20261122_0021_check_ins::Migration),
            Box::new(m20261122_0022_growth::Migration),
            Box::new(m20261122_0023_rewards::Migration),
            Box::new(m20261122_0024_leaderboards::Migration),
            Box::new(m20261122_0026_points_approvals::Migration),
            Box::new(m20261123_0027_creators::Migration),
            Box::new(m20261123_0028_transfers::Migration),
        ]
    }
}

/// Applies `steps` pending migrations (all: `None`): either all of them or none.
///
/// Processes that start together may all call it: they wait for each other.
///
/// # Errors
/// What the database refuses, and a message that says what to do when it is about roles.
pub async fn up(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), DbErr> {
    let transaction = begin_alone(db).await?;
    Migrator::up(&transaction, steps).await?;
    transaction.commit().await
}

/// Takes back the newest `steps` migrations (all: `None`): either all of them or none.
///
/// # Errors
/// What the database refuses.
pub async fn down(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), DbErr> {
    let transaction = begin_alone(db).await?;
    Migrator::down(&transaction, steps).await?;
    transaction.commit().await
}

/// A transaction that no other migration runs beside; released when it ends.
async fn begin_alone(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        // The number is "shequn" in ASCII. A timeout made for requests must not end the wait.
        transaction
            .execute_unprepared("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(126892215727470);")
            .await?;
    }
    Ok(transaction)
}
