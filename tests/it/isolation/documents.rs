//! The cases about trusted documents.

use serde_json::{Value, json};

use super::cases::{Case, DOCUMENTS, REGISTRY, case, input, mutation};
use super::maker::Maker;

pub(super) fn of_documents() -> Vec<Case> {
    let registry = |operation| mutation(operation, &format!("documentRegistry {{ {REGISTRY} }}"));
    vec![
        case(
            "documentRegistry",
            format!("query($key: ID!) {{ answer: documentRegistry(partnerKeyId: $key) {{ {REGISTRY} }} }}"),
            |things| json!({ "key": things.key }),
        ),
        case(
            "trustedDocuments",
            format!("query($key: ID!) {{ answer: trustedDocuments(partnerKeyId: $key) {{ {DOCUMENTS} }} }}"),
            |things| json!({ "key": things.key }),
        ),
        case(
            "trustedDocuments",
            format!(
                "query($id: String!) {{ answer: trustedDocuments(filter: {{ documentId: $id }}) {{ {DOCUMENTS} }} }}"
            ),
            |things| json!({ "id": things.document }),
        ),
        case(
            "trustedDocuments",
            format!("query($after: String!) {{ answer: trustedDocuments(after: $after) {{ {DOCUMENTS} }} }}"),
            |things| json!({ "after": things.documents_cursor }),
        ),
        case(
            "trustedDocumentsPublish",
            mutation("trustedDocumentsPublish", "outcomes { documentId status errors { field code } }"),
            |things| {
                let manifest = json!({ "both-like-this": "{ viewer { role } }" }).to_string();
                input(things, json!({ "partnerKeyId": things.key, "manifest": manifest }))
            },
        ),
        case("trustedDocumentsRemove", registry("trustedDocumentsRemove"), |things| {
            input(things, json!({ "partnerKeyId": things.key, "documentIds": [things.document] }))
        }),
        case("documentRegistryModeSet", registry("documentRegistryModeSet"), |things| {
            input(things, json!({ "partnerKeyId": things.key, "mode": "LOG" }))
        }),
    ]
}

impl Maker {
    pub(super) async fn publish(&self, key: &Value, document: &str) {
        let manifest = json!({ document: format!("query {}Viewer {{ viewer {{ role }} }}", self.mark) }).to_string();
        let input = json!({ "partnerKeyId": key, "manifest": manifest });
        let answer = self.client.run("TrustedDocumentsPublish", json!({ "input": input })).await;
        assert_eq!(answer.payload("trustedDocumentsPublish")["outcomes"][0]["status"], "ADDED", "{}", answer.raw);
    }
}
