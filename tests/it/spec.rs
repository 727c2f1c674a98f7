//! What the GraphQL and GraphQL-over-HTTP specifications ask and libraries get wrong.

use harness::{Role, TestApp, run};
use reqwest::Method;
use reqwest::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use serde_json::json;

use crate::given;

const RESPONSE_JSON: &str = "application/graphql-response+json";
const TYPENAME: &str = r#"{"query":"{ __typename }"}"#;

#[test]
fn keys_come_in_the_order_of_the_selection() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("key-order").await.owner().await;
        let id = given::community(&owner, "Readers").await["id"].clone();
        let document = "query($id: ID!) {
            last: viewer { role }
            community(id: $id) { version ...Head memberCount name members(first: 1) { totalCount edges { cursor } } id }
            first: __typename
            ...Root
          }
          fragment Head on Community { type name stage }
          fragment Root on Query { zebra: __typename community(id: $id) { createdAt version } first: __typename }";
        let answer = owner.query(document, json!({ "id": id })).await;
        answer.data("");
        let json = answer.ordered();
        assert_eq!(json.at("data").keys(), ["last", "community", "first", "zebra"]);
        assert_eq!(
            json.at("data.community").keys(),
            ["version", "type", "name", "stage", "memberCount", "members", "id", "createdAt"]
        );
        assert_eq!(json.at("data.community.members").keys(), ["totalCount", "edges"]);
    });
}

#[test]
fn keys_of_a_list_s_items_keep_the_order_of_the_selection() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("key-order-list").await.owner().await;
        for name in ["Anglers", "Bakers", "Climbers"] {
            given::community(&owner, name).await;
        }
        let answer = owner
            .query(
                "{ communities { nodes { members(first: 2) { totalCount } name id memberCount } totalCount } }",
                json!({}),
            )
            .await;
        answer.data("");
        for place in 0..3 {
            let item = format!("data.communities.nodes.{place}");
            assert_eq!(answer.ordered().at(&item).keys(), ["members", "name", "id", "memberCount"]);
        }
        assert_eq!(answer.ordered().at("data.communities").keys(), ["nodes", "totalCount"]);
    });
}

#[test]
fn a_failed_nullable_field_is_null_and_its_siblings_stay() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("null-sibling").await;
        let owner = tenant.owner().await;
        let input = json!({ "displayName": "Li Lei", "phone": "+8613800138000" });
        let member = given::member_from(&owner, input).await;
        let analyst = tenant.staff(Role::Analyst).await;
        let document = "query($id: ID!) { member(by: { id: $id }) { id phone displayName } viewer { role } }";
        let answer = analyst.query(document, json!({ "id": member["id"] })).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            *answer.partial(""),
            json!({ "member": { "id": member["id"], "phone": null, "displayName": "Li Lei" }, "viewer": { "role": "ANALYST" } })
        );
        assert_eq!(answer.ordered().at("data.member").keys(), ["id", "phone", "displayName"]);
        assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
        assert_eq!(answer.body["errors"][0]["path"], json!(["member", "phone"]));
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["members:pii"]));
    });
}

#[test]
fn a_failed_nullable_root_field_is_null_and_its_siblings_stay() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.query("{ a: __typename communities { totalCount } b: __typename }", json!({})).await;
        assert_eq!(*answer.partial(""), json!({ "a": "Query", "communities": null, "b": "Query" }));
        assert_eq!(answer.ordered().at("data").keys(), ["a", "communities", "b"]);
        assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"]);
    });
}

#[test]
fn a_request_error_has_no_data_and_a_field_error_has() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        client.query("{ nothing }", json!({})).await.expect_request_error("VALIDATION_FAILED");
        client.query("{", json!({})).await.expect_request_error("PARSE_FAILED");
        let answer = client.query("{ communities { totalCount } }", json!({})).await;
        assert_eq!(*answer.ordered().at("data.communities"), harness::Json::Scalar(json!(null)));
    });
}

#[test]
fn every_error_has_a_code_and_a_request_id_and_no_internals() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for document in ["{", "{ nothing }", "{ communities { totalCount } }"] {
            let answer = client.query(document, json!({})).await;
            let extensions = &answer.body["errors"][0]["extensions"];
            assert!(extensions["code"].is_string() && extensions["requestId"].is_string(), "{}", answer.raw);
            for word in ["sqlx", "sea_orm", "async_graphql", "panicked", ".rs:"] {
                assert!(!answer.raw.contains(word), "{word} in {}", answer.raw);
            }
        }
    });
}

#[test]
fn a_query_may_come_by_get() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let request = client.request(Method::GET, "/graphql?query=%7B__typename%7D").header(ACCEPT, RESPONSE_JSON);
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.data("__typename"), "Query");
    });
}

#[test]
fn a_mutation_by_get_is_refused_and_changes_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("get-mutation").await.owner().await;
        let document = r#"mutation { memberCreate(input: { displayName: "By GET" }) { userErrors { code } } }"#;
        let request = owner
            .request(Method::GET, &format!("/graphql?query={}", percent_encoded(document)))
            .header(ACCEPT, RESPONSE_JSON);
        let answer = owner.send(request).await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.headers.get(ALLOW).unwrap(), "POST");
        answer.expect_request_error("METHOD_NOT_ALLOWED");
        assert_eq!(owner.run("MemberList", json!({})).await.data("members.totalCount"), 0);
    });
}

#[test]
fn other_methods_are_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = client.send(client.request(method.clone(), "/graphql").body(TYPENAME)).await;
            assert_eq!(answer.status, 405, "{method}");
            answer.expect_request_error("METHOD_NOT_ALLOWED");
        }
    });
}

#[test]
fn a_body_that_does_not_say_it_is_json_is_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
        ] {
            let request = client.request(Method::POST, "/graphql").header(CONTENT_TYPE, media_type).body(TYPENAME);
            let answer = client.send(request).await;
            assert_eq!(answer.status, 415, "{media_type}");
            answer.expect_request_error("UNSUPPORTED_MEDIA_TYPE");
        }
        let without = client.request(Method::POST, "/graphql").body(TYPENAME);
        assert_eq!(client.send(without).await.status, 415);
    });
}

#[test]
fn a_batch_of_operations_is_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for body in [format!("[{TYPENAME}]"), format!("[{TYPENAME},{TYPENAME}]"), "[]".to_owned()] {
            let answer = client.post_text(body).await;
            assert_eq!(answer.status, 400);
            answer.expect_request_error("BAD_REQUEST");
        }
    });
}

#[test]
fn the_answer_comes_in_the_media_type_that_was_asked_for() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for (accept, expected) in [
            (RESPONSE_JSON, RESPONSE_JSON),
            ("application/json", "application/json"),
            ("application/graphql-response+json, application/json;q=0.9", RESPONSE_JSON),
            ("application/json;q=0.9, application/graphql-response+json;q=0.1", "application/json"),
            ("text/html, application/json;q=0.5", "application/json"),
        ] {
            let request = client.request(Method::POST, "/graphql").header(CONTENT_TYPE, "application/json");
            let answer = client.send(request.header(ACCEPT, accept).body(TYPENAME)).await;
            assert_eq!((answer.status, answer.media_type()), (200, expected), "{accept}");
        }
        let request = client.request(Method::POST, "/graphql").header(CONTENT_TYPE, "application/json");
        let answer = client.send(request.header(ACCEPT, "text/html").body(TYPENAME)).await;
        assert_eq!(answer.status, 406);
        answer.expect_request_error("NOT_ACCEPTABLE");
    });
}

#[test]
fn a_request_error_is_200_for_json_and_400_for_graphql_response() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for (accept, status) in [("application/json", 200), (RESPONSE_JSON, 400)] {
            for document in ["{", "{ nothing }"] {
                let request = client
                    .request(Method::POST, "/graphql")
                    .header(CONTENT_TYPE, "application/json")
                    .header(ACCEPT, accept)
                    .body(json!({ "query": document }).to_string());
                assert_eq!(client.send(request).await.status, status, "{accept} {document}");
            }
        }
    });
}

pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
