//! The server: routes, background work, and an end without lost requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App as HttpApp, HttpServer, Route, guard, web};
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::endpoint::{self, Endpoint};
use super::execution::Executor;
use super::metrics::Metrics;
use super::trusted::Gate;
use super::{console, health, jwks};
use crate::app::App;
use crate::config::Config;
use crate::graphql::cost::PriceListError;
use crate::platform::audit::seal_forever;
use crate::platform::{mail, retention};
use crate::schema;

/// How long a load balancer gets to notice that we are going.
const DRAIN_NOTICE: Duration = Duration::from_millis(500);
/// How long an idle connection stays. Longer than load balancers keep theirs, or one is closed as they send.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests under way get to end, in seconds.
const DRAIN_LIMIT: u64 = 10;
/// Letters under way at the same time: one that a slow server keeps waiting does not hold up the rest.
const MAIL_WORKERS: usize = 2;
const TRIM_EVERY: Duration = Duration::from_secs(3600);

/// Raised when the process is asked to stop.
#[derive(Clone, Default)]
pub(super) struct Draining(pub(super) Arc<AtomicBool>);

/// The server could not start or run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on, or the sockets broke.
    #[error("{address}: {source}")]
    Socket {
        /// Where.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The schema's prices cannot be read: a defect.
    #[error(transparent)]
    Prices(#[from] PriceListError),
}

#[expect(clippy::disallowed_methods, reason = "durations are measured by the process's own monotonic clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Serves until the process is asked to stop. `announce` is told the real address once it listens.
pub async fn serve(app: App, config: &Config, announce: impl FnOnce(String)) -> Result<(), ServeError> {
    let failed = |source| ServeError::Socket { address: config.bind, source };
    let draining = Draining::default();
    let pricing = schema::pricing(config.cost_limit.into())?;
    let metrics = Metrics::new();
    let endpoint = web::Data::new(Endpoint {
        executor: Executor {
            schema: schema::build(&app, pricing.clone()),
            platform: app.platform.clone(),
            gate: Gate::new(app.documents.clone(), pricing.documents.clone(), metrics.clone()),
            pricing,
            rate: config.cost_rate,
            open_introspection: config.is_embedded(),
        },
        metrics,
        trusted_proxies: config.trusted_proxies.clone(),
        runtime: Handle::current(),
        app: app.clone(),
    });
    let state = web::Data::new(draining.clone());
    let server = HttpServer::new(move || {
        HttpApp::new()
            .app_data(endpoint.clone())
            .app_data(state.clone())
            .route("/graphql", web::to(endpoint::handle))
            .route("/.well-known/jwks.json", read().to(jwks::handle))
            .route("/livez", read().to(health::live))
            .route("/readyz", read().to(health::ready))
            .route("/metrics", read().to(health::metrics))
            .route("/console", read().to(console::handle))
            .route("/console/{path:.*}", read().to(console::handle))
            .route("/", read().to(to_console))
    })
    .disable_signals()
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(Duration::from_secs(5))
    .client_disconnect_timeout(Duration::from_secs(1))
    .shutdown_timeout(DRAIN_LIMIT)
    .bind(config.bind)
    .map_err(failed)?;
    let address = server.addrs().first().copied().unwrap_or(config.bind);
    let background = start_background(&app);
    let server = server.run();
    // Asked for here and not in the task: whoever reads the announcement may send one at once.
    tokio::spawn(stop_when_asked(server.handle(), draining, signals()));
    announce(format!("http://{address}"));
    let ended = server.await.map_err(failed);
    for task in background {
        task.abort();
    }
    app.platform.db.close().await;
    ended
}

/// GET, and HEAD with the same answer less its body, which the library leaves out.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn to_console() -> actix_web::HttpResponse {
    actix_web::HttpResponse::Found().insert_header(("location", "/console")).finish()
}

fn start_background(app: &App) -> Vec<tokio::task::JoinHandle<()>> {
    let mut tasks: Vec<_> = app
        .consumers()
        .into_iter()
        .map(|consumer| tokio::spawn(app.outbox.clone().dispatch(app.platform.clone(), consumer)))
        .collect();
    tasks.push(tokio::spawn(seal_forever(app.platform.clone())));
    tasks.extend(app.background().into_iter().map(tokio::spawn));
    for _ in 0..MAIL_WORKERS {
        tasks.push(tokio::spawn(mail::work(app.mails.clone(), app.writer())));
    }
    let platform = app.platform.clone();
    tasks.push(tokio::spawn(async move {
        loop {
            if let Err(error) = retention::trim(&platform).await {
                tracing::warn!(error = ?error, "retention.trim_failed");
            }
            tokio::time::sleep(TRIM_EVERY).await;
        }
    }));
    tasks
}

/// SIGTERM and SIGINT, from now on.
fn signals() -> std::io::Result<(Signal, Signal)> {
    Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
}

/// Turns readiness red first, so that no new requests come, then lets those under way end.
async fn stop_when_asked(
    server: actix_web::dev::ServerHandle,
    draining: Draining,
    signals: std::io::Result<(Signal, Signal)>,
) {
    let Ok((mut terminate, mut interrupt)) = signals else {
        tracing::error!("signals cannot be received; stop the process with SIGKILL");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("server.stopping");
    draining.0.store(true, Ordering::Relaxed);
    tokio::time::sleep(DRAIN_NOTICE).await;
    server.stop(true).await;
}
