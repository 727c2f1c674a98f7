//! A look at the database before serving from it.

use sea_orm::{ConnectionTrait as _, Statement};

use super::{Cancel, Db, DbError, TenantScope};
use crate::platform::ids::TenantId;

impl Db {
    /// Refuses a PostgreSQL role that row security does not bind.
    pub async fn check_row_security(&self) -> Result<(), DbError> {
        let nobody = TenantScope::new(TenantId::from_uuid(uuid::Uuid::nil()));
        let tx = self.read(nobody, Cancel::never()).await?;
        if !tx.is_postgres() {
            return Ok(());
        }
        let statement = Statement::from_string(
            tx.get_database_backend(),
            "SELECT rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user",
        );
        let row = tx.query_one_raw(statement).await?;
        match row.map(|row| row.try_get::<bool>("", "unbound")).transpose()? {
            Some(false) => Ok(()),
            Some(true) | None => Err(DbError::RowSecurityOff),
        }
    }
}
