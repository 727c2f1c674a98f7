//! What hangs on a member: identities, tags, a profile from several sources; and who may write any of it.

use harness::{Client, Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use crate::given;

const DETAILS: &str = "query($id: ID!) { member(by: { id: $id }) {
    tags identities { id kind platform appId value } profile { city { value source } friendsCount { value } } } }";

#[test]
fn a_member_has_several_identities_and_each_belongs_to_one_active_member() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("identities").await.owner().await;
        let openid = |app_id: &str| json!({ "kind": "OPENID", "platform": "WECHAT", "appId": app_id, "value": "oA1b" });
        let input = json!({ "displayName": "Li Lei", "identities": [openid("wx1"), openid("wx2")] });
        let first = given::member_from(&owner, input).await;
        let second = given::member(&owner, "Han Meimei").await;
        let add = |member: &Value, identity: Value| json!({ "input": given::with(identity, json!({ "memberId": member["id"] })) });

        let taken = owner.run("MemberIdentityAdd", add(&second, openid("wx1"))).await;
        assert_eq!(taken.user_errors("memberIdentityAdd"), ["IDENTITY_TAKEN at value"]);
        let other_case = given::with(openid("wx1"), json!({ "value": "OA1B" }));
        owner.run("MemberIdentityAdd", add(&second, other_case)).await.payload("memberIdentityAdd");
        owner.run("MemberIdentityAdd", add(&second, openid("wx3"))).await.payload("memberIdentityAdd");

        let identities = details(&owner, &first).await["identities"].clone();
        assert_eq!(identities.as_array().unwrap().len(), 2);
        let remove = |id: &Value| json!({ "input": { "memberId": first["id"], "identityId": id } });
        let gone = remove(&identities[0]["id"]);
        owner.run("MemberIdentityRemove", gone.clone()).await.payload("memberIdentityRemove");
        for absent in [gone, remove(&json!(absent_id("idn")))] {
            let answer = owner.run("MemberIdentityRemove", absent).await;
            assert_eq!(answer.user_errors("memberIdentityRemove"), ["NOT_FOUND at identityId"]);
        }
        let freed = openid(identities[0]["appId"].as_str().unwrap());
        owner.run("MemberIdentityAdd", add(&second, freed)).await.payload("memberIdentityAdd");
    });
}

#[test]
fn an_archived_member_gives_up_its_identities_until_it_comes_back() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("given-up").await.owner().await;
        let identity = json!({ "kind": "UNIONID", "platform": "WECHAT", "value": "union-1" });
        let input = |name: &str| json!({ "displayName": name, "identities": [identity] });
        let first = given::member_from(&owner, input("Li Lei")).await;
        let archive = json!({ "input": { "id": first["id"] } });
        owner.run("MemberArchive", archive.clone()).await.payload("memberArchive");
        let second = given::member_from(&owner, input("Han Meimei")).await;
        let back = owner.run("MemberRestore", archive.clone()).await;
        assert_eq!(back.user_errors("memberRestore"), ["IDENTITY_TAKEN at id"]);
        let set = json!({ "input": { "memberId": first["id"], "profile": { "city": "上海" } } });
        let refused = owner.run("MemberProfileSet", set).await;
        assert_eq!(refused.user_errors("memberProfileSet"), ["ARCHIVED at memberId"]);
        owner.run("MemberArchive", json!({ "input": { "id": second["id"] } })).await.payload("memberArchive");
        owner.run("MemberRestore", archive).await.payload("memberRestore");
    });
}

#[test]
fn of_several_sources_the_most_trusted_counts_and_of_one_source_the_latest_observation() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("profile").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        for (source, observed_at, city, counts) in [
            ("MODEL", "2025-06-01T00:00:00Z", "Chengdu", "Chengdu"),
            ("IMPORT", "2025-01-01T00:00:00Z", "Xi'an", "Xi'an"),
            ("OPERATOR", "2025-03-01T00:00:00Z", "Harbin", "Harbin"),
            ("OPERATOR", "2025-02-01T00:00:00Z", "Lhasa", "Harbin"), // observed before what is known
            ("PLATFORM", "2025-09-01T00:00:00Z", "Wuhan", "Harbin"),
            ("OPERATOR", "2025-04-01T00:00:00Z", "Guilin", "Guilin"),
        ] {
            let input = json!({
                "memberId": member["id"], "source": source, "observedAt": observed_at, "profile": { "city": city }
            });
            owner.run("MemberProfileSet", json!({ "input": input })).await.payload("memberProfileSet");
            assert_eq!(details(&owner, &member).await["profile"]["city"]["value"], counts, "{source} {observed_at}");
        }
        assert_eq!(details(&owner, &member).await["profile"]["friendsCount"], Value::Null);
        // Every source's value is kept, so that a filter finds a member by each.
        for (city, found) in [("chengdu", 1), ("Wuhan", 1), ("Lhasa", 0)] {
            let answer = owner.run("MemberList", json!({ "filter": { "city": city } })).await;
            assert_eq!(answer.data("members.totalCount"), found, "{city}");
        }
    });
}

#[test]
fn an_update_replaces_all_tags_and_a_filter_finds_a_tag_exactly() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("tags").await.owner().await;
        let input = json!({ "displayName": "Li Lei", "tags": ["reader", "early bird", "reader"] });
        let member = given::member_from(&owner, input).await;
        assert_eq!(member["tags"], json!(["early bird", "reader"]));
        for tags in [json!(["reader", "writer"]), json!([])] {
            let answer = owner.run("MemberUpdate", json!({ "input": { "id": member["id"], "tags": tags } })).await;
            assert_eq!(answer.payload("memberUpdate")["member"]["tags"], tags);
            for (tag, found) in [("writer", tags.as_array().unwrap().len() / 2), ("early bird", 0), ("write", 0)] {
                let answer = owner.run("MemberList", json!({ "filter": { "tag": tag } })).await;
                assert_eq!(*answer.data("members.totalCount"), found, "{tag} of {tags}");
            }
        }
    });
}

#[test]
fn who_may_only_read_members_changes_nothing_and_is_told_the_scope() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("member-roles").await;
        let owner = tenant.owner().await;
        let (community, member) = (given::community(&owner, "Readers").await, given::member(&owner, "Li Lei").await);
        let id = json!({ "id": member["id"] });
        let membership = json!({ "communityId": community["id"], "memberId": member["id"] });
        let tier = given::with(membership.clone(), json!({ "tier": "CORE" }));
        let identity = json!({ "memberId": member["id"], "kind": "UNIONID", "platform": "WECHAT", "value": "u" });
        let row = json!({ "rows": [{ "externalRef": "crm-1", "displayName": "Li Lei" }] });
        let attempts = [
            ("MemberCreate", "memberCreate", json!({ "displayName": "Han Meimei" })),
            ("MemberUpdate", "memberUpdate", given::with(id.clone(), json!({ "displayName": "Other" }))),
            ("MemberArchive", "memberArchive", id.clone()),
            ("MemberRestore", "memberRestore", id),
            (
                "MemberProfileSet",
                "memberProfileSet",
                json!({ "memberId": member["id"], "profile": { "city": "Wuhan" } }),
            ),
            ("MemberIdentityAdd", "memberIdentityAdd", identity),
            ("CommunityMemberAdd", "communityMemberAdd", membership.clone()),
            ("CommunityMemberTierSet", "communityMemberTierSet", tier),
            ("CommunityMemberRemove", "communityMemberRemove", membership),
            ("MembersImport", "membersImport", row),
        ];
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        for role in [Role::Finance, Role::Analyst] {
            let client = tenant.staff(role).await;
            let before = database.snapshot(uuid).await.without("audit_events");
            for (operation, field, input) in &attempts {
                let answer = client.run(operation, json!({ "input": input })).await;
                assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{role:?} {operation}: {}", answer.raw);
                assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["members:write"]));
                assert!(answer.partial(field).is_null());
            }
            database.snapshot(uuid).await.without("audit_events").must_equal(&before);
            client.run("MemberGet", json!({ "by": { "id": member["id"] } })).await.data("member.displayName");
        }
        let moderator = tenant.staff(Role::Moderator).await;
        let (operation, field, input) = &attempts[0];
        moderator.run(operation, json!({ "input": input })).await.payload(field);
        for (operation, _, input) in &attempts {
            let answer = app.anonymous().run(operation, json!({ "input": input })).await;
            assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"], "{operation}: {}", answer.raw);
        }
    });
}

async fn details(client: &Client, member: &Value) -> Value {
    client.query(DETAILS, json!({ "id": member["id"] })).await.data("member").clone()
}
