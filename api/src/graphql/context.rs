//! What a resolver may ask of the request it serves.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use tokio::sync::OnceCell;

use crate::actor::Actor;
use crate::error::{ApiError, Denied};
use crate::platform::Platform;
use crate::platform::db::{Cancel, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::origin::Origin;

/// One GraphQL operation of one caller.
pub struct RequestContext {
    actor: Actor,
    origin: Arc<Origin>,
    platform: Platform,
    cancel: Cancel,
    reader: OnceCell<Arc<TenantTx>>,
    member_reader: OnceCell<Arc<TenantTx>>,
    replayed: AtomicBool,
    calls: Mutex<Vec<(String, Call)>>,
}

impl RequestContext {
    /// For the endpoint; `cancel` is raised when nobody waits for the answer any more.
    #[must_use]
    pub fn new(actor: Actor, origin: Arc<Origin>, platform: Platform, cancel: Cancel) -> Self {
        Self {
            actor,
            origin,
            platform,
            cancel,
            reader: OnceCell::new(),
            member_reader: OnceCell::new(),
            replayed: AtomicBool::new(false),
            calls: Mutex::default(),
        }
    }

    /// Who asks.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Where the request comes from.
    #[must_use]
    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// The platform, for sealing cursors.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The operation's one snapshot of the caller's tenant, opened when first needed.
    pub async fn reader(&self) -> Result<Arc<TenantTx>, ApiError> {
        self.reader.get_or_try_init(|| async { self.fresh_reader() }).await.cloned()
    }

    /// As [`RequestContext::reader`], also for whoever has yet to get a second factor: for showing who they are.
    pub async fn own_reader(&self) -> Result<Arc<TenantTx>, ApiError> {
        if self.actor.home().is_ok() {
            return self.reader().await;
        }
        let scope = self.actor.home_before_factor()?;
        Ok(Arc::new(self.platform.db.read(scope, self.cancel.clone()).await?))
    }

    /// The operation's one snapshot of nothing but the member whose token the caller has; None for everybody else.
    pub async fn member_reader(&self) -> Result<Option<Arc<TenantTx>>, ApiError> {
        let Some((_, scope)) = self.actor.own() else { return Ok(None) };
        let open = || async { Ok::<_, ApiError>(Arc::new(self.platform.db.read(scope, self.cancel.clone()).await?)) };
        self.member_reader.get_or_try_init(open).await.cloned().map(Some)
    }

    /// As [`RequestContext::fresh_reader`], of nothing but the member whose token the caller has.
    pub async fn fresh_member_reader(&self) -> Result<Arc<TenantTx>, ApiError> {
        let (_, scope) = self.actor.own().ok_or(Denied::MembersOnly)?;
        Ok(Arc::new(self.platform.db.read(scope, self.cancel.clone()).await?))
    }

    /// A new snapshot, as of when it is first read: what a mutation's payload is read from, which may need nothing.
    pub fn fresh_reader(&self) -> Result<Arc<TenantTx>, ApiError> {
        let scope = self.actor.home()?;
        Ok(Arc::new(self.platform.db.read_later(scope, self.cancel.clone())))
    }

    /// Notes that a mutation answered from memory.
    pub fn note_replay(&self) {
        self.replayed.store(true, Ordering::Relaxed);
    }

    /// Whether one did.
    #[must_use]
    pub fn was_replayed(&self) -> bool {
        self.replayed.load(Ordering::Relaxed)
    }
}

impl RequestContext {
    /// Notes the call behind the root field with this response key.
    pub fn note_call(&self, response_key: &str, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push((response_key.to_owned(), call));
    }

    /// The calls so far, with their response keys.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, Call)> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Typed access to what the schema and the request carry.
pub trait ContextExt {
    /// The request.
    fn request(&self) -> Result<&RequestContext, ApiError>;
    /// A slice's service.
    fn service<T: Send + Sync + 'static>(&self) -> Result<&T, ApiError>;
    /// Who asks.
    fn actor(&self) -> Result<&Actor, ApiError> {
        self.request().map(RequestContext::actor)
    }
}

impl ContextExt for Context<'_> {
    fn request(&self) -> Result<&RequestContext, ApiError> {
        self.service::<Arc<RequestContext>>().map(AsRef::as_ref)
    }

    fn service<T: Send + Sync + 'static>(&self) -> Result<&T, ApiError> {
        self.data_opt::<T>()
            .ok_or_else(|| ApiError::internal(format!("{} is not registered", std::any::type_name::<T>())))
    }
}

/// For nullable fields: lets `?` work inside, and makes an error null this field and not its parent.
pub async fn nullable<T>(field: impl Future<Output = Result<Option<T>, ApiError>>) -> Option<Result<T, ApiError>> {
    field.await.transpose()
}
