//! Which kinds of messages a community works with.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ADD).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// The default is for the communities that are there; the program always says which.
const ADD: &str = r#"ALTER TABLE communities ADD COLUMN message_kinds {json} NOT NULL DEFAULT '["TEXT", "IMAGE"]';"#;

const DROP: &str = "ALTER TABLE communities DROP COLUMN message_kinds;";
