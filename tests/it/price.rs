//! What operations cost: before they run, after they ran, and when it is too much.

mod buckets;
mod prepared;

use harness::{Client, Response, Role, TestApp, run};
use serde_json::{Value, json};

use crate::given;

/// `extensions.cost` of an answer that executed.
fn cost(answer: &Response) -> (u64, u64) {
    let number = |name: &str| {
        let value = answer.body["extensions"]["cost"][name].as_u64();
        value.unwrap_or_else(|| panic!("no {name}: {}", answer.raw))
    };
    (number("requested"), number("actual"))
}

/// The price of a document by `queryCost`.
async fn priced(client: &Client, document: &str, variables: Value) -> Value {
    let ask = "query($query: String!, $variables: JSON) { queryCost(query: $query, variables: $variables) {
        requested limit fits fields { path cost } suggestion } }";
    client.query(ask, json!({ "query": document, "variables": variables })).await.data("queryCost").clone()
}

/// What asking and running say alike.
async fn requested(client: &Client, document: &str, variables: Value) -> u64 {
    let asked = priced(client, document, variables.clone()).await["requested"].as_u64().unwrap();
    let answer = client.query(document, variables).await;
    let run = answer.body["extensions"]["cost"]["requested"].as_u64();
    assert_eq!(run, Some(asked), "{document}: {}", answer.raw);
    asked
}

#[test]
fn a_page_is_paid_whole_and_what_is_not_there_is_given_back() {
    run(async {
        let owner = TestApp::shared().await.tenant("whole-page").await.owner().await;
        for name in ["Anglers", "Bakers", "Climbers"] {
            given::community(&owner, name).await;
        }
        let answer = owner.query("{ communities(first: 100) { nodes { name } } }", json!({})).await;
        assert_eq!(cost(&answer), (101, 4));
        let answer =
            owner.query("{ communities(first: 100) { edges { node { name members { totalCount } } } } }", json!({}));
        // Each community's page of 20, and 2 for its total; pages of which no item is shown count whole.
        assert_eq!(cost(&answer.await), (101 + 100 * (1 + 20 + 2), 4 + 3 * (1 + 20 + 2)));
        let answer = owner.query("{ community(id: \"com_00000000000000000000000000\") { name } }", json!({})).await;
        assert_eq!(cost(&answer), (1, 1));
        let answer = owner
            .query("{ communities(first: 100) { edges { cursor } nodes { name } pageInfo { endCursor } } }", json!({}));
        assert_eq!(cost(&answer.await), (101, 4), "an item is paid once, and where the page lies is free");
    });
}

#[test]
fn page_sizes_are_clamped_before_anything_is_multiplied() {
    run(async {
        let owner = TestApp::shared().await.tenant("clamped").await.owner().await;
        for (size, items) in [(-1_i64, 1), (0, 1), (101, 100), (2_147_483_647, 100), (-2_147_483_648, 1)] {
            let literal = format!(
                "{{ communities(first: {size}) {{ nodes {{ members(last: {size}) {{ nodes {{ id }} }} }} }} }}"
            );
            let variable =
                "query($size: Int) { communities(first: $size) { nodes { members(last: $size) { nodes { id } } } } }";
            let expected = 1 + items + items * (1 + items);
            assert_eq!(priced(&owner, &literal, json!({})).await["requested"], expected, "{size}");
            assert_eq!(priced(&owner, variable, json!({ "size": size })).await["requested"], expected, "${size}");
            let run = owner.query(variable, json!({ "size": size })).await;
            assert_eq!(run.body["extensions"]["cost"]["requested"], expected, "{size}: {}", run.raw);
        }
        let unsized_page = "query($size: Int) { communities(first: $size) { nodes { id } } }";
        assert_eq!(requested(&owner, unsized_page, json!({})).await, 21);
        assert_eq!(requested(&owner, unsized_page, json!({ "size": null })).await, 21);
        let default = "query($size: Int = 7) { communities(first: $size) { nodes { id } } }";
        assert_eq!(requested(&owner, default, json!({})).await, 8);
        let both = "{ communities(first: 3, last: 50) { nodes { id } } }";
        assert_eq!(requested(&owner, both, json!({})).await, 51);
    });
}

#[test]
fn aliases_and_fragments_cost_what_they_run() {
    run(async {
        let owner = TestApp::shared().await.tenant("aliases-cost").await.owner().await;
        let one = "communities(first: 10) { ...Page }";
        let fragment = "fragment Page on CommunityConnection { nodes { ... on Community { members(first: 5) { nodes { id } } } } }";
        assert_eq!(requested(&owner, &format!("{{ {one} }} {fragment}"), json!({})).await, 71);
        let thrice = format!("{{ a: {one} b: {one} c: {one} }} {fragment}");
        assert_eq!(requested(&owner, &thrice, json!({})).await, 3 * 71);
        // The same fragment under another page size has another price.
        let two = format!("{{ a: {one} b: communities(first: 20) {{ ...Page }} }} {fragment}");
        assert_eq!(requested(&owner, &two, json!({})).await, 71 + 141);
    });
}

#[test]
fn a_fragment_bomb_within_the_limits_is_priced_in_full_and_at_once() {
    run(async {
        let owner = TestApp::shared().await.tenant("bomb-cost").await.owner().await;
        let levels: String =
            (0..10).map(|level| format!("fragment F{level} on Community {{ ...F{0} ...F{0} }} ", level + 1)).collect();
        let document = format!(
            "query($id: ID!) {{ community(id: $id) {{ ...F0 }} }} {levels} fragment F10 on Community {{ members(first: 3) {{ totalCount }} }}"
        );
        let id = json!({ "id": harness::absent_id("com") });
        let start = std::time::Instant::now();
        let answer = priced(&owner, &document, id.clone()).await;
        assert_eq!(answer["requested"], 1 + 1024 * (1 + 3 + 2));
        assert_eq!(answer["fits"], false);
        assert!(start.elapsed() < std::time::Duration::from_secs(2), "{:?}", start.elapsed());
        owner.query(&document, id).await.expect_request_error("COST_TOO_HIGH");
    });
}

#[test]
fn an_interface_costs_the_dearest_of_what_it_can_be() {
    run(async {
        let owner = TestApp::shared().await.tenant("interfaces").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let document = "query($id: ID!) { node(id: $id) { id
            ... on Community { members(first: 100) { nodes { id } } }
            ... on Member { communities(first: 50) { nodes { id } } }
            ... on Node { ... on Community { tierReport { members } } } } }";
        let answer = owner.query(document, json!({ "id": community["id"] })).await;
        assert_eq!(cost(&answer), (1 + 1 + 100 + 2, 1 + 1 + 2));
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Community { tierReport { members } } } }";
        let ids = json!({ "ids": [community["id"], harness::absent_id("com"), harness::absent_id("mbr")] });
        assert_eq!(cost(&owner.query(nodes, ids).await), (3 * 3, 3));
    });
}

#[test]
fn what_is_left_out_costs_nothing() {
    run(async {
        let owner = TestApp::shared().await.tenant("left-out").await.owner().await;
        let list = "communities(first: 100) @DIRECTIVE { nodes { id } } viewer { role }";
        let viewer = 1;
        for (directive, expected) in [
            ("include(if: false)", viewer),
            ("skip(if: true)", viewer),
            ("include(if: true)", viewer + 101),
            ("skip(if: false)", viewer + 101),
        ] {
            let document = format!("{{ {} }}", list.replace("DIRECTIVE", directive));
            assert_eq!(requested(&owner, &document, json!({})).await, expected, "{directive}");
        }
        let by_variable = "query($all: Boolean = false) { ... @include(if: $all) { communities(first: 100) { nodes { id } } } viewer { role } }";
        assert_eq!(requested(&owner, by_variable, json!({ "all": true })).await, viewer + 101);
        assert_eq!(requested(&owner, by_variable, json!({ "all": false })).await, viewer);
        assert_eq!(requested(&owner, by_variable, json!({})).await, viewer);
        // A default counts in a condition too, as the specification has it.
        let skipped = "query($few: Boolean = true) { communities @skip(if: $few) { totalCount } viewer { role } }";
        let answer = owner.query(skipped, json!({})).await;
        assert!(answer.data("").get("communities").is_none(), "{}", answer.raw);
        assert_eq!(cost(&answer), (viewer, viewer));
    });
}

#[test]
fn a_mutation_and_its_rows_have_their_price() {
    run(async {
        let owner = TestApp::shared().await.tenant("mutation-cost").await.owner().await;
        let answer = owner.run("CommunityCreate", json!({ "input": given::community_input("Readers") })).await;
        let (requested, actual) = cost(&answer);
        assert!(requested >= 11 && actual == requested, "{requested} {actual}");
        let rows: Vec<_> =
            (0..30).map(|number| json!({ "externalRef": format!("r{number}"), "displayName": "R" })).collect();
        let import = "mutation($input: MembersImportInput!) { membersImport(input: $input) { userErrors { code } } }";
        assert_eq!(cost(&owner.query(import, json!({ "input": { "rows": rows } })).await), (40, 40));
    });
}

#[test]
fn an_operation_that_costs_too_much_is_refused_before_it_runs() {
    run(async {
        let owner = TestApp::shared().await.tenant("too-high").await.owner().await;
        let document = "{ communities(first: 100) { nodes { members(first: 100) { nodes { id } } } } }";
        let answer = owner.query(document, json!({})).await;
        answer.expect_request_error("COST_TOO_HIGH");
        assert_eq!(answer.status, 400);
        let cost = &answer.body["extensions"]["cost"];
        assert_eq!((&cost["requested"], &cost["limit"], cost.get("actual")), (&json!(10_201), &json!(5_000), None));

        let advice = priced(&owner, document, json!({})).await;
        assert_eq!((&advice["fits"], &advice["limit"]), (&json!(false), &json!(5_000)));
        assert_eq!(advice["suggestion"], "communities.first: 100 → 49");
        let fields = json!([
            { "path": "communities", "cost": 10_201 },
            { "path": "communities.nodes", "cost": 10_100 },
            { "path": "communities.nodes.members", "cost": 10_100 },
        ]);
        assert_eq!(advice["fields"], fields);
        let smaller = document.replace("communities(first: 100)", "communities(first: 49)");
        owner.query(&smaller, json!({})).await.data("communities");
        let larger = document.replace("communities(first: 100)", "communities(first: 50)");
        owner.query(&larger, json!({})).await.expect_request_error("COST_TOO_HIGH");
    });
}

#[test]
fn a_suggestion_names_what_would_have_to_be_changed() {
    run(async {
        let owner = TestApp::shared().await.tenant("suggestion").await.owner().await;
        let nested =
            "query($many: Int) { communities(first: $many) { nodes { members(first: $many) { nodes { id } } } } }";
        assert_eq!(priced(&owner, nested, json!({ "many": 100 })).await["suggestion"], "$many: 100 → 69");
        let fits = priced(&owner, nested, json!({ "many": 69 })).await;
        assert_eq!((&fits["fits"], &fits["suggestion"]), (&json!(true), &Value::Null));
        let deep = "communities(first: 100) { nodes { members(first: 100) { nodes { id } } } }";
        let twice = format!("{{ a: {deep} b: {deep} }}");
        assert_eq!(priced(&owner, &twice, json!({})).await["suggestion"], "every page: at most 49");
        let reports: String = (0..20)
            .map(|number| format!("r{number}: declineReport {{ community {{ id }} report {{ left }} }} "))
            .collect();
        let hopeless = priced(&owner, &format!("{{ {reports} }}"), json!({})).await;
        assert_eq!((&hopeless["requested"], &hopeless["suggestion"]), (&json!(7_000), &Value::Null));
    });
}

#[test]
fn a_document_that_cannot_be_priced_is_refused_with_the_argument() {
    run(async {
        let owner = TestApp::shared().await.tenant("unpriced").await.owner().await;
        let ask = "query($query: String!, $variables: JSON, $name: String) {
            queryCost(query: $query, variables: $variables, operationName: $name) { requested } }";
        let deep = "{a".repeat(2_000);
        let bomb = crate::edge::fragment_bomb(40);
        for (query, variables, name, code, argument) in [
            ("{ viewer {", json!({}), None, "PARSE_FAILED", "query"),
            ("{ nothingOfTheKind }", json!({}), None, "VALIDATION_FAILED", "query"),
            (deep.as_str(), json!({}), None, "DOCUMENT_TOO_COMPLEX", "query"),
            (bomb.as_str(), json!({}), None, "DOCUMENT_TOO_COMPLEX", "query"),
            ("{ viewer { role } }", json!([1]), None, "INPUT_INVALID", "variables"),
            ("query A { viewer { role } }", json!({}), Some("B"), "VALIDATION_FAILED", "operationName"),
            ("query($id: ID!) { node(id: $id) { id } }", json!({}), None, "VALIDATION_FAILED", "variables.id"),
        ] {
            let answer = owner.query(ask, json!({ "query": query, "variables": variables, "name": name })).await;
            assert_eq!(answer.error_codes(), [code], "{query:.40}: {}", answer.raw);
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], argument, "{query:.40}");
            assert_eq!(answer.body["errors"][0]["path"], json!(["queryCost"]), "{query:.40}");
        }
        let anonymous = TestApp::shared().await.anonymous();
        let answer = anonymous.query("{ queryCost(query: \"{ __typename }\") { requested } }", json!({})).await;
        assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"]);
    });
}

#[test]
fn asking_for_a_price_has_one_itself_and_changes_nothing() {
    run(async {
        let owner = TestApp::shared().await.tenant("asking").await.owner().await;
        let document =
            "mutation($input: CommunityCreateInput!) { communityCreate(input: $input) { userErrors { code } } }";
        let variables = json!({ "input": given::community_input("Never made") });
        assert_eq!(priced(&owner, document, variables).await["requested"], 10);
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 0);
        let answer =
            owner.query("{ queryCost(query: \"{ __typename }\") { requested fields { path } } }", json!({})).await;
        assert_eq!(cost(&answer), (20, 20));
        assert_eq!(answer.data("queryCost.requested"), 1, "nothing is free");
    });
}

#[test]
fn prices_that_are_not_the_usual_ones_are_said_in_the_description() {
    let schema = include_str!("../../schema.graphql");
    let between = |text: &str, start: &str| Some(text.split_once(start)?.1.split_once(')')?.0.to_owned());
    let (mut latest, mut held, mut is_inside, mut found) = (String::new(), String::new(), false, 0);
    for text in schema.lines().map(str::trim) {
        if text == "\"\"\"" {
            is_inside = !is_inside;
            if is_inside {
                latest.clear();
            }
            continue;
        }
        if is_inside {
            latest.push_str(text);
            latest.push(' ');
            continue;
        }
        // A field with arguments: its own description comes before theirs.
        if text.ends_with('(') {
            held = latest.clone();
        }
        if text.starts_with("directive ") {
            continue;
        }
        let description = if text.starts_with(')') { &held } else { &latest };
        let mut must_say = |words: String| {
            assert!(description.contains(&words), "{text} needs the words {words:?}: {description}");
            found += 1;
        };
        if let Some(weight) = between(text, "@cost(weight: ") {
            must_say(if weight == "0" { "Costs nothing".to_owned() } else { format!("Costs {weight}") });
        }
        if let Some(size) = between(text, "@listSize(assumedSize: ") {
            must_say(format!("ounts as {size} items"));
        }
        if text.contains("@listSize(slicingArguments") {
            must_say("1 for each".to_owned());
        }
    }
    assert!(found >= 8, "{found}");
}

#[test]
fn an_analyst_pays_out_of_the_same_bucket_as_the_owner() {
    run(async {
        let app = TestApp::with().env("SHEQUN_COST_PER_SECOND", "1").start().await;
        let tenant = app.tenant("one-bucket").await;
        let (owner, analyst) = (tenant.owner().await, tenant.staff(Role::Analyst).await);
        let left = |answer: Response| answer.body["extensions"]["cost"]["throttle"]["available"].as_u64().unwrap();
        let before = left(owner.query("{ survivalReport { cohort } }", json!({})).await);
        let after = left(analyst.query("{ survivalReport { cohort } }", json!({})).await);
        assert!((18..=20).contains(&(before - after)), "{before} {after}");
    });
}
