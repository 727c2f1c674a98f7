//! Bad documents and values: each gets a coded error that names the place. Bad bodies are in `bodies`.

use std::time::{Duration, Instant};

use harness::{TestApp, run};
use serde_json::json;

use crate::given;

#[test]
fn an_unknown_field_is_refused_with_its_line_and_column() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.query("{\n  __typename\n  nothingOfTheKind\n}", json!({})).await;
        answer.expect_request_error("VALIDATION_FAILED");
        assert_eq!(answer.body["errors"][0]["locations"], json!([{ "line": 3, "column": 3 }]));
    });
}

#[test]
fn a_refused_name_gives_no_hint_of_names_that_exist() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.query("{ communitie(first: 1) { totalCount } }", json!({})).await;
        answer.expect_request_error("VALIDATION_FAILED");
        assert!(!answer.raw.contains("communities"), "{}", answer.raw);
    });
}

#[test]
fn a_literal_of_the_wrong_type_is_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.query(r#"{ communities(first: "ten") { totalCount } }"#, json!({})).await;
        answer.expect_request_error("VALIDATION_FAILED");
    });
}

#[test]
fn a_variable_of_the_wrong_type_is_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.run("CommunityList", json!({ "first": "ten" })).await;
        answer.expect_request_error("VALIDATION_FAILED");
    });
}

#[test]
fn an_unknown_input_field_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("unknown-input").await.owner().await;
        let input = given::with(given::community_input("Readers"), json!({ "colour": "red" }));
        let answer = owner.run("CommunityCreate", json!({ "input": input })).await;
        answer.expect_request_error("VALIDATION_FAILED");
        let list = owner.run("CommunityList", json!({})).await;
        assert_eq!(list.data("communities.totalCount"), 0);
    });
}

#[test]
fn a_missing_required_variable_is_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        client.run("CommunityGet", json!({})).await.expect_request_error("VALIDATION_FAILED");
        client.run("CommunityGet", json!({ "id": null })).await.expect_request_error("VALIDATION_FAILED");
    });
}

#[test]
fn text_that_is_not_graphql_is_refused_with_its_place() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.query("{\n  viewer {", json!({})).await;
        answer.expect_request_error("PARSE_FAILED");
        assert!(answer.body["errors"][0]["locations"][0]["line"].is_u64(), "{}", answer.raw);
    });
}

#[test]
fn text_that_is_not_json_is_a_bad_request() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for body in
            ["", "{", "null", "42", r#"{"query": 42}"#, r#"{"variables": {}}"#, "{\"query\":\"{ __typename }\0\"}"]
        {
            let answer = client.post_text(body).await;
            assert_eq!(answer.status, 400, "{body:?}");
            answer.expect_request_error("BAD_REQUEST");
        }
    });
}

#[test]
fn broken_utf_8_is_a_bad_request() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let answer = client.post_text(b"{\"query\":\"{ __typename \xff\xfe }\"}".to_vec()).await;
        assert_eq!(answer.status, 400);
        answer.expect_request_error("BAD_REQUEST");
    });
}

#[test]
fn a_nul_character_is_refused_wherever_it_stands() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("nul").await.owner().await;
        owner.query("{ __typename \u{0} }", json!({})).await.expect_request_error("PARSE_FAILED");

        let input = given::with(given::community_input("a\u{0}b"), json!({ "valueProposition": "a\u{0}b" }));
        let answer = owner.run("CommunityCreate", json!({ "input": input })).await;
        let expected = ["INVALID at name", "INVALID at valueProposition"];
        assert_eq!(answer.user_errors("communityCreate"), expected);
        let input = json!({ "displayName": "a\u{0}b" });
        let answer = owner.run("MemberCreate", json!({ "input": input })).await;
        assert_eq!(answer.user_errors("memberCreate"), ["INVALID at displayName"]);

        for operation in ["CommunityList", "MemberList"] {
            let answer = owner.run(operation, json!({ "filter": { "text": "a\u{0}b" } })).await;
            assert_eq!(answer.error_codes(), ["INPUT_INVALID"], "{operation}: {}", answer.raw);
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], "filter.text", "{operation}");
        }
        let nobody =
            json!({ "input": { "tenant": "a\u{0}b", "email": "a\u{0}@b.example", "password": "a\u{0}bcdefgh" } });
        let answer = app.anonymous().run("SignIn", nobody).await;
        assert_eq!(answer.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        let policy = "mutation($source: String!) { tenantPolicyUpdate(input: { survival: {
            expectedPercent: 40, months: 3, source: $source } }) { userErrors { field message code } } }";
        let answer = owner.query(policy, json!({ "source": "a\u{0}b" })).await;
        assert_eq!(answer.user_errors("tenantPolicyUpdate"), ["INVALID at survival.source"]);
        let answer = owner.run("CommunityGet", json!({ "id": "com_\u{0}" })).await;
        assert_eq!(answer.error_codes(), ["ID_INVALID"]);
        assert_eq!(owner.run("MemberList", json!({})).await.data("members.totalCount"), 0);
    });
}

#[test]
fn a_page_size_outside_1_to_100_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("page-size").await.owner().await;
        for variables in [
            json!({ "first": -1 }),
            json!({ "first": 0 }),
            json!({ "first": 101 }),
            json!({ "first": 2_147_483_647 }),
            json!({ "first": -2_147_483_648_i64 }),
            json!({ "last": -1 }),
            json!({ "last": 2_147_483_647 }),
            json!({ "first": 1, "last": 1 }),
        ] {
            for operation in ["CommunityList", "MemberList"] {
                let answer = owner.run(operation, variables.clone()).await;
                assert_eq!(answer.error_codes(), ["PAGE_SIZE_INVALID"], "{operation} {variables}: {}", answer.raw);
                assert!(answer.body["errors"][0]["path"].is_array(), "{}", answer.raw);
            }
        }
        // One more than an Int can hold is no Int.
        let answer = owner.run("CommunityList", json!({ "first": 2_147_483_648_i64 })).await;
        answer.expect_request_error("VALIDATION_FAILED");
    });
}

#[test]
fn a_page_size_of_a_nested_list_is_checked_too() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("nested-page").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        for first in [-1, 0, 101, i32::MAX] {
            let answer = owner.run("CommunityMemberList", json!({ "id": community["id"], "first": first })).await;
            assert_eq!(answer.error_codes(), ["PAGE_SIZE_INVALID"], "{}", answer.raw);
        }
    });
}

#[test]
fn a_forged_cursor_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("forged").await;
        let owner = tenant.owner().await;
        for name in ["Anglers", "Bakers", "Climbers"] {
            given::community(&owner, name).await;
        }
        let page = owner.run("CommunityList", json!({ "first": 1 })).await;
        let cursor = page.data("communities.pageInfo.endCursor").as_str().unwrap().to_owned();
        let next = owner.run("CommunityList", json!({ "first": 1, "after": cursor })).await;
        assert_eq!(next.data("communities.edges.0.node.name"), "Bakers");

        let mut flipped = cursor.clone().into_bytes();
        let last = flipped.len() / 2;
        flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let cut = cursor[..cursor.len() / 2].to_owned();
        for forged in ["", "x", "MQ==", "\u{0}", "💥", &flipped, &cut] {
            let answer = owner.run("CommunityList", json!({ "first": 1, "after": forged })).await;
            assert_eq!(answer.error_codes(), ["CURSOR_INVALID"], "{forged:?}: {}", answer.raw);
        }
        // A true cursor is forged elsewhere: in another list, under another filter, in another tenant.
        let members = owner.run("MemberList", json!({ "first": 1, "after": cursor })).await;
        assert_eq!(members.error_codes(), ["CURSOR_INVALID"]);
        let filtered = json!({ "first": 1, "after": cursor, "filter": { "platform": "QQ" } });
        assert_eq!(owner.run("CommunityList", filtered).await.error_codes(), ["CURSOR_INVALID"]);
        let other = app.tenant("forged-other").await.owner().await;
        let answer = other.run("CommunityList", json!({ "first": 1, "after": cursor })).await;
        assert_eq!(answer.error_codes(), ["CURSOR_INVALID"]);
    });
}

#[test]
fn an_id_of_another_kind_or_spelling_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("ids").await.owner().await;
        let absent = harness::absent_id("com");
        let upper = absent.to_uppercase();
        let member = harness::absent_id("mbr");
        let long = format!("{absent}0");
        for id in ["", "com_", "42", &upper, &member, &long, "com_zzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            let answer = owner.run("CommunityGet", json!({ "id": id })).await;
            assert_eq!(answer.error_codes(), ["ID_INVALID"], "{id:?}: {}", answer.raw);
            assert_eq!(answer.body["errors"][0]["path"], json!(["community"]));
        }
        assert!(owner.run("CommunityGet", json!({ "id": absent })).await.data("community").is_null());
    });
}

#[test]
fn documents_that_nest_too_deep_are_refused_before_the_parser() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for (what, document) in nested_documents(2_000) {
            let answer = client.query(&document, json!({})).await;
            assert_eq!(answer.error_codes(), ["DOCUMENT_TOO_COMPLEX"], "{what}");
            assert_eq!(answer.status, 400, "{what}");
        }
    });
}

#[test]
fn json_that_nests_too_deep_is_a_bad_request() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(2_000), close.repeat(2_000));
            let body = format!(r#"{{"query":"{{ __typename }}","variables":{{"a":{nested}}}}}"#);
            client.post_text(body).await.expect_request_error("BAD_REQUEST");
        }
    });
}

#[test]
fn fragments_that_double_at_each_level_are_refused_at_once() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let start = Instant::now();
        let answer = client.query(&fragment_bomb(40), json!({})).await;
        assert_eq!(answer.error_codes(), ["DOCUMENT_TOO_COMPLEX"]);
        assert!(start.elapsed() < Duration::from_secs(1), "it took {:?}", start.elapsed());
    });
}

#[test]
fn fragments_that_spread_themselves_are_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for document in [
            "{ ...A } fragment A on Query { __typename ...A }",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        ] {
            client.query(document, json!({})).await.expect_request_error("VALIDATION_FAILED");
        }
    });
}

#[test]
fn documents_beyond_a_limit_of_count_are_refused() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        let aliases: String = (0..31).map(|number| format!("a{number}: __typename ")).collect();
        let roots: String = (0..21).map(|number| format!("a{number}: viewer {{ role }} ")).collect();
        let directives = "@include(if: true) ".repeat(51);
        let spreads: String = (0..51).map(|number| format!("...F{number} ")).collect();
        let fragments: String =
            (0..51).map(|number| format!("fragment F{number} on Query {{ __typename }} ")).collect();
        let tokens = "__typename ".repeat(2_001);
        for (what, document) in [
            ("aliases", format!("{{ viewer {{ {aliases} }} }}")),
            ("root fields", format!("{{ {roots} }}")),
            ("directives", format!("{{ __typename {directives} }}")),
            ("fragments", format!("{{ {spreads} }} {fragments}")),
            ("tokens", format!("{{ {tokens} }}")),
        ] {
            let answer = client.query(&document, json!({})).await;
            assert_eq!(answer.error_codes(), ["DOCUMENT_TOO_COMPLEX"], "{what}: {}", answer.raw);
        }
    });
}

/// Documents of this depth, closed and unclosed, by every construct that nests.
pub fn nested_documents(depth: usize) -> Vec<(&'static str, String)> {
    let nest = |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
    vec![
        ("lists", format!("{{ a(x: {}) }}", nest("[", "1", "]"))),
        ("objects", format!("{{ a(x: {}) }}", nest("{a:", "1", "}"))),
        ("selections", nest("{a", "", "}")),
        ("inline fragments", format!("{{ {} }}", nest("...{", "a", "}"))),
        ("list types", format!("query($x: {}) {{ a }}", nest("[", "Int", "]"))),
        ("unclosed lists", format!("{{ a(x: {}", "[".repeat(depth))),
        ("unclosed objects", format!("{{ a(x: {}", "{a:".repeat(depth))),
        ("unclosed selections", "{a".repeat(depth)),
    ]
}

/// Each fragment spreads the next twice: 2^levels fields out of a short text.
pub fn fragment_bomb(levels: usize) -> String {
    let fragments: String =
        (0..levels).map(|level| format!("fragment F{level} on Query {{ ...F{0} ...F{0} }} ", level + 1)).collect();
    format!("{{ ...F0 }} {fragments} fragment F{levels} on Query {{ __typename }}")
}
