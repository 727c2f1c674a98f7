//! Registries of trusted documents: a tenant's own, and those of single keys.

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
        enclose(manager, "document_registries").await?;
        enclose(manager, "trusted_documents").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// A registry has the id of its key, or of the tenant: so each has one at most.
const CREATE: &str = r#"
CREATE TABLE document_registries (
    tenant_id       {uuid}  NOT NULL,
    id              {uuid}  NOT NULL,
    partner_key_id  {uuid},
    mode            text    NOT NULL,
    created_at      {time}  NOT NULL,
    updated_at      {time}  NOT NULL,
    version         integer NOT NULL,
    CONSTRAINT document_registries_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT document_registries_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT document_registries_key_fkey
        FOREIGN KEY (tenant_id, partner_key_id) REFERENCES partner_keys (tenant_id, id),
    CONSTRAINT document_registries_id_check CHECK (partner_key_id IS NULL OR partner_key_id = id),
    CONSTRAINT document_registries_mode_check CHECK (mode IN ('OPEN', 'LOG', 'ENFORCE')),
    CONSTRAINT document_registries_version_check CHECK (version >= 1)
);

CREATE TABLE trusted_documents (
    tenant_id        {uuid}  NOT NULL,
    id               {uuid}  NOT NULL,
    registry_id      {uuid}  NOT NULL,
    document_id      {key}   NOT NULL,
    sha256           {bytes} NOT NULL,
    text             text    NOT NULL,
    operation_names  {key}   NOT NULL,
    created_at       {time}  NOT NULL,
    CONSTRAINT trusted_documents_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT trusted_documents_registry_fkey
        FOREIGN KEY (tenant_id, registry_id) REFERENCES document_registries (tenant_id, id)
);

CREATE UNIQUE INDEX trusted_documents_document_key ON trusted_documents (tenant_id, registry_id, document_id);
CREATE INDEX trusted_documents_sha256_idx ON trusted_documents (tenant_id, registry_id, sha256);
CREATE INDEX trusted_documents_created_idx ON trusted_documents (tenant_id, registry_id, created_at, id);
"#;

const DROP: &str = r#"
DROP TABLE trusted_documents;
DROP TABLE document_registries;
"#;
