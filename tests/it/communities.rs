//! Communities: created, read, changed, archived, listed; and not by those who may not.

use harness::{Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use crate::given;

#[test]
fn a_community_is_read_as_it_was_created() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("community").await.owner().await;
        let input = json!({
            "name": "Night Readers",
            "type": "BRAND",
            "positioning": "CUSTOMER_SERVICE",
            "platform": "WECOM",
            "touchpoints": ["GROUP", "MINI_PROGRAM"],
            "messageKinds": ["TEXT", "LIVE", "MEETING"],
            "valueProposition": "Answers within an hour.",
            "stage": "GROWTH"
        });
        let created = given::community_from(&owner, input.clone()).await;
        let answer = owner.run("CommunityGet", json!({ "id": created["id"] })).await;
        let read = answer.data("community");
        for (field, value) in input.as_object().unwrap() {
            assert_eq!(&read[field], value, "{field}");
        }
        assert_eq!((&read["memberCount"], &read["version"], &read["archivedAt"]), (&json!(0), &json!(1), &Value::Null));
        assert!(created["id"].as_str().unwrap().starts_with("com_"));
    });
}

#[test]
fn a_community_needs_a_name_and_a_value_proposition() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("required").await.owner().await;
        for (field, value, code) in [
            ("name", "", "REQUIRED"),
            ("name", " \t\u{3000}", "REQUIRED"),
            ("valueProposition", "", "REQUIRED"),
            ("valueProposition", "  ", "REQUIRED"),
            ("name", &"x".repeat(10_000), "TOO_LONG"),
        ] {
            let input = given::with(given::community_input("Readers"), json!({ field: value }));
            let answer = owner.run("CommunityCreate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("communityCreate"), [format!("{code} at {field}")], "{field}");
            assert!(answer.data("communityCreate.community").is_null());
        }
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 0);
    });
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("update").await.owner().await;
        let before = given::community(&owner, "Readers").await;
        let input = json!({ "id": before["id"], "version": 1, "name": "Writers", "stage": "MATURE" });
        let answer = owner.run("CommunityUpdate", json!({ "input": input })).await;
        let after = &answer.payload("communityUpdate")["community"];
        let expected = given::with(before, json!({ "name": "Writers", "stage": "MATURE", "version": 2 }));
        assert_eq!(*after, expected);
    });
}

#[test]
fn an_update_of_an_older_version_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("conflict").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let rename = |name: &str| json!({ "input": { "id": community["id"], "version": 1, "name": name } });
        owner.run("CommunityUpdate", rename("Writers")).await.payload("communityUpdate");
        let answer = owner.run("CommunityUpdate", rename("Singers")).await;
        assert_eq!(answer.user_error_codes("communityUpdate"), ["VERSION_CONFLICT"]);
        let read = owner.run("CommunityGet", json!({ "id": community["id"] })).await;
        assert_eq!(read.data("community.name"), "Writers");
    });
}

#[test]
fn an_archived_community_is_kept_changed_by_nobody_and_can_come_back() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("archive").await.owner().await;
        let id = given::community(&owner, "Readers").await["id"].clone();
        let input = json!({ "input": { "id": id } });
        let archived = owner.run("CommunityArchive", input.clone()).await;
        assert!(archived.payload("communityArchive")["community"]["archivedAt"].is_string());
        let again = owner.run("CommunityArchive", input.clone()).await;
        assert_eq!(again.user_error_codes("communityArchive"), ["ARCHIVED"]);
        let update = owner.run("CommunityUpdate", json!({ "input": { "id": id, "name": "Writers" } })).await;
        assert_eq!(update.user_error_codes("communityUpdate"), ["ARCHIVED"]);
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 0);
        assert_eq!(owner.run("CommunityGet", json!({ "id": id })).await.data("community.name"), "Readers");

        let restored = owner.run("CommunityRestore", input.clone()).await;
        assert!(restored.payload("communityRestore")["community"]["archivedAt"].is_null());
        let twice = owner.run("CommunityRestore", input).await;
        assert_eq!(twice.user_error_codes("communityRestore"), ["NOT_ARCHIVED"]);
        assert_eq!(owner.run("CommunityList", json!({})).await.data("communities.totalCount"), 1);
    });
}

#[test]
fn a_list_is_walked_forwards_and_backwards_without_gap_or_repetition() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("walk").await.owner().await;
        let names = ["Anglers", "Bakers", "Climbers", "Dancers", "Editors"];
        for name in names.iter().rev() {
            given::community(&owner, name).await;
        }
        let mut seen = Vec::new();
        let mut variables = json!({ "first": 2 });
        loop {
            let answer = owner.run("CommunityList", variables).await;
            let page = answer.data("communities").clone();
            assert_eq!(page["totalCount"], 5);
            assert_eq!(page["pageInfo"]["hasPreviousPage"], !seen.is_empty());
            seen.extend(names_of(&page));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            variables = json!({ "first": 2, "after": page["pageInfo"]["endCursor"] });
        }
        assert_eq!(seen, names);

        let end = owner.run("CommunityList", json!({ "last": 2 })).await;
        assert_eq!(names_of(end.data("communities")), ["Dancers", "Editors"]);
        let before = json!({ "last": 2, "before": end.data("communities.pageInfo.startCursor") });
        let answer = owner.run("CommunityList", before).await;
        assert_eq!(names_of(answer.data("communities")), ["Bakers", "Climbers"]);
        assert_eq!(answer.data("communities.pageInfo.hasPreviousPage"), true);
        assert_eq!(answer.data("communities.pageInfo.hasNextPage"), true);
    });
}

#[test]
fn filters_select_by_their_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("filters").await.owner().await;
        given::community(&owner, "Anglers").await;
        let other = json!({
            "type": "CONSUMER", "positioning": "RESOURCE_MATCHING", "platform": "DINGTALK", "stage": "DECLINE"
        });
        given::community_from(&owner, given::with(given::community_input("Bakers"), other)).await;
        for filter in [
            json!({ "type": "CONSUMER" }),
            json!({ "positioning": "RESOURCE_MATCHING" }),
            json!({ "platform": "DINGTALK" }),
            json!({ "stage": "DECLINE" }),
            json!({ "text": "bak" }),
            json!({ "text": "ＢＡＫ" }), // full-width letters are the same letters
            json!({ "type": "CONSUMER", "platform": "DINGTALK" }),
        ] {
            let answer = owner.run("CommunityList", json!({ "filter": filter })).await;
            assert_eq!(names_of(answer.data("communities")), ["Bakers"], "{filter}");
            assert_eq!(answer.data("communities.totalCount"), 1, "{filter}");
        }
        let none = json!({ "filter": { "type": "CONSUMER", "platform": "WECHAT" } });
        assert_eq!(owner.run("CommunityList", none).await.data("communities.edges"), &json!([]));
    });
}

#[test]
fn who_may_only_read_changes_nothing_and_is_told_the_scope() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("readers").await;
        let owner = tenant.owner().await;
        let id = given::community(&owner, "Readers").await["id"].clone();
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        for role in [Role::Moderator, Role::Finance, Role::Analyst] {
            let client = tenant.staff(role).await;
            let before = database.snapshot(uuid).await.without("audit_events");
            for (operation, field, input) in [
                ("CommunityCreate", "communityCreate", given::community_input("More")),
                ("CommunityUpdate", "communityUpdate", json!({ "id": id, "name": "Other" })),
                ("CommunityArchive", "communityArchive", json!({ "id": id })),
            ] {
                let answer = client.run(operation, json!({ "input": input })).await;
                assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{role:?} {operation}: {}", answer.raw);
                assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["communities:write"]));
                assert!(answer.partial(field).is_null());
            }
            database
                .snapshot(uuid)
                .await
                .without("sessions")
                .without("audit_events")
                .must_equal(&before.without("sessions"));
            client.run("CommunityGet", json!({ "id": id })).await.data("community.name");
        }
    });
}

#[test]
fn nobody_reads_or_changes_a_community_without_signing_in() {
    run(async {
        let app = TestApp::shared().await;
        let anonymous = app.anonymous();
        let id = absent_id("com");
        for (operation, variables) in [
            ("CommunityList", json!({})),
            ("CommunityGet", json!({ "id": id })),
            ("CommunityCreate", json!({ "input": given::community_input("More") })),
            ("CommunityArchive", json!({ "input": { "id": id } })),
        ] {
            let answer = anonymous.run(operation, variables).await;
            assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"], "{operation}: {}", answer.raw);
        }
    });
}

#[test]
fn a_community_of_another_tenant_answers_like_one_that_does_not_exist() {
    run(async {
        let app = TestApp::shared().await;
        let beta = app.tenant("beta").await;
        let id = given::community(&beta.owner().await, "Readers").await["id"].clone();
        let absent = json!(absent_id("com"));
        let acme = app.tenant("acme").await.owner().await;
        let database = app.database().await;
        let uuid = beta.uuid(&database).await;
        let before = database.snapshot(uuid).await.without("audit_events");

        let foreign = acme.run("CommunityGet", json!({ "id": id })).await;
        let nothing = acme.run("CommunityGet", json!({ "id": absent })).await;
        assert!(foreign.data("community").is_null());
        assert_eq!(foreign.raw_without_throttle(), nothing.raw_without_throttle());
        assert!(acme.run("Node", json!({ "id": id })).await.data("node").is_null());
        assert_eq!(*acme.run("Nodes", json!({ "ids": [id] })).await.data("nodes"), json!([null]));
        for (operation, field) in [
            ("CommunityUpdate", "communityUpdate"),
            ("CommunityArchive", "communityArchive"),
            ("CommunityRestore", "communityRestore"),
        ] {
            let foreign = acme.run(operation, json!({ "input": { "id": id } })).await;
            let nothing = acme.run(operation, json!({ "input": { "id": absent } })).await;
            assert_eq!(foreign.user_errors(field), ["NOT_FOUND at id"], "{operation}");
            assert_eq!(foreign.raw_without_throttle(), nothing.raw_without_throttle(), "{operation}");
        }
        database.snapshot(uuid).await.without("audit_events").must_equal(&before);
    });
}

fn names_of(page: &Value) -> Vec<String> {
    let edges = page["edges"].as_array().expect("a page has edges");
    edges.iter().map(|edge| edge["node"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}
