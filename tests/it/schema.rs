//! The schema as a document: committed, described, named alike.

use harness::{TestApp, operation, operation_names, run};
use serde_json::{Value, json};

const INTROSPECTION: &str = "{ __schema { types { name kind description
    fields(includeDeprecated: true) { name description args { name description } }
    inputFields { name description }
    enumValues(includeDeprecated: true) { name description } }
    directives { name description args { name description } } } }";

#[test]
fn the_committed_schema_is_the_one_the_product_prints() {
    run(async {
        let installation = TestApp::with().install().await;
        let printed = installation.cli(&["schema"], &[]).await.expect_success().stdout;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let difference = committed.lines().zip(printed.lines()).position(|(old, new)| old != new);
        assert!(
            committed == printed,
            "schema.graphql differs from line {difference:?} on: cargo run -- schema > schema.graphql"
        );
    });
}

#[test]
fn every_element_has_a_description() {
    run(async {
        let mut undescribed = Vec::new();
        for element in elements().await {
            if element.description.trim().is_empty() {
                undescribed.push(element.name);
            }
        }
        assert!(undescribed.is_empty(), "without description: {undescribed:#?}");
    });
}

#[test]
fn mutations_are_named_noun_first() {
    run(async {
        let verbs = [
            "create", "update", "delete", "archive", "restore", "set", "add", "remove", "import", "refresh", "get",
            "list",
        ];
        for name in root_fields("Mutation").await {
            let wrong = verbs.iter().find(|verb| name.starts_with(*verb));
            assert!(wrong.is_none(), "{name} begins with its verb");
        }
    });
}

#[test]
fn enum_values_shout_and_fields_are_camel_case() {
    run(async {
        for element in elements().await {
            let Some((_, name)) = element.name.rsplit_once('.') else { continue };
            let fits = if element.is_enum_value {
                name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            } else {
                name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
            };
            assert!(fits, "{}", element.name);
        }
    });
}

#[test]
fn every_mutation_takes_one_input_with_an_idempotency_key_and_gives_user_errors() {
    run(async {
        let types = types().await;
        let mutation = types.iter().find(|kind| kind["name"] == "Mutation").unwrap();
        for field in mutation["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let arguments: Vec<&Value> =
                field["args"].as_array().unwrap().iter().map(|argument| &argument["name"]).collect();
            assert_eq!(arguments, ["input"], "{name}");
            let pascal = name[..1].to_uppercase() + &name[1..];
            assert!(has_field(&types, &format!("{pascal}Input"), "inputFields", "idempotencyKey"), "{name}");
            assert!(has_field(&types, &format!("{pascal}Payload"), "fields", "userErrors"), "{name}");
        }
    });
}

#[test]
fn every_stored_operation_is_named_like_its_file_and_fits_the_schema() {
    run(async {
        let client = TestApp::shared().await.anonymous();
        for name in operation_names() {
            let text = operation(&name);
            assert!(
                text.starts_with(&format!("query {name}")) || text.starts_with(&format!("mutation {name}")),
                "the operation of {name}.graphql has another name"
            );
            // Skipped as a whole, so that only validation speaks; variables are wanting, which is found last.
            let probe = json!({ "query": format!("{text}\nquery Probe {{ __typename }}"), "operationName": "Probe" });
            let answer = client.post(probe).await;
            assert_eq!(answer.error_codes(), Vec::<&str>::new(), "{name}: {}", answer.raw);
        }
    });
}

/// The library makes null of a variable that is not given, where the specification wants the default:
/// a nullable argument can fall back by itself.
#[test]
fn what_has_a_default_is_nullable() {
    run(async {
        let document = "{ __schema { types { name kind
            fields { name args { name defaultValue type { kind } } }
            inputFields { name defaultValue type { kind } } } } }";
        for kind in types_by(document).await {
            let arguments = children(&kind, "fields").iter().flat_map(|field| children(field, "args"));
            for value in arguments.chain(children(&kind, "inputFields")) {
                let wrong = value["defaultValue"].is_string() && value["type"]["kind"] == "NON_NULL";
                assert!(
                    !wrong || is_own(&kind),
                    "{}: {} has a default and is not nullable",
                    kind["name"],
                    value["name"]
                );
            }
        }
    });
}

struct Element {
    /// `Type`, `Type.field` or `Type.field.argument`.
    name: String,
    description: String,
    is_enum_value: bool,
}

/// Every element of the schema that is not GraphQL's own.
async fn elements() -> Vec<Element> {
    let mut elements = Vec::new();
    for kind in types().await {
        let name = text(&kind["name"]);
        if is_own(&kind) {
            continue;
        }
        collect(&mut elements, &kind, "", false);
        for list in ["fields", "inputFields", "enumValues"] {
            for part in children(&kind, list) {
                collect(&mut elements, part, &name, list == "enumValues");
                for argument in children(part, "args") {
                    collect(&mut elements, argument, &format!("{name}.{}", text(&part["name"])), false);
                }
            }
        }
    }
    elements
}

/// Whether a type is GraphQL's own.
fn is_own(kind: &Value) -> bool {
    let name = text(&kind["name"]);
    ["Int", "Float", "String", "Boolean", "ID"].contains(&name.as_str()) || name.starts_with("__")
}

fn collect(elements: &mut Vec<Element>, value: &Value, parent: &str, is_enum_value: bool) {
    let name =
        [parent, &text(&value["name"])].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    elements.push(Element { name, description: text(&value["description"]), is_enum_value });
}

async fn types() -> Vec<Value> {
    types_by(INTROSPECTION).await
}

async fn types_by(introspection: &str) -> Vec<Value> {
    let app = TestApp::shared().await;
    let owner = app.tenant("schema").await.owner().await;
    let answer = owner.query(introspection, json!({})).await;
    answer.data("__schema.types").as_array().unwrap().clone()
}

async fn root_fields(root: &str) -> Vec<String> {
    let types = types().await;
    let root = types.iter().find(|kind| kind["name"] == root).unwrap();
    children(root, "fields").iter().map(|field| text(&field["name"])).collect()
}

fn has_field(types: &[Value], kind: &str, list: &str, field: &str) -> bool {
    let kind = types.iter().find(|candidate| candidate["name"] == kind);
    kind.is_some_and(|kind| children(kind, list).iter().any(|candidate| candidate["name"] == field))
}

fn children<'a>(value: &'a Value, list: &str) -> &'a [Value] {
    value[list].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
