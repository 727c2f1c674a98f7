//! The door to a tenant's tables: every statement that goes through it names the tenant.

use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, IntoIden, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, DeleteMany, EntityTrait, ExecResult, QueryFilter as _,
    QueryResult, Select, Statement, UpdateMany,
};

use super::partition::{self, Belonging, Partition};
use super::tx::Tx;
use super::{DbError, Walls};
use crate::platform::ids::TenantId;

/// The authority to work in one tenant, or in a part of it. Made by [`crate::actor::Actor`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantScope {
    tenant: TenantId,
    partition: Partition,
}

impl TenantScope {
    /// For [`crate::actor`], which decides who gets one.
    #[must_use]
    pub(crate) const fn new(tenant: TenantId) -> Self {
        Self { tenant, partition: Partition::Whole }
    }

    /// The authority over this part of the tenant only.
    #[must_use]
    pub(crate) fn within(self, partition: Partition) -> Self {
        Self { partition, ..self }
    }

    /// Which tenant.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Whether the authority ends at a part of the tenant.
    #[must_use]
    pub fn is_confined(&self) -> bool {
        self.partition != Partition::Whole
    }
}

/// Authority over all tenants.
#[derive(Clone, Copy, Debug)]
pub struct SystemScope;

/// A transaction with an authority.
pub struct ScopedTx<S> {
    tx: Tx,
    scope: S,
    walls: Walls,
}

/// A transaction of one tenant.
pub type TenantTx = ScopedTx<TenantScope>;

/// A transaction across tenants.
pub type SystemTx = ScopedTx<SystemScope>;

impl<S> ScopedTx<S> {
    /// Makes the changes durable.
    pub async fn commit(self) -> Result<(), DbError> {
        self.tx.commit().await
    }

    /// Marks the state to return to when a use case refuses.
    pub async fn savepoint(&self) -> Result<(), DbError> {
        self.tx.savepoint().await
    }

    /// Undoes everything since the savepoint.
    pub async fn rollback_to_savepoint(&self) -> Result<(), DbError> {
        self.tx.rollback_to_savepoint().await
    }

    /// Which SQL to speak.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.tx.get_database_backend() == DbBackend::Postgres
    }
}

impl SystemTx {
    pub(super) fn new(tx: Tx, scope: SystemScope) -> Self {
        Self { tx, scope, walls: Walls::STANDING }
    }

    /// The authority, for functions that ask to see it.
    #[must_use]
    pub fn scope(&self) -> SystemScope {
        self.scope
    }

    /// Gives the wide authority up and keeps the transaction.
    pub(super) fn into_tx(self) -> Tx {
        self.tx
    }
}

/// A table whose rows belong to tenants by a `tenant_id` column.
pub trait TenantTable: EntityTrait {
    /// To what of the tenant its rows belong.
    const BELONGING: Belonging;
}

macro_rules! tenant_tables {
    ($($module:ident: $belonging:expr,)+) => { $(
        impl TenantTable for shequn_entity::$module::Entity {
            const BELONGING: Belonging = $belonging;
        }
    )+ };
}

tenant_tables! {
    tenant_memberships: Belonging::Tenant,
    sessions: Belonging::Tenant,
    partner_keys: Belonging::Tenant,
    partner_key_communities: Belonging::Tenant,
    communities: Belonging::Group("id"),
    members: Belonging::Person("id"),
    member_identities: Belonging::Person("member_id"),
    member_profile_values: Belonging::Person("member_id"),
    member_tags: Belonging::Person("member_id"),
    community_memberships: Belonging::Place,
    outbox: Belonging::Tenant,
    idempotency_records: Belonging::Tenant,
    import_jobs: Belonging::Tenant,
    audit_events: Belonging::Tenant,
    audit_heads: Belonging::Tenant,
    invitations: Belonging::Tenant,
    document_registries: Belonging::Tenant,
    trusted_documents: Belonging::Tenant,
    points_accounts: Belonging::Person("member_id"),
    points_entries: Belonging::Person("member_id"),
    points_lots: Belonging::Person("member_id"),
    points_lot_moves: Belonging::Person("member_id"),
    points_holds: Belonging::Person("member_id"),
    points_seals: Belonging::Tenant,
}

impl TenantTx {
    pub(super) fn new(tx: Tx, scope: TenantScope, walls: Walls) -> Self {
        Self { tx, scope, walls }
    }

    /// The tenant, for rows about to be inserted.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.scope.tenant()
    }

    /// The authority that this transaction was opened with.
    #[must_use]
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    pub(super) fn partition(&self) -> &Partition {
        &self.scope.partition
    }

    /// The condition that rows of `table` are this tenant's, and in the part of it that the authority is for.
    #[must_use]
    pub fn owns<E: TenantTable>(&self, table: E) -> SimpleExpr {
        let is_in_part = partition::condition(self, &table.into_iden(), E::BELONGING);
        let is_own = self.owns_in_whole(table);
        match is_in_part {
            Some(is_in_part) => is_own.and(is_in_part),
            None => is_own,
        }
    }

    /// As [`TenantTx::owns`], in the whole tenant whatever the authority is for: to see that what must be unique
    /// in the tenant is not taken, never to show a row.
    #[must_use]
    pub fn owns_in_whole<E: TenantTable>(&self, table: E) -> SimpleExpr {
        self.is_own(table, "tenant_id")
    }

    /// As [`TenantTx::owns`], for the table of tenants itself.
    #[must_use]
    pub fn is_tenant(&self, table: impl IntoIden) -> SimpleExpr {
        self.is_own(table, "id")
    }

    fn is_own(&self, table: impl IntoIden, column: &'static str) -> SimpleExpr {
        if self.walls.code_scope {
            Expr::col((table.into_iden(), Alias::new(column))).eq(self.tenant().uuid())
        } else {
            Expr::cust("1 = 1")
        }
    }

    /// Select from a table of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn find<E: TenantTable>(&self) -> Select<E> {
        E::find().filter(self.owns(E::default()))
    }

    /// Inserts one row of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn insert<A>(&self, row: A) -> Result<(), DbError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
    {
        <A::Entity as EntityTrait>::insert(row).exec_without_returning(self).await?;
        Ok(())
    }

    /// Inserts rows of this tenant in one statement; none is fine. The caller keeps their number in bounds.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn insert_many<A>(&self, rows: Vec<A>) -> Result<(), DbError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
    {
        if !rows.is_empty() {
            <A::Entity as EntityTrait>::insert_many(rows).exec_without_returning(self).await?;
        }
        Ok(())
    }

    /// Update a table of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn update<E: TenantTable>(&self) -> UpdateMany<E> {
        E::update_many().filter(self.owns(E::default()))
    }

    /// Delete from a table of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn delete<E: TenantTable>(&self) -> DeleteMany<E> {
        E::delete_many().filter(self.owns(E::default()))
    }
}

#[async_trait::async_trait]
impl<S: Send + Sync> ConnectionTrait for ScopedTx<S> {
    fn get_database_backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.tx.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.tx.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.tx.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.tx.query_all_raw(statement).await
    }
}
