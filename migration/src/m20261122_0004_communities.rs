//! Communities of a tenant.

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
        enclose(manager, "communities").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE communities (
    tenant_id          {uuid}  NOT NULL,
    id                 {uuid}  NOT NULL,
    name               text    NOT NULL,
    name_key           {key}   NOT NULL,
    type               text    NOT NULL,
    positioning        text    NOT NULL,
    platform           text    NOT NULL,
    touchpoints        {json}  NOT NULL,
    monetisation       {json}  NOT NULL,
    value_proposition  text    NOT NULL,
    stage              text    NOT NULL,
    quota_admin        integer,
    quota_core         integer,
    quota_tolerance    integer,
    member_count       integer NOT NULL DEFAULT 0,
    founded_at         {time}  NOT NULL,
    ended_at           {time},
    archived_at        {time},
    created_at         {time}  NOT NULL,
    updated_at         {time}  NOT NULL,
    version            integer NOT NULL DEFAULT 1,
    CONSTRAINT communities_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT communities_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT communities_type_check
        CHECK (type IN ('INTEREST', 'CONSUMER', 'BRAND', 'HYBRID')),
    CONSTRAINT communities_positioning_check
        CHECK (positioning IN ('INTEREST_SOCIAL', 'CUSTOMER_SERVICE', 'RESOURCE_MATCHING')),
    CONSTRAINT communities_platform_check
        CHECK (platform IN ('WECHAT', 'WECOM', 'QQ', 'DINGTALK')),
    CONSTRAINT communities_stage_check
        CHECK (stage IN ('STARTUP', 'GROWTH', 'MATURE', 'DECLINE', 'ENDED')),
    CONSTRAINT communities_quota_admin_check CHECK (quota_admin BETWEEN 0 AND 100),
    CONSTRAINT communities_quota_core_check CHECK (quota_core BETWEEN 0 AND 100),
    CONSTRAINT communities_quota_tolerance_check CHECK (quota_tolerance BETWEEN 0 AND 100),
    CONSTRAINT communities_member_count_check CHECK (member_count >= 0),
    CONSTRAINT communities_version_check CHECK (version >= 1)
);

CREATE INDEX communities_name_idx ON communities (tenant_id, name_key, id);
CREATE INDEX communities_created_idx ON communities (tenant_id, created_at, id);
CREATE INDEX communities_member_count_idx ON communities (tenant_id, member_count, id);
"#;

const DROP: &str = "DROP TABLE communities;";
