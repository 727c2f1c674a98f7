//! Memberships of members in communities. Rows stay when a member leaves: reports count them.

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
        enclose(manager, "community_memberships").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE community_memberships (
    tenant_id     {uuid} NOT NULL,
    community_id  {uuid} NOT NULL,
    member_id     {uuid} NOT NULL,
    tier          text   NOT NULL,
    joined_at     {time} NOT NULL,
    left_at       {time},
    created_at    {time} NOT NULL,
    updated_at    {time} NOT NULL,
    CONSTRAINT community_memberships_pkey PRIMARY KEY (tenant_id, community_id, member_id),
    CONSTRAINT community_memberships_community_fkey
        FOREIGN KEY (tenant_id, community_id) REFERENCES communities (tenant_id, id),
    CONSTRAINT community_memberships_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT community_memberships_tier_check CHECK (tier IN ('ADMIN', 'CORE', 'ORDINARY'))
);

CREATE INDEX community_memberships_joined_idx
    ON community_memberships (tenant_id, community_id, joined_at, member_id)
    WHERE left_at IS NULL;
CREATE INDEX community_memberships_tier_idx
    ON community_memberships (tenant_id, community_id, tier, joined_at, member_id)
    WHERE left_at IS NULL;
CREATE INDEX community_memberships_member_idx
    ON community_memberships (tenant_id, member_id, joined_at, community_id);
CREATE INDEX community_memberships_left_idx
    ON community_memberships (tenant_id, community_id, left_at);
"#;

const DROP: &str = "DROP TABLE community_memberships;";
