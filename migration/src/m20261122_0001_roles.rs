//! The roles that requests run as: `shequn_app` (one tenant's rows) and `shequn_system` (sign-in
//! and dispatching, all rows). Roles belong to the cluster and not to the database: other
//! databases may have made them, may be making them now, and go on using them after `down`.

use sea_orm_migration::prelude::*;

use crate::dialect::run_on_postgres;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on_postgres(manager, CREATE_AND_ENTER_ROLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on_postgres(manager, LEAVE_SCHEMA).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Grants only what is missing: a login that an administrator made a member may migrate without
/// the right to create or grant roles. 'SET' (PostgreSQL 16) is the membership that lets one enter
/// the role. A quicker process shows as unique_violation, an earlier one as duplicate_object.
const CREATE_AND_ENTER_ROLES: &str = r#"
DO $$
DECLARE
    wanted name;
    membership text := 'MEMBER';
BEGIN
    IF current_setting('server_version_num')::int >= 160000 THEN
        membership := 'SET';
    END IF;

    FOREACH wanted IN ARRAY ARRAY['shequn_app', 'shequn_system']::name[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE insufficient_privilege USING MESSAGE = format(
                        'role %1$I does not exist and %2$I may not create it; as an administrator '
                        'run: CREATE ROLE %1$I NOLOGIN; GRANT %1$I TO %2$I;',
                        wanted, current_user);
            END;
        END IF;

        IF EXISTS (SELECT FROM pg_roles
                   WHERE rolname = wanted AND (rolsuper OR rolbypassrls OR rolcanlogin)) THEN
            RAISE EXCEPTION 'role % must be NOSUPERUSER NOBYPASSRLS NOLOGIN: it exists and is not',
                wanted;
        END IF;

        IF NOT pg_has_role(current_user, wanted, membership) THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I', wanted, current_user);
            EXCEPTION
                WHEN unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE insufficient_privilege USING MESSAGE = format(
                        '%2$I is not a member of role %1$I and may not grant it; as an '
                        'administrator run: GRANT %1$I TO %2$I;',
                        wanted, current_user);
            END;
        END IF;

        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), wanted);
    END LOOP;
END
$$;
"#;

const LEAVE_SCHEMA: &str = r#"
DO $$
BEGIN
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM shequn_app, shequn_system', current_schema());
END
$$;
"#;
