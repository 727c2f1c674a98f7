//! `/console`: the GraphiQL console, embedded when the program was built.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

/// Scripts, styles and requests from here only; styles inline since the editor sets them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The console's files: path below `/console`, media type, content. Empty in a build without Node.
const FILES: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

const WITHOUT_CONSOLE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Shequn console</title>\
    <h1>This build has no console</h1><p>The program was built without Node.js. Install Node.js 20 or newer with npm, \
    build again with <code>cargo build</code>, and the console is here. The API at <code>/graphql</code> works as it is.</p></html>";

/// Serves a file of the console; the page itself for `/console`.
pub(super) async fn handle(path: Option<web::Path<String>>) -> HttpResponse {
    let path =
        path.map(web::Path::into_inner).filter(|path| !path.is_empty()).unwrap_or_else(|| "index.html".to_owned());
    let (media_type, content): (&str, &'static [u8]) = match FILES.iter().find(|(name, _, _)| *name == path) {
        Some((_, media_type, content)) => (media_type, content),
        None if FILES.is_empty() && path == "index.html" => ("text/html; charset=utf-8", WITHOUT_CONSOLE.as_bytes()),
        None => {
            return HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("There is no such file.\n");
        }
    };
    // Assets have their hash in their names, so that a new build has new ones.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(content)
}
