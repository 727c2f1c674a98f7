//! Trusted documents: manifests, documents by id, and registries that let nothing else run.

mod enforced;

use harness::{Client, Database, Response, Role, TestApp, absent_id, run};
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::partner_keys::key;
use crate::spec::percent_encoded;

/// As Relay's compiler writes `persisted_queries.json`: ids are MD5.
const RELAY: &str = r#"{
  "5d1f0f7bd4a9ffb0b7cb2a63f1ad8cd9": "query ShopMembersQuery(\n  $first: Int\n) {\n  members(first: $first) {\n    totalCount\n    edges {\n      node {\n        id\n        displayName\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n",
  "b0a1d9b0c4ea6f3f8a7c19e1b5a5c1d2": "mutation ShopRenameMutation(\n  $input: MemberUpdateInput!\n) {\n  memberUpdate(input: $input) {\n    member {\n      id\n      displayName\n    }\n    userErrors {\n      code\n    }\n  }\n}\n"
}"#;
/// As the client preset of graphql-codegen writes `persisted-documents.json`: ids are SHA-1.
const CODEGEN: &str = r#"{
  "2d1fa6d2e9bdf3a2d0a1b6f4d4b3a5b7c7e8f901": "query Viewer { __typename viewer { __typename role tenant { __typename name } } }",
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4": "fragment Names on Community { __typename id name } query Communities { communities { nodes { ...Names } } }"
}"#;
const VIEWER: &str = "{ viewer { role } }";

#[test]
fn manifests_of_relay_and_of_codegen_are_published_once_and_for_good() {
    run(async {
        let owner = TestApp::shared().await.tenant("manifests").await.owner().await;
        for manifest in [RELAY, CODEGEN] {
            let first = published(&owner, manifest).await;
            assert!(first.iter().all(|outcome| outcome["status"] == "ADDED"), "{first:?}");
            let again = published(&owner, manifest).await;
            assert!(again.iter().all(|outcome| outcome["status"] == "UNCHANGED"), "{again:?}");
        }
        let list = owner.run("TrustedDocumentList", json!({})).await;
        assert_eq!(list.data("trustedDocuments.totalCount"), 4);
        let registry = owner.run("DocumentRegistry", json!({})).await;
        assert_eq!(registry.data("documentRegistry.version"), 3, "what is published again changes nothing");
        assert_eq!(registry.data("documentRegistry.mode"), "OPEN");

        let filter = json!({ "filter": { "operationName": "ShopMembersQuery" } });
        let found = owner.run("TrustedDocumentList", filter).await;
        let node = found.data("trustedDocuments.edges.0.node");
        assert_eq!(node["documentId"], "5d1f0f7bd4a9ffb0b7cb2a63f1ad8cd9");
        assert_eq!(node["operationNames"], json!(["ShopMembersQuery"]));
        assert!(node["text"].as_str().unwrap().starts_with("query ShopMembersQuery(\n"));
        for none in ["ShopMembers", "Shop%Query", "ShopMembersQuer_"] {
            let answer = owner.run("TrustedDocumentList", json!({ "filter": { "operationName": none } })).await;
            assert_eq!(answer.data("trustedDocuments.totalCount"), 0, "{none}");
        }
        let one = json!({ "filter": { "documentId": "2d1fa6d2e9bdf3a2d0a1b6f4d4b3a5b7c7e8f901" } });
        assert_eq!(owner.run("TrustedDocumentList", one).await.data("trustedDocuments.totalCount"), 1);
    });
}

#[test]
fn a_document_runs_by_its_id_and_by_its_hash_on_post_and_get() {
    run(async {
        let owner = TestApp::shared().await.tenant("by-id").await.owner().await;
        published(&owner, CODEGEN).await;
        published(&owner, RELAY).await;
        let list = owner.run("TrustedDocumentList", json!({ "filter": { "operationName": "Viewer" } })).await;
        let node = list.data("trustedDocuments.edges.0.node").clone();
        assert!(node["sha256"].as_str().unwrap().starts_with("sha256:"));
        for id in [&node["documentId"], &node["sha256"]] {
            let posted = owner.post(json!({ "documentId": id })).await;
            assert_eq!(posted.data("viewer.role"), "OWNER");
            let named = owner.post(json!({ "documentId": id, "operationName": "Viewer", "query": node["text"] })).await;
            assert_eq!(named.data("viewer.role"), "OWNER", "the text of the id may be sent along");
            assert_eq!(got(&owner, &[("documentId", id.as_str().unwrap())]).await.data("viewer.role"), "OWNER");
        }
        let members = [("documentId", "5d1f0f7bd4a9ffb0b7cb2a63f1ad8cd9"), ("variables", r#"{"first":1}"#)];
        assert_eq!(got(&owner, &members).await.data("members.totalCount"), 0);
        let mutation = got(&owner, &[("documentId", "b0a1d9b0c4ea6f3f8a7c19e1b5a5c1d2"), ("variables", "{}")]).await;
        assert_ne!(mutation.status, 200);
        let variables = json!({ "input": { "id": absent_id("mbr"), "displayName": "A" } });
        let mutation =
            got(&owner, &[("documentId", "b0a1d9b0c4ea6f3f8a7c19e1b5a5c1d2"), ("variables", &variables.to_string())])
                .await;
        assert_eq!(mutation.status, 405);
        mutation.expect_request_error("METHOD_NOT_ALLOWED");
    });
}

#[test]
fn an_id_that_the_registry_does_not_have_is_named_whoever_else_has_it() {
    run(async {
        let app = TestApp::shared().await;
        let (owner, other) = (app.tenant("knows").await.owner().await, app.tenant("knows-not").await.owner().await);
        published(&owner, CODEGEN).await;
        let sha256 = owner.run("TrustedDocumentList", json!({ "filter": { "operationName": "Viewer" } })).await;
        let sha256 = sha256.data("trustedDocuments.edges.0.node.sha256").clone();
        let id = json!("2d1fa6d2e9bdf3a2d0a1b6f4d4b3a5b7c7e8f901");
        assert_eq!(owner.post(json!({ "documentId": id })).await.data("viewer.role"), "OWNER");
        for id in [id, sha256, json!("nothing"), json!(format!("sha256:{}", "0".repeat(64))), json!("sha256:x")] {
            let answer = other.post(json!({ "documentId": id })).await;
            assert_eq!(answer.status, 400, "{}", answer.raw);
            answer.expect_request_error("DOCUMENT_NOT_FOUND");
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], "documentId");
        }
        // Who accepts the older media type gets 200 for a document that is none.
        let older = other.request(Method::GET, "/graphql?documentId=nothing");
        let older = other.send(older).await;
        assert_eq!((older.status, older.error_codes()), (200, vec!["DOCUMENT_NOT_FOUND"]));
    });
}

#[test]
fn a_text_that_is_not_the_ids_and_requests_that_name_nothing_are_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("conflict").await.owner().await;
        published(&owner, &json!({ "viewer": VIEWER }).to_string()).await;
        for query in ["{ viewer { role } } ", "{ viewer { displayName } }", ""] {
            let answer = owner.post(json!({ "documentId": "viewer", "query": query })).await;
            assert_eq!(answer.status, 400);
            answer.expect_request_error("DOCUMENT_MISMATCH");
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], "documentId");
        }
        assert_eq!(owner.post(json!({ "documentId": "viewer", "query": VIEWER })).await.data("viewer.role"), "OWNER");

        let nobody = app.anonymous();
        for answer in
            [nobody.post(json!({ "documentId": "viewer" })).await, got(&nobody, &[("documentId", "viewer")]).await]
        {
            assert_eq!(answer.status, 401);
            answer.expect_request_error("UNAUTHENTICATED");
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], "documentId");
        }
        let wrong = owner.post(json!({ "documentId": 7 })).await;
        assert_eq!(wrong.error_codes(), ["BAD_REQUEST"]);
        assert_eq!(wrong.body["errors"][0]["extensions"]["argument"], "documentId");
        for nothing in [owner.post(json!({ "documentId": null })).await, got(&owner, &[("documentId", "")]).await] {
            assert_eq!(nothing.error_codes(), ["BAD_REQUEST"]);
            assert_eq!(nothing.body["errors"][0]["extensions"]["argument"], "query");
        }
    });
}

#[test]
fn what_is_no_fit_document_is_refused_by_its_id_and_stops_no_others() {
    run(async {
        let owner = TestApp::shared().await.tenant("unfit").await.owner().await;
        published(&owner, &json!({ "taken": VIEWER }).to_string()).await;
        let deep = format!("{}{}", "{ a ".repeat(13), "}".repeat(13));
        let refused = [
            ("not.graphql", "{ viewer".to_owned(), "DOCUMENT_INVALID"),
            ("unknown-field", "{ viewer { rank } }".to_owned(), "DOCUMENT_INVALID"),
            ("one-of-two", "query A { viewer { role } } query B { viewer { rank } }".to_owned(), "DOCUMENT_INVALID"),
            ("subscription", "subscription { viewer { role } }".to_owned(), "DOCUMENT_INVALID"),
            ("empty", String::new(), "DOCUMENT_INVALID"),
            ("deep", deep, "DOCUMENT_TOO_COMPLEX"),
            ("long", format!("{VIEWER} # {}", "x".repeat(65_536)), "DOCUMENT_TOO_COMPLEX"),
            ("tokens", format!("{{ {} }}", "viewer { role } ".repeat(600)), "DOCUMENT_TOO_COMPLEX"),
            ("taken", "{ viewer { displayName } }".to_owned(), "DOCUMENT_ID_TAKEN"),
            ("a b", VIEWER.to_owned(), "INVALID"),
            ("sha256:1234", VIEWER.to_owned(), "INVALID"),
        ];
        let mut manifest: serde_json::Map<String, Value> =
            refused.iter().map(|(id, text, _)| ((*id).to_owned(), json!(text))).collect();
        manifest.insert("fit".to_owned(), json!("query($id: ID!) { community(id: $id) { name } }"));
        let outcomes = published(&owner, &Value::Object(manifest).to_string()).await;
        assert_eq!(outcomes.len(), refused.len() + 1);
        for (id, _, code) in &refused {
            let outcome = outcomes.iter().find(|outcome| outcome["documentId"] == *id).unwrap();
            assert_eq!(outcome["status"], "REFUSED", "{outcome}");
            assert_eq!(outcome["errors"][0]["code"], *code, "{outcome}");
            assert_eq!(outcome["errors"][0]["field"], json!(["manifest", id]));
        }
        let fit = outcomes.iter().find(|outcome| outcome["documentId"] == "fit").unwrap();
        assert_eq!(fit["status"], "ADDED", "variables need no values yet");
        let list = owner.run("TrustedDocumentList", json!({})).await;
        assert_eq!(list.data("trustedDocuments.totalCount"), 2);
        assert_eq!(owner.post(json!({ "documentId": "taken" })).await.data("viewer.role"), "OWNER");
    });
}

#[test]
fn what_is_no_manifest_is_refused_as_a_whole_and_a_thousand_documents_are_taken_at_a_time() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("many").await.owner().await;
        let manifest = |range: std::ops::Range<u32>| {
            let documents = range.map(|number| (format!("d{number}"), json!(format!("query D{number} {VIEWER}"))));
            Value::Object(documents.collect()).to_string()
        };
        for (text, expected) in [
            ("{", "INVALID at manifest"),
            ("[]", "INVALID at manifest"),
            (r#"{"a": {}}"#, "INVALID at manifest"),
            (r#"{"a\u0000": "{ viewer { role } }"}"#, "INVALID at manifest"),
            ("{}", "REQUIRED at manifest"),
            (manifest(0..1_001).as_str(), "TOO_LONG at manifest"),
        ] {
            let answer = publish(&owner, json!({ "manifest": text })).await;
            assert_eq!(answer.user_errors("trustedDocumentsPublish"), [expected], "{text:.40}");
            assert_eq!(answer.data("trustedDocumentsPublish.outcomes"), &json!([]));
        }
        let outcomes = published(&owner, &manifest(0..1_000)).await;
        assert!(outcomes.iter().all(|outcome| outcome["status"] == "ADDED"));
        let database = app.database().await;
        let new_id = if matches!(database, Database::Postgres(_)) { "gen_random_uuid()" } else { "randomblob(16)" };
        for copy in 1..10 {
            let sql = format!(
                "INSERT INTO trusted_documents
                    (tenant_id, id, registry_id, document_id, sha256, text, operation_names, created_at)
                    SELECT tenant_id, {new_id}, registry_id, 'copy{copy}-' || document_id, sha256, text,
                        operation_names, created_at
                    FROM trusted_documents WHERE document_id LIKE 'd%'"
            );
            assert_eq!(database.execute(&sql).await, 1_000);
        }
        let full = published(&owner, &manifest(1_000..1_001)).await;
        assert_eq!((&full[0]["status"], &full[0]["errors"][0]["code"]), (&json!("REFUSED"), &json!("TOO_LONG")));
        assert_eq!(published(&owner, &manifest(999..1_000)).await[0]["status"], "UNCHANGED");
        assert_eq!(owner.post(json!({ "documentId": "copy9-d999" })).await.data("viewer.role"), "OWNER");
        let ids: Vec<_> = (0..1_001).map(|number| format!("d{number}")).collect();
        let too_many = remove(&owner, json!({ "documentIds": ids })).await;
        assert_eq!(too_many.error_codes(), ["INPUT_INVALID"], "{}", too_many.raw);
        let removed = remove(&owner, json!({ "documentIds": ids[..1_000] })).await;
        assert_eq!(removed.payload("trustedDocumentsRemove")["removedDocumentIds"].as_array().unwrap().len(), 1_000);
        let room = published(&owner, &manifest(1_000..1_001)).await;
        assert_eq!(room[0]["status"], "ADDED");
    });
}

#[test]
fn a_repeated_publication_is_answered_from_memory_and_leaves_one_event() {
    run(async {
        let owner = TestApp::shared().await.tenant("repeated").await.owner().await;
        let input = json!({ "manifest": RELAY, "idempotencyKey": "deploy-1" });
        let first = publish(&owner, input.clone()).await;
        let again = publish(&owner, input).await;
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        let outcomes = |answer: &Response| answer.payload("trustedDocumentsPublish")["outcomes"].clone();
        assert_eq!(outcomes(&again), outcomes(&first), "ADDED, as it was");
        let other = publish(&owner, json!({ "manifest": CODEGEN, "idempotencyKey": "deploy-1" })).await;
        assert_eq!(other.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);

        let registry = first.payload("trustedDocumentsPublish")["documentRegistry"]["id"].clone();
        let events = owner.run("AuditEventList", json!({ "filter": { "object": registry } })).await;
        let events = events.data("auditEvents.edges").as_array().unwrap().clone();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["node"]["operation"], "trustedDocumentsPublish");
        assert_eq!(events[0]["node"]["changedFields"], json!(["manifest"]));
    });
}

#[test]
fn a_removed_document_is_not_found_any_more_and_its_id_is_free() {
    run(async {
        let owner = TestApp::shared().await.tenant("removed").await.owner().await;
        published(&owner, &json!({ "viewer": VIEWER, "other": VIEWER }).to_string()).await;
        assert_eq!(owner.post(json!({ "documentId": "viewer" })).await.data("viewer.role"), "OWNER");
        let removed = remove(&owner, json!({ "documentIds": ["viewer", "never-was", "viewer"] })).await;
        assert_eq!(removed.payload("trustedDocumentsRemove")["removedDocumentIds"], json!(["viewer"]));
        owner.post(json!({ "documentId": "viewer" })).await.expect_request_error("DOCUMENT_NOT_FOUND");
        assert_eq!(owner.post(json!({ "documentId": "other" })).await.data("viewer.role"), "OWNER");
        let again = remove(&owner, json!({ "documentIds": ["viewer"] })).await;
        assert_eq!(again.payload("trustedDocumentsRemove")["removedDocumentIds"], json!([]));
        let outcomes = published(&owner, &json!({ "viewer": "{ viewer { displayName } }" }).to_string()).await;
        assert_eq!(outcomes[0]["status"], "ADDED");
        owner.post(json!({ "documentId": "viewer" })).await.data("viewer.displayName");
    });
}

#[test]
fn a_keys_own_registry_serves_that_key_and_a_key_without_one_goes_by_the_tenants() {
    run(async {
        let owner = TestApp::shared().await.tenant("of-keys").await.owner().await;
        let scopes = json!({ "scopes": ["members:read"] });
        let (one, other) = (key(&owner, scopes.clone()).await, key(&owner, scopes).await);
        let count = "{ members { totalCount } }";
        published(&owner, &json!({ "of-tenant": count }).to_string()).await;
        let input = json!({ "partnerKeyId": one.id, "manifest": json!({ "of-key": count }).to_string() });
        let answer = publish(&owner, input).await;
        let registry = &answer.payload("trustedDocumentsPublish")["documentRegistry"];
        assert_eq!((&registry["partnerKeyId"], &registry["mode"]), (&json!(one.id), &json!("OPEN")));

        let (one_client, other_client) = (owner.with_token(&one.secret), owner.with_token(&other.secret));
        for (client, known, unknown) in [
            (&one_client, "of-key", "of-tenant"),
            (&other_client, "of-tenant", "of-key"),
            (&owner, "of-tenant", "of-key"),
        ] {
            let found = client.post(json!({ "documentId": known })).await;
            assert_eq!(found.data("members.totalCount"), 0);
            client.post(json!({ "documentId": unknown })).await.expect_request_error("DOCUMENT_NOT_FOUND");
        }
        assert!(
            owner.run("DocumentRegistry", json!({ "partnerKeyId": other.id })).await.data("documentRegistry").is_null()
        );
        let none = remove(&owner, json!({ "partnerKeyId": other.id, "documentIds": ["of-tenant"] })).await;
        assert_eq!(none.user_errors("trustedDocumentsRemove"), ["NOT_FOUND at partnerKeyId"]);
        let absent = json!({ "partnerKeyId": absent_id("key"), "manifest": json!({ "a": count }).to_string() });
        let absent = publish(&owner, absent).await;
        assert_eq!(absent.user_errors("trustedDocumentsPublish"), ["NOT_FOUND at partnerKeyId"]);
    });
}

#[test]
fn a_key_publishes_where_it_has_the_scope_and_one_for_communities_never_has() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("ci").await;
        let owner = tenant.owner().await;
        let ci = owner.with_token(&key(&owner, json!({ "scopes": ["documents:write"] })).await.secret);
        assert_eq!(published(&ci, CODEGEN).await[0]["status"], "ADDED");
        assert_eq!(ci.run("TrustedDocumentList", json!({})).await.error_codes(), ["FORBIDDEN"]);
        let reader = owner.with_token(&key(&owner, json!({ "scopes": ["documents:read"] })).await.secret);
        assert_eq!(reader.run("TrustedDocumentList", json!({})).await.data("trustedDocuments.totalCount"), 2);
        let denied = publish(&reader, json!({ "manifest": RELAY })).await;
        assert_eq!(denied.body["errors"][0]["extensions"]["requiredScopes"], json!(["documents:write"]));
        let operator = tenant.staff(Role::Operator).await;
        assert_eq!(publish(&operator, json!({ "manifest": RELAY })).await.error_codes(), ["FORBIDDEN"]);
    });
}

async fn publish(client: &Client, input: Value) -> Response {
    client.run("TrustedDocumentsPublish", json!({ "input": input })).await
}

/// Publishes in the tenant's registry; gives the outcomes.
async fn published(client: &Client, manifest: &str) -> Vec<Value> {
    let answer = publish(client, json!({ "manifest": manifest })).await;
    answer.payload("trustedDocumentsPublish")["outcomes"].as_array().unwrap().clone()
}

async fn remove(client: &Client, input: Value) -> Response {
    client.run("TrustedDocumentsRemove", json!({ "input": input })).await
}

/// By GET, with these parameters.
async fn got(client: &Client, parameters: &[(&str, &str)]) -> Response {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    let request = client.request(Method::GET, &format!("/graphql?{}", pairs.join("&")));
    client.send(request.header(ACCEPT, "application/graphql-response+json")).await
}
