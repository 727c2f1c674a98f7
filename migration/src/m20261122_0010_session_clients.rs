//! What a person needs to recognise their sessions by, and the way from a person to all their tenants.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// The index leads with the user: ending a person's sessions everywhere is work across tenants.
const CREATE: &str = r#"
ALTER TABLE sessions ADD COLUMN client text;
ALTER TABLE sessions ADD COLUMN address text;
CREATE INDEX tenant_memberships_person_idx ON tenant_memberships (user_id);
"#;

const DROP: &str = r#"
DROP INDEX tenant_memberships_person_idx;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN client;
"#;
