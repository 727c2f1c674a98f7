//! `/livez`, `/readyz` and `/metrics`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::{HttpResponse, web};

use super::endpoint::Endpoint;
use super::server::Draining;

const PATIENCE: Duration = Duration::from_secs(1);

/// The process runs.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("live\n")
}

/// The process can serve: it is not stopping and the database answers. Redis is named but not needed.
pub(super) async fn ready(endpoint: web::Data<Endpoint>, draining: web::Data<Draining>) -> HttpResponse {
    let stopping = draining.0.load(Ordering::Relaxed);
    let db = endpoint.app.platform.db.clone();
    let ask = endpoint.runtime.spawn(async move { tokio::time::timeout(PATIENCE, db.system_reader()).await });
    let database = matches!(ask.await, Ok(Ok(Ok(_))));
    let kv = endpoint.app.platform.kv.clone();
    let store = if kv.is_local() {
        "in this process"
    } else {
        let ask = endpoint.runtime.spawn(async move { kv.ping().await });
        if matches!(ask.await, Ok(Ok(()))) { "up" } else { "down" }
    };
    let body = format!("database: {}\nredis: {store}\nstopping: {stopping}\n", if database { "up" } else { "down" });
    let mut response = if database && !stopping { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.content_type("text/plain; charset=utf-8").body(body)
}

/// The process's numbers.
pub(super) async fn metrics(endpoint: web::Data<Endpoint>) -> HttpResponse {
    match endpoint.metrics.write(&endpoint.app) {
        Ok(text) => {
            HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text)
        }
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
