//! `shequn import members`, from its start to its end.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use harness::{Client, TestApp};
use serde_json::{Value, json};

/// Members to look up, and who may.
pub(crate) struct Found {
    pub(crate) client: Client,
    pub(crate) ids: Vec<Value>,
}

/// Rows a second, some of the members, and the importer's peak memory in KiB.
pub(crate) async fn run(app: &TestApp, members: usize) -> (f64, Found, u64) {
    let tenant = app.tenant("bench").await;
    let client = tenant.owner().await;
    let input = json!({
        "name": "Readers", "type": "INTEREST", "positioning": "INTEREST_SOCIAL", "platform": "WECHAT",
        "valueProposition": "Meets every week and reads one book together."
    });
    client.run("CommunityCreate", json!({ "input": input })).await.payload("communityCreate");
    let file = app.installation().folder().join("roster.csv");
    std::fs::write(&file, roster(members)).unwrap();
    let mut command = app.installation().command(0);
    command.args(["import", "members", file.to_str().unwrap(), "--tenant", tenant.slug()]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (time, peak_kib) = tokio::task::spawn_blocking(move || timed(command)).await.unwrap();

    let answer = client.run("MemberList", json!({ "first": 100 })).await;
    assert_eq!(answer.data("members.totalCount"), members);
    let ids = answer.data("members.edges").as_array().unwrap().iter().map(|edge| edge["node"]["id"].clone()).collect();
    (members as f64 / time.as_secs_f64(), Found { client, ids }, peak_kib)
}

fn roster(members: usize) -> String {
    let mut text = "external_ref,display_name,phone,community,tier,joined_at,\
        identity_kind,identity_platform,identity_app_id,identity_value\n"
        .to_owned();
    for number in 0..members {
        let day = number % 28 + 1;
        let columns = format!("Readers,ORDINARY,2026-03-{day:02}T08:00:00Z,OPENID,WECHAT,wx0123456789abcdef");
        writeln!(text, "crm-{number},会员{number},+86138{number:08},{columns},o{number:027}").unwrap();
    }
    text
}

/// How long the command ran, and its peak memory.
fn timed(mut command: std::process::Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let status_path = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the import ended with {status}");
            return (start.elapsed(), peak_kib);
        }
        let status = std::fs::read_to_string(&status_path).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak_kib = peak_kib.max(peak.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
}
