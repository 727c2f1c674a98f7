//! Tenants, the people who sign in, and which of them work where.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_postgres};
use crate::walls::{AppAccess, enclose, enclose_for};

/// A tenant sees and changes itself; making and ending tenants is the system's.
const OWN_TENANT: AppAccess =
    AppAccess { verbs: "SELECT, UPDATE", rows: "id = nullif(current_setting('app.tenant_id', true), '')::uuid" };

/// Credentials of the tenant's people, to read: the memberships seen here are behind their own
/// wall, so they are those of the current tenant.
const COLLEAGUES: AppAccess =
    AppAccess { verbs: "SELECT", rows: "EXISTS (SELECT FROM tenant_memberships m WHERE m.user_id = users.id)" };

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        enclose_for(manager, "tenants", OWN_TENANT).await?;
        enclose(manager, "tenant_memberships").await?;
        enclose_for(manager, "users", COLLEAGUES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // It reads tenant_memberships, which could not go before it.
        run_on_postgres(manager, "DROP POLICY users_app ON users;").await?;
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE tenants (
    id          {uuid}  NOT NULL,
    slug        {key}   NOT NULL,
    name        text    NOT NULL,
    timezone    text    NOT NULL,
    country     text    NOT NULL,
    status      text    NOT NULL,
    data_key    {bytes} NOT NULL,
    policy      {json}  NOT NULL,
    created_at  {time}  NOT NULL,
    updated_at  {time}  NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_slug_key UNIQUE (slug),
    CONSTRAINT tenants_country_check CHECK (length(country) = 2),
    CONSTRAINT tenants_status_check CHECK (status IN ('ACTIVE', 'SUSPENDED', 'CLOSED'))
);

CREATE TABLE users (
    id             {uuid}  NOT NULL,
    email_enc      {bytes} NOT NULL,
    email_bidx     {bytes} NOT NULL,
    password_hash  text    NOT NULL,
    status         text    NOT NULL,
    created_at     {time}  NOT NULL,
    updated_at     {time}  NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email_bidx),
    CONSTRAINT users_status_check CHECK (status IN ('ACTIVE', 'DISABLED'))
);

CREATE TABLE tenant_memberships (
    tenant_id     {uuid}  NOT NULL,
    id            {uuid}  NOT NULL,
    user_id       {uuid}  NOT NULL,
    display_name  text    NOT NULL,
    role          text    NOT NULL,
    status        text    NOT NULL,
    epoch         integer NOT NULL,
    created_at    {time}  NOT NULL,
    updated_at    {time}  NOT NULL,
    CONSTRAINT tenant_memberships_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tenant_memberships_user_key UNIQUE (tenant_id, user_id),
    CONSTRAINT tenant_memberships_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT tenant_memberships_user_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT tenant_memberships_role_check
        CHECK (role IN ('OWNER', 'ADMIN', 'OPERATOR', 'MODERATOR', 'FINANCE', 'ANALYST')),
    CONSTRAINT tenant_memberships_status_check CHECK (status IN ('ACTIVE', 'ENDED')),
    CONSTRAINT tenant_memberships_epoch_check CHECK (epoch >= 0)
);
"#;

const DROP: &str = r#"
DROP TABLE tenant_memberships;
DROP TABLE users;
DROP TABLE tenants;
"#;
