//! Records of what may never be done twice under a key, however long ago: they are not trimmed.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The trimmer walks the index: what stays for ever is not in it.
const UP: &str = "
ALTER TABLE idempotency_records ADD COLUMN is_lasting boolean NOT NULL DEFAULT false;
DROP INDEX idempotency_records_created_idx;
CREATE INDEX idempotency_records_created_idx ON idempotency_records (created_at) WHERE NOT is_lasting;
";

const DOWN: &str = "
DROP INDEX idempotency_records_created_idx;
CREATE INDEX idempotency_records_created_idx ON idempotency_records (created_at);
ALTER TABLE idempotency_records DROP COLUMN is_lasting;
";
