//! How many statements an answer takes and what they read, from the server's own log.

use std::collections::BTreeSet;

use harness::{Client, Database, TestApp, run};
use serde_json::{Value, json};

use crate::given;
use crate::points::{let_transfer, transfer};

#[test]
fn a_page_of_communities_with_their_first_members_is_two_statements() {
    run(async {
        let ledger = Ledger::open("two-statements").await;
        let people = ledger.people(6).await;
        for number in 0..50 {
            let community = given::community(&ledger.owner, &format!("Readers {number}")).await;
            let rows = people[number % 3..][..4].iter().map(|row| joining(row, &community));
            given::imported(&ledger.owner, rows.collect()).await;
        }
        let document = "{ communities(first: 50) { nodes { members(first: 3) { nodes { displayName } } } } }";
        let (answer, statements) = ledger.run(document).await;
        let communities = answer["communities"]["nodes"].as_array().unwrap().clone();
        assert_eq!(communities.len(), 50);
        assert!(communities.iter().all(|community| community["members"]["nodes"].as_array().unwrap().len() == 3));
        assert_eq!(statements.len(), 2, "{statements:#?}");
    });
}

#[test]
fn a_page_of_members_takes_as_many_statements_for_five_as_for_a_hundred() {
    run(async {
        let ledger = Ledger::open("constant").await;
        let people = ledger.people(100).await;
        for number in 0..3 {
            let community = given::community(&ledger.owner, &format!("Readers {number}")).await;
            given::imported(&ledger.owner, people.iter().map(|row| joining(row, &community)).collect()).await;
        }
        for (selection, expected) in [
            ("displayName", 1),
            ("communities(first: 5) { nodes { name } }", 3),
            ("displayName phoneMasked phone realName externalRef", 1),
            ("tier tags identities { value } profile { city { value } }", 5),
            // One level more each: the page of all their communities, the page of all those members.
            ("communities(first: 5) { nodes { members(first: 3) { nodes { tags } } } }", 5),
            ("communities(first: 5) { totalCount nodes { tierReport { members } churnReport { left } } }", 7),
        ] {
            for size in [5, 50, 100] {
                let (answer, statements) =
                    ledger.run(&format!("{{ members(first: {size}) {{ nodes {{ {selection} }} }} }}")).await;
                assert_eq!(answer["members"]["nodes"].as_array().unwrap().len(), size);
                assert_eq!(statements.len(), expected, "{size} × {selection}: {statements:#?}");
            }
        }
    });
}

#[test]
fn a_page_of_members_with_all_their_points_takes_as_many_statements_for_five_as_for_a_hundred() {
    run(async {
        let ledger = Ledger::open("constant-points").await;
        ledger.people(100).await;
        let answer = ledger.owner.query("{ members(first: 100) { nodes { id } } }", json!({})).await;
        let members = answer.data("members.nodes").as_array().unwrap().clone();
        let row = |member: &Value| json!({ "memberId": member["id"], "amount": 5, "reason": "Campaign" });
        for key in ["first", "second"] {
            let awards: Vec<_> = members.iter().map(row).collect();
            let input = json!({ "input": { "awards": awards, "idempotencyKey": key } });
            ledger.owner.run("PointsAwardBulk", input).await.payload("pointsAwardBulk");
        }
        for (selection, expected) in [
            ("pointsBalance points { available held entries(first: 1) { totalCount } }", 3),
            ("points { lots { entryId entry { reason actorId } } }", 4),
            ("growth { node { name } value toNext moves(first: 3) { totalCount nodes { reason } } }", 4),
            (
                "points { lots { expiresOn } holds { id } entries(first: 3) { nodes { reversedById lots { lotId } } } }",
                8,
            ),
            (
                "points { lots { expiresOn } holds { id }
                    entries(first: 3) { nodes { reversedById lots { lotId } explanation { text } } } }",
                12,
            ),
        ] {
            for size in [5, 50, 100] {
                let (answer, statements) =
                    ledger.run(&format!("{{ members(first: {size}) {{ nodes {{ {selection} }} }} }}")).await;
                assert_eq!(answer["members"]["nodes"].as_array().unwrap().len(), size);
                assert_eq!(statements.len(), expected, "{size} × {selection}: {statements:#?}");
            }
        }
    });
}

#[test]
fn a_page_of_members_with_their_transfers_takes_as_many_statements_for_two_as_for_twenty() {
    run(async {
        let ledger = Ledger::open("constant-transfers").await;
        let_transfer(&ledger.owner).await;
        ledger.people(20).await;
        let answer = ledger.owner.query("{ members(first: 20) { nodes { id } } }", json!({})).await;
        let nodes = answer.data("members.nodes").as_array().unwrap();
        let ids: Vec<_> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
        for two in ids.chunks(2) {
            let input = json!({ "memberId": two[0], "amount": 9, "reason": "Campaign", "idempotencyKey": two[0] });
            ledger.owner.run("PointsAward", json!({ "input": input })).await.payload("pointsAward");
            transfer(&ledger.owner, (two[0], two[1]), 5, two[0]).await.payload("pointsTransfer");
        }
        let selection = "points { entries(first: 3) { nodes { transferId
            transfer { amount from { displayName } to { displayName } sent { id } received { reversedById } } } } }";
        let mut counts = BTreeSet::new();
        for size in [2, 6, 20] {
            let (answer, statements) =
                ledger.run(&format!("{{ members(first: {size}) {{ nodes {{ {selection} }} }} }}")).await;
            let nodes = answer["members"]["nodes"].as_array().unwrap();
            let told = |node: &Value| node["points"]["entries"]["nodes"][0]["transfer"]["amount"] == "5";
            assert!(nodes.len() == size && nodes.iter().all(told), "{answer}");
            counts.insert(statements.len());
        }
        assert_eq!(counts.len(), 1, "{counts:?}");
    });
}

#[test]
fn a_page_of_members_with_their_check_ins_takes_as_many_statements_for_five_as_for_a_hundred() {
    run(async {
        let ledger = Ledger::open("constant-check-ins").await;
        ledger.people(100).await;
        let answer = ledger.owner.query("{ members(first: 100) { nodes { id } } }", json!({})).await;
        for member in answer.data("members.nodes").as_array().unwrap().iter().take(7) {
            let input = json!({ "memberId": member["id"], "idempotencyKey": member["id"] });
            ledger.owner.run("CheckIn", json!({ "input": input })).await.payload("checkIn");
        }
        let days = "days(from: \"2026-01-01\", to: \"2026-01-31\") { streak }";
        for size in [5, 50, 100] {
            // Who they are, where they stand, the tenant's zone, and the days.
            let (answer, statements) = ledger
                .run(&format!("{{ members(first: {size}) {{ nodes {{ checkIns {{ streak {days} }} }} }} }}"))
                .await;
            assert_eq!(answer["members"]["nodes"].as_array().unwrap().len(), size);
            assert_eq!(statements.len(), 4, "{size}: {statements:#?}");
        }
    });
}

#[test]
fn a_page_of_a_leaderboard_takes_as_many_statements_for_five_as_for_a_hundred() {
    run(async {
        let ledger = Ledger::open("constant-board").await;
        let community = given::community(&ledger.owner, "Readers").await;
        let people = ledger.people(100).await;
        let ids = given::imported(&ledger.owner, people.iter().map(|row| joining(row, &community)).collect()).await;
        let row = |id: &Value| json!({ "memberId": id, "amount": 5, "reason": "Campaign" });
        let input = json!({ "awards": ids.iter().map(row).collect::<Vec<_>>(), "idempotencyKey": "board" });
        ledger.owner.run("PointsAwardBulk", json!({ "input": input })).await.payload("pointsAwardBulk");
        let id = community["id"].as_str().unwrap();
        for size in [5, 50, 100] {
            let entries = format!("entries(first: {size}) {{ nodes {{ rank member {{ displayName }} }} }}");
            let board = format!("leaderboard(communityId: \"{id}\", period: MONTH) {{ {entries} }}");
            let (answer, statements) = ledger.run(&format!("{{ {board} }}")).await;
            assert_eq!(answer["leaderboard"]["entries"]["nodes"].as_array().unwrap().len(), size);
            // Whether the community is there, the tenant's zone, the scores, and who they are of; PostgreSQL is told to
            // plan for this board.
            let expected = if matches!(ledger.database, Database::Postgres(_)) { 5 } else { 4 };
            assert_eq!(statements.len(), expected, "{size}: {statements:#?}");
        }
    });
}

#[test]
fn a_page_of_creators_takes_as_many_statements_for_five_as_for_a_hundred() {
    run(async {
        let ledger = Ledger::open("constant-creators").await;
        ledger.people(100).await;
        let first = ledger.owner.query("{ members(first: 3) { nodes { id } } }", json!({})).await;
        for member in first.data("members.nodes").as_array().unwrap() {
            for number in 0..2 {
                let key = format!("{number} of {}", member["id"]);
                let input = json!({ "memberId": member["id"], "kind": "TEXT", "title": "A walk", "body": "Up.",
                    "idempotencyKey": key });
                let made = ledger.owner.run("SubmissionCreate", json!({ "input": input })).await;
                let made = &made.payload("submissionCreate")["submission"]["id"];
                let input = json!({ "submissionId": made, "revision": 1, "decision": "REJECT", "note": "No",
                    "idempotencyKey": key });
                ledger.owner.run("SubmissionReview", json!({ "input": input })).await.payload("submissionReview");
            }
        }
        let works = "submissions(first: 1) { totalCount nodes { body reviews { decision } } }";
        for size in [5, 50, 100] {
            // Who they are, the programme, what they had approved, their works and how many, what these say, and what was
            // said of them.
            let (answer, statements) = ledger
                .run(&format!("{{ members(first: {size}) {{ nodes {{ creator {{ approved }} {works} }} }} }}"))
                .await;
            assert_eq!(answer["members"]["nodes"].as_array().unwrap().len(), size);
            assert_eq!(statements.len(), 7, "{size}: {statements:#?}");
        }
    });
}

#[test]
fn aliases_of_one_page_are_read_apart_only_where_they_differ() {
    run(async {
        let ledger = Ledger::open("aliases").await;
        let community = given::community(&ledger.owner, "Readers").await;
        let people = ledger.people(5).await;
        given::imported(&ledger.owner, people.iter().map(|row| joining(row, &community)).collect()).await;
        let twice = |first, second| {
            format!(
                "{{ communities {{ nodes {{ a: members(first: {first}) {{ nodes {{ displayName }} }}
                    b: members(first: {second}) {{ nodes {{ displayName }} }} }} }} }}"
            )
        };
        assert_eq!(ledger.run(&twice(2, 2)).await.1.len(), 2);
        let (answer, statements) = ledger.run(&twice(2, 3)).await;
        assert_eq!(statements.len(), 3, "{statements:#?}");
        let sizes = ["a", "b"].map(|alias| answer["communities"]["nodes"][0][alias]["nodes"].as_array().unwrap().len());
        assert_eq!(sizes, [2, 3]);
    });
}

#[test]
fn a_list_is_counted_only_when_the_total_is_selected() {
    run(async {
        let ledger = Ledger::open("counted").await;
        given::community(&ledger.owner, "Readers").await;
        for field in ["members", "communities"] {
            let (_, without) = ledger.run(&format!("{{ {field} {{ pageInfo {{ hasNextPage }} }} }}")).await;
            assert_eq!(without.len(), 1, "{without:#?}");
            let (_, with) = ledger.run(&format!("{{ {field} {{ totalCount pageInfo {{ hasNextPage }} }} }}")).await;
            assert_eq!(with.len(), 2, "{with:#?}");
        }
    });
}

#[test]
fn only_the_columns_behind_the_selected_fields_are_read() {
    run(async {
        let ledger = Ledger::open("columns").await;
        let community = given::community(&ledger.owner, "Readers").await;
        let people = ledger.people(2).await;
        given::imported(&ledger.owner, people.iter().map(|row| joining(row, &community)).collect()).await;
        // The key of the order is always among them: the cursors are made of it.
        for (document, columns) in [
            ("{ members { nodes { displayName } } }", vec!["created_at display_name id"]),
            ("{ members(sort: NAME_ASC) { nodes { id } } }", vec!["id name_key"]),
            ("{ members { nodes { phoneMasked } } }", vec!["created_at data_key id phone_enc"]),
            ("{ members { nodes { realName } } }", vec!["created_at data_key id real_name_enc"]),
            ("{ members { edges { node { ...on Member { externalRef } } } } }", vec!["created_at external_ref id"]),
            ("{ communities { nodes { name } } }", vec!["created_at id name"]),
            ("{ communities(sort: MEMBER_COUNT_DESC) { nodes { stage } } }", vec!["id member_count stage"]),
            (
                "{ communities { nodes { members { nodes { displayName } } } } }",
                vec!["created_at id", "community_id display_name id joined_at tier"],
            ),
            (
                "{ members { nodes { communities { nodes { valueProposition } } } } }",
                vec!["created_at id", "community_id joined_at member_id tier", "id value_proposition"],
            ),
        ] {
            let (_, statements) = ledger.run(document).await;
            let read: Vec<String> = statements.iter().map(|statement| columns_read(statement)).collect();
            assert_eq!(read, columns, "{document}: {statements:#?}");
            let unread = ["real_name_enc", "phone_enc", "data_key", "value_proposition", "touchpoints"];
            for column in unread.iter().filter(|column| !columns.iter().any(|list| list.contains(**column))) {
                assert!(!statements.iter().any(|statement| statement.contains(column)), "{column} in {statements:#?}");
            }
        }
    });
}

#[test]
fn one_look_up_is_one_statement() {
    run(async {
        let ledger = Ledger::open("look-up").await;
        let id = given::member(&ledger.owner, "Li Lei").await["id"].clone();
        let (_, by_id) = ledger.run(&format!("{{ member(by: {{ id: {id} }}) {{ displayName }} }}")).await;
        assert_eq!(by_id.iter().map(|statement| columns_read(statement)).collect::<Vec<_>>(), ["display_name id"]);
        let (_, by_reference) = ledger.run("{ member(by: { externalRef: \"none\" }) { displayName } }").await;
        assert_eq!(by_reference.len(), 1, "{by_reference:#?}");
    });
}

/// A server that logs its statements, and the owner of a tenant on it.
struct Ledger {
    app: TestApp,
    database: Database,
    owner: Client,
}

impl Ledger {
    async fn open(name: &str) -> Self {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant(name).await.owner().await;
        let database = app.database().await;
        Self { app, database, owner }
    }

    /// Rows of members who have everything; the members are there already.
    async fn people(&self, count: usize) -> Vec<Value> {
        let row = |number: usize| {
            let identity = json!({ "kind": "UNIONID", "platform": "WECHAT", "value": format!("union-{number}") });
            json!({
                "externalRef": format!("crm-{number}"), "displayName": format!("Member {number}"),
                "phone": format!("+86139{number:08}"), "realName": format!("Name {number}"),
                "tags": ["reader"], "city": "Chengdu", "identities": [identity]
            })
        };
        let rows: Vec<Value> = (0..count).map(row).collect();
        given::imported(&self.owner, rows.clone()).await;
        rows
    }

    /// The data of an answer and the statements it took. Those of the look-ups of the caller (a session, then what its
    /// tenant asks of people) and of their registry of documents, which come every few seconds, and of the outbox, the
    /// letters' and the audit trail's sealer, and the ledger's sealer and sweeper and those who follow it, which run by
    /// themselves, are not among them.
    async fn run(&self, document: &str) -> (Value, Vec<String>) {
        self.database.outbox_is_drained().await;
        self.database.growth_is_reviewed().await;
        self.database.leaderboards_are_counted().await;
        let before = self.app.server().log().len();
        let answer = self.owner.query(document, json!({})).await;
        let data = answer.data("").clone();
        let log = self.app.server().log();
        let statements = log[before..].lines().filter_map(statement);
        let others = [
            "\"document_registries\"",
            "\"mails\"",
            "outbox",
            "audit_",
            " points_",
            "\"points_seals\"",
            " growth_",
            " leaderboard_",
        ];
        let mut looked_up = 0;
        let is_of_the_answer = |text: &String| {
            if text.contains("\"sessions\"") {
                looked_up += 1;
                return false;
            }
            if looked_up > 0 && text.contains("FROM \"tenants\"") {
                looked_up -= 1;
                return false;
            }
            !others.iter().any(|word| text.contains(word))
        };
        (data, statements.filter(is_of_the_answer).collect())
    }
}

/// The statement in a line of the log.
fn statement(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    entry["db.statement"].as_str().map(str::to_owned)
}

fn joining(row: &Value, community: &Value) -> Value {
    given::with(row.clone(), json!({ "communityId": community["id"] }))
}

/// The columns in the outermost select list, sorted.
fn columns_read(statement: &str) -> String {
    let (list, _) = statement.split_once(" FROM ").unwrap_or_else(|| panic!("{statement}"));
    let columns = list.split([' ', ',', '.']).filter_map(|word| word.strip_prefix('"')?.strip_suffix('"'));
    let of_tables: BTreeSet<&str> = ["members", "communities", "place"].into();
    columns
        .filter(|column| !of_tables.contains(column))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
        .join(" ")
}
