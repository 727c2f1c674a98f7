//! The reports that compare communities with the tenant's policy, and who may change that policy.

use harness::{Client, Database, Role, TestApp, run};
use serde_json::{Value, json};

use crate::given;

/// Before the window of every policy.
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

#[test]
fn communities_outside_their_tier_quota_are_named_the_furthest_first() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("drift").await.owner().await;
        populated(&owner, "All ordinary", [0, 0, 20]).await;
        populated(&owner, "As it should be", [1, 3, 16]).await;
        populated(&owner, "At the tolerance", [8, 15, 77]).await;
        populated(&owner, "All admins", [20, 0, 0]).await;
        populated(&owner, "Too small to judge", [19, 0, 0]).await;
        let own_quota = json!({ "quota": { "adminPercent": 0, "corePercent": 0 } });
        let input = given::with(given::community_input("By its own quota"), own_quota);
        let community = given::community_from(&owner, input).await;
        join(&owner, &community, [0, 0, 20], None).await;
        let archived = populated(&owner, "Archived", [0, 0, 20]).await;
        owner.run("CommunityArchive", json!({ "input": { "id": archived["id"] } })).await.payload("communityArchive");

        let answer = owner.run("TierDriftReport", json!({})).await;
        assert_eq!(names_of(answer.data("tierDriftReport")), ["All admins", "All ordinary"]);
        let report = answer.data("tierDriftReport.1.report");
        assert_eq!((&report["members"], &report["isWithinQuota"]), (&json!(20), &json!(false)));
        assert_eq!(
            report["shares"],
            json!([
                { "tier": "ADMIN", "members": 0, "percent": 0.0, "targetPercent": 5, "driftPoints": -5.0 },
                { "tier": "CORE", "members": 0, "percent": 0.0, "targetPercent": 15, "driftPoints": -15.0 },
                { "tier": "ORDINARY", "members": 20, "percent": 100.0, "targetPercent": 80, "driftPoints": 20.0 },
            ])
        );
    });
}

#[test]
fn communities_that_lose_a_fifth_of_their_members_within_the_window_are_named() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("decline").await.owner().await;
        for (name, members, leavers) in
            [("At the threshold", 20, 4), ("Below it", 20, 3), ("Worse", 20, 10), ("Too small to judge", 19, 19)]
        {
            let community = given::community(&owner, name).await;
            let joined = join(&owner, &community, [0, 0, members], Some(LONG_AGO)).await;
            for member in &joined[..leavers] {
                leave(&owner, &community, member).await;
            }
        }
        let new = populated(&owner, "Came and went within the window", [0, 0, 20]).await;
        for member in members_of(&owner, &new).await {
            leave(&owner, &new, &member).await;
        }

        let answer = owner.run("DeclineReport", json!({})).await;
        assert_eq!(names_of(answer.data("declineReport")), ["Worse", "At the threshold"]);
        let report = answer.data("declineReport.1.report");
        for (field, value) in [
            ("windowDays", json!(30)),
            ("membersAtStart", json!(20)),
            ("joined", json!(0)),
            ("left", json!(4)),
            ("churnPercent", json!(20.0)),
            ("isDeclining", json!(true)),
        ] {
            assert_eq!(report[field], value, "{field}");
        }
    });
}

#[test]
fn survival_counts_those_that_lived_through_their_first_three_months() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("survival").await;
        let owner = tenant.owner().await;
        assert!(owner.run("SurvivalReport", json!({})).await.data("survivalReport.survivalPercent").is_null());
        let founded = |name: &str| given::with(given::community_input(name), json!({ "foundedAt": LONG_AGO }));
        given::community_from(&owner, founded("Lives")).await;
        given::community(&owner, "Too young to judge").await;
        let database = app.database().await;
        for (name, column, at) in [
            ("Ended too soon", "ended_at", "2020-03-31T15:59:59+00:00"),
            ("Archived too soon", "archived_at", "2020-02-01T00:00:00+00:00"),
            ("Ended later", "ended_at", "2020-04-02T00:00:00+00:00"),
        ] {
            let community = given::community_from(&owner, founded(name)).await;
            set_time(&database, &community, column, at).await;
        }
        let answer = owner.run("SurvivalReport", json!({})).await;
        let report = answer.data("survivalReport");
        assert_eq!((&report["cohort"], &report["survived"]), (&json!(4), &json!(2)));
        assert_eq!((&report["survivalPercent"], &report["expectedPercent"]), (&json!(50.0), &json!(40)));
        assert_eq!(report["months"], 3);
    });
}

#[test]
fn the_reports_follow_the_policy_and_say_where_it_comes_from() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("policy").await.owner().await;
        populated(&owner, "All ordinary", [0, 0, 5]).await;
        let defaults = owner.run("TenantPolicy", json!({})).await.data("tenantPolicy").clone();
        assert_eq!(names_of(owner.run("TierDriftReport", json!({})).await.data("tierDriftReport")), [""; 0]);

        let quota = json!({ "tierQuota": quota(5) });
        let answer = owner.run("TenantPolicyUpdate", json!({ "input": quota })).await;
        let changed = &answer.payload("tenantPolicyUpdate")["tenantPolicy"];
        assert_eq!(*changed, given::with(defaults, quota), "what is left out stays");
        assert_eq!(owner.run("TenantPolicy", json!({})).await.data("tenantPolicy"), changed);
        let report = owner.run("TierDriftReport", json!({})).await;
        assert_eq!(names_of(report.data("tierDriftReport")), ["All ordinary"]);
        assert_eq!(report.data("tierDriftReport.0.report.source"), "Our own experience");
    });
}

#[test]
fn a_policy_with_an_impossible_number_is_refused_with_its_place() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("no-policy").await;
        let owner = tenant.owner().await;
        let database = app.database().await;
        let before = database.snapshot(tenant.uuid(&database).await).await.without("audit_events");
        for (changes, refusal) in [
            (json!({ "adminPercent": 101 }), "INVALID at tierQuota.adminPercent"),
            (json!({ "adminPercent": 60, "corePercent": 41 }), "INVALID at tierQuota.corePercent"),
            (json!({ "tolerancePoints": -1 }), "INVALID at tierQuota.tolerancePoints"),
            (json!({ "minimumMembers": 0 }), "INVALID at tierQuota.minimumMembers"),
            (json!({ "source": " " }), "REQUIRED at tierQuota.source"),
            (json!({ "source": "x".repeat(501) }), "TOO_LONG at tierQuota.source"),
        ] {
            let input = json!({ "tierQuota": given::with(quota(5), changes) });
            let answer = owner.run("TenantPolicyUpdate", json!({ "input": input })).await;
            let refusals = answer.user_errors("tenantPolicyUpdate");
            assert!(refusals.iter().any(|one| one == refusal), "{refusal}: {refusals:?}");
            assert!(answer.data("tenantPolicyUpdate.tenantPolicy").is_null());
        }
        for (group, numbers, refusal) in [
            ("survival", json!({ "expectedPercent": 40, "months": 0, "source": "x" }), "INVALID at survival.months"),
            (
                "decline",
                json!({ "churnPercent": 20, "windowDays": 367, "minimumMembers": 1, "source": "x" }),
                "INVALID at decline.windowDays",
            ),
        ] {
            let answer = owner.run("TenantPolicyUpdate", json!({ "input": { group: numbers } })).await;
            assert_eq!(answer.user_errors("tenantPolicyUpdate"), [refusal]);
        }
        database.snapshot(tenant.uuid(&database).await).await.without("audit_events").must_equal(&before);
    });
}

#[test]
fn only_owners_and_admins_change_the_policy_and_all_staff_read_it() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("policy-roles").await;
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        for role in Role::ALL {
            let client = tenant.staff(role).await;
            client.run("TenantPolicy", json!({})).await.data("tenantPolicy.tierQuota");
            let before = database.snapshot(uuid).await.without("audit_events");
            let input = json!({ "input": { "tierQuota": quota(7) } });
            let answer = client.run("TenantPolicyUpdate", input).await;
            if matches!(role, Role::Owner | Role::Admin) {
                answer.payload("tenantPolicyUpdate");
            } else {
                assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{role:?}: {}", answer.raw);
                assert_eq!(
                    answer.body["errors"][0]["extensions"]["requiredScopes"],
                    json!(["tenant:write"]),
                    "{role:?}"
                );
                database.snapshot(uuid).await.without("audit_events").must_equal(&before);
            }
        }
    });
}

#[test]
fn all_staff_read_the_reports_and_nobody_else_does() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("report-roles").await;
        let reports = ["TierDriftReport", "DeclineReport", "SurvivalReport", "TenantPolicy"];
        for role in Role::ALL {
            let client = tenant.staff(role).await;
            for report in reports {
                client.run(report, json!({})).await.data("");
            }
        }
        for report in reports {
            let answer = app.anonymous().run(report, json!({})).await;
            assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"], "{report}: {}", answer.raw);
        }
    });
}

fn quota(minimum_members: i64) -> Value {
    json!({
        "adminPercent": 5, "corePercent": 15, "tolerancePoints": 3,
        "minimumMembers": minimum_members, "source": "Our own experience"
    })
}

/// A new community with this many admins, core and ordinary members, who join now.
async fn populated(client: &Client, name: &str, tiers: [usize; 3]) -> Value {
    let community = given::community(client, name).await;
    join(client, &community, tiers, None).await;
    community
}

/// Lets this many new admins, core and ordinary members join; gives their ids.
async fn join(client: &Client, community: &Value, tiers: [usize; 3], joined_at: Option<&str>) -> Vec<Value> {
    let tiers = ["ADMIN", "CORE", "ORDINARY"].into_iter().zip(tiers);
    let members = tiers.flat_map(|(tier, count)| std::iter::repeat_n(tier, count));
    let rows: Vec<Value> = members
        .enumerate()
        .map(|(number, tier)| {
            json!({
                "externalRef": format!("{}-{number}", community["id"]), "displayName": format!("Member {number}"),
                "communityId": community["id"], "tier": tier, "joinedAt": joined_at
            })
        })
        .collect();
    given::imported(client, rows).await
}

async fn leave(client: &Client, community: &Value, member: &Value) {
    let input = json!({ "communityId": community["id"], "memberId": member });
    client.run("CommunityMemberRemove", json!({ "input": input })).await.payload("communityMemberRemove");
}

async fn members_of(client: &Client, community: &Value) -> Vec<Value> {
    let answer = client.run("CommunityMemberList", json!({ "id": community["id"], "first": 100 })).await;
    let edges = answer.data("community.members.edges").as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

/// Forges when something happened to a community: through the API it happens now.
async fn set_time(database: &Database, community: &Value, column: &str, at: &str) {
    let id = database.literal(harness::uuid_of(community["id"].as_str().unwrap()));
    let changed = database.execute(&format!("UPDATE communities SET {column} = '{at}' WHERE id = {id}")).await;
    assert_eq!(changed, 1);
}

fn names_of(report: &Value) -> Vec<&str> {
    let entries = report.as_array().expect("a list of communities");
    entries.iter().map(|entry| entry["community"]["name"].as_str().unwrap()).collect()
}
