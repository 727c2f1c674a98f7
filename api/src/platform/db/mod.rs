//! The database: PostgreSQL in production, a SQLite file in the embedded mode, one code for both.
//!
//! The only ways in are [`Db::read`] and [`Db::write`], which take a [`TenantScope`], and
//! [`Db::system`], which sign-in and the outbox dispatcher use. Each opens one transaction.
//! Connections are rolled back when they return to the pool, so nothing a caller does or fails to do
//! can hand an open transaction to the next one.

pub mod any;
pub mod bulk;
mod check;
pub mod columns;
mod connect;
mod error;
pub mod horizon;
pub mod keyset;
mod partition;
pub mod prefix;
mod scope;
pub mod together;
mod tx;

use std::collections::HashSet;
use std::sync::Arc;

use sea_orm::DbBackend;
use sqlx::{PgPool, SqlitePool};

pub use connect::{ConnectOptions, Walls};
pub use error::{Constraint, DbError};
pub use partition::{Belonging, Partition};
pub use scope::{ScopedTx, SystemTx, TenantScope, TenantTable, TenantTx};
pub use tx::Cancel;

use scope::SystemScope;
use tx::{Mode, Tx};

/// Enters the role that sees all tenants, on PostgreSQL.
const SYSTEM: &str = "SELECT set_config('role', 'shequn_system', true)";

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    pools: Pools,
    walls: Walls,
}

enum Pools {
    Postgres(PgPool),
    /// One writer, since SQLite has one anyway, and readers that see the last commit.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
}

impl Db {
    /// Which SQL to speak.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        match &self.0.pools {
            Pools::Postgres(_) => DbBackend::Postgres,
            Pools::Sqlite { .. } => DbBackend::Sqlite,
        }
    }

    /// A read-only snapshot of one tenant. `cancel` stops it between statements.
    pub async fn read(&self, scope: TenantScope, cancel: Cancel) -> Result<TenantTx, DbError> {
        let tx = Tx::begin(self, Mode::Read, self.tenant_settings(&scope), cancel).await?;
        Ok(TenantTx::new(tx, scope, self.0.walls))
    }

    /// As [`Db::read`], begun by the first statement: for what may turn out to read nothing.
    #[must_use]
    pub fn read_later(&self, scope: TenantScope, cancel: Cancel) -> TenantTx {
        let tx = Tx::begin_later(self, Mode::Read, self.tenant_settings(&scope), cancel);
        TenantTx::new(tx, scope, self.0.walls)
    }

    /// A read-write transaction of one tenant. It finishes what it began: no cancelling.
    pub async fn write(&self, scope: TenantScope) -> Result<TenantTx, DbError> {
        let tx = Tx::begin(self, Mode::Write, self.tenant_settings(&scope), Cancel::never()).await?;
        Ok(TenantTx::new(tx, scope, self.0.walls))
    }

    /// As [`Db::write`], at a savepoint, while no other such transaction has the same number; None when one has.
    pub async fn write_alone(&self, scope: TenantScope, number: i64) -> Result<Option<TenantTx>, DbError> {
        let tx = Tx::begin_alone(self, self.tenant_settings(&scope), number).await?;
        Ok(tx.map(|tx| TenantTx::new(tx, scope, self.0.walls)))
    }

    /// As [`Db::write`], while no other transaction has those of these numbers that are given back: for what can be done
    /// in another way too, since it fails where it would wait long for somebody else.
    pub async fn write_promptly(
        &self,
        scope: TenantScope,
        numbers: &[i64],
    ) -> Result<(TenantTx, HashSet<i64>), DbError> {
        let (tx, held) = Tx::begin_promptly(self, self.tenant_settings(&scope), numbers).await?;
        Ok((TenantTx::new(tx, scope, self.0.walls), held))
    }

    /// A read-write transaction across tenants: for sign-in, the dispatcher and installation-wide work only.
    pub async fn system(&self) -> Result<SystemTx, DbError> {
        let tx = Tx::begin(self, Mode::Write, SYSTEM.to_owned(), Cancel::never()).await?;
        Ok(SystemTx::new(tx, SystemScope))
    }

    /// As [`Db::system`], seeing one moment: for what is counted anew from several tables.
    pub async fn system_snapshot(&self) -> Result<SystemTx, DbError> {
        let tx = Tx::begin(self, Mode::WriteSnapshot, SYSTEM.to_owned(), Cancel::never()).await?;
        Ok(SystemTx::new(tx, SystemScope))
    }

    /// A read-only snapshot across tenants, which waits for no writer: for looking up who wants to sign in.
    pub async fn system_reader(&self) -> Result<SystemTx, DbError> {
        let tx = Tx::begin(self, Mode::Read, SYSTEM.to_owned(), Cancel::never()).await?;
        Ok(SystemTx::new(tx, SystemScope))
    }

    /// Goes on within one tenant, in the same transaction: for what is made together with the tenant.
    pub async fn enter(&self, tx: SystemTx, scope: TenantScope) -> Result<TenantTx, DbError> {
        let tx = tx.into_tx();
        tx.enter(self.tenant_settings(&scope)).await?;
        Ok(TenantTx::new(tx, scope, self.0.walls))
    }

    /// Waits for the connections in use and closes all.
    pub async fn close(&self) {
        match &self.0.pools {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }

    /// Connections open and idle, for metrics.
    #[must_use]
    pub fn connections(&self) -> (u32, usize) {
        match &self.0.pools {
            Pools::Postgres(pool) => (pool.size(), pool.num_idle()),
            Pools::Sqlite { writer, readers } => {
                (writer.size() + readers.size(), writer.num_idle() + readers.num_idle())
            }
        }
    }

    fn tenant_settings(&self, scope: &TenantScope) -> String {
        // With the first wall taken down for a test, the role is one whose policies let everything through.
        let role = if self.0.walls.row_security { "shequn_app" } else { "shequn_system" };
        let tenant = scope.tenant().uuid();
        format!("SELECT set_config('role', '{role}', true), set_config('app.tenant_id', '{tenant}', true)")
    }
}
