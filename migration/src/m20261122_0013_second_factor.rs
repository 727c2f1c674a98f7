//! A person's second factor, the codes for whoever loses it, and when a session last proved who uses it.

use sea_orm_migration::prelude::*;

use crate::dialect::run;
use crate::walls::{AppAccess, enclose_for};

/// Whether a colleague has a factor, and since when. Not its secret: that is read across tenants only, by
/// sign-in and its like.
const FACTORS_OF_COLLEAGUES: AppAccess = AppAccess {
    verbs: "SELECT (user_id, confirmed_at)",
    rows: "EXISTS (SELECT FROM tenant_memberships m WHERE m.user_id = second_factors.user_id)",
};

/// How many codes are left. Not what they are.
const CODES_OF_COLLEAGUES: AppAccess = AppAccess {
    verbs: "SELECT (user_id, used_at)",
    rows: "EXISTS (SELECT FROM tenant_memberships m WHERE m.user_id = recovery_codes.user_id)",
};

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        enclose_for(manager, "second_factors", FACTORS_OF_COLLEAGUES).await?;
        enclose_for(manager, "recovery_codes", CODES_OF_COLLEAGUES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// The last step is the number of the half minute whose code was used last: only a later one is good.
const CREATE: &str = r#"
CREATE TABLE second_factors (
    user_id       {uuid}  NOT NULL,
    secret_enc    {bytes} NOT NULL,
    created_at    {time}  NOT NULL,
    confirmed_at  {time},
    last_step     bigint  NOT NULL,
    CONSTRAINT second_factors_pkey PRIMARY KEY (user_id),
    CONSTRAINT second_factors_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE recovery_codes (
    user_id     {uuid}  NOT NULL,
    code_hash   {bytes} NOT NULL,
    created_at  {time}  NOT NULL,
    used_at     {time},
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash),
    CONSTRAINT recovery_codes_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);

ALTER TABLE sessions ADD COLUMN stepped_up_at {time};
"#;

const DROP: &str = r#"
ALTER TABLE sessions DROP COLUMN stepped_up_at;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
"#;
