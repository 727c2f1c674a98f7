//! Every operation that is prepared, for tests and for the console, with variables made up from the schema.

use std::collections::BTreeMap;
use std::path::Path;

use harness::{Client, TestApp, run};
use serde_json::{Map, Value, json};

use super::{cost, priced};
use crate::chance::Chance;
use crate::given;

const TYPES: &str =
    "{ __schema { types { name kind inputFields { name defaultValue type { ...T } } enumValues { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

#[test]
fn what_is_asked_before_is_what_running_takes() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("prepared").await;
        let types = types(&tenant.owner().await).await;
        for (name, document) in documents() {
            let owner = tenant.owner().await;
            let variables = specimen(&types, &document);
            let price = priced(&owner, &document, variables.clone()).await;
            let answer = owner.query(&document, variables).await;
            assert_eq!(answer.body["extensions"]["cost"]["requested"], price["requested"], "{name}: {}", answer.raw);
            assert_eq!(price["fits"], true, "{name}");
            let (requested, actual) = cost(&answer);
            assert!((1..=requested).contains(&actual), "{name}: {actual} of {requested}");
        }
    });
}

#[test]
fn no_answer_costs_more_than_was_asked_for() {
    run(async {
        let owner = TestApp::shared().await.tenant("random").await.owner().await;
        let mut communities = Vec::new();
        for number in 0..5 {
            communities.push(given::community(&owner, &format!("Readers {number}")).await);
        }
        let rows = (0..40).map(|number| {
            json!({ "externalRef": format!("r{number}"), "displayName": format!("R {number}"), "tags": ["a"],
                    "city": "Chengdu", "communityId": communities[number % 5]["id"] })
        });
        given::imported(&owner, rows.collect()).await;
        let mut chance = Chance::new("no_answer_costs_more_than_was_asked_for");
        let mut full = 0;
        for _ in 0..60 {
            let document = format!("{{ {} }}", list(&mut chance, "communities", 2));
            let price = priced(&owner, &document, json!({})).await;
            if price["fits"] == false {
                owner.query(&document, json!({})).await.expect_request_error("COST_TOO_HIGH");
                continue;
            }
            let answer = owner.query(&document, json!({})).await;
            answer.data("communities");
            let (requested, actual) = cost(&answer);
            assert_eq!(price["requested"], requested, "{document}");
            assert!(actual <= requested, "{document}: {actual} of {requested}");
            full += u32::from(actual == requested);
        }
        assert!(full > 0, "pages that are full give nothing back");
    });
}

/// A list of communities or members with lists below it, of chance sizes and shapes.
fn list(chance: &mut Chance, name: &str, depth: u32) -> String {
    let other = if name == "communities" { "members" } else { "communities" };
    let below = if depth == 0 || chance.below(3) == 0 { String::new() } else { list(chance, other, depth - 1) };
    let more = ["", "totalCount", "pageInfo { hasNextPage }", "edges { cursor }"][chance.below(4) as usize];
    let own = match (name, chance.below(3)) {
        ("communities", 0) => "tierReport { shares { tier } }",
        ("members", 0) => "identities { id } profile { city { value } }",
        _ => "id",
    };
    let items = format!("id {own} {below}");
    let items =
        if chance.below(2) == 0 { format!("nodes {{ {items} }}") } else { format!("edges {{ node {{ {items} }} }}") };
    // Half of them small enough to be full.
    let most = [4, 30][chance.below(2) as usize];
    format!("{name}(first: {}) {{ {more} {items} }}", 1 + chance.below(most))
}

fn documents() -> Vec<(String, String)> {
    let mut documents: Vec<_> =
        harness::operation_names().into_iter().map(|name| (name.clone(), harness::operation(&name))).collect();
    let console = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/console/src/operations");
    for folder in [console.clone(), console.join("preludes")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "graphql") {
                let name = format!("console/{}", path.file_stem().unwrap().to_string_lossy());
                documents.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(documents.len() > 40, "{}", documents.len());
    documents
}

async fn types(client: &Client) -> BTreeMap<String, Value> {
    let answer = client.query(TYPES, json!({})).await;
    let types = answer.data("__schema.types").as_array().unwrap().clone();
    types.into_iter().map(|kind| (kind["name"].as_str().unwrap().to_owned(), kind)).collect()
}

/// Values for the variables that the document must have, by the words `$name: Type!`.
fn specimen(types: &BTreeMap<String, Value>, document: &str) -> Value {
    let mut variables = Map::new();
    let head = document.split('{').next().unwrap();
    for definition in head.split('$').skip(1) {
        let (name, rest) = definition.split_once(':').unwrap();
        let kind: String = rest.trim().chars().take_while(|c| c.is_alphanumeric() || "_[]!".contains(*c)).collect();
        if kind.ends_with('!') && !rest.contains('=') {
            let named: String = kind.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
            let value = value_of(types, &named);
            variables.insert(name.trim().to_owned(), if kind.starts_with('[') { json!([value]) } else { value });
        }
    }
    Value::Object(variables)
}

fn value_of(types: &BTreeMap<String, Value>, name: &str) -> Value {
    let kind = &types[name];
    match (name, kind["kind"].as_str().unwrap()) {
        ("Int", _) => json!(1),
        ("Float", _) => json!(1.0),
        ("Boolean", _) => json!(true),
        ("ID", _) => json!(harness::absent_id("com")),
        ("BigInt", _) => json!("1"),
        ("Date", _) => json!("2026-01-01"),
        ("DateTime", _) => json!("2026-01-01T00:00:00Z"),
        ("JSON", _) => json!({}),
        (_, "ENUM") => kind["enumValues"][0]["name"].clone(),
        (_, "INPUT_OBJECT") => input_of(types, kind),
        _ => json!("anything at all"),
    }
}

fn input_of(types: &BTreeMap<String, Value>, kind: &Value) -> Value {
    let fields = kind["inputFields"].as_array().unwrap();
    let is_required = |field: &&Value| field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
    let mut chosen: Vec<&Value> = fields.iter().filter(is_required).collect();
    // With nothing required, either one of several is, or none.
    if chosen.is_empty() && kind["name"].as_str().unwrap().ends_with("By") {
        chosen.extend(fields.first());
    }
    let value = |field: &&Value| {
        let (mut inner, mut is_list) = (&field["type"], false);
        while inner["name"].is_null() || matches!(inner["kind"].as_str(), Some("NON_NULL" | "LIST")) {
            is_list |= inner["kind"] == "LIST";
            inner = &inner["ofType"];
        }
        let value = value_of(types, inner["name"].as_str().unwrap());
        (field["name"].as_str().unwrap().to_owned(), if is_list { json!([value]) } else { value })
    };
    Value::Object(chosen.iter().map(value).collect())
}
