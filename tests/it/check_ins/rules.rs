//! What is let in, and what is refused.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Calendar, check_in, grant, make_up, partner, records_agree, shown};
use crate::given;

#[test]
fn a_member_checks_in_once_a_day_and_a_repeated_request_gives_the_same() {
    run(async {
        let owner = TestApp::shared().await.tenant("once-a-day").await.owner().await;
        let member = given::member(&owner, "Li Lei").await["id"].clone();
        let input = json!({ "input": { "memberId": member, "idempotencyKey": "today" } });
        let first = owner.run("CheckIn", input.clone()).await.payload("checkIn").clone();
        let made = &first["checkIn"];
        assert_eq!((&made["streak"], &made["kind"], &made["memberId"]), (&json!(1), &json!("ON_TIME"), &member));
        let stands = json!({ "streak": 1, "longestStreak": 1, "total": 1, "lastDay": made["day"], "cards": 0,
            "checkedInToday": true });
        assert_eq!(first["member"]["checkIns"], stands);
        let again = owner.run("CheckIn", input).await;
        assert_eq!(*again.payload("checkIn"), first);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        assert_eq!(check_in(&owner, &member).await.user_errors("checkIn"), ["ALREADY_CHECKED_IN at memberId"]);
        let other = json!({ "input": { "memberId": absent_id("mbr"), "idempotencyKey": "today" } });
        assert_eq!(owner.run("CheckIn", other).await.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
    });
}

#[test]
fn of_fifty_requests_at_a_time_one_checks_in() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("fifty").await.owner().await;
        let member = given::member(&owner, "Li Lei").await["id"].clone();
        let mut requests = JoinSet::new();
        for _ in 0..50 {
            let (owner, member) = (owner.clone(), member.clone());
            requests.spawn(async move { check_in(&owner, &member).await.user_errors("checkIn") });
        }
        let mut answers = requests.join_all().await;
        answers.sort();
        assert_eq!(answers.iter().filter(|errors| errors.is_empty()).count(), 1);
        assert!(answers[1..].iter().all(|errors| *errors == ["ALREADY_CHECKED_IN at memberId"]), "{answers:?}");
        records_agree(&app.database().await).await;
    });
}

#[test]
fn nobody_checks_in_who_is_not_there_or_archived() {
    run(async {
        let owner = TestApp::shared().await.tenant("nobody").await.owner().await;
        let archived = given::member(&owner, "Li Lei").await["id"].clone();
        owner.run("MemberArchive", json!({ "input": { "id": archived } })).await.payload("memberArchive");
        for (member, refusal) in [
            (archived, "ARCHIVED at memberId"),
            (json!(absent_id("mbr")), "NOT_FOUND at memberId"),
            (json!("mbr_"), "INVALID at memberId"),
        ] {
            assert_eq!(check_in(&owner, &member).await.user_errors("checkIn"), [refusal]);
            assert_eq!(grant(&owner, &member, 1).await.user_errors("checkInCardsGrant"), [refusal]);
            assert_eq!(make_up(&owner, &member, "2026-01-01").await.user_errors("checkInMakeUp"), [refusal]);
        }
    });
}

#[test]
fn a_check_in_names_a_community_only_that_the_member_belongs_to() {
    run(async {
        let owner = TestApp::shared().await.tenant("in-community").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let (own, other) = (given::community(&owner, "Own").await, given::community(&owner, "Other").await);
        given::joined(&owner, &own, &member, "CORE").await;
        let archived = given::community(&owner, "Past").await;
        given::joined(&owner, &archived, &member, "CORE").await;
        owner.run("CommunityArchive", json!({ "input": { "id": archived["id"] } })).await.payload("communityArchive");
        let id = &member["id"];
        let input = |community: &Value, key: &str| json!({ "input": { "memberId": id, "communityId": community, "idempotencyKey": key } });
        for (community, refusal) in [
            (&other["id"], "NOT_MEMBER at memberId"),
            (&archived["id"], "ARCHIVED at communityId"),
            (&json!(absent_id("com")), "NOT_FOUND at communityId"),
            (&json!("com"), "INVALID at communityId"),
        ] {
            let answer = owner.run("CheckIn", input(community, refusal)).await;
            assert_eq!(answer.user_errors("checkIn"), [refusal]);
        }
        let answer = owner.run("CheckIn", input(&own["id"], "own")).await;
        assert_eq!(answer.payload("checkIn")["checkIn"]["communityId"], own["id"]);
        // The day is one, wherever.
        assert_eq!(check_in(&owner, &member["id"]).await.user_errors("checkIn"), ["ALREADY_CHECKED_IN at memberId"]);
    });
}

#[test]
fn a_restricted_key_checks_in_its_own_members_and_is_told_of_no_other_community() {
    run(async {
        let owner = TestApp::shared().await.tenant("restricted-check-ins").await.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let (shared, stranger) = (given::member(&owner, "Shared").await, given::member(&owner, "Stranger").await);
        given::joined(&owner, &ours, &shared, "CORE").await;
        given::joined(&owner, &theirs, &shared, "CORE").await;
        given::joined(&owner, &theirs, &stranger, "CORE").await;
        let restricted = partner(&owner, json!({ "communityIds": [ours["id"]] })).await;
        assert_eq!(check_in(&restricted, &stranger["id"]).await.user_errors("checkIn"), ["NOT_FOUND at memberId"]);
        assert_eq!(
            grant(&restricted, &stranger["id"], 1).await.user_errors("checkInCardsGrant"),
            ["NOT_FOUND at memberId"]
        );
        let input = json!({ "memberId": shared["id"], "communityId": theirs["id"], "idempotencyKey": "a" });
        let elsewhere = json!({ "input": input });
        let refused = restricted.run("CheckIn", elsewhere.clone()).await;
        assert_eq!(refused.user_errors("checkIn"), ["NOT_FOUND at communityId"]);

        let made = owner.run("CheckIn", elsewhere).await.payload("checkIn")["checkIn"].clone();
        assert_eq!(made["communityId"], theirs["id"]);
        let day = made["day"].as_str().unwrap();
        let seen = shown(&restricted, &shared["id"], (day, day)).await;
        assert_eq!((&seen["total"], &seen["days"][0]["id"]), (&json!(1), &made["id"]));
        assert!(seen["days"][0]["communityId"].is_null(), "{seen}");
        assert_eq!(shown(&owner, &shared["id"], (day, day)).await["days"][0], made);
    });
}

#[test]
fn a_key_that_may_only_write_is_told_what_it_made() {
    run(async {
        let owner = TestApp::shared().await.tenant("write-check-ins").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let writer = partner(&owner, json!({ "scopes": ["engagement:write"] })).await;
        let document = "mutation($input: CheckInInput!) { checkIn(input: $input) {
            checkIn { streak } member { id } userErrors { code } } }";
        let input = json!({ "input": { "memberId": member["id"], "idempotencyKey": "a" } });
        let made = writer.query(document, input).await.payload("checkIn").clone();
        assert_eq!((&made["checkIn"]["streak"], &made["member"]), (&json!(1), &Value::Null));
        let reader = partner(&owner, json!({ "scopes": ["engagement:read", "members:read"] })).await;
        let refused = check_in(&reader, &member["id"]).await;
        assert_eq!(refused.error_codes(), ["FORBIDDEN"]);
    });
}

#[test]
fn a_range_of_days_has_at_most_a_hundred_and_begins_before_it_ends() {
    run(async {
        let owner = TestApp::shared().await.tenant("ranges").await.owner().await;
        let member = given::member(&owner, "Li Lei").await["id"].clone();
        for (from, to, fits) in [
            ("2026-01-01", "2026-04-10", true),
            ("2026-01-01", "2026-04-11", false),
            ("2026-01-01", "2026-01-01", true),
            ("2026-01-02", "2026-01-01", false),
            ("0001-01-01", "9999-12-31", false),
        ] {
            let variables = json!({ "by": { "id": member }, "from": from, "to": to });
            let codes = if fits { vec![] } else { vec!["INPUT_INVALID"] };
            assert_eq!(owner.run("MemberCheckIns", variables).await.error_codes(), codes, "{from} to {to}");
        }
    });
}

#[test]
fn the_tenants_policy_says_until_when_days_are_made_up_and_where_the_number_comes_from() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("make-up-policy").await;
        let client = calendar.partner(&tenant).await;
        let member = given::member(&client, "Li Lei").await["id"].clone();
        calendar.pass_to(super::HOUR, super::AHEAD);
        check_in(&client, &member).await.payload("checkIn");
        grant(&client, &member, 5).await.payload("checkInCardsGrant");
        calendar.pass(20 * super::DAY);
        let refused = ["INVALID at day"];
        assert_eq!(make_up(&client, &member, &calendar.day(-8)).await.user_errors("checkInMakeUp"), refused);
        make_up(&client, &member, &calendar.day(-7)).await.payload("checkInMakeUp");

        let owner = tenant.owner().await;
        let answer = owner.run("TenantPolicy", json!({})).await;
        assert_eq!(answer.data("tenantPolicy.checkIn.makeUpWithinDays"), 7);
        assert!(answer.data("tenantPolicy.checkIn.source").as_str().unwrap().starts_with("Shequn's default"));
        let rule = |days: i64| json!({ "input": { "checkIn": { "makeUpWithinDays": days, "source": "Our own" } } });
        let answer = owner.run("TenantPolicyUpdate", rule(32)).await;
        assert_eq!(answer.user_errors("tenantPolicyUpdate"), ["INVALID at checkIn.makeUpWithinDays"]);
        owner.run("TenantPolicyUpdate", rule(0)).await.payload("tenantPolicyUpdate");
        assert_eq!(make_up(&client, &member, &calendar.day(-1)).await.user_errors("checkInMakeUp"), refused);
        let changed = owner.run("TenantPolicyUpdate", rule(19)).await;
        let policy = &changed.payload("tenantPolicyUpdate")["tenantPolicy"]["checkIn"];
        assert_eq!(*policy, rule(19)["input"]["checkIn"]);
        let made_up = make_up(&client, &member, &calendar.day(-19)).await;
        assert_eq!(made_up.payload("checkInMakeUp")["checkIn"]["streak"], 2);
    });
}
