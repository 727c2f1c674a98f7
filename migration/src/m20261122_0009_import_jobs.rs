//! Imports of files, resumable.

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
        enclose(manager, "import_jobs").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE import_jobs (
    tenant_id     {uuid}  NOT NULL,
    id            {uuid}  NOT NULL,
    file_digest   {bytes} NOT NULL,
    file_name     text    NOT NULL,
    byte_offset   bigint  NOT NULL,
    line          bigint  NOT NULL,
    rows_created  bigint  NOT NULL,
    rows_updated  bigint  NOT NULL,
    rows_refused  bigint  NOT NULL,
    finished_at   {time},
    started_at    {time}  NOT NULL,
    updated_at    {time}  NOT NULL,
    CONSTRAINT import_jobs_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT import_jobs_file_key UNIQUE (tenant_id, file_digest),
    CONSTRAINT import_jobs_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)
);
"#;

const DROP: &str = "DROP TABLE import_jobs;";
