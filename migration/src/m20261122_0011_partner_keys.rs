//! Keys of partner systems, and the communities they are restricted to.

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
        enclose(manager, "partner_keys").await?;
        enclose(manager, "partner_key_communities").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE partner_keys (
    tenant_id              {uuid}  NOT NULL,
    id                     {uuid}  NOT NULL,
    name                   text    NOT NULL,
    scopes                 {json}  NOT NULL,
    restricted             boolean NOT NULL,
    networks               {json}  NOT NULL,
    secret_hash            {bytes} NOT NULL,
    rotated_at             {time},
    previous_secret_hash   {bytes},
    previous_secret_until  {time},
    expires_at             {time}  NOT NULL,
    disabled_at            {time},
    revoked_at             {time},
    last_used_at           {time},
    last_used_address      text,
    created_by             {uuid},
    created_at             {time}  NOT NULL,
    updated_at             {time}  NOT NULL,
    version                integer NOT NULL,
    CONSTRAINT partner_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT partner_keys_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT partner_keys_created_by_fkey
        FOREIGN KEY (tenant_id, created_by) REFERENCES tenant_memberships (tenant_id, user_id),
    CONSTRAINT partner_keys_previous_check
        CHECK ((previous_secret_hash IS NULL) = (previous_secret_until IS NULL)),
    CONSTRAINT partner_keys_version_check CHECK (version >= 1)
);

CREATE INDEX partner_keys_created_idx ON partner_keys (tenant_id, created_at, id);

CREATE TABLE partner_key_communities (
    tenant_id     {uuid} NOT NULL,
    key_id        {uuid} NOT NULL,
    community_id  {uuid} NOT NULL,
    CONSTRAINT partner_key_communities_pkey PRIMARY KEY (tenant_id, key_id, community_id),
    CONSTRAINT partner_key_communities_key_fkey
        FOREIGN KEY (tenant_id, key_id) REFERENCES partner_keys (tenant_id, id),
    CONSTRAINT partner_key_communities_community_fkey
        FOREIGN KEY (tenant_id, community_id) REFERENCES communities (tenant_id, id)
);
"#;

const DROP: &str = r#"
DROP TABLE partner_key_communities;
DROP TABLE partner_keys;
"#;
