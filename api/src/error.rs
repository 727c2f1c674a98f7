//! The two ways an operation says no.
//!
//! [`ApiError`] is a failure of the request itself and becomes a top-level GraphQL error; [`UserError`]
//! is a business refusal and is part of a mutation's payload. [`Failure`] is what use cases hand to
//! resolvers. Codes are promises: the tables below are compared with a snapshot in the tests.

mod denied;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Enum, SimpleObject};

use crate::actor::Scope;
use crate::platform::text::TextProblem;

pub use denied::Denied;

/// The closed table of top-level codes: name, spelling, HTTP status of a response without data.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $status:literal;)+) => {
        /// Code of a top-level error, in `extensions.code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode { $($(#[$doc])* $name),+ }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The spelling that clients see.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $text),+ } }

            /// The HTTP status where the whole request failed with this code.
            #[must_use]
            pub const fn http_status(self) -> u16 { match self { $(Self::$name => $status),+ } }
        }
    };
}

error_codes! {
    /// The document is not GraphQL.
    ParseFailed "PARSE_FAILED" 400;
    /// The document or its variables do not fit the schema.
    ValidationFailed "VALIDATION_FAILED" 400;
    /// The HTTP request is not a GraphQL request.
    BadRequest "BAD_REQUEST" 400;
    /// The document passes a limit on nesting, fields, aliases, fragments or directives.
    DocumentTooComplex "DOCUMENT_TOO_COMPLEX" 400;
    /// The caller's registry has no document with this `documentId`.
    DocumentNotFound "DOCUMENT_NOT_FOUND" 400;
    /// `query` is another text than the one that `documentId` stands for.
    DocumentMismatch "DOCUMENT_MISMATCH" 400;
    /// The caller's registry lets only its own documents run, and this is none of them.
    DocumentNotTrusted "DOCUMENT_NOT_TRUSTED" 403;
    /// The operation costs more than one may; `queryCost` says what would fit.
    CostTooHigh "COST_TOO_HIGH" 400;
    /// The body is larger than this caller may send.
    BodyTooLarge "BODY_TOO_LARGE" 413;
    /// The body did not arrive in time.
    RequestTimeout "REQUEST_TIMEOUT" 408;
    /// This HTTP method cannot carry this operation.
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405;
    /// None of the media types the client accepts can be produced.
    NotAcceptable "NOT_ACCEPTABLE" 406;
    /// The body's media type is not `application/json`.
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415;
    /// Nobody is signed in, or the token is no longer valid.
    Unauthenticated "UNAUTHENTICATED" 401;
    /// The caller is known and may not do this; `requiredScopes` says what is missing.
    Forbidden "FORBIDDEN" 403;
    /// This needs a proof of the last five minutes: `stepUp` gives it.
    StepUpRequired "STEP_UP_REQUIRED" 403;
    /// The tenant asks everybody for a second factor, and the caller has none: `secondFactorEnrol` gives it.
    SecondFactorRequired "SECOND_FACTOR_REQUIRED" 403;
    /// Too much in too little time; `retryAfterSeconds` says when to come back.
    Throttled "THROTTLED" 429;
    /// The deadline passed.
    Timeout "TIMEOUT" 504;
    /// A service this one needs is away.
    Unavailable "UNAVAILABLE" 503;
    /// The answer would be too large.
    ResponseTooLarge "RESPONSE_TOO_LARGE" 400;
    /// The cursor was not made by this list with this sort and filter.
    CursorInvalid "CURSOR_INVALID" 400;
    /// `first` and `last` are 1 to 100, and not both.
    PageSizeInvalid "PAGE_SIZE_INVALID" 400;
    /// The id is not of the expected kind or spelling.
    IdInvalid "ID_INVALID" 400;
    /// An argument has the right type and an impossible value.
    InputInvalid "INPUT_INVALID" 400;
    /// The idempotency key was used before with other input.
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 409;
    /// The first request with this idempotency key is still running; try again.
    IdempotencyInFlight "IDEMPOTENCY_IN_FLIGHT" 409;
    /// Something broke on our side; the request id finds it in the logs.
    Internal "INTERNAL" 500;
}

/// A failure of a request or a field.
///
/// It has no `Display` on purpose: async-graphql turns anything with one into a client-visible
/// message, and that is how inner texts leak. `message` is written for clients, `source` for logs.
#[derive(Clone, Debug)]
pub struct ApiError(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    code: ErrorCode,
    message: Cow<'static, str>,
    argument: Option<Cow<'static, str>>,
    required_scopes: Vec<Scope>,
    retry_after_seconds: Option<u64>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Inner {
    fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { code, message, argument: None, required_scopes: Vec::new(), retry_after_seconds: None, source: None }
    }
}

impl From<Inner> for ApiError {
    fn from(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl ApiError {
    /// An error with a message for the client.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Inner::new(code, message).into()
    }

    /// An error about one argument, named in `extensions.argument`.
    #[must_use]
    pub fn argument(
        code: ErrorCode,
        argument: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Inner { argument: Some(argument.into()), ..Inner::new(code, message) }.into()
    }

    /// A defect or an outage on our side; `source` goes to the log only.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::with_source(ErrorCode::Internal, "Something broke on our side.", source)
    }

    /// A service we depend on is away; the client may try again.
    #[must_use]
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::with_source(ErrorCode::Unavailable, "A service this needs is away for the moment; try again.", source)
    }

    /// Too much in too little time. Rounds up to whole seconds, as the header `Retry-After` has it.
    #[must_use]
    pub fn throttled(message: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        let rounded_up = retry_after.saturating_add(Duration::from_nanos(999_999_999)).as_secs();
        Inner { retry_after_seconds: Some(rounded_up.max(1)), ..Inner::new(ErrorCode::Throttled, message) }.into()
    }

    fn with_source(
        code: ErrorCode,
        message: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Inner { source: Some(source.into()), ..Inner::new(code, message) }.into()
    }

    /// The code in `extensions.code`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The text for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// When the same request may succeed, where that is known.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after_seconds
    }

    /// What happened inside, for the log.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync)> {
        self.0.source.as_deref()
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        let mut out = Self::new(error.message().to_owned());
        let mut extensions = async_graphql::ErrorExtensionValues::default();
        extensions.set("code", error.code().as_str());
        if let Some(argument) = &error.0.argument {
            extensions.set("argument", argument.as_ref());
        }
        if !error.0.required_scopes.is_empty() {
            let scopes: Vec<_> = error.0.required_scopes.iter().map(|scope| scope.as_str().into()).collect();
            extensions.set("requiredScopes", async_graphql::Value::List(scopes));
        }
        if let Some(seconds) = error.0.retry_after_seconds {
            extensions.set("retryAfterSeconds", seconds);
        }
        out.extensions = Some(extensions);
        out.source = Some(Arc::new(error));
        out
    }
}

/// What was wrong with a mutation's input or the state it met.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserErrorCode {
    /// The value is not acceptable; the message says what is.
    Invalid,
    /// The value must be given and must not be blank.
    Required,
    /// The text or list is longer than allowed.
    TooLong,
    /// There is no such thing in this tenant.
    NotFound,
    /// Tenant, e-mail address and password do not belong together.
    CredentialsInvalid,
    /// The refresh token is unknown, expired, revoked or was used before.
    SessionInvalid,
    /// The challenge is too old, not ours, or the account has changed since.
    ChallengeInvalid,
    /// The code is wrong, or was used before.
    CodeInvalid,
    /// The account has a second factor already; remove it first.
    SecondFactorActive,
    /// The account has no second factor, or none that waits for its first code.
    SecondFactorInactive,
    /// Somebody else changed the object since the version you read.
    VersionConflict,
    /// The object is archived; restore it first.
    Archived,
    /// The object is not archived.
    NotArchived,
    /// Another active member has this phone number.
    PhoneTaken,
    /// The phone number is not valid in its country.
    PhoneInvalid,
    /// Another member has this external reference.
    ExternalRefTaken,
    /// Another active member has this platform identity.
    IdentityTaken,
    /// The member already belongs to the community.
    AlreadyMember,
    /// The member does not belong to the community.
    NotMember,
    /// This installation sends no mail.
    MailNotConfigured,
    /// The role, or the person's, is above the caller's own.
    RoleAboveOwn,
    /// The person works for the tenant already.
    AlreadyStaff,
    /// An open invitation waits for this address.
    AlreadyInvited,
    /// The tenant would have no owner.
    LastOwner,
    /// The person does not work for the tenant any more.
    StaffEnded,
    /// The invitation was accepted or revoked.
    InvitationClosed,
    /// The link of a letter was used, replaced, taken back, is too old, or never was one.
    LinkInvalid,
    /// The member has checked in on this day, or on a later one.
    AlreadyCheckedIn,
    /// The member has no card to make a day up with.
    NoCards,
    /// Fewer points are available than this takes.
    InsufficientPoints,
    /// The account was found not to add up: nothing is posted until that is cleared.
    AccountFrozen,
    /// The account adds up, or was not frozen.
    AccountNotFrozen,
    /// The entry was reversed before.
    AlreadyReversed,
    /// Entries of this kind are not reversed, or part of what it gave has expired.
    NotReversible,
    /// It is the program's own: it records events of this name itself, or ends this hold by what it is kept for.
    Reserved,
    /// An event of this name was recorded with the same reference before.
    AlreadyRecorded,
    /// The tenant has as many rules as one may: archive some.
    TooManyRules,
    /// The hold was captured or released, or its time is over.
    HoldClosed,
    /// Nothing was posted: with what was moved by hand within 24 hours it is over the tenant's limit, and waits for a
    /// second person's approval. An event that a person records is refused so, and does not wait.
    ApprovalRequired,
    /// Whoever asked, or was given a secret of the key that did, does not decide on it.
    SelfApproval,
    /// Somebody else asked for it, who alone takes it back.
    AskedByAnother,
    /// The member has as many open holds as one may: let some go.
    TooManyHolds,
    /// The reward is not active, or its time has not come or is over.
    NotOffered,
    /// The reward is for others.
    NotEligible,
    /// The member has redeemed as many of the reward in this period as one may.
    LimitReached,
    /// Less is there than this takes.
    OutOfStock,
    /// It was decided, fulfilled, cancelled or withdrawn, or its time is over.
    Closed,
    /// The tenant has not switched this on.
    NotEnabled,
    /// The tenant has it already.
    AlreadyExists,
    /// The document is not GraphQL, or does not fit the schema; the message says where.
    DocumentInvalid,
    /// The document passes a limit on size, nesting, fields, aliases, fragments or directives.
    DocumentTooComplex,
    /// The document id stands for another text, and that is for good.
    DocumentIdTaken,
}

/// One reason why a mutation changed nothing. Costs nothing.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[graphql(directive = crate::graphql::cost::shown::costs::apply(0))]
pub struct UserError {
    /// Path of the input field at fault, from the input's root; list positions are numbers. Null when no single field is.
    pub field: Option<Vec<String>>,
    /// One sentence for a developer; not meant to be shown to end users as it is.
    pub message: String,
    /// What to branch on.
    pub code: UserErrorCode,
}

impl UserError {
    /// A refusal that names the input field.
    #[must_use]
    pub fn at(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { field: Some(field.split('.').map(str::to_owned).collect()), message: message.into(), code }
    }

    /// The same refusal, below `prefix`: for inputs inside lists and nested inputs.
    #[must_use]
    pub fn below(mut self, prefix: &[&str]) -> Self {
        let mut path: Vec<String> = prefix.iter().map(|&part| part.to_owned()).collect();
        path.extend(self.field.take().unwrap_or_default());
        self.field = Some(path);
        self
    }

    /// The text in `field` was not let in.
    #[must_use]
    pub fn text(field: &str, problem: TextProblem) -> Self {
        match problem {
            TextProblem::Blank => Self::at(field, UserErrorCode::Required, "This must not be blank."),
            TextProblem::TooLong { max } => {
                Self::at(field, UserErrorCode::TooLong, format!("This has more than {max} characters."))
            }
            TextProblem::Control => Self::at(field, UserErrorCode::Invalid, "This has control characters."),
        }
    }

    /// The id in `field` names nothing in this tenant.
    #[must_use]
    pub fn not_found(field: &str, noun: &str) -> Self {
        Self::at(field, UserErrorCode::NotFound, format!("There is no such {noun}."))
    }
}

/// Why a use case did not do what was asked.
#[derive(Clone, Debug)]
pub enum Failure {
    /// A business refusal, for the payload; remembered under an idempotency key.
    Refused(Vec<UserError>),
    /// The request failed, for the top-level errors; never remembered.
    Failed(ApiError),
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}
