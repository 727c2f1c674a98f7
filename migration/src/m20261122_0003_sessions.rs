//! Sessions of users in a tenant, with their rotating refresh token.

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
        enclose(manager, "sessions").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE sessions (
    tenant_id      {uuid}  NOT NULL,
    id             {uuid}  NOT NULL,
    membership_id  {uuid}  NOT NULL,
    user_id        {uuid}  NOT NULL,
    generation     integer NOT NULL,
    rotated_at     {time}  NOT NULL,
    created_at     {time}  NOT NULL,
    last_used_at   {time}  NOT NULL,
    expires_at     {time}  NOT NULL,
    revoked_at     {time},
    revoke_reason  text,
    CONSTRAINT sessions_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT sessions_membership_fkey
        FOREIGN KEY (tenant_id, membership_id) REFERENCES tenant_memberships (tenant_id, id),
    CONSTRAINT sessions_generation_check CHECK (generation >= 0)
);

CREATE INDEX sessions_user_idx ON sessions (tenant_id, user_id);
"#;

const DROP: &str = "DROP TABLE sessions;";
