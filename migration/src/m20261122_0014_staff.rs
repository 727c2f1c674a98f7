//! Invitations of staff, and mails that wait to be sent.
//!
//! `mails` is operational and global, as `outbox_cursors` is: people's credentials belong to no tenant, and
//! neither does the letter about a forgotten password. A tenant may post one and see none.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_postgres};
use crate::walls::{enclose, enclose_for_system};

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        enclose(manager, "invitations").await?;
        enclose_for_system(manager, "mails").await?;
        run_on_postgres(manager, POST_ONLY).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE invitations (
    tenant_id     {uuid}  NOT NULL,
    id            {uuid}  NOT NULL,
    email_enc     {bytes} NOT NULL,
    email_bidx    {bytes} NOT NULL,
    display_name  text    NOT NULL,
    role          text    NOT NULL,
    locale        text    NOT NULL,
    version       integer NOT NULL,
    invited_by    {uuid}  NOT NULL,
    expires_at    {time}  NOT NULL,
    accepted_at   {time},
    revoked_at    {time},
    created_at    {time}  NOT NULL,
    updated_at    {time}  NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT invitations_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT invitations_inviter_fkey
        FOREIGN KEY (tenant_id, invited_by) REFERENCES tenant_memberships (tenant_id, id),
    CONSTRAINT invitations_role_check
        CHECK (role IN ('OWNER', 'ADMIN', 'OPERATOR', 'MODERATOR', 'FINANCE', 'ANALYST')),
    CONSTRAINT invitations_locale_check CHECK (locale IN ('ZH_CN', 'EN')),
    CONSTRAINT invitations_version_check CHECK (version >= 1)
);

-- One that waits for each address.
CREATE UNIQUE INDEX invitations_open_key ON invitations (tenant_id, email_bidx)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE INDEX invitations_created_idx ON invitations (tenant_id, created_at, id);

CREATE TABLE mails (
    id          {uuid}  NOT NULL,
    kind        text    NOT NULL,
    subject     {json}  NOT NULL,
    attempts    integer NOT NULL,
    due_at      {time}  NOT NULL,
    ends_at     {time}  NOT NULL,
    created_at  {time}  NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (id),
    CONSTRAINT mails_attempts_check CHECK (attempts >= 0)
);

CREATE INDEX mails_due_idx ON mails (due_at);

-- Looking up the tenants of one person.
CREATE INDEX tenant_memberships_user_idx ON tenant_memberships (user_id);
"#;

const POST_ONLY: &str = r#"
CREATE POLICY mails_app ON mails FOR INSERT TO shequn_app WITH CHECK (true);
GRANT INSERT ON mails TO shequn_app;
"#;

const DROP: &str = r#"
DROP INDEX tenant_memberships_user_idx;
DROP TABLE mails;
DROP TABLE invitations;
"#;
