//! A GraphQL client that belongs to one audience.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::Response;

pub(crate) const RESPONSE_JSON: &str = "application/graphql-response+json";

/// The tokens of a signed-in person.
#[derive(Clone, Debug)]
pub struct Session {
    pub access_token: String,
    pub refresh_token: String,
}

impl Session {
    fn of(payload: &Value) -> Self {
        let token = |name: &str| {
            let value = payload["session"][name].as_str();
            value.unwrap_or_else(|| panic!("no session: {payload}")).to_owned()
        };
        Self { access_token: token("accessToken"), refresh_token: token("refreshToken") }
    }
}

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// Shared by clones: one session has one pair of tokens at a time.
    session: Option<Arc<Mutex<Session>>>,
}

impl Client {
    pub(crate) fn anonymous(base: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), session: None }
    }

    /// The same, saying in `User-Agent` who it is.
    pub fn calling_itself(&self, name: &str) -> Self {
        let http = reqwest::Client::builder().user_agent(name).build().expect("a client can be made");
        Self { http, ..self.clone() }
    }

    /// The same person at another process.
    pub fn at(&self, server: &crate::Server) -> Self {
        Self { base: server.base(), ..self.clone() }
    }

    /// Signed in with the `session` of a payload.
    pub fn with_session(&self, payload: &Value) -> Self {
        Self { session: Some(Arc::new(Mutex::new(Session::of(payload)))), ..self.clone() }
    }

    /// Goes on with the `session` of a payload, as all clones of this client do.
    pub fn renew(&self, payload: &Value) {
        let session = self.session.as_ref().expect("this client is signed in");
        *session.lock().expect("nobody panics with a session") = Session::of(payload);
    }

    /// With any text as access token.
    pub fn with_token(&self, access_token: &str) -> Self {
        let session = Session { access_token: access_token.to_owned(), refresh_token: String::new() };
        Self { session: Some(Arc::new(Mutex::new(session))), ..self.clone() }
    }

    pub fn session(&self) -> Session {
        let session = self.session.as_ref().expect("this client is signed in");
        session.lock().expect("nobody panics with a session").clone()
    }

    /// Runs the operation `tests/operations/NAME.graphql`.
    pub async fn run(&self, name: &str, variables: Value) -> Response {
        self.query(&operation(name), variables).await
    }

    /// The same without the audience's token.
    pub async fn run_anonymously(&self, name: &str, variables: Value) -> Response {
        Self { session: None, ..self.clone() }.run(name, variables).await
    }

    /// Runs a document with one operation.
    pub async fn query(&self, document: &str, variables: Value) -> Response {
        self.post(json!({ "query": document, "variables": variables })).await
    }

    /// Posts any JSON body.
    pub async fn post(&self, body: Value) -> Response {
        self.post_text(body.to_string()).await
    }

    /// Posts any text, or bytes, as a JSON body.
    pub async fn post_text(&self, body: impl Into<reqwest::Body>) -> Response {
        let request = self
            .request(Method::POST, "/graphql")
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, RESPONSE_JSON)
            .body(body);
        Response::receive(request).await
    }

    /// A request to be completed, with the audience's token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.session {
            Some(_) => request.header(AUTHORIZATION, format!("Bearer {}", self.session().access_token)),
            None => request,
        }
    }

    /// Sends a completed request.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        Response::receive(request).await
    }
}

/// The text of a stored operation, with the shared fragments that it spreads.
pub fn operation(name: &str) -> String {
    let operation = stored(&operations_folder().join(format!("{name}.graphql")));
    let spread = |line: &str| line.trim().strip_prefix("...").filter(|name| !name.contains(' ')).map(str::to_owned);
    let fragments: BTreeSet<_> = operation.lines().filter_map(spread).collect();
    let folder = operations_folder().join("fragments");
    fragments.iter().fold(operation, |text, name| text + &stored(&folder.join(format!("{name}.graphql"))))
}

fn stored(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all stored operations, sorted.
pub fn operation_names() -> Vec<String> {
    let entries = std::fs::read_dir(operations_folder()).expect("the operations can be listed");
    let paths = entries.map(|entry| entry.expect("the operations can be listed").path());
    let name = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = paths.filter(|path| path.is_file()).filter_map(name).collect();
    names.sort();
    names
}

fn operations_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("operations")
}
