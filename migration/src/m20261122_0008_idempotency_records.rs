//! Remembered outcomes of mutations. No foreign key to tenants: it would lock the tenant's row at
//! each mutation.

use sea_orm_migration::prelude::*;

use crate::dialect::run;
use crate::walls::enclose;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        enclose(manager, "idempotency_records").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE idempotency_records (
    tenant_id   {uuid}  NOT NULL,
    actor       {key}   NOT NULL,
    operation   {key}   NOT NULL,
    key         {key}   NOT NULL,
    input_hash  {bytes} NOT NULL,
    outcome     {json}  NOT NULL,
    created_at  {time}  NOT NULL,
    CONSTRAINT idempotency_records_pkey PRIMARY KEY (tenant_id, actor, operation, key)
);
"#;

const DROP: &str = "DROP TABLE idempotency_records;";
