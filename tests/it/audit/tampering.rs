//! What is done to a trail past the product, by somebody who has the database, is found and named with its place.

use harness::{CliOutput, Database, TestApp, run};
use serde_json::{Value, json};

use super::trail::Trail;

/// Events of each tenant here: one of making it, one of signing in, and these.
const CALLS: usize = 10;

#[test]
fn a_changed_byte_a_missing_middle_a_swapped_pair_and_a_cut_tail_are_found() {
    run(async {
        let app = TestApp::start().await;
        let database = app.database().await;
        drop_triggers(&database).await;
        let set_operation = "UPDATE audit_events SET operation = 'memberArchive'";
        let tamperings: [(&str, Vec<String>, &str); 8] = [
            ("untouched", vec![], ""),
            ("changed", vec![format!("{set_operation} WHERE id = EVENT(5)")], "position 5: the event aud_"),
            (
                "proof",
                vec!["UPDATE audit_links SET mac = (SELECT mac FROM audit_links WHERE AT(4)) WHERE AT(7)".into()],
                "position 7: the link does not fit",
            ),
            ("event-gone", vec!["DELETE FROM audit_events WHERE id = EVENT(5)".into()], "position 5: the event aud_"),
            (
                "middle-gone",
                vec![
                    "DELETE FROM audit_events WHERE id IN (EVENT(4), EVENT(5))".into(),
                    "DELETE FROM audit_links WHERE AT(4) OR AT(5)".into(),
                ],
                "positions 4 to 5 are missing",
            ),
            (
                "swapped",
                vec![
                    "UPDATE audit_links SET position = -5 WHERE AT(5)".into(),
                    "UPDATE audit_links SET position = 5 WHERE AT(6)".into(),
                    "UPDATE audit_links SET position = 6 WHERE AT(-5)".into(),
                ],
                "positions 5 and 6: the two events were swapped",
            ),
            (
                "cut",
                vec![
                    "DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_links \
                     WHERE tenant_id = TENANT AND position > 7)"
                        .into(),
                    "DELETE FROM audit_links WHERE tenant_id = TENANT AND position > 7".into(),
                    "UPDATE audit_heads SET position = 7, mac = (SELECT mac FROM audit_links WHERE AT(7)) \
                 WHERE tenant_id = TENANT"
                        .into(),
                ],
                "the tail is cut: the chain ends at position 7",
            ),
            (
                "beside",
                vec![
                    "DELETE FROM audit_links WHERE AT(11)".into(),
                    "UPDATE audit_heads SET position = 10, mac = (SELECT mac FROM audit_links WHERE AT(10)) \
                 WHERE tenant_id = TENANT"
                        .into(),
                ],
                "stands beside the chain",
            ),
        ];
        for (name, statements, finding) in tamperings {
            let tenant = app.tenant(name).await;
            let trail = Trail { tenant: tenant.uuid(&database).await, database: app.database().await };
            let checkpoint = app.installation().folder().join(format!("{name}.json"));
            let answer = written(&tenant.owner().await, &trail).await;
            std::fs::write(&checkpoint, answer.to_string()).unwrap();
            let verify = async |with: &[&str]| {
                let arguments = [&["verify", "audit", "--tenant", tenant.slug()], with].concat();
                app.installation().cli(&arguments, &[]).await
            };
            let kept = ["--checkpoint", checkpoint.to_str().unwrap()];
            found(&verify(&kept).await, "");
            for statement in statements {
                database.execute(&spelled(&statement, &trail)).await;
            }
            found(&verify(&kept).await, finding);
            if name == "cut" {
                // Its newest checkpoint gone too, the trail looks whole but for the one that was kept elsewhere.
                database.execute(&spelled("DELETE FROM audit_checkpoints WHERE tenant_id = TENANT", &trail)).await;
                found(&verify(&[]).await, "");
                found(&verify(&kept).await, finding);
            }
        }
        let all = app.installation().cli(&["verify", "audit"], &[]).await;
        assert_ne!(all.code, Some(0), "{all:?}");
        assert_eq!(all.stdout.matches("are as they were written").count(), 2, "{all:?}");
    });
}

#[test]
fn what_is_done_to_an_export_is_found_without_the_database() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("export").await;
        let trail = Trail { tenant: tenant.uuid(&app.database().await).await, database: app.database().await };
        written(&tenant.owner().await, &trail).await;
        let file = app.installation().folder().join("trail.jsonl");
        let path = file.to_str().unwrap();
        let export = ["export", "audit", path, "--tenant", tenant.slug()];
        app.installation().cli(&export, &[]).await.expect_success();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), trail.count().await + 2);
        let without = |range: std::ops::Range<usize>| {
            let kept = lines.iter().enumerate().filter(|(place, _)| !range.contains(place));
            kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
        };
        let mut swapped = lines.clone();
        swapped.swap(5, 6);
        let renumbered = |line: &str, from: i64, to: i64| {
            line.replacen(&format!("\"position\":{from}"), &format!("\"position\":{to}"), 1)
        };
        let mut exchanged: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        (exchanged[5], exchanged[6]) = (renumbered(lines[6], 6, 5), renumbered(lines[5], 5, 6));
        let changed = text.replacen("\"SUCCEEDED\"", "\"REFUSED\"", 1);
        let last = lines.len() - 1;
        for (name, content, finding) in [
            ("as it was", text.clone(), ""),
            ("a changed byte", changed, "position 1: the event aud_"),
            ("a missing middle", without(4..6), "positions 4 to 5 are missing"),
            ("a swapped pair", swapped.join("\n"), "position 5 stands behind position 6"),
            ("a swapped pair with new numbers", exchanged.join("\n"), "positions 5 and 6: the two events were swapped"),
            ("a cut tail", without(last - 2..last), "the tail is cut"),
            ("no end", without(last..last + 1), "the end is missing"),
            ("another file", "{}".to_owned(), "this is no export"),
        ] {
            std::fs::write(&file, content).unwrap();
            let verdict = app.installation().cli(&["verify", "audit", "--export", path], &[]).await;
            println!("{name}");
            found(&verdict, finding);
        }
        std::fs::write(&file, &text).unwrap();
        let other = [("SHEQUN_MASTER_KEY", "b3RoZXIgbWFzdGVyIGtleSBvZiAzMiBieXRlcyEhISE=")];
        let verdict = app.installation().cli(&["verify", "audit", "--export", path], &other).await;
        assert_ne!(verdict.code, Some(0), "nobody verifies without the key: {verdict:?}");
    });
}

/// Makes a trail of events, waits until it is sealed and signed, and gives the answer of `auditCheckpoint`.
async fn written(owner: &harness::Client, trail: &Trail) -> Value {
    let calls: Vec<String> = (0..CALLS)
        .map(|number| {
            format!(
                "c{number}: communityCreate(input: {{ name: \"Readers {number}\", type: INTEREST, platform: WECHAT,
                 positioning: INTEREST_SOCIAL, valueProposition: \"Reads.\" }}) {{ userErrors {{ code }} }}"
            )
        })
        .collect();
    let answer = owner.query(&format!("mutation {{ {} }}", calls.join(" ")), json!({})).await;
    answer.data("c0");
    trail.database.trail_is_sealed().await;
    let signed = format!(
        "SELECT count(*) FROM audit_heads WHERE tenant_id = {} AND signed_position > 0",
        trail.database.literal(trail.tenant)
    );
    harness::eventually("a checkpoint is signed", std::time::Duration::from_secs(5), || async {
        trail.database.number(&signed).await == 1
    })
    .await;
    owner.run("AuditCheckpoint", json!({})).await.body
}

/// Fails unless verifying found this; nothing is a good trail.
fn found(verdict: &CliOutput, finding: &str) {
    let said = format!("{}{}", verdict.stdout, verdict.stderr);
    if finding.is_empty() {
        assert_eq!(verdict.code, Some(0), "{said}");
        assert!(said.contains("are as they were written"), "{said}");
    } else {
        assert_ne!(verdict.code, Some(0), "{said}");
        assert!(said.contains(finding), "{finding:?} is not in {said}");
    }
}

/// `TENANT`, `AT(position)` and `EVENT(position)` in SQL.
fn spelled(statement: &str, trail: &Trail) -> String {
    let tenant = trail.database.literal(trail.tenant);
    let mut out = String::new();
    let mut rest = statement;
    while let Some((before, argument, after, is_event)) = next_word(rest) {
        out.push_str(before);
        let at = format!("tenant_id = {tenant} AND position = {argument}");
        out.push_str(&if is_event {
            format!("(SELECT event_id FROM audit_links WHERE {at})")
        } else {
            format!("({at})")
        });
        rest = after;
    }
    (out + rest).replace("TENANT", &tenant)
}

fn next_word(text: &str) -> Option<(&str, &str, &str, bool)> {
    let place = [text.find("EVENT("), text.find("AT(")].into_iter().flatten().min()?;
    let (before, word) = text.split_at(place);
    let is_event = word.starts_with("EVENT(");
    let (_, inside) = word.split_once('(')?;
    let (argument, after) = inside.split_once(')')?;
    Some((before, argument, after, is_event))
}

/// As somebody who has the file can.
async fn drop_triggers(database: &Database) {
    if matches!(database, Database::Postgres(_)) {
        return;
    }
    for trigger in database.texts("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'").await
    {
        database.execute(&format!("DROP TRIGGER {trigger}")).await;
    }
}
