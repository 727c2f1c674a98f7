//! The cases about members, and where they belong.

use serde_json::{Value, json};

use super::cases::{Case, case, input, mixed, mutation};
use super::maker::{Maker, text};
use super::things::Things;
use crate::given;

pub(super) fn of_members() -> Vec<Case> {
    vec![
        case("memberCreate", mutation("memberCreate", "member { id displayName version }"), |things| {
            let identity = json!({ "kind": "OPENID", "platform": "WECHAT", "value": things.free_openid });
            let keys = json!({ "externalRef": things.free_ref, "phone": things.free_phone, "identities": [identity] });
            input(things, given::with(json!({ "displayName": "New member" }), keys))
        }),
        case("memberUpdate", mutation("memberUpdate", "member { id displayName }"), |things| {
            let changes = json!({ "displayName": "Renamed", "realName": "Renamed", "tags": ["renamed"] });
            input(things, given::with(json!({ "id": things.member }), changes))
        }),
        case("memberArchive", mutation("memberArchive", "member { id displayName }"), |things| {
            input(things, json!({ "id": things.member }))
        }),
        case("memberRestore", mutation("memberRestore", "member { id displayName }"), |things| {
            input(things, json!({ "id": things.archived_member }))
        }),
        case("memberProfileSet", mutation("memberProfileSet", "member { id displayName }"), |things| {
            input(things, json!({ "memberId": things.member, "profile": { "city": "Chengdu" } }))
        }),
        case("memberIdentityAdd", mutation("memberIdentityAdd", "member { id displayName }"), |things| {
            let identity = json!({ "kind": "UNIONID", "platform": "WECHAT", "value": things.free_openid });
            input(things, given::with(identity, json!({ "memberId": things.member })))
        }),
        case("memberIdentityRemove", mutation("memberIdentityRemove", "member { id displayName }"), |things| {
            input(things, identity(things, things))
        })
        .tried_as(|things, own| mixed(things, own, identity)),
        case(
            "membersImport",
            mutation("membersImport", "outcomes { status memberId errors { field code } }"),
            |things| input(things, rows(things, things)),
        )
        .tried_as(|things, own| mixed(things, own, rows)),
    ]
}

/// One row that makes a member, and one that fills in a known one; both join.
fn rows(community: &Things, member: &Things) -> Value {
    let row = |reference: &str, phone: &str| {
        json!({
            "externalRef": reference, "phone": phone, "displayName": "Imported", "tags": ["imported"],
            "city": "Chengdu", "communityId": community.community, "tier": "CORE"
        })
    };
    let rows = [row(&member.free_ref, &member.free_phone), row(&member.external_ref, &member.phone)];
    json!({ "rows": rows })
}

fn identity(of: &Things, named: &Things) -> Value {
    json!({ "memberId": of.member, "identityId": named.identity })
}

pub(super) fn of_memberships() -> Vec<Case> {
    let document = |operation| mutation(operation, "community { id } member { id }");
    vec![
        case("communityMemberAdd", document("communityMemberAdd"), |things| input(things, joining(things, things)))
            .tried_as(|things, own| mixed(things, own, joining)),
        case("communityMemberTierSet", document("communityMemberTierSet"), |things| {
            input(things, tier(things, things))
        })
        .tried_as(|things, own| mixed(things, own, tier)),
        case("communityMemberRemove", document("communityMemberRemove"), |things| {
            input(things, leaving(things, things))
        })
        .tried_as(|things, own| mixed(things, own, leaving)),
    ]
}

/// Brought along by somebody of the same tenant.
fn joining(community: &Things, member: &Things) -> Value {
    json!({ "communityId": community.community, "memberId": member.loner, "invitedById": member.member })
}

fn leaving(community: &Things, member: &Things) -> Value {
    json!({ "communityId": community.community, "memberId": member.member })
}

fn tier(community: &Things, member: &Things) -> Value {
    given::with(leaving(community, member), json!({ "tier": "ADMIN" }))
}

impl Maker {
    pub(super) async fn member(&self, name: &str, things: &Things) -> Value {
        let input = json!({
            "displayName": name,
            "externalRef": things.external_ref,
            "phone": things.phone,
            "realName": name,
            "tags": [things.tag],
            "identities": [{ "kind": "OPENID", "platform": "WECHAT", "appId": self.mark, "value": name }]
        });
        let member = given::member_from(&self.client, input).await;
        let input = json!({ "memberId": member["id"], "profile": { "city": things.city } });
        self.client.run("MemberProfileSet", json!({ "input": input })).await.payload("memberProfileSet");
        member
    }

    pub(super) async fn identity(&self, member: &Value) -> String {
        let document = "query($id: ID!) { member(by: { id: $id }) { identities { id } } }";
        let answer = self.client.query(document, json!({ "id": member["id"] })).await;
        text(answer.data("member.identities.0.id"))
    }
}
