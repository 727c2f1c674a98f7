//! The demo tenant: its sign-in, what its reports say, and what a second start does.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use harness::{Client, Storage, TestApp, eventually, run};
use serde_json::{Value, json};

const REPORTS: &str = "{
  tierDriftReport { community { name } report { isWithinQuota } }
  declineReport { community { name } report { churnPercent } }
  survivalReport { cohort survived }
}";
const COMMUNITIES: &str = "{ communities(first: 100) { nodes {
  type positioning platform stage memberCount members { totalCount }
} } }";

#[test]
fn the_demo_shows_what_there_is_to_see() {
    run(async {
        let app = demo().await;
        let owner = signed_in(&app, "owner").await;
        let members = owner.query("{ members { totalCount } }", json!({})).await;
        assert_eq!(members.data("members.totalCount"), 3000);

        let reports = owner.query(REPORTS, json!({})).await;
        let named = |report: &str| {
            let rows = reports.data(report).as_array().unwrap();
            rows.iter().map(|row| row["community"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named("tierDriftReport"), ["源头农户与团长对接", "周末山野徒步"]);
        assert_eq!(named("declineReport"), ["露营装备以物易物"]);
        assert_eq!(*reports.data("survivalReport"), json!({ "cohort": 11, "survived": 4 }));

        let limit = Duration::from_secs(15);
        eventually("every count is right", limit, || async {
            let communities = communities(&owner).await;
            communities.iter().all(|one| one["memberCount"] == one["members"]["totalCount"])
        })
        .await;
        let communities = communities(&owner).await;
        for (field, values) in [
            ("type", &["INTEREST", "CONSUMER", "BRAND", "HYBRID"][..]),
            ("positioning", &["INTEREST_SOCIAL", "CUSTOMER_SERVICE", "RESOURCE_MATCHING"]),
            ("platform", &["WECHAT", "WECOM", "QQ", "DINGTALK"]),
            ("stage", &["STARTUP", "GROWTH", "MATURE", "DECLINE", "ENDED"]),
        ] {
            for value in values {
                assert!(communities.iter().any(|one| one[field] == *value), "no community of {field} {value}");
            }
        }
    });
}

#[test]
fn two_thirds_of_what_the_demo_spends_were_earned_by_checking_in() {
    run(async {
        let app = demo().await;
        let owner = signed_in(&app, "owner").await;
        let day = |ago: u64| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            sqlx::types::chrono::DateTime::from_timestamp((now - ago * 86_400) as i64, 0)
                .unwrap()
                .date_naive()
                .to_string()
        };
        let mix = owner.run("RedemptionMix", json!({ "from": day(200), "to": day(0) })).await;
        let first = mix.data("redemptionMix.bySource.0");
        assert_eq!(first["source"], "CHECK_IN");
        assert!((600..750).contains(&first["sharePerMille"].as_i64().unwrap()), "{}", mix.raw);
        assert_eq!(mix.data("redemptionMix.byReward").as_array().unwrap().len(), 5);
        for state in ["PENDING", "CANCELLED", "LAPSED"] {
            let some = owner.run("RedemptionList", json!({ "state": state, "first": 1 })).await;
            assert!(some.data("redemptions.totalCount").as_i64().unwrap() > 0, "none is {state}");
        }
    });
}

#[test]
fn the_demo_has_work_to_review_and_work_that_was_paid_for() {
    run(async {
        let app = demo().await;
        let owner = signed_in(&app, "owner").await;
        let count = async |state: &str| {
            let list = owner.run("SubmissionList", json!({ "filter": { "state": state }, "first": 1 })).await;
            list.data("submissions.totalCount").as_i64().unwrap()
        };
        assert_eq!(count("SUBMITTED").await, 8);
        // The console opens one of these again, more than once.
        assert!(count("REJECTED").await > 2);
        assert!(count("CHANGES_REQUESTED").await > 0);
        let approved = owner.run("SubmissionList", json!({ "filter": { "state": "APPROVED" } })).await;
        let nodes = approved.data("submissions.edges").as_array().unwrap();
        assert!(nodes.iter().any(|edge| edge["node"]["pointsPaid"] != "0"), "{}", approved.raw);
    });
}

#[test]
fn members_of_the_demo_have_given_each_other_points() {
    run(async {
        let app = demo().await;
        let owner = signed_in(&app, "owner").await;
        let policy = owner.run("PointsPolicy", json!({})).await;
        assert_eq!(policy.data("pointsPolicy.transfersEnabled"), true);
        let database = app.database().await;
        let entries = async |kind: &str| {
            database.number(&format!("SELECT count(*) FROM points_entries WHERE kind = '{kind}'")).await
        };
        assert!(entries("TRANSFER_OUT").await > 5);
        assert!(entries("TRANSFER_IN").await >= entries("TRANSFER_OUT").await);
        let proof = owner.run("LedgerProof", json!({})).await;
        assert_eq!(proof.data("ledgerProof.isBalanced"), true);
        app.installation().cli(&["verify", "ledger"], &[]).await.expect_success();
    });
}

#[test]
fn every_role_signs_in_with_the_password_of_the_private_file() {
    run(async {
        let app = demo().await;
        let path = app.installation().data_dir(0).join("demo.json");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file(&app)["url"], app.server().base());
        for role in ["owner", "admin", "operator", "moderator", "finance", "analyst"] {
            let viewer = signed_in(&app, role).await.run("Viewer", json!({})).await;
            assert_eq!(*viewer.data("viewer.role"), role.to_uppercase());
        }
    });
}

#[test]
fn a_second_start_keeps_the_password_and_prints_it_no_more() {
    run(async {
        let app = demo().await;
        let first = file(&app);
        let password = first["password"].as_str().unwrap();
        assert_eq!(app.server().log().matches(password).count(), 1);
        app.server().stop().await;
        app.server().start_again().await;
        assert_eq!(file(&app), first);
        assert_eq!(app.server().log().matches(password).count(), 1);
        let database = app.database().await;
        assert_eq!(database.number("SELECT count(*) FROM tenants").await, 1);
        assert_eq!(database.number("SELECT count(*) FROM members").await, 3000);
        signed_in(&app, "owner").await;
    });
}

#[test]
fn a_demo_that_was_killed_in_the_making_is_made_whole_by_the_next_start() {
    run(async {
        Storage::Embedded.must_be();
        let installation = TestApp::with().demo().env("SHEQUN_BIND", "127.0.0.1:0").install().await;
        let folder = installation.data_dir(0);
        let mut child = installation.command(0).arg("serve").stdout(Stdio::null()).spawn().unwrap();
        // The file is written before the first row.
        eventually("the demo is being made", Duration::from_secs(20), || async { folder.join("demo.json").exists() })
            .await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let tenants = "SELECT count(*) FROM tenants";
        let members = "SELECT count(*) FROM members";
        let database = installation.database().await;
        assert!([0, 3000].contains(&database.number(members).await), "half a demo");

        let mut child = installation.command(0).arg("serve").stdout(Stdio::null()).spawn().unwrap();
        eventually("the demo is there", Duration::from_secs(60), || async { database.number(members).await == 3000 })
            .await;
        assert_eq!(database.number(tenants).await, 1);
        child.kill().unwrap();
        child.wait().unwrap();
    });
}

#[test]
fn the_start_that_makes_the_demo_keeps_no_memory_of_it() {
    run(async {
        let app = demo().await;
        let first = app.server().resident_kib();
        app.server().stop().await;
        app.server().start_again().await;
        let second = app.server().resident_kib();
        println!("{first} KiB after making the demo, {second} KiB at the next start");
        assert!(first < second + 10 * 1024, "{first} KiB, and {second} KiB at the next start");
    });
}

async fn demo() -> TestApp {
    Storage::Embedded.must_be();
    TestApp::with().demo().start().await
}

fn file(app: &TestApp) -> Value {
    let path = app.installation().data_dir(0).join("demo.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn signed_in(app: &TestApp, who: &str) -> Client {
    let demo = file(app);
    let email = format!("{who}@demo.example");
    let input = json!({ "tenant": demo["tenant"], "email": email, "password": demo["password"] });
    let answer = app.anonymous().run("SignIn", json!({ "input": input })).await;
    app.anonymous().with_session(answer.payload("signIn"))
}

async fn communities(client: &Client) -> Vec<Value> {
    let answer = client.query(COMMUNITIES, json!({})).await;
    answer.data("communities.nodes").as_array().unwrap().clone()
}
