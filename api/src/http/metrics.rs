//! `/metrics`, for Prometheus.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::error::ApiError;

/// Upper bounds of the duration buckets, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    status: u16,
    has_errors: u8,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DocumentLabels {
    mode: &'static str,
}

/// The process's numbers; cheap to clone.
#[derive(Clone)]
pub(super) struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    duration: Histogram,
    untrusted_documents: Family<DocumentLabels, Counter>,
    connections_open: Gauge,
    connections_idle: Gauge,
    password_checks: Counter,
    redis_up: Gauge,
    redis_failures: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("shequn");
        let requests = Family::<RequestLabels, Counter>::default();
        let duration = Histogram::new(BUCKETS);
        let (connections_open, connections_idle) = (Gauge::default(), Gauge::default());
        registry.register(
            "graphql_requests",
            "GraphQL requests by HTTP status and whether any field failed",
            requests.clone(),
        );
        registry.register("graphql_request_duration_seconds", "Time from the header to the answer", duration.clone());
        registry.register("database_connections_open", "Connections to the database", connections_open.clone());
        registry.register("database_connections_idle", "Connections in the pool", connections_idle.clone());
        let untrusted_documents = Family::<DocumentLabels, Counter>::default();
        registry.register(
            "untrusted_documents",
            "Requests with a document that the caller's registry does not have, by its mode",
            untrusted_documents.clone(),
        );
        let password_checks = Counter::default();
        registry.register("password_checks", "Passwords compared with a hash", password_checks.clone());
        let redis_up = Gauge::default();
        registry.register("redis_up", "0 while Redis counts as away", redis_up.clone());
        let redis_failures = Counter::default();
        registry.register("redis_failures", "Commands that Redis left without an answer", redis_failures.clone());
        Self(Arc::new(Inner {
            registry,
            requests,
            duration,
            untrusted_documents,
            connections_open,
            connections_idle,
            password_checks,
            redis_up,
            redis_failures,
        }))
    }

    pub(super) fn note_request(&self, status: u16, has_errors: bool, duration: Duration) {
        self.0.requests.get_or_create(&RequestLabels { status, has_errors: u8::from(has_errors) }).inc();
        self.0.duration.observe(duration.as_secs_f64());
    }

    /// `mode` is that of the caller's registry.
    pub(super) fn note_untrusted_document(&self, mode: &'static str) {
        self.0.untrusted_documents.get_or_create(&DocumentLabels { mode }).inc();
    }

    /// The text for Prometheus, with what others have counted.
    pub(super) fn write(&self, app: &App) -> Result<String, ApiError> {
        let (open, idle) = app.platform.db.connections();
        self.0.password_checks.inner().store(app.auth.password_checks(), Ordering::Relaxed);
        self.0.connections_open.set(i64::from(open));
        self.0.connections_idle.set(i64::try_from(idle).unwrap_or(i64::MAX));
        self.0.redis_up.set(i64::from(!app.platform.kv.is_away()));
        self.0.redis_failures.inner().store(app.platform.kv.failures(), Ordering::Relaxed);
        let mut text = String::new();
        encode(&mut text, &self.0.registry).map_err(ApiError::internal)?;
        Ok(text)
    }
}
