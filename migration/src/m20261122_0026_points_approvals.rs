//! Points by hand that wait for a second person, and who was given the secrets of keys: nobody is two people.

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
        enclose(manager, "points_approvals").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// That a request has lapsed is no state of its row: nobody has to be awake for it.
const CREATE: &str = r#"
CREATE TABLE points_approvals (
    tenant_id     {uuid} NOT NULL,
    id            {uuid} NOT NULL,
    member_id     {uuid} NOT NULL,
    kind          {key}  NOT NULL,
    amount        bigint NOT NULL,
    source        {key},
    reason        text   NOT NULL,
    reference     {key},
    available_at  {time},
    expires_on    {key},
    state         {key}  NOT NULL,
    asked_by      {key}  NOT NULL,
    people        {json} NOT NULL,
    created_at    {time} NOT NULL,
    lapses_at     {time} NOT NULL,
    decided_by    {key},
    decided_at    {time},
    decision      text,
    entry_id      {uuid},
    CONSTRAINT points_approvals_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT points_approvals_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT points_approvals_entry_fkey
        FOREIGN KEY (tenant_id, entry_id) REFERENCES points_entries (tenant_id, id),
    CONSTRAINT points_approvals_kind_check
        CHECK ((kind = 'AWARD' AND source IS NOT NULL) OR (kind = 'DEDUCT' AND source IS NULL)),
    CONSTRAINT points_approvals_amount_check CHECK (amount > 0),
    CONSTRAINT points_approvals_state_check CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT points_approvals_decided_check CHECK ((state = 'PENDING') = (decided_at IS NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT points_approvals_posted_check CHECK ((state = 'APPROVED') = (entry_id IS NOT NULL))
);

CREATE INDEX points_approvals_created_idx ON points_approvals (tenant_id, created_at, id);
CREATE INDEX points_approvals_member_idx ON points_approvals (tenant_id, member_id, created_at, id);

-- What was asked for is posted once.
CREATE UNIQUE INDEX points_approvals_entry_key ON points_approvals (tenant_id, entry_id) WHERE entry_id IS NOT NULL;

ALTER TABLE partner_keys ADD COLUMN rotated_by {uuid};
ALTER TABLE partner_keys ADD COLUMN previous_rotated_by {uuid};
"#;

const DROP: &str = "
ALTER TABLE partner_keys DROP COLUMN previous_rotated_by;
ALTER TABLE partner_keys DROP COLUMN rotated_by;
DROP TABLE points_approvals;
";
