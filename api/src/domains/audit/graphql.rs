//! The audit trail, as clients see it.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::Audit;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Noun, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::DateTime;
use crate::platform::audit::{ActorKind, Checkpoint, Event, Filter, Outcome};
use crate::platform::db::keyset::Slice;
use crate::platform::ids::{is_id, noun, split};
use crate::platform::text::parse_line;

/// Who acted.
#[derive(SimpleObject)]
pub struct AuditActor {
    /// What kind of caller.
    kind: ActorKind,
    /// `usr_…`, `key_…` or `mbr_…`; null for the program itself and for nobody known.
    id: Option<ID>,
    /// The session of a person, `ses_…`, or the key behind a member's token, `key_…`; null for others.
    via_id: Option<ID>,
}

/// A thing that an event is about, whether it is still there or not.
#[derive(SimpleObject)]
pub struct AuditObject {
    /// What kind of thing, such as `Member`.
    #[graphql(name = "type")]
    kind: String,
    /// Its id.
    id: ID,
}

impl AuditObject {
    fn new(id: &str) -> Self {
        let kind = split(id).and_then(|(prefix, _)| noun(prefix)).unwrap_or("Unknown");
        Self { kind: kind.to_owned(), id: id.into() }
    }
}

/// One call of a mutation, or one command, and how it ended.
#[derive(Clone)]
pub struct AuditEvent(Ref<Event>);

/// One call of a mutation, or one command, and how it ended. It is never changed, and holds no value of any input.
#[Object]
impl AuditEvent {
    /// `aud_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// When it happened.
    async fn occurred_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.occurred_at.into())
    }

    /// Who acted.
    async fn actor(&self) -> Result<AuditActor, ApiError> {
        let event = self.0.row()?;
        Ok(AuditActor {
            kind: ActorKind::parse(&event.actor_kind).ok_or_else(strange)?,
            id: event.actor_id.as_deref().map(ID::from),
            via_id: event.via_id.as_deref().map(ID::from),
        })
    }

    /// The network address that the call came from; that of the machine itself for commands.
    async fn address(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.address)
    }

    /// The mutation, such as `memberUpdate`, or the command, such as `import members`.
    async fn operation(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.operation)
    }

    /// What was made or changed, or would have been; null when it is not one thing.
    async fn object(&self) -> Result<Option<AuditObject>, ApiError> {
        Ok(self.0.row()?.object_id.as_deref().map(AuditObject::new))
    }

    /// The larger thing that this happened in, such as the community that a member joined; null without one.
    async fn within(&self) -> Result<Option<AuditObject>, ApiError> {
        Ok(self.0.row()?.within_id.as_deref().map(AuditObject::new))
    }

    /// Paths of the input fields that were given, without places in lists; never what was given.
    async fn changed_fields(&self) -> Result<Vec<String>, ApiError> {
        texts(&self.0.row()?.changed_fields)
    }

    /// The request, as its answer named it in `X-Request-Id`; `local` for commands.
    async fn request_id(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.request_id)
    }

    /// How it ended.
    async fn outcome(&self) -> Result<Outcome, ApiError> {
        Outcome::parse(&self.0.row()?.outcome).ok_or_else(strange)
    }

    /// The codes of the refusal or the failure; empty on success.
    async fn codes(&self) -> Result<Vec<String>, ApiError> {
        texts(&self.0.row()?.codes)
    }
}

fn texts(list: &serde_json::Value) -> Result<Vec<String>, ApiError> {
    serde_json::from_value(list.clone()).map_err(ApiError::internal)
}

fn strange() -> ApiError {
    ApiError::internal("an audit event has a word that none was written with")
}

impl Noun for AuditEvent {
    const NAME: &'static str = "AuditEvent";
}

/// A signed statement of how far the trail had come. Keep it elsewhere: `shequn verify audit --checkpoint` finds
/// with it whether the trail was cut since.
#[derive(SimpleObject)]
pub struct AuditCheckpoint {
    /// `ten_…`: whose trail.
    tenant: ID,
    /// How many events it had.
    position: i64,
    /// The last link of its chain, in base64url.
    head: String,
    /// When that link was made.
    sealed_at: DateTime,
    /// Ed25519, in base64url, over the lines `shequn audit checkpoint 1`, tenant, position, head and sealedAt, each
    /// with a line feed at its end.
    signature: String,
    /// The installation's key for these signatures, in base64url.
    public_key: String,
}

impl From<(Checkpoint, String)> for AuditCheckpoint {
    fn from((checkpoint, public_key): (Checkpoint, String)) -> Self {
        Self {
            tenant: checkpoint.tenant.into(),
            position: checkpoint.position,
            head: checkpoint.head,
            sealed_at: checkpoint.sealed_at.into(),
            signature: checkpoint.signature,
            public_key,
        }
    }
}

/// Which events to list. Fields that are given must all hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct AuditEventFilter {
    /// By whom: `usr_…`, `key_…` or `mbr_…`.
    actor: Option<ID>,
    /// The mutation's or the command's name, as a whole.
    operation: Option<String>,
    /// About which thing: its id, of any kind.
    object: Option<ID>,
    /// In which larger thing: its id, of any kind.
    within: Option<ID>,
    /// Which ended so.
    outcome: Option<Outcome>,
    /// At or after.
    from: Option<DateTime>,
    /// Before.
    to: Option<DateTime>,
}

impl TryFrom<AuditEventFilter> for Filter {
    type Error = ApiError;

    fn try_from(filter: AuditEventFilter) -> Result<Self, ApiError> {
        let id = |argument, id: Option<ID>| match id {
            Some(id) if !is_id(&id) => {
                Err(ApiError::argument(ErrorCode::IdInvalid, argument, "This is no id of any kind of thing."))
            }
            id => Ok(id.map(|id| id.0)),
        };
        let operation = filter.operation.map(|text| parse_line(&text, 100)).transpose().map_err(|_| {
            ApiError::argument(ErrorCode::InputInvalid, "filter.operation", "This is no name of an operation.")
        })?;
        Ok(Self {
            actor: id("filter.actor", filter.actor)?,
            operation,
            object: id("filter.object", filter.object)?,
            within: id("filter.within", filter.within)?,
            outcome: filter.outcome,
            from: filter.from.map(|time| time.0),
            to: filter.to.map(|time| time.0),
        })
    }
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct AuditQuery;

/// Reads the audit trail.
#[Object]
impl AuditQuery {
    /// Who did what, the newest first, a page at a time: every mutation that succeeded, was refused, was denied or
    /// failed. Needs `audit:read`.
    #[graphql(directive = requires_scopes::apply(vec!["audit:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which events.")] filter: Option<AuditEventFilter>,
    ) -> Option<Result<Connection<Edge<AuditEvent>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async { list(ctx, &page, filter.unwrap_or_default().try_into()?).await.map(Some) }).await
    }

    /// How far the chain over the trail has come, signed; null while it is empty. It is about a second behind.
    /// Needs `audit:read`.
    #[graphql(directive = requires_scopes::apply(vec!["audit:read".to_owned()]))]
    async fn audit_checkpoint(&self, ctx: &Context<'_>) -> Option<Result<AuditCheckpoint, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            let reader = request.reader().await?;
            let checkpoint = ctx.service::<Audit>()?.checkpoint(request.actor(), &reader).await?;
            Ok(checkpoint.map(AuditCheckpoint::from))
        })
        .await
    }
}

async fn list(ctx: &Context<'_>, args: &PageArgs, filter: Filter) -> Result<Connection<Edge<AuditEvent>>, ApiError> {
    let request = ctx.request()?;
    let service = ctx.service::<Audit>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "auditEvents", "NEWEST_FIRST", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = service.list(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |event| Some(event.position()), AuditEvent)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader, filter) = (service.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { service.count(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
