//! An import that is killed goes on where it stopped, and nobody is in twice.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{TestApp, eventually, run};
use serde_json::json;

use super::roster::{Given, HEADER, line};
use crate::chance::Chance;

/// `tests/run bench` runs this with ten times as many.
const MEMBERS: usize = 10_000;
const BAD_EVERY: usize = 1_250;
/// Rows that are imported, and committed, together.
const BATCH: usize = 1_000;

#[test]
fn an_import_killed_three_times_ends_with_everyone_once() {
    run(async {
        let app = TestApp::start().await;
        let given = Given::on(&app).await;
        let mut chance = Chance::new("an_import_killed_three_times");
        let members = match std::env::var("SHEQUN_TEST_IMPORT_MEMBERS") {
            Ok(members) => members.parse().expect("SHEQUN_TEST_IMPORT_MEMBERS is a number"),
            Err(_) => MEMBERS,
        };
        let (text, bad_lines) = roster(members);
        given.file(&text);
        for _ in 0..3 {
            let mut command = given.installation.command(0);
            command.args(given.arguments());
            // Less than nine tenths of the batches in all: a fast machine must not be done before the last kill.
            let (batches, pause) = (chance.below((members / BATCH * 3 / 10) as u64), chance.millis(0, 60));
            tokio::task::spawn_blocking(move || kill_after(command, batches, pause)).await.unwrap();
        }
        let output = given.import(&text).await.expect_success();
        let refused = bad_lines.len();
        assert!(output.stdout.contains(&format!("{members} created, 0 updated, {refused} refused")), "{output:#?}");

        for table in ["members", "member_identities", "community_memberships"] {
            assert_eq!(given.count(table).await, members as i64, "{table}");
        }
        let tenant = given.database.literal(given.uuid);
        let identities = format!("SELECT count(DISTINCT value_bidx) FROM member_identities WHERE tenant_id = {tenant}");
        assert_eq!(given.database.number(&identities).await, members as i64);
        let lines: Vec<_> = given.refused().iter().map(|row| row.split(',').next().unwrap().to_owned()).collect();
        assert_eq!(lines, bad_lines);

        let everyone = (json!(members), json!(members));
        let _no_other = super::LONG_TRANSACTION.lock().await;
        let is_counted = || async { given.members_of_community().await == everyone };
        eventually("the community counts everyone", Duration::from_secs(5), is_counted).await;
        let document = "{ members(first: 1) { totalCount } }";
        assert_eq!(given.owner.query(document, json!({})).await.data("members.totalCount"), members);
    });
}

/// The roster, and the lines of its bad rows.
fn roster(members: usize) -> (String, Vec<String>) {
    let (mut rows, mut bad_lines) = (vec![HEADER.to_owned()], Vec::new());
    for number in 0..members {
        if number % BAD_EVERY == 0 {
            rows.push(line(members + number).replace("OPENID", "PASSPORT"));
            bad_lines.push(rows.len().to_string());
        }
        rows.push(line(number));
    }
    (rows.join("\n"), bad_lines)
}

/// Starts an import and kills it after so many batches and this pause.
fn kill_after(mut command: Command, batches: u64, pause: Duration) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..batches {
        let line = progress.next().map(Result::unwrap);
        assert!(line.as_ref().is_some_and(|line| line.ends_with(" rows")), "no progress: {line:?}");
    }
    std::thread::sleep(pause);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "it was done before it was killed: {status}");
    println!("killed after {batches} batches and {pause:?}, {:?} from its start: {status}", start.elapsed());
}
