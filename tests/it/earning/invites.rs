//! Bringing others along: paid once for each guest of a community, and taken back if they do not stay.

use std::time::Duration;

use harness::{Client, Response, TestApp, absent_id, eventually, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{definition, freeze, fresh_key, given_by_hand, insist, keeper, rule, unfreeze};
use crate::given;
use crate::points::{balances_of, entries_of, members, partner, proof, text, unlimited, verify};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const BROUGHT: i64 = 50;

/// Asks what became of an award.
const BECAME: &str = "query($id: ID!) { pointsEntry(id: $id) { reversedById earning { outcome amount
    returnsBy event { event memberId subjectId communityId } } } }";

/// A tenant with two communities and some members, in which whoever brings others along is paid.
struct Club {
    owner: Client,
    client: Client,
    readers: String,
    runners: String,
    members: Vec<String>,
}

impl Club {
    async fn found(app: &TestApp, name: &str, clawback_days: i64) -> Self {
        let owner = app.tenant(name).await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let communities = [given::community(&owner, "Readers").await, given::community(&owner, "Runners").await];
        let [readers, runners] = communities.map(|community| text(&community["id"]));
        let brought = json!({ "source": "INVITE", "points": BROUGHT, "clawbackDays": clawback_days });
        rule(&client, "Brought along", "MEMBER_INVITED", definition(brought)).await;
        let members = members(&owner, 20).await;
        Self { owner, client, readers, runners, members }
    }

    async fn add(&self, community: &str, member: &str, inviter: Value) -> Response {
        let input = json!({ "communityId": community, "memberId": member, "invitedById": inviter });
        self.client.run("CommunityMemberAdd", json!({ "input": input })).await
    }

    /// Lets a member join, brought along by another one.
    async fn bring(&self, community: &str, member: &str, inviter: &str) {
        self.add(community, member, json!(inviter)).await.payload("communityMemberAdd");
    }

    async fn leave(&self, community: &str, member: &str) -> Response {
        let input = json!({ "communityId": community, "memberId": member });
        self.client.run("CommunityMemberRemove", json!({ "input": input })).await
    }

    async fn archive(&self, member: &str) -> Response {
        self.client.run("MemberArchive", json!({ "input": { "id": member } })).await
    }

    /// What is issued, pending and available.
    async fn has(&self, member: &str) -> [i64; 3] {
        let balances = balances_of(&self.client, member).await;
        [balances.issued, balances.pending, balances.available]
    }

    async fn kinds(&self, member: &str) -> Vec<String> {
        entries_of(&self.client, member).await.iter().map(|entry| text(&entry["kind"])).collect()
    }

    /// How many events of this kind were recorded.
    async fn recorded(&self, event: &str) -> Value {
        let days = super::simulation::days();
        let input = given::with(days, json!({ "event": event, "definition": definition(json!({})) }));
        let answer = self.client.run("PointsSimulate", json!({ "input": input })).await;
        answer.data("pointsSimulate.events").clone()
    }
}

#[test]
fn whoever_brings_a_guest_to_a_community_is_paid_once_and_the_guest_for_joining() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::found(app, "invite-once", 0).await;
        rule(&club.client, "Joined", "COMMUNITY_JOINED", definition(json!({ "points": 5 }))).await;
        let [inviter, other, guest, alone] = [0, 1, 2, 3].map(|place| &*club.members[place]);
        club.bring(&club.readers, guest, inviter).await;
        assert_eq!((club.has(inviter).await, club.has(guest).await), ([50, 0, 50], [5, 0, 5]));
        let entry = entries_of(&club.client, inviter).await.remove(0);
        let why = club.client.query(BECAME, json!({ "id": entry["id"] })).await;
        let event = json!({ "event": "MEMBER_INVITED", "memberId": inviter, "subjectId": guest,
            "communityId": club.readers });
        assert_eq!(why.data("pointsEntry.earning.event"), &event);
        assert_eq!(entry["source"], "INVITE");

        // Whoever brings them again earns nothing, and neither do they.
        for again in [inviter, other] {
            club.leave(&club.readers, guest).await.payload("communityMemberRemove");
            club.bring(&club.readers, guest, again).await;
        }
        assert_eq!(
            [club.has(inviter).await, club.has(other).await, club.has(guest).await],
            [[50, 0, 50], [0, 0, 0], [5, 0, 5]]
        );
        // Somewhere else they are a new guest.
        club.bring(&club.runners, guest, other).await;
        assert_eq!([club.has(other).await, club.has(guest).await], [[50, 0, 50], [10, 0, 10]]);
        // Who comes alone is brought by nobody, then and later.
        club.add(&club.readers, alone, Value::Null).await.payload("communityMemberAdd");
        assert_eq!(club.has(alone).await, [5, 0, 5]);
        assert_eq!(club.recorded("COMMUNITY_JOINED").await, 3);
        assert_eq!(club.recorded("MEMBER_INVITED").await, 2);
    });
}

#[test]
fn who_is_imported_into_a_community_is_paid_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::found(app, "invite-import", 0).await;
        rule(&club.client, "Joined", "COMMUNITY_JOINED", definition(json!({ "points": 5 }))).await;
        let row = json!({ "externalRef": "import-1", "displayName": "Li Lei", "communityId": club.readers });
        let imported = given::imported(&club.owner, vec![row]).await;
        assert_eq!(club.has(imported[0].as_str().unwrap()).await, [0, 0, 0]);
        assert_eq!(club.recorded("COMMUNITY_JOINED").await, 0);
    });
}

#[test]
fn a_guest_who_joins_many_times_at_once_is_paid_for_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let club = Club::found(&app, "invite-race", 0).await;
        let guest = club.members[0].clone();
        let mut requests = JoinSet::new();
        for number in 1..=16 {
            let (client, guest, inviter) = (club.client.clone(), guest.clone(), club.members[number].clone());
            let community = club.readers.clone();
            requests.spawn(async move {
                let input = json!({ "communityId": community, "memberId": guest, "invitedById": inviter });
                let answer =
                    insist(&client, "CommunityMemberAdd", given::with(input, json!({ "idempotencyKey": fresh_key() })))
                        .await;
                answer.user_errors("communityMemberAdd")
            });
        }
        let answers = requests.join_all().await;
        assert_eq!(answers.iter().filter(|errors| errors.is_empty()).count(), 1, "{answers:?}");
        assert_eq!(proof(&club.client).await["issued"], BROUGHT.to_string());
        verify(&app).await;
    });
}

#[test]
fn what_was_paid_for_a_guest_is_pending_until_they_have_stayed() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let club = Club::found(&app, "invite-stays", 7).await;
        let [inviter, guest] = [0, 1].map(|place| &*club.members[place]);
        club.bring(&club.readers, guest, inviter).await;
        assert_eq!(club.has(inviter).await, [50, 50, 0]);
        app.installation().advance_clock(DAY * 6);
        assert_eq!(club.has(inviter).await, [50, 50, 0]);
        app.installation().advance_clock(DAY + Duration::from_secs(1));
        eventually("the points are good", Duration::from_secs(15), || async { club.has(inviter).await == [50, 0, 50] })
            .await;
        // They may go now.
        club.leave(&club.readers, guest).await.payload("communityMemberRemove");
        club.archive(guest).await.payload("memberArchive");
        assert_eq!(club.has(inviter).await, [50, 0, 50]);
        assert_eq!(club.kinds(inviter).await, ["AWARD", "MATURE"]);
        let entries = entries_of(&club.client, inviter).await;
        assert!(entries.iter().all(|entry| entry["actorId"].is_null()), "the program posted them: {entries:?}");
        verify(&app).await;
    });
}

#[test]
fn what_was_paid_for_a_guest_who_leaves_is_taken_back_once() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let club = Club::found(&app, "invite-leaves", 7).await;
        let [inviter, leaving, archived, staying] = [0, 1, 2, 3].map(|place| &*club.members[place]);
        for guest in [leaving, archived, staying] {
            club.bring(&club.readers, guest, inviter).await;
        }
        club.bring(&club.runners, staying, inviter).await;
        assert_eq!(club.has(inviter).await, [200, 200, 0]);
        app.installation().advance_clock(DAY * 6);

        club.leave(&club.readers, leaving).await.payload("communityMemberRemove");
        assert_eq!(club.has(inviter).await, [150, 150, 0]);
        club.archive(archived).await.payload("memberArchive");
        assert_eq!(club.has(inviter).await, [100, 100, 0]);
        // Elsewhere they may do as they like.
        club.leave(&club.runners, staying).await.payload("communityMemberRemove");
        assert_eq!(club.has(inviter).await, [50, 50, 0]);
        // Nobody goes twice, and coming back earns nothing that could be taken.
        let again = club.leave(&club.readers, leaving).await;
        assert_eq!(again.user_errors("communityMemberRemove"), ["NOT_MEMBER at memberId"]);
        club.bring(&club.readers, leaving, inviter).await;
        club.leave(&club.readers, leaving).await.payload("communityMemberRemove");
        club.archive(leaving).await.payload("memberArchive");
        assert_eq!(club.has(inviter).await, [50, 50, 0]);

        let entries = entries_of(&club.client, inviter).await;
        let mut kinds: Vec<_> = entries.iter().map(|entry| text(&entry["kind"])).collect();
        kinds.sort();
        assert_eq!(kinds, [["AWARD"; 4].as_slice(), &["REVERSE"; 3]].concat());
        let taken = entries.iter().filter(|entry| entry["reversedById"].is_string()).count();
        assert_eq!(taken, 3);
        // What was paid stays told, with when it would have been for good.
        let became = club.client.query(BECAME, json!({ "id": entries[0]["id"] })).await;
        let told = became.data("pointsEntry.earning");
        assert_eq!((&told["outcome"], &told["amount"]), (&json!("PAID"), &json!("50")));
        let returns_by = told["returnsBy"].as_str().unwrap();
        assert!(returns_by > super::property::from_now(7 * 24 * 60 - 10).as_str(), "{returns_by}");
        assert!(returns_by < super::property::from_now(7 * 24 * 60).as_str(), "{returns_by}");

        app.installation().advance_clock(DAY * 2);
        eventually("what is left is good", Duration::from_secs(15), || async {
            club.has(inviter).await == [50, 0, 50]
        })
        .await;
        verify(&app).await;
    });
}

#[test]
fn guests_who_leave_and_are_archived_at_once_are_taken_back_once_each() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let club = Club::found(&app, "invite-both", 7).await;
        let inviters = [club.members[0].clone(), club.members[1].clone()];
        let guests = &club.members[2..18];
        for (place, guest) in guests.iter().enumerate() {
            club.bring(&club.readers, guest, &inviters[place % 2]).await;
            club.bring(&club.runners, guest, &inviters[(place + 1) % 2]).await;
        }
        assert_eq!(club.has(&inviters[0]).await, [800, 800, 0]);
        let mut requests = JoinSet::new();
        for guest in guests {
            let (client, guest, community) = (club.client.clone(), guest.clone(), club.readers.clone());
            let input = json!({ "communityId": community, "memberId": guest, "idempotencyKey": fresh_key() });
            let leaving = (client.clone(), input);
            requests.spawn(async move {
                let (client, input) = leaving;
                let answer = insist(&client, "CommunityMemberRemove", input).await;
                let errors = answer.user_errors("communityMemberRemove");
                // The other one may have been first.
                let is_late = ["NOT_MEMBER at memberId", "ARCHIVED at memberId"].iter().any(|code| errors == [*code]);
                assert!(errors.is_empty() || is_late, "{errors:?}");
            });
            requests.spawn(async move {
                let input = json!({ "id": guest, "idempotencyKey": fresh_key() });
                insist(&client, "MemberArchive", input).await.payload("memberArchive");
            });
        }
        requests.join_all().await;
        for inviter in &inviters {
            assert_eq!(club.has(inviter).await, [0, 0, 0]);
            let kinds = club.kinds(inviter).await;
            assert_eq!(kinds.iter().filter(|kind| *kind == "REVERSE").count(), 16, "{kinds:?}");
        }
        proof(&club.client).await;
        verify(&app).await;
    });
}

#[test]
fn nobody_is_brought_along_by_who_is_not_there() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::found(app, "invite-whom", 0).await;
        let [guest, archived] = [0, 1].map(|place| &*club.members[place]);
        club.archive(archived).await.payload("memberArchive");
        let stranger = app.tenant("invite-elsewhere").await.owner().await;
        let foreign = members(&stranger, 1).await.remove(0);
        for (inviter, expected) in [
            (json!(guest), "INVALID at invitedById"),
            (json!(archived), "ARCHIVED at invitedById"),
            (json!(absent_id("mbr")), "NOT_FOUND at invitedById"),
            (json!(foreign), "NOT_FOUND at invitedById"),
            (json!("mbr_"), "INVALID at invitedById"),
            (json!(club.readers), "INVALID at invitedById"),
        ] {
            let answer = club.add(&club.readers, guest, inviter.clone()).await;
            assert_eq!(answer.user_errors("communityMemberAdd"), [expected], "{inviter}");
        }
        let answer = club.leave(&club.readers, guest).await;
        assert_eq!(answer.user_errors("communityMemberRemove"), ["NOT_MEMBER at memberId"]);
        assert_eq!(club.recorded("COMMUNITY_JOINED").await, 0);
        assert_eq!(proof(&club.client).await["issued"], "0");
    });
}

#[test]
fn an_inviter_whose_account_is_frozen_keeps_nobody_from_joining_or_leaving() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let club = Club::found(&app, "invite-frozen", 7).await;
        let [inviter, before, during, archived] = [0, 1, 2, 3].map(|place| &*club.members[place]);
        given_by_hand(&club.client, inviter, 1).await;
        club.bring(&club.readers, before, inviter).await;
        club.bring(&club.readers, archived, inviter).await;
        freeze(&app, inviter).await;
        club.bring(&club.readers, during, inviter).await;
        assert_eq!(club.recorded("MEMBER_INVITED").await, 3);
        assert_eq!(club.has(inviter).await, [101, 100, 1]);
        for guest in [before, during] {
            club.leave(&club.readers, guest).await.payload("communityMemberRemove");
        }
        club.archive(archived).await.payload("memberArchive");
        assert_eq!(club.has(inviter).await, [101, 100, 1]);
        unfreeze(&club.owner, inviter).await;
        // What was withheld is not made up for.
        club.bring(&club.readers, during, inviter).await;
        assert_eq!(club.has(inviter).await[0], 101);
        verify(&app).await;
    });
}

#[test]
fn a_key_that_sees_the_inviter_no_more_takes_back_what_was_paid_all_the_same() {
    run(async {
        let club = Club::found(TestApp::shared().await, "earn-invite-unseen", 7).await;
        let (inviter, guest) = (&club.members[0], &club.members[1]);
        club.add(&club.readers, inviter, Value::Null).await.payload("communityMemberAdd");
        club.bring(&club.readers, guest, inviter).await;
        club.leave(&club.readers, inviter).await.payload("communityMemberRemove");
        let scopes = json!({ "scopes": ["members:read", "members:write"], "communityIds": [club.readers] });
        let confined = partner(&club.owner, scopes).await;
        let seen = confined.query("query($id: ID!) { member(by: { id: $id }) { id } }", json!({ "id": inviter })).await;
        assert!(seen.data("member").is_null(), "{}", seen.raw);
        let input = json!({ "communityId": club.readers, "memberId": guest });
        confined.run("CommunityMemberRemove", json!({ "input": input })).await.payload("communityMemberRemove");
        assert_eq!(club.has(inviter).await, [0, 0, 0]);
        assert_eq!(club.kinds(inviter).await, ["AWARD", "REVERSE"]);
    });
}
