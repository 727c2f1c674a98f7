//! What is let in, what is refused, and who sees what.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{award, growth, moves, node_set, path, path_updated, stands};
use crate::given;
use crate::points::{members, partner};

#[test]
fn a_tenant_begins_with_five_nodes_and_everybody_at_the_first() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-default").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let answer = owner.run("GrowthPath", json!({})).await;
        let path = answer.data("growthPath");
        assert_eq!(
            (&path["version"], &path["windowMonths"], &path["updatedAt"]),
            (&json!(0), &json!(12), &Value::Null)
        );
        let nodes = path["nodes"].as_array().unwrap();
        let told: Vec<_> = nodes.iter().map(|node| (&node["code"], &node["threshold"], &node["members"])).collect();
        let expected =
            [("NEWCOMER", "0"), ("ACTIVE", "100"), ("CONTRIBUTOR", "500"), ("CORE", "2000"), ("AMBASSADOR", "5000")]
                .map(|(code, threshold)| (json!(code), json!(threshold), json!(0)));
        assert_eq!(
            told,
            expected.iter().map(|(code, threshold, members)| (code, threshold, members)).collect::<Vec<_>>()
        );
        let mine = growth(&owner, &member).await;
        assert_eq!(mine["node"]["name"], "新人");
        assert_eq!((&mine["value"], &mine["toNext"], &mine["since"]), (&json!("0"), &json!("100"), &Value::Null));
        assert_eq!(mine["moves"]["totalCount"], 0);
    });
}

#[test]
fn everything_that_is_wrong_with_a_path_is_named_by_its_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-wrong").await.owner().await;
        let node = |code: &str, threshold: &str, percent: i64, name: &str, perks: Vec<String>| {
            let place = json!({ "code": code, "threshold": threshold });
            given::with(place, json!({ "multiplierPercent": percent, "name": name, "perks": perks }))
        };
        let long = |count: usize| "x".repeat(count);
        let wrong = json!({
            "version": 0, "windowMonths": 61, "source": " ", "idempotencyKey": "wrong",
            "nodes": [
                node("A", "1", 100, "One", vec![]),
                node("A", "1", 1001, &long(41), vec![long(101)]),
                node("a", "2", -1, "Three", vec!["x".to_owned(); 11]),
                node("D", "1000000000000001", 0, "Four", vec![]),
            ]
        });
        let expected = [
            "INVALID at nodes.0.threshold",
            "TOO_LONG at nodes.1.name",
            "INVALID at nodes.1.threshold",
            "INVALID at nodes.1.multiplierPercent",
            "TOO_LONG at nodes.1.perks.0",
            "INVALID at nodes.1.code",
            "INVALID at nodes.2.code",
            "INVALID at nodes.2.multiplierPercent",
            "TOO_LONG at nodes.2.perks",
            "INVALID at nodes.3.threshold",
            "INVALID at windowMonths",
            "REQUIRED at source",
        ];
        assert_eq!(path_updated(&owner, wrong).await.user_errors("growthPathUpdate"), expected);
        let codes: Vec<_> = (0..11).map(|number| format!("N{number}")).collect();
        let nodes: Vec<_> = codes.iter().enumerate().map(|(place, code)| (code.as_str(), place as i64)).collect();
        for (count, fits) in [(1, false), (11, false), (2, true), (10, true)] {
            let version = if count == 10 { 1 } else { 0 };
            let input =
                given::with(path(version, &nodes[..count], Some(1)), json!({ "idempotencyKey": count.to_string() }));
            let answer = path_updated(&owner, input).await;
            let refused: &[&str] = if fits { &[] } else { &["INVALID at nodes"] };
            assert_eq!(answer.user_errors("growthPathUpdate"), refused, "{count}");
        }
        let edge = json!({ "nodes": [node("A", "0", 0, &long(40), vec![long(100); 10]),
            node(&long(40).to_uppercase(), "1000000000000000", 1000, "Two", vec![])],
            "version": 2, "windowMonths": 60, "source": long(500), "idempotencyKey": "edge" });
        let answer = path_updated(&owner, edge).await;
        assert_eq!(answer.payload("growthPathUpdate")["growthPath"]["version"], 3);
        for window in [0, -1] {
            let input =
                given::with(path(3, &nodes[..2], Some(window)), json!({ "idempotencyKey": format!("w{window}") }));
            assert_eq!(path_updated(&owner, input).await.user_errors("growthPathUpdate"), ["INVALID at windowMonths"]);
        }
        assert_eq!(owner.run("GrowthPath", json!({})).await.data("growthPath.version"), 3);
    });
}

#[test]
fn of_many_changes_of_one_version_of_the_path_one_is_made() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-versions").await.owner().await;
        let change = |number: i64| {
            let nodes = [("LOW", 0), ("HIGH", 100 + number)];
            given::with(path(0, &nodes, None), json!({ "idempotencyKey": number.to_string() }))
        };
        let mut changes = JoinSet::new();
        for number in 0..8 {
            let (owner, input) = (owner.clone(), change(number));
            changes.spawn(async move { path_updated(&owner, input).await });
        }
        let answers = changes.join_all().await;
        let (made, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.user_errors("growthPathUpdate").is_empty());
        assert_eq!(made.len(), 1);
        assert!(refused.iter().all(|answer| answer.user_errors("growthPathUpdate") == ["VERSION_CONFLICT at version"]));
        let path = owner.run("GrowthPath", json!({})).await;
        assert_eq!(path.data("growthPath"), &made[0].payload("growthPathUpdate")["growthPath"]);
        assert_eq!(path.data("growthPath.version"), 1);
        assert_eq!(path.data("growthPath.windowMonths"), &Value::Null);
    });
}

#[test]
fn everything_that_is_wrong_with_a_node_set_by_hand_is_named_and_changes_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-by-hand-wrong").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        award(&owner, &member, 600, "a").await;
        stands(&owner, &member, ("CONTRIBUTOR", 600)).await;
        let absent = absent_id("mbr");
        for (number, (whom, node, until, expected)) in [
            (absent.as_str(), "CORE", None, "NOT_FOUND at memberId"),
            ("mbr_", "CORE", None, "INVALID at memberId"),
            (&member, "GOLD", None, "NOT_FOUND at node"),
            (&member, "ACTIVE", None, "INVALID at node"),
            (&member, "CORE", Some("2020-01-01"), "INVALID at lockedUntil"),
            (&member, "CORE", Some("2999-01-01"), "INVALID at lockedUntil"),
        ]
        .into_iter()
        .enumerate()
        {
            let answer = node_set(&owner, whom, (node, until), &number.to_string()).await;
            assert_eq!(answer.user_errors("growthNodeSet"), [expected]);
        }
        for (reason, code) in [(" ".to_owned(), "REQUIRED"), ("x".repeat(201), "TOO_LONG")] {
            let input = json!({ "memberId": member, "node": "CORE", "reason": reason, "idempotencyKey": code });
            let answer = owner.run("GrowthNodeSet", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("growthNodeSet"), [format!("{code} at reason")]);
        }
        owner.run("MemberArchive", json!({ "input": { "id": member } })).await.payload("memberArchive");
        let answer = node_set(&owner, &member, ("CORE", None), "archived").await;
        assert_eq!(answer.user_errors("growthNodeSet"), ["ARCHIVED at memberId"]);
        assert_eq!(moves(&owner, &member).await, ["PROMOTION EARNED NEWCOMER CONTRIBUTOR"]);
    });
}

#[test]
fn a_restricted_key_sees_and_moves_its_own_members_only_and_never_the_path() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-restricted").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let people = members(&owner, 2).await;
        let (inside, outside) = (people[0].as_str(), people[1].as_str());
        given::joined(&owner, &community, &json!({ "id": inside }), "ORDINARY").await;
        let scopes = json!(["points:read", "points:write", "points:rules", "members:read"]);
        let key = partner(&owner, json!({ "scopes": scopes, "communityIds": [community["id"]] })).await;
        for member in [inside, outside] {
            award(&owner, member, 100, member).await;
            stands(&owner, member, ("ACTIVE", 100)).await;
        }
        let counts = |answer: harness::Response| answer.data("growthPath.nodes.1.members").as_i64();
        assert_eq!(counts(key.run("GrowthPath", json!({})).await), Some(1));
        assert_eq!(counts(owner.run("GrowthPath", json!({})).await), Some(2));
        let answer = node_set(&key, outside, ("CORE", None), "outside").await;
        assert_eq!(answer.user_errors("growthNodeSet"), ["NOT_FOUND at memberId"]);
        let answer = node_set(&key, inside, ("CORE", None), "inside").await;
        assert_eq!(answer.payload("growthNodeSet")["member"]["growth"]["node"]["code"], "CORE");
        let answer = path_updated(&key, path(0, &[("LOW", 0), ("HIGH", 1)], None)).await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
        assert_eq!(owner.run("GrowthPath", json!({})).await.data("growthPath.version"), 0);
        assert_eq!(moves(&owner, outside).await, ["PROMOTION EARNED NEWCOMER ACTIVE"]);
    });
}
