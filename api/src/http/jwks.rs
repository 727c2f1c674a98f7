//! `/.well-known/jwks.json`: the keys by which others verify access tokens (RFC 7517, RFC 8037).

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::endpoint::Endpoint;

/// Keys are published a day before they sign, so a copy of some minutes lacks none; it must not be older,
/// since raising the generation is to be noticed soon.
const CACHE_CONTROL: &str = "public, max-age=300";

pub(super) async fn handle(endpoint: web::Data<Endpoint>) -> HttpResponse {
    let Ok(keys) = endpoint.app.auth.public_keys() else { return HttpResponse::InternalServerError().finish() };
    let keys: Vec<Value> = keys
        .into_iter()
        .map(|key| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.id, "x": key.x }))
        .collect();
    HttpResponse::Ok()
        .insert_header(("content-type", "application/jwk-set+json"))
        .insert_header(("cache-control", CACHE_CONTROL))
        .body(json!({ "keys": keys }).to_string())
}
