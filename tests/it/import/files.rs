//! `shequn import members`: what a file may look like, and what is said of one that does not.

use harness::{TestApp, run};
use serde_json::json;

use super::roster::{Given, HEADER, line};
use crate::given;

#[test]
fn a_file_that_is_no_roster_is_refused_with_its_place_and_nothing_is_imported() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        let before = given.database.snapshot(given.uuid).await;
        let open_quote = "external_ref,display_name\nr-1,Li Lei\nr-2,\"Han Meimei\nr-3,Lucy\n";
        let gbk = in_gbk("external_ref,display_name\nr-1,Li Lei\nr-2,韩梅梅\n");
        let long = format!("external_ref,display_name\nr-1,x\nr-2,{}", "x".repeat(300_000));
        let long_quote = format!("external_ref,display_name\nr-1,\"{}", "x\n".repeat(300_000));
        let cases: [(&[u8], &str); 12] = [
            (b"", "EMPTY_FILE: line 1"),
            (b"\n\r\n", "EMPTY_FILE: line 1"),
            (b"nonsense\nr-1\n", "HEADER_INVALID: line 1: there is no column \"nonsense\""),
            (
                b"external_ref;display_name\n",
                "HEADER_INVALID: line 1: there is no column \"external_ref;display_name\"",
            ),
            (b"external_ref,name\nr-1,x\n", "HEADER_INVALID: line 1: there is no column \"name\""),
            (b"external_ref,phone\nr-1,1\n", "HEADER_INVALID: line 1: the column \"display_name\" is missing"),
            (
                b"external_ref,display_name,external_ref\n",
                "HEADER_INVALID: line 1: the column \"external_ref\" stands twice",
            ),
            (open_quote.as_bytes(), "QUOTE_UNCLOSED: line 3"),
            (long_quote.as_bytes(), "QUOTE_UNCLOSED: line 2"),
            (long.as_bytes(), "ROW_TOO_LONG: line 3"),
            (&gbk, "ENCODING_INVALID: line 3: this is not UTF-8"),
            (b"external_ref,display_name\nr-1,x\nr-2,a\xff\n", "ENCODING_INVALID: line 3"),
        ];
        for (text, message) in cases {
            let output = given.import(text).await;
            assert_eq!(output.code, Some(1), "{message}: {output:#?}");
            assert!(output.stderr.contains(message), "{message}: {output:#?}");
            assert!(given.refused().is_empty());
        }
        let output = given.import_with(b"external_ref,display_name\nr-1,\xff\n", &["--encoding", "gb18030"]).await;
        assert!(output.stderr.contains("ENCODING_INVALID: line 2: this is not GB 18030"), "{output:#?}");
        given.database.snapshot(given.uuid).await.must_equal(&before);
    });
}

#[test]
fn a_bad_row_goes_to_the_file_of_refused_rows_with_its_line_and_the_others_go_in() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        let rows = [
            "display_name,external_ref,phone,tier,joined_at",
            "Li Lei,r-1,13800138000,CORE,",
            "Han Meimei,r-2,12345,,",
            "\"Lucy\nKing\",r-3,,,",
            "",
            "Jim,r-4,,BOSS,yesterday",
            "Kate,r-5,,",
            "\"Lily, \"\"L\"\"\",\"=r-6\",,,",
        ];
        let output = given.import(rows.join("\r\n")).await.expect_success();
        assert!(output.stdout.starts_with("2 created, 0 updated, 4 refused\n"), "{output:#?}");
        let places: Vec<_> =
            given.refused().iter().map(|row| row.split(',').take(4).collect::<Vec<_>>().join(",")).collect();
        let expected = [
            "3,r-2,phone,PHONE_INVALID",
            "4,r-3,displayName,INVALID",
            "7,r-4,tier,INVALID",
            "7,r-4,joinedAt,INVALID",
            "8,r-5,,INVALID",
        ];
        assert_eq!(places, expected);
        let names = given.owner.run("MemberList", json!({})).await;
        let names: Vec<_> = names
            .data("members.edges")
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| edge["node"]["displayName"].clone())
            .collect();
        assert!(names.contains(&json!("Li Lei")) && names.contains(&json!("Lily, \"L\"")), "{names:?}");
    });
}

#[test]
fn a_byte_order_mark_and_gb18030_are_read() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        let output = given.import("\u{feff}external_ref,display_name\nr-1,李雷\n").await.expect_success();
        assert!(output.stdout.starts_with("1 created"), "{output:#?}");
        let gbk = in_gbk("external_ref,display_name\r\nr-2,韩梅梅\r\n");
        given.import(&gbk).await;
        let output = given.import_with(&gbk, &["--encoding", "gb18030"]).await.expect_success();
        assert!(output.stdout.starts_with("1 created"), "{output:#?}");
        let member = given.owner.run("MemberGet", json!({ "by": { "externalRef": "r-2" } })).await;
        assert_eq!(member.data("member.displayName"), "韩梅梅");
    });
}

#[test]
fn a_finished_file_imported_again_changes_nothing() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        let text = format!("{HEADER}\n{}\n{}\n", line(1), line(2));
        let first = given.import(&text).await.expect_success();
        assert!(first.stdout.starts_with("2 created, 0 updated, 0 refused"), "{first:#?}");
        let before = given.database.snapshot(given.uuid).await;
        let again = given.import(&text).await.expect_success();
        assert!(again.stdout.starts_with("this file was imported before"), "{again:#?}");
        given.database.snapshot(given.uuid).await.must_equal(&before);
    });
}

#[test]
fn a_finished_file_is_run_again_on_demand_so_that_refused_rows_can_pass() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        let holder = json!({ "displayName": "Lucy", "phone": "+8613800000002" });
        let holder = given.owner.run("MemberCreate", json!({ "input": holder })).await;
        let text = format!("{HEADER}\n{}\n{}\n", line(1), line(2));
        let first = given.import(&text).await.expect_success();
        assert!(first.stdout.starts_with("1 created, 0 updated, 1 refused"), "{first:#?}");
        let id = &holder.payload("memberCreate")["member"]["id"];
        given.owner.run("MemberArchive", json!({ "input": { "id": id } })).await.payload("memberArchive");

        let again = given.import_with(&text, &["--again"]).await.expect_success();
        assert!(again.stdout.starts_with("1 created, 1 updated, 0 refused"), "{again:#?}");
        assert!(given.refused().is_empty());
        let third = given.import_with(&text, &["--again"]).await.expect_success();
        assert!(third.stdout.starts_with("0 created, 2 updated, 0 refused"), "{third:#?}");
        for table in ["member_identities", "community_memberships"] {
            assert_eq!(given.count(table).await, 2, "{table}");
        }
        given.database.outbox_is_drained().await;
        assert_eq!(given.members_of_community().await, (json!(2), json!(2)));
    });
}

#[test]
fn a_changed_file_fills_in_whom_it_knows_and_nobody_joins_twice() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        given.import(format!("{HEADER}\n{}\n{}\n", line(1), line(2))).await.expect_success();
        let text = format!("{HEADER}\n{}\n{}\n", line(1).replace("会员1", "Li Lei"), line(3));
        let output = given.import(&text).await.expect_success();
        assert!(output.stdout.starts_with("1 created, 1 updated, 0 refused"), "{output:#?}");
        for table in ["members", "member_identities", "community_memberships"] {
            assert_eq!(given.count(table).await, 3, "{table}");
        }
        given.database.outbox_is_drained().await;
        assert_eq!(given.members_of_community().await, (json!(3), json!(3)));
        let member = given.owner.run("MemberGet", json!({ "by": { "externalRef": "crm-1" } })).await;
        assert_eq!(member.data("member.displayName"), "Li Lei");
    });
}

#[test]
fn a_community_is_named_by_its_id_or_by_a_name_that_only_one_has() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        given::community(&given.owner, "Twins").await;
        given::community(&given.owner, "Twins").await;
        let id = given.community["id"].as_str().unwrap();
        let text = format!(
            "external_ref,display_name,community\nr-1,a,{id}\nr-2,b, ＲＥＡＤＥＲＳ\nr-3,c,Twins\nr-4,d,Nowhere\n"
        );
        let output = given.import(&text).await.expect_success();
        assert!(output.stdout.starts_with("2 created, 0 updated, 2 refused"), "{output:#?}");
        let refused = given.refused();
        assert!(
            refused[0].starts_with("4,r-3,community,NOT_FOUND,") && refused[1].starts_with("5,r-4,"),
            "{refused:?}"
        );
        assert_eq!(given.count("community_memberships").await, 2);
    });
}

#[test]
fn the_file_of_refused_rows_replaces_no_other_file() {
    run(async {
        let given = Given::on(TestApp::shared().await).await;
        let text = "external_ref,display_name,phone\nr-1,Li Lei,12345\n";
        let roster = given.file(text);
        let output = given.import_with(text, &["--refused", roster.to_str().unwrap()]).await;
        assert_eq!(output.code, Some(1), "{output:#?}");
        assert!(output.stderr.contains("is not a file of refused rows"), "{output:#?}");
        assert_eq!(std::fs::read_to_string(&roster).unwrap(), text);
    });
}

fn in_gbk(text: &str) -> Vec<u8> {
    let signs = [('韩', [0xBA, 0xAB]), ('梅', [0xC3, 0xB7])];
    let mut bytes = Vec::new();
    for sign in text.chars() {
        match signs.iter().find(|(known, _)| *known == sign) {
            Some((_, pair)) => bytes.extend(pair),
            None => bytes.push(u8::try_from(sign).expect("ASCII, or a sign of the table")),
        }
    }
    bytes
}
