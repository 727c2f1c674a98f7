//! Which document a request is about, and whether the caller's registry lets it run.
//!
//! Asked before the price: what is refused here costs nothing and runs nothing.

use std::sync::Arc;

use async_graphql::parser::types::{OperationType, Selection};

use super::execution::DEADLINE;
use super::metrics::Metrics;
use super::request::GraphqlRequest;
use crate::actor::Actor;
use crate::domains::documents::{Registry, TrustedDocuments, spell};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::document::{Document, Documents, Unreadable};
use crate::platform::crypto::sha256;

/// What people may always send, alone in its document: the mutation that sets the mode back, and what gives them the
/// proof and the second factor that it may ask for. So nobody locks themselves out.
const WAYS_OUT: [&str; 4] = ["documentRegistryModeSet", "stepUp", "secondFactorEnrol", "secondFactorConfirm"];
/// The longest name of an operation in the log.
const LOGGED_NAME: usize = 64;

/// What decides which documents run; cheap to clone.
#[derive(Clone)]
pub(super) struct Gate {
    registries: TrustedDocuments,
    documents: Documents,
    metrics: Metrics,
}

impl Gate {
    pub(super) fn new(registries: TrustedDocuments, documents: Documents, metrics: Metrics) -> Self {
        Self { registries, documents, metrics }
    }

    /// The document that is asked for, if it may run.
    pub(super) async fn document(
        &self,
        actor: &Actor,
        request: &GraphqlRequest,
        request_id: &str,
    ) -> Result<Arc<Document>, Unreadable> {
        let registry = self.registry(actor, request.document_id.is_some()).await?;
        let document = self.find(registry.as_ref(), request).await?;
        if let Some(registry) = &registry {
            self.admit(actor, registry, (&document, request.operation_name.as_deref()), request_id)?;
        }
        Ok(document)
    }

    /// None for whoever is not signed in.
    async fn registry(&self, actor: &Actor, by_id: bool) -> Result<Option<Registry>, ApiError> {
        let Some(place) = TrustedDocuments::place(actor) else { return Ok(None) };
        if let Some(known) = self.registries.recall(place, by_id) {
            return Ok(Some(known));
        }
        let registries = self.registries.clone();
        asked(async move { registries.look_up(place, by_id).await }).await.map(Some)
    }

    async fn find(&self, registry: Option<&Registry>, request: &GraphqlRequest) -> Result<Arc<Document>, Unreadable> {
        let query = request.query.as_deref();
        let Some(id) = &request.document_id else { return self.documents.read(query.unwrap_or_default()) };
        let about = |code, message: &'static str| ApiError::argument(code, "documentId", message);
        let unknown = || about(ErrorCode::DocumentNotFound, "Your registry has no document with this id.");
        let nobodys = || about(ErrorCode::Unauthenticated, "Sign in: documents are found in your own registry.");
        let registry = registry.ok_or_else(nobodys)?;
        let hash = registry.find(id).ok_or_else(unknown)?;
        if let Some(text) = query {
            if sha256(text.as_bytes()) != hash {
                return Err(about(ErrorCode::DocumentMismatch, "This id stands for another text than query.").into());
            }
            return self.documents.read(text);
        }
        if let Some(document) = self.documents.recall(&hash) {
            return Ok(document);
        }
        let (registries, registry) = (self.registries.clone(), registry.clone());
        let text = asked(async move { registries.text(&registry, hash).await }).await?.ok_or_else(unknown)?;
        self.documents.read(&text)
    }

    fn admit(
        &self,
        actor: &Actor,
        registry: &Registry,
        (document, operation_name): (&Document, Option<&str>),
        request_id: &str,
    ) -> Result<(), ApiError> {
        let Some(mode) = registry.watch() else { return Ok(()) };
        let hash = document.hash();
        if registry.has(&hash) || (actor.user().is_some() && is_way_out(document)) {
            return Ok(());
        }
        self.metrics.note_untrusted_document(mode);
        let name = logged_name(document, operation_name);
        tracing::info!(
            request.id = request_id,
            tenant = %registry.tenant(),
            registry = %registry.id(),
            mode,
            document.hash = spell(&hash),
            operation.name = name,
            "document.not_trusted"
        );
        if registry.is_enforced() {
            let message = "Your registry lets only its own documents run, and this is none of them.";
            return Err(ApiError::new(ErrorCode::DocumentNotTrusted, message));
        }
        Ok(())
    }
}

/// Asks the database under the deadline, in a task of its own: a question must not be dropped half-way.
async fn asked<T: Send + 'static>(
    question: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::time::timeout(DEADLINE, tokio::spawn(question)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => Err(ApiError::internal(panic)),
        Err(_) => Err(ApiError::new(ErrorCode::Timeout, "This took longer than 5 seconds.")),
    }
}

/// Whether the document is one mutation of one field, which is a way out.
fn is_way_out(document: &Document) -> bool {
    let parsed = document.parsed();
    let operations: Vec<_> = parsed.operations.iter().map(|(_, operation)| &operation.node).collect();
    let [operation] = operations.as_slice() else { return false };
    let [selection] = operation.selection_set.node.items.as_slice() else { return false };
    let Selection::Field(field) = &selection.node else { return false };
    operation.ty == OperationType::Mutation && WAYS_OUT.contains(&field.node.name.node.as_str())
}

/// The name of the operation, as the document spells it: letters, digits and `_`.
fn logged_name(document: &Document, asked_for: Option<&str>) -> Option<String> {
    let names = document.operation_names();
    let name = match asked_for {
        Some(wanted) => names.into_iter().find(|name| name == wanted),
        None => names.into_iter().next().filter(|_| document.parsed().operations.iter().count() == 1),
    };
    name.map(|name| name.chars().take(LOGGED_NAME).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_way_out_text(text: &str) -> bool {
        is_way_out(&Document::of(text).unwrap())
    }

    #[test]
    fn a_way_out_is_alone_in_its_document() {
        let way = "documentRegistryModeSet(input: { mode: OPEN }) { userErrors { code } }";
        assert!(is_way_out_text(&format!("mutation {{ {way} }}")));
        assert!(is_way_out_text(&format!("mutation Reset {{ again: {way} }}")));
        for text in [
            format!("mutation {{ {way} memberCreate(input: {{ displayName: \"A\" }}) {{ userErrors {{ code }} }} }}"),
            format!("mutation A {{ {way} }} query B {{ members {{ nodes {{ phone }} }} }}"),
            "mutation { documentRegistryModeSet: memberCreate(input: { displayName: \"A\" }) { userErrors { code } } }"
                .to_owned(),
            format!("query {{ {way} }}"),
            format!("mutation {{ ...A }} fragment A on Mutation {{ {way} }}"),
        ] {
            assert!(!is_way_out_text(&text), "{text}");
        }
    }

    #[test]
    fn a_logged_name_is_one_of_the_documents_own() {
        let one = Document::of("query Members { viewer { role } }").unwrap();
        assert_eq!(logged_name(&one, None).as_deref(), Some("Members"));
        assert_eq!(logged_name(&one, Some("forged\nline")), None);
        let two = Document::of("query A { viewer { role } } query B { viewer { role } }").unwrap();
        assert_eq!(logged_name(&two, None), None);
        assert_eq!(logged_name(&two, Some("B")).as_deref(), Some("B"));
        assert_eq!(logged_name(&Document::of("{ viewer { role } }").unwrap(), None), None);
    }
}
