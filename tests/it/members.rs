//! Members, their personal data, and their place in communities.

use std::time::Duration;

use harness::{Role, TestApp, absent_id, eventually, run};
use serde_json::{Value, json};

use crate::given;

const PHONE: &str = "+8613800138000";

#[test]
fn a_member_is_found_by_id_reference_and_phone() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("lookup").await.owner().await;
        let input = json!({ "displayName": "韩梅梅", "externalRef": "crm-1", "phone": "138 0013 8000" });
        let member = given::member_from(&owner, input).await;
        assert!(member["id"].as_str().unwrap().starts_with("mbr_"));
        for by in [
            json!({ "id": member["id"] }),
            json!({ "externalRef": "crm-1" }),
            json!({ "phone": PHONE }),
            json!({ "phone": "13800138000" }), // the tenant's country is China
        ] {
            let answer = owner.run("MemberGet", json!({ "by": by })).await;
            assert_eq!(answer.data("member"), &member, "{by}");
        }
        for by in
            [json!({ "externalRef": "CRM-1" }), json!({ "phone": "+8613800138001" }), json!({ "id": absent_id("mbr") })]
        {
            assert!(owner.run("MemberGet", json!({ "by": by })).await.data("member").is_null(), "{by}");
        }
    });
}

#[test]
fn a_look_up_names_exactly_one_key() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("one-of").await.owner().await;
        for by in [json!({}), json!({ "id": absent_id("mbr"), "phone": PHONE }), json!({ "id": null })] {
            owner.run("MemberGet", json!({ "by": by })).await.expect_request_error("VALIDATION_FAILED");
        }
    });
}

#[test]
fn a_phone_number_belongs_to_one_active_member_of_a_tenant() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("phone").await.owner().await;
        let input = |name: &str| json!({ "displayName": name, "phone": PHONE });
        let first = given::member_from(&owner, input("Li Lei")).await;
        let second = owner.run("MemberCreate", json!({ "input": input("Han Meimei") })).await;
        assert_eq!(second.user_errors("memberCreate"), ["PHONE_TAKEN at phone"]);

        let archive = json!({ "input": { "id": first["id"] } });
        owner.run("MemberArchive", archive.clone()).await.payload("memberArchive");
        given::member_from(&owner, input("Han Meimei")).await;
        let back = owner.run("MemberRestore", archive).await;
        assert_eq!(back.user_error_codes("memberRestore"), ["PHONE_TAKEN"]);

        let elsewhere = app.tenant("phone-elsewhere").await.owner().await;
        given::member_from(&elsewhere, input("Li Lei")).await;
    });
}

#[test]
fn a_phone_number_that_cannot_be_one_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("no-phone").await.owner().await;
        for phone in ["12", "call me", "+861380013800013800138000", "+99912345678"] {
            let input = json!({ "displayName": "Li Lei", "phone": phone });
            let answer = owner.run("MemberCreate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("memberCreate"), ["PHONE_INVALID at phone"], "{phone}");
        }
        assert_eq!(owner.run("MemberList", json!({})).await.data("members.totalCount"), 0);
    });
}

#[test]
fn an_external_reference_is_unique_in_its_tenant() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("reference").await.owner().await;
        let input = json!({ "displayName": "Li Lei", "externalRef": "crm-7" });
        given::member_from(&owner, input.clone()).await;
        let again = owner.run("MemberCreate", json!({ "input": input.clone() })).await;
        assert_eq!(again.user_errors("memberCreate"), ["EXTERNAL_REF_TAKEN at externalRef"]);
        let long = given::with(input, json!({ "externalRef": "x".repeat(129) }));
        let answer = owner.run("MemberCreate", json!({ "input": long })).await;
        assert_eq!(answer.user_errors("memberCreate"), ["TOO_LONG at externalRef"]);
    });
}

#[test]
fn personal_data_is_for_those_with_the_scope_and_others_see_it_masked() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("personal").await;
        let input = json!({ "displayName": "Li Lei", "phone": PHONE, "realName": "李雷" });
        let member = given::member_from(&tenant.owner().await, input).await;
        let variables = json!({ "by": { "id": member["id"] } });
        for (role, sees) in [
            (Role::Owner, true),
            (Role::Admin, true),
            (Role::Operator, true),
            (Role::Moderator, false),
            (Role::Finance, false),
            (Role::Analyst, false),
        ] {
            let answer = tenant.staff(role).await.run("MemberPersonalData", variables.clone()).await;
            let masked = answer.partial("member.phoneMasked").as_str().unwrap();
            assert!(masked.ends_with("8000") && masked.contains('*') && !masked.contains("0013"), "{masked}");
            if sees {
                assert_eq!(answer.data("member.phone"), PHONE, "{role:?}");
                assert_eq!(answer.data("member.realName"), "李雷", "{role:?}");
            } else {
                assert_eq!(answer.error_codes(), ["FORBIDDEN", "FORBIDDEN"], "{role:?}");
                assert!(!answer.raw.contains("13800138000") && !answer.raw.contains("李雷"), "{role:?}");
            }
        }
    });
}

#[test]
fn personal_data_is_nowhere_in_the_storage_or_the_log() {
    run(async {
        let app = TestApp::with().env("SHEQUN_LOG", "debug").start().await;
        let tenant = app.tenant("at-rest").await;
        let input = json!({ "displayName": "Li Lei", "phone": PHONE, "realName": "Lei-Lei-Lei" });
        let member = given::member_from(&tenant.owner().await, input).await;
        let database = app.database().await;
        let rows = format!("{:?}", database.snapshot(tenant.uuid(&database).await).await);
        let log = app.server().log();
        assert!(rows.contains("Li Lei"), "the display name is plain, so the rows were read");
        for secret in ["13800138000", "Lei-Lei-Lei", tenant.owner_email()] {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for spelling in [secret.to_owned(), hex.clone(), hex.to_uppercase()] {
                assert!(!rows.contains(&spelling), "{secret} is stored as it is");
                assert!(!log.contains(&spelling), "{secret} is in the log");
            }
        }
        assert!(!log.contains(harness::PASSWORD));
        assert!(member["id"].is_string());
    });
}

#[test]
fn joining_leaving_and_joining_again_keeps_the_count_right() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("joining").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let member = given::member(&owner, "Li Lei").await;
        let ids = json!({ "communityId": community["id"], "memberId": member["id"] });
        given::joined(&owner, &community, &member, "ORDINARY").await;
        count_becomes(&owner, &community, 1).await;

        let again = given::with(ids.clone(), json!({ "tier": "CORE" }));
        let answer = owner.run("CommunityMemberAdd", json!({ "input": again })).await;
        assert_eq!(answer.user_error_codes("communityMemberAdd"), ["ALREADY_MEMBER"]);

        let remove = json!({ "input": ids });
        owner.run("CommunityMemberRemove", remove.clone()).await.payload("communityMemberRemove");
        count_becomes(&owner, &community, 0).await;
        let answer = owner.run("CommunityMemberRemove", remove).await;
        assert_eq!(answer.user_error_codes("communityMemberRemove"), ["NOT_MEMBER"]);

        given::joined(&owner, &community, &member, "CORE").await;
        count_becomes(&owner, &community, 1).await;
        let list = owner.run("CommunityMemberList", json!({ "id": community["id"] })).await;
        assert_eq!(list.data("community.members.edges.0.tier"), "CORE");
        assert_eq!(list.data("community.members.edges.0.node.id"), &member["id"]);
        assert_eq!(list.data("community.members.totalCount"), 1);
    });
}

#[test]
fn a_tier_is_set_for_those_who_belong() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("tier").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let inside = given::member(&owner, "Li Lei").await;
        let outside = given::member(&owner, "Han Meimei").await;
        given::joined(&owner, &community, &inside, "ORDINARY").await;
        let set = |member: &Value| json!({ "input": { "communityId": community["id"], "memberId": member["id"], "tier": "ADMIN" } });
        owner.run("CommunityMemberTierSet", set(&inside)).await.payload("communityMemberTierSet");
        let answer = owner.run("CommunityMemberTierSet", set(&outside)).await;
        assert_eq!(answer.user_error_codes("communityMemberTierSet"), ["NOT_MEMBER"]);
        let list = owner.run("CommunityMemberList", json!({ "id": community["id"] })).await;
        assert_eq!(list.data("community.members.edges.0.tier"), "ADMIN");
    });
}

#[test]
fn a_member_of_another_tenant_answers_like_one_that_does_not_exist() {
    run(async {
        let app = TestApp::shared().await;
        let beta = app.tenant("beta").await;
        let input = json!({ "displayName": "Li Lei", "externalRef": "b-1", "phone": PHONE });
        let foreign = given::member_from(&beta.owner().await, input).await;
        let acme = app.tenant("acme").await.owner().await;
        let own_community = given::community(&acme, "Readers").await;
        let database = app.database().await;
        let uuid = beta.uuid(&database).await;
        let before = database.snapshot(uuid).await;

        for by in [json!({ "id": foreign["id"] }), json!({ "externalRef": "b-1" }), json!({ "phone": PHONE })] {
            assert!(acme.run("MemberGet", json!({ "by": by })).await.data("member").is_null(), "{by}");
        }
        let add =
            |id: Value| json!({ "input": { "communityId": own_community["id"], "memberId": id, "tier": "CORE" } });
        let answer = acme.run("CommunityMemberAdd", add(foreign["id"].clone())).await;
        assert_eq!(answer.user_errors("communityMemberAdd"), ["NOT_FOUND at memberId"]);
        let absent = acme.run("CommunityMemberAdd", add(json!(absent_id("mbr")))).await;
        assert_eq!(answer.raw_without_throttle(), absent.raw_without_throttle());
        for (operation, field) in [("MemberUpdate", "memberUpdate"), ("MemberArchive", "memberArchive")] {
            let answer = acme.run(operation, json!({ "input": { "id": foreign["id"] } })).await;
            assert_eq!(answer.user_errors(field), ["NOT_FOUND at id"], "{operation}");
        }
        database.snapshot(uuid).await.must_equal(&before);
    });
}

#[test]
fn the_same_key_with_the_same_input_changes_once_and_with_another_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("idempotent").await.owner().await;
        let input = json!({ "displayName": "Li Lei", "idempotencyKey": "one" });
        let first = owner.run("MemberCreate", json!({ "input": input.clone() })).await;
        let replay = owner.run("MemberCreate", json!({ "input": input.clone() })).await;
        assert_eq!(replay.payload("memberCreate"), first.payload("memberCreate"));
        assert_eq!(replay.body["extensions"]["idempotentReplay"], true);
        let other = given::with(input, json!({ "displayName": "Han Meimei" }));
        let refused = owner.run("MemberCreate", json!({ "input": other })).await;
        assert_eq!(refused.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        assert_eq!(owner.run("MemberList", json!({})).await.data("members.totalCount"), 1);
    });
}

async fn count_becomes(client: &harness::Client, community: &Value, count: i64) {
    let what = format!("the community counts {count}");
    eventually(&what, Duration::from_secs(10), || async {
        let answer = client.run("CommunityGet", json!({ "id": community["id"] })).await;
        answer.data("community.memberCount") == count
    })
    .await;
}
