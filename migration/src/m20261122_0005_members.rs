//! Members of a tenant, and what is known about each: identifiers on platforms, profile values,
//! tags. Encrypted columns have no index; `*_bidx` columns answer equality.

use sea_orm_migration::prelude::*;

use crate::dialect::run;
use crate::walls::enclose;

const TABLES: [&str; 4] = ["members", "member_identities", "member_profile_values", "member_tags"];

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        for table in TABLES {
            enclose(manager, table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE members (
    tenant_id      {uuid}   NOT NULL,
    id             {uuid}   NOT NULL,
    display_name   text     NOT NULL,
    name_key       {key}    NOT NULL,
    external_ref   {key},
    phone_enc      {bytes},
    phone_bidx     {bytes},
    bidx_version   smallint NOT NULL DEFAULT 1,
    real_name_enc  {bytes},
    data_key       {bytes},
    archived_at    {time},
    created_at     {time}   NOT NULL,
    updated_at     {time}   NOT NULL,
    version        integer  NOT NULL DEFAULT 1,
    CONSTRAINT members_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT members_external_ref_key UNIQUE (tenant_id, external_ref),
    CONSTRAINT members_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT members_version_check CHECK (version >= 1)
);

CREATE UNIQUE INDEX members_phone_key ON members (tenant_id, phone_bidx)
    WHERE archived_at IS NULL;
CREATE INDEX members_name_idx ON members (tenant_id, name_key, id);
CREATE INDEX members_created_idx ON members (tenant_id, created_at, id);

CREATE TABLE member_identities (
    tenant_id     {uuid}   NOT NULL,
    id            {uuid}   NOT NULL,
    member_id     {uuid}   NOT NULL,
    kind          text     NOT NULL,
    platform      text     NOT NULL,
    app_id        {key}    NOT NULL DEFAULT '',
    value_enc     {bytes}  NOT NULL,
    value_bidx    {bytes}  NOT NULL,
    bidx_version  smallint NOT NULL DEFAULT 1,
    active        boolean  NOT NULL,
    created_at    {time}   NOT NULL,
    CONSTRAINT member_identities_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT member_identities_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT member_identities_kind_check
        CHECK (kind IN ('OPENID', 'UNIONID', 'EXTERNAL_USERID')),
    CONSTRAINT member_identities_platform_check
        CHECK (platform IN ('WECHAT', 'WECOM', 'QQ', 'DINGTALK'))
);

CREATE UNIQUE INDEX member_identities_value_key
    ON member_identities (tenant_id, kind, platform, app_id, value_bidx) WHERE active;
CREATE INDEX member_identities_member_idx ON member_identities (tenant_id, member_id);

CREATE TABLE member_profile_values (
    tenant_id    {uuid} NOT NULL,
    member_id    {uuid} NOT NULL,
    attribute    {key}  NOT NULL,
    source       {key}  NOT NULL,
    value        {json} NOT NULL,
    value_key    {key}  NOT NULL,
    observed_at  {time} NOT NULL,
    CONSTRAINT member_profile_values_pkey PRIMARY KEY (tenant_id, member_id, attribute, source),
    CONSTRAINT member_profile_values_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);

CREATE INDEX member_profile_values_value_idx
    ON member_profile_values (tenant_id, attribute, value_key, member_id);

CREATE TABLE member_tags (
    tenant_id  {uuid} NOT NULL,
    member_id  {uuid} NOT NULL,
    tag        {key}  NOT NULL,
    CONSTRAINT member_tags_pkey PRIMARY KEY (tenant_id, member_id, tag),
    CONSTRAINT member_tags_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);

CREATE INDEX member_tags_tag_idx ON member_tags (tenant_id, tag, member_id);
"#;

const DROP: &str = r#"
DROP TABLE member_tags;
DROP TABLE member_profile_values;
DROP TABLE member_identities;
DROP TABLE members;
"#;
