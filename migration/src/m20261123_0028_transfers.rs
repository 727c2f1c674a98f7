//! Points that one member gives to another: an account between members, and the entries of a transfer, which sum to
//! zero when their transaction commits.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Statement;

use crate::dialect::{change_constraint, run, run_on_postgres};

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, COLUMNS).await?;
        for (table, name, before, after) in CONSTRAINTS {
            change_constraint(manager, table, name, (before, after)).await?;
        }
        run(manager, INDEX).await?;
        run_on_postgres(manager, SUMS_TO_ZERO).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if is_used(manager).await? {
            return Err(DbErr::Migration("members have given each other points: the ledger keeps that".to_owned()));
        }
        run_on_postgres(manager, SUMS_NO_MORE).await?;
        run(manager, "DROP INDEX points_entries_transfer_idx").await?;
        for (table, name, before, after) in CONSTRAINTS {
            change_constraint(manager, table, name, (after, before)).await?;
        }
        run(manager, COLUMNS_GONE).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Whether there are transfers. PostgreSQL's row security hides them from whoever is in no role.
async fn is_used(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let used = "SELECT 1 AS used FROM points_entries WHERE transfer_id IS NOT NULL \
        UNION ALL SELECT 1 FROM points_approvals WHERE to_member_id IS NOT NULL LIMIT 1";
    let db = manager.get_connection();
    run_on_postgres(manager, "SET LOCAL ROLE shequn_system").await?;
    let found = db.query_one_raw(Statement::from_string(db.get_database_backend(), used)).await?;
    run_on_postgres(manager, "RESET ROLE").await?;
    Ok(found.is_some())
}

const COLUMNS: &str = "
ALTER TABLE points_accounts ADD COLUMN transferred bigint NOT NULL DEFAULT 0;
ALTER TABLE points_seals ADD COLUMN transferred bigint NOT NULL DEFAULT 0;
ALTER TABLE points_entries ADD COLUMN transfer_id {uuid};
ALTER TABLE points_approvals ADD COLUMN to_member_id {uuid};
";

const COLUMNS_GONE: &str = "
ALTER TABLE points_approvals DROP COLUMN to_member_id;
ALTER TABLE points_entries DROP COLUMN transfer_id;
ALTER TABLE points_seals DROP COLUMN transferred;
ALTER TABLE points_accounts DROP COLUMN transferred;
";

/// Table and name, what holds before, and what holds after; each as it stands in the table's own text.
const CONSTRAINTS: [(&str, &str, &str, &str); 3] = [
    (
        "points_accounts",
        "points_accounts_sum_check",
        "CHECK (issued = pending + available + held + redeemed + expired + revoked)",
        // More or less than nothing: what members gave others, less what others gave them.
        "CHECK (issued = pending + available + held + redeemed + expired + revoked + transferred)",
    ),
    (
        "points_entries",
        "points_entries_accounts_check",
        "CHECK (
        (kind = 'AWARD' AND from_account = 'ISSUED' AND to_account IN ('PENDING', 'AVAILABLE'))
        OR (kind = 'MATURE' AND from_account = 'PENDING' AND to_account = 'AVAILABLE')
        OR (kind = 'DEDUCT' AND from_account = 'AVAILABLE' AND to_account = 'REVOKED')
        OR (kind = 'HOLD' AND from_account = 'AVAILABLE' AND to_account = 'HELD')
        OR (kind = 'CAPTURE' AND from_account = 'HELD' AND to_account = 'REDEEMED')
        OR (kind = 'RELEASE' AND from_account = 'HELD' AND to_account = 'AVAILABLE')
        OR (kind = 'EXPIRE' AND from_account = 'AVAILABLE' AND to_account = 'EXPIRED')
        OR (kind = 'REVERSE' AND reverses_id IS NOT NULL AND (
            (from_account IN ('PENDING', 'AVAILABLE') AND to_account = 'ISSUED')
            OR (from_account = 'REVOKED' AND to_account = 'AVAILABLE'))))",
        "CHECK (transfer_id IS NULL AND (
        (kind = 'AWARD' AND from_account = 'ISSUED' AND to_account IN ('PENDING', 'AVAILABLE'))
        OR (kind = 'MATURE' AND from_account = 'PENDING' AND to_account = 'AVAILABLE')
        OR (kind = 'DEDUCT' AND from_account = 'AVAILABLE' AND to_account = 'REVOKED')
        OR (kind = 'HOLD' AND from_account = 'AVAILABLE' AND to_account = 'HELD')
        OR (kind = 'CAPTURE' AND from_account = 'HELD' AND to_account = 'REDEEMED')
        OR (kind = 'RELEASE' AND from_account = 'HELD' AND to_account = 'AVAILABLE')
        OR (kind = 'EXPIRE' AND from_account = 'AVAILABLE' AND to_account = 'EXPIRED')
        OR (kind = 'REVERSE' AND reverses_id IS NOT NULL AND (
            (from_account IN ('PENDING', 'AVAILABLE') AND to_account = 'ISSUED')
            OR (from_account = 'REVOKED' AND to_account = 'AVAILABLE'))))
        OR transfer_id IS NOT NULL AND (
        (kind = 'TRANSFER_OUT' AND from_account = 'AVAILABLE' AND to_account = 'TRANSFERRED')
        OR (kind = 'TRANSFER_IN' AND from_account = 'TRANSFERRED' AND to_account = 'AVAILABLE')
        OR (kind = 'REVERSE' AND reverses_id IS NOT NULL AND (
            (from_account = 'TRANSFERRED' AND to_account = 'AVAILABLE')
            OR (from_account = 'AVAILABLE' AND to_account = 'TRANSFERRED')))))",
    ),
    (
        "points_approvals",
        "points_approvals_kind_check",
        "CHECK ((kind = 'AWARD' AND source IS NOT NULL) OR (kind = 'DEDUCT' AND source IS NULL))",
        "CHECK ((kind = 'AWARD' AND source IS NOT NULL) OR (kind = 'DEDUCT' AND source IS NULL)
            OR (kind = 'TRANSFER_OUT' AND source IS NULL AND to_member_id IS NOT NULL))",
    ),
];

const INDEX: &str = "
CREATE INDEX points_entries_transfer_idx ON points_entries (tenant_id, transfer_id) WHERE transfer_id IS NOT NULL;
";

/// Of any other entry it is so by its form. On SQLite the store alone sees to it.
const SUMS_TO_ZERO: &str = "
CREATE FUNCTION points_entries_transfer_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total numeric;
BEGIN
    -- Named in full: whoever restores a backup has no search path.
    EXECUTE format('SELECT SUM(CASE WHEN to_account = ''TRANSFERRED'' THEN amount ELSE -amount END) FROM %I.%I '
        'WHERE tenant_id = $1 AND transfer_id = $2', TG_TABLE_SCHEMA, TG_TABLE_NAME)
        INTO total USING NEW.tenant_id, NEW.transfer_id;
    IF total IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'the entries of a transfer do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_entries_transfer_check', TABLE = 'points_entries';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER points_entries_transfer_check AFTER INSERT ON points_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.transfer_id IS NOT NULL)
    EXECUTE FUNCTION points_entries_transfer_check();
";

const SUMS_NO_MORE: &str = "
DROP TRIGGER points_entries_transfer_check ON points_entries;
DROP FUNCTION points_entries_transfer_check();
";
