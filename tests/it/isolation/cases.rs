//! The cases: for each operation of the schema, what it is asked.

use std::fmt;

use harness::{Client, PASSWORD, Response};
use serde_json::{Value, json};

use super::things::Things;
use super::{approvals, creators, earning, engagement, growth, leaderboards, points, rewards};
use crate::given;

/// All of a community that rows are read for.
const COMMUNITY: &str = "id name memberCount
    tierReport { members shares { tier members } }
    churnReport { membersAtStart joined left }
    members(first: 3) { totalCount edges { tier node { id displayName } } }";

/// All of a member that rows are read for.
fn of_member() -> String {
    let (points, growth, check_ins) = (points::POINTS, growth::GROWTH, engagement::check_ins());
    let (redemptions, creator) = (rewards::REDEMPTIONS, creators::CREATOR);
    format!(
        "id displayName externalRef phone realName tier tags
        identities {{ id appId value }}
        profile {{ city {{ value }} }}
        communities(first: 3) {{ totalCount edges {{ tier node {{ id name }} }} }}
        {check_ins}
        {points} {growth} {redemptions} {creator}"
    )
}

/// All of a partner's key that rows are read for.
const KEY: &str = "id name hint state scopes communityIds networks lastUsedAt createdById version";

/// All of a registry of documents, and of a page of them.
const REGISTRY: &str = "id partnerKeyId mode version";
const DOCUMENTS: &str = "totalCount nodes { id documentId sha256 operationNames text }";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// What belongs to another tenant is answered like what is not there.
    SameAsAbsent,
    /// Nothing is named; the answer is about the caller's own tenant only.
    OwnOnly,
    /// It is about the caller as a person, who is the same in every tenant; refused, it changes nothing anywhere.
    OfThePerson,
    /// Whatever is named, the answer is the same, and nothing of a tenant changes.
    TellsNothing,
    /// The answer is about no tenant.
    OfNobody,
}

pub(crate) struct Case {
    pub(crate) operation: &'static str,
    pub(super) document: String,
    pub(crate) promise: Promise,
    /// What succeeds for the things' own tenant.
    pub(crate) arguments: fn(&Things) -> Value,
    pub(super) attempts: Option<fn(&Things, &Things) -> Vec<Value>>,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.operation, self.document)
    }
}

impl Case {
    /// Another tenant tries these instead, some mixed with what it owns, which is the last parameter.
    pub(super) fn tried_as(self, attempts: fn(&Things, &Things) -> Vec<Value>) -> Self {
        Self { attempts: Some(attempts), ..self }
    }

    /// What another tenant tries with these things.
    pub(crate) fn attempts(&self, things: &Things, own: &Things) -> Vec<Value> {
        match self.attempts {
            Some(attempts) => attempts(things, own),
            None => vec![(self.arguments)(things)],
        }
    }

    /// Whether it names a reward, or what was redeemed.
    pub(crate) fn is_about_rewards(&self) -> bool {
        self.operation.starts_with("reward")
            || self.operation.starts_with("redemption")
            || self.document.contains("... on Reward")
    }

    /// Whether it names what members handed in, or by what it is reviewed.
    pub(crate) fn is_about_creators(&self) -> bool {
        self.operation.starts_with("submission")
            || self.operation.starts_with("mySubmission")
            || self.operation.starts_with("creatorProgramme")
            || self.document.contains("... on Submission")
    }

    /// Whether it names points that wait for a second person.
    pub(crate) fn is_about_approvals(&self) -> bool {
        self.operation.starts_with("pointsApproval")
    }

    pub(crate) fn is_mutation(&self) -> bool {
        self.document.starts_with("mutation")
    }

    /// Whether somebody without any permission is denied.
    pub(crate) fn needs_a_scope(&self) -> bool {
        !self.is_about_a_session()
            && self.promise != Promise::OfThePerson
            && ![
                "signIn",
                "passwordChange",
                "passwordReset",
                "passwordResetRequest",
                "tenantSwitch",
                "invitationAccept",
            ]
            .contains(&self.operation)
    }

    pub(crate) fn is_about_a_session(&self) -> bool {
        ["sessionRefresh", "signOut", "sessionRevoke", "sessionRevokeOthers"].contains(&self.operation)
    }

    /// Whether it names more than what a tenant usually has, made for it alone.
    pub(super) fn has_things_of_its_own(&self) -> bool {
        ["pointsUnfreeze", "pointsApprovalWithdraw"].contains(&self.operation)
            || self.is_about_a_letter()
            || self.is_about_a_session()
    }

    pub(crate) fn is_about_a_letter(&self) -> bool {
        self.operation == "invitationAccept" || self.is_about_somebody()
    }

    /// Whether it ends, begins or changes somebody's work.
    pub(crate) fn is_about_somebody(&self) -> bool {
        ["staffRoleSet", "staffRemove", "staffRestore"].contains(&self.operation)
    }

    pub(crate) async fn run(&self, client: &Client, arguments: Value) -> Response {
        client.query(&self.document, arguments).await
    }

    pub(crate) fn must_succeed(&self, answer: &Response) {
        let result = answer.data("answer");
        let is_nothing = result.is_null() || result.as_array().is_some_and(|all| all.iter().any(Value::is_null));
        assert!(!is_nothing, "{self}: nothing in {}", answer.raw);
        assert!(!self.is_mutation() || result["userErrors"] == json!([]), "{self}: refused by {}", answer.raw);
    }
}

/// A case in which another tenant tries exactly what the owner does.
pub(super) fn case(operation: &'static str, document: String, arguments: fn(&Things) -> Value) -> Case {
    Case { operation, document, promise: Promise::SameAsAbsent, arguments, attempts: None }
}

pub(crate) fn all() -> Vec<Case> {
    [
        roots(),
        look_ups(),
        lists(),
        sessions(),
        second_factors(),
        of_the_tenant(),
        of_keys(),
        of_documents(),
        of_communities(),
        of_members(),
        of_memberships(),
        points::roots(),
        points::of_points(),
        approvals::roots(),
        approvals::of_approvals(),
        earning::roots(),
        earning::of_earning(),
        growth::of_growth(),
        leaderboards::of_leaderboards(),
        engagement::of_check_ins(),
        rewards::roots(),
        rewards::of_rewards(),
        creators::roots(),
        creators::of_creators(),
        // Last: without any wall they end the sessions of the cases themselves.
        of_staff(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Those that name nothing.
fn roots() -> Vec<Case> {
    let member = of_member();
    let selections = [
        (
            "viewer",
            "tenant { slug name } displayName role user { secondFactor { isActive } } sessions { id client address }"
                .to_owned(),
        ),
        ("tenantPolicy", "tierQuota { source } survival { source } decline { source }".to_owned()),
        ("communities", format!("totalCount pageInfo {{ hasNextPage }} nodes {{ {COMMUNITY} }}")),
        ("members", format!("totalCount pageInfo {{ hasNextPage }} nodes {{ {member} }}")),
        ("staff", "totalCount pageInfo { hasNextPage } nodes { id email displayName role lastSignInAt }".to_owned()),
        (
            "invitations",
            "totalCount pageInfo { hasNextPage } nodes { id email displayName status invitedBy { email } }".to_owned(),
        ),
        ("tierDriftReport", format!("report {{ members source }} community {{ {COMMUNITY} }}")),
        ("declineReport", format!("report {{ membersAtStart left source }} community {{ {COMMUNITY} }}")),
        ("survivalReport", "cohort survived source".to_owned()),
        (
            "auditEvents",
            "totalCount pageInfo { hasNextPage } nodes { id occurredAt actor { kind id viaId } operation object { id }
             within { id } requestId codes }"
                .to_owned(),
        ),
        ("auditCheckpoint", "tenant position head sealedAt signature".to_owned()),
        ("partnerKeys", format!("totalCount pageInfo {{ hasNextPage }} nodes {{ {KEY} }}")),
        ("documentRegistry", REGISTRY.to_owned()),
        ("trustedDocuments", format!("{DOCUMENTS} pageInfo {{ hasNextPage }}")),
    ];
    let case = |(operation, selection): (&'static str, String)| Case {
        operation,
        document: format!("query {{ answer: {operation} {{ {selection} }} }}"),
        promise: Promise::OwnOnly,
        arguments: |_| json!({}),
        attempts: None,
    };
    let price = Case {
        operation: "queryCost",
        document: "query($query: String!) { answer: queryCost(query: $query) { requested fits fields { path cost } } }"
            .to_owned(),
        promise: Promise::OfNobody,
        arguments: |things| json!({ "query": format!("{{ community(id: \"{}\") {{ members {{ totalCount }} }} }}", things.community) }),
        attempts: None,
    };
    selections.map(case).into_iter().chain([price]).collect()
}

fn look_ups() -> Vec<Case> {
    let member = of_member();
    let fragments =
        format!("... on Community {{ {COMMUNITY} }} ... on Member {{ {member} }} ... on PartnerKey {{ {KEY} }}");
    let member = || format!("query($by: MemberBy!) {{ answer: member(by: $by) {{ {member} }} }}");
    vec![
        case(
            "node",
            format!("query($id: ID!) {{ answer: node(id: $id) {{ {fragments} }} }}"),
            |things| json!({ "id": things.community }),
        ),
        case(
            "node",
            format!("query($id: ID!) {{ answer: node(id: $id) {{ {fragments} }} }}"),
            |things| json!({ "id": things.member }),
        ),
        case(
            "node",
            format!("query($id: ID!) {{ answer: node(id: $id) {{ {fragments} }} }}"),
            |things| json!({ "id": things.key }),
        ),
        case(
            "partnerKey",
            format!("query($id: ID!) {{ answer: partnerKey(id: $id) {{ {KEY} }} }}"),
            |things| json!({ "id": things.key }),
        ),
        case(
            "nodes",
            format!("query($ids: [ID!]!) {{ answer: nodes(ids: $ids) {{ {fragments} }} }}"),
            |things| json!({ "ids": [things.community, things.member] }),
        )
        .tried_as(|things, own| vec![json!({ "ids": [things.community, own.member, things.member, own.community] })]),
        case(
            "nodes",
            format!("query($ids: [ID!]!) {{ answer: nodes(ids: $ids) {{ {fragments} }} }}"),
            |things| json!({ "ids": [things.key, things.disabled_key] }),
        )
        .tried_as(|things, own| vec![json!({ "ids": [things.key, own.member, things.disabled_key] })]),
        case(
            "community",
            format!("query($id: ID!) {{ answer: community(id: $id) {{ {COMMUNITY} }} }}"),
            |things| json!({ "id": things.community }),
        ),
        case("member", member(), |things| json!({ "by": { "id": things.member } })),
        case("member", member(), |things| json!({ "by": { "externalRef": things.external_ref } })),
        case("member", member(), |things| json!({ "by": { "phone": things.phone } })),
    ]
}

/// Lists by what a filter or a cursor names.
fn lists() -> Vec<Case> {
    let members =
        || "query($filter: MemberFilter!) { answer: members(filter: $filter) { totalCount nodes { id } } }".to_owned();
    vec![
        case("members", members(), |things| json!({ "filter": { "text": things.external_ref } })),
        case("members", members(), |things| json!({ "filter": { "text": things.phone } })),
        case("members", members(), |things| json!({ "filter": { "tag": things.tag } })),
        case("members", members(), |things| json!({ "filter": { "city": things.city } })),
        case(
            "members",
            "query($after: String!) { answer: members(after: $after) { nodes { id } } }".to_owned(),
            |things| json!({ "after": things.members_cursor })
        ),
        case(
            "communities",
            "query($after: String!) { answer: communities(after: $after) { nodes { id } } }".to_owned(),
            |things| json!({ "after": things.communities_cursor })
        ),
        case(
            "auditEvents",
            "query($filter: AuditEventFilter!) { answer: auditEvents(filter: $filter) { totalCount nodes { id } } }"
                .to_owned(),
            |things| json!({ "filter": { "object": things.community } }),
        ),
        case(
            "partnerKeys",
            "query($after: String!) { answer: partnerKeys(after: $after) { nodes { id } } }".to_owned(),
            |things| json!({ "after": things.keys_cursor })
        ),
        case(
            "community",
            "query($id: ID!, $after: String!) { answer: community(id: $id) { members(after: $after) { nodes { id } } } }"
                .to_owned(),
            |things| page_of_members(things, things),
        )
        .tried_as(|things, own| vec![page_of_members(things, things), page_of_members(own, things)]),
    ]
}

fn page_of_members(of: &Things, behind: &Things) -> Value {
    json!({ "id": of.community, "after": behind.community_members_cursor })
}

/// Whoever holds a refresh token is its session's owner, so another tenant can try forged ones only.
fn sessions() -> Vec<Case> {
    let refresh_token = |things: &Things| json!({ "input": { "refreshToken": things.refresh_token } });
    let forged =
        |things: &Things, _: &Things| vec![json!({ "input": { "refreshToken": things.forged_refresh_token } })];
    vec![
        case("signIn", mutation("signIn", "viewer { tenant { slug } }"), |things| {
            credentials(things, &things.person, PASSWORD)
        })
        .tried_as(|things, _| {
            vec![
                credentials(things, &things.stranger, PASSWORD),
                credentials(things, &things.person, "not the password"),
            ]
        }),
        case("sessionRefresh", mutation("sessionRefresh", "session { expiresAt }"), refresh_token).tried_as(forged),
        case("signOut", mutation("signOut", "signedOut"), refresh_token).tried_as(forged),
        case("sessionRevoke", mutation("sessionRevoke", "revokedSessionId"), |things| {
            input(things, json!({ "id": things.session }))
        }),
        case("sessionRevokeOthers", mutation("sessionRevokeOthers", "revokedSessionIds"), |things| {
            input(things, json!({}))
        })
        .tried_as(|things, _| vec![input(things, json!({}))]),
        Case { promise: Promise::OfThePerson, ..password_change() },
        Case {
            promise: Promise::OfThePerson,
            ..case("passwordReset", mutation("passwordReset", "changed"), |_| {
                unkeyed(json!({ "token": "shq_pwr_", "newPassword": "heron lantern 12 moss" }))
            })
        },
        Case {
            promise: Promise::OfThePerson,
            ..case("tenantSwitch", mutation("tenantSwitch", "viewer { role }"), |_| {
                unkeyed(json!({ "tenant": "where-nobody-works" }))
            })
        },
        Case {
            promise: Promise::TellsNothing,
            ..case("passwordResetRequest", mutation("passwordResetRequest", "accepted"), |things| {
                unkeyed(json!({ "email": things.invited }))
            })
        },
    ]
}

/// Refused, each of them: what they do is about the person, in every tenant.
fn second_factors() -> Vec<Case> {
    let wrong_password = |_: &Things| unkeyed(json!({ "password": "not the password" }));
    let wrong_code = |_: &Things| unkeyed(json!({ "code": "000000" }));
    [
        case("signInConfirm", mutation("signInConfirm", "viewer { tenant { slug } }"), |_| {
            unkeyed(json!({ "challengeToken": format!("shq_ch_{}", "A".repeat(144)), "code": "000000" }))
        }),
        case("stepUp", mutation("stepUp", "expiresAt"), wrong_password),
        case("secondFactorEnrol", mutation("secondFactorEnrol", "enrolment { uri }"), wrong_password),
        case("secondFactorConfirm", mutation("secondFactorConfirm", "session { expiresAt }"), wrong_code),
        case("secondFactorRemove", mutation("secondFactorRemove", "session { expiresAt }"), wrong_code),
        case("recoveryCodesRenew", mutation("recoveryCodesRenew", "recoveryCodes"), wrong_code),
    ]
    .into_iter()
    .map(|case| Case { promise: Promise::OfThePerson, ..case })
    .collect()
}

fn password_change() -> Case {
    case("passwordChange", mutation("passwordChange", "session { expiresAt }"), |_| {
        unkeyed(json!({ "currentPassword": "not the password", "newPassword": "heron lantern 12 moss" }))
    })
}

fn credentials(things: &Things, email: &str, password: &str) -> Value {
    json!({ "input": { "tenant": things.slug, "email": email, "password": password } })
}

fn of_staff() -> Vec<Case> {
    let document = |operation| mutation(operation, "invitation { id role status }");
    let person = |operation| mutation(operation, "staffMember { id role status }");
    vec![
        // Whoever has the letter's link is asked in, so another tenant can try forged ones only.
        case(
            "invitationAccept",
            mutation("invitationAccept", "tenant { slug }"),
            |things| json!({ "input": { "token": things.invitation_token, "password": PASSWORD } }),
        )
        .tried_as(|things, _| {
            vec![json!({ "input": { "token": things.forged_invitation_token, "password": PASSWORD } })]
        }),
        case("staffInvite", document("staffInvite"), |things| {
            input(things, json!({ "email": things.uninvited, "displayName": "Somebody", "role": "ANALYST" }))
        }),
        case("invitationResend", document("invitationResend"), |things| {
            input(things, json!({ "id": things.invitation }))
        }),
        case("invitationRevoke", document("invitationRevoke"), |things| {
            input(things, json!({ "id": things.invitation }))
        }),
        case("staffRoleSet", person("staffRoleSet"), |things| {
            input(things, json!({ "id": things.staff_member, "role": "OPERATOR" }))
        }),
        case("staffRemove", person("staffRemove"), |things| input(things, json!({ "id": things.staff_member }))),
        case("staffRestore", person("staffRestore"), |things| input(things, json!({ "id": things.staff_member }))),
    ]
}

fn of_the_tenant() -> Vec<Case> {
    vec![
        case("tenantPolicyUpdate", mutation("tenantPolicyUpdate", "tenantPolicy { decline { source } }"), |things| {
            let source = "A number that both like";
            let decline = json!({ "churnPercent": 30, "windowDays": 30, "minimumMembers": 1, "source": source });
            input(things, json!({ "decline": decline }))
        }),
        case("tenantTimezoneSet", mutation("tenantTimezoneSet", "timezone"), |things| {
            input(things, json!({ "timezone": "Asia/Chongqing" }))
        }),
    ]
}

fn of_keys() -> Vec<Case> {
    let document = |operation| mutation(operation, "partnerKey { id name state }");
    vec![
        case("partnerKeyCreate", document("partnerKeyCreate"), |things| {
            let scopes = json!(["members:read"]);
            input(things, json!({ "name": "New key", "scopes": scopes, "communityIds": [things.community] }))
        }),
        case("partnerKeyUpdate", document("partnerKeyUpdate"), |things| input(things, key_for(things, things)))
            .tried_as(|things, own| mixed(things, own, key_for)),
        case("partnerKeyRotate", document("partnerKeyRotate"), |things| input(things, json!({ "id": things.key }))),
        case("partnerKeyDisable", document("partnerKeyDisable"), |things| input(things, json!({ "id": things.key }))),
        case("partnerKeyEnable", document("partnerKeyEnable"), |things| {
            input(things, json!({ "id": things.disabled_key }))
        }),
        case("partnerKeyRevoke", document("partnerKeyRevoke"), |things| input(things, json!({ "id": things.key }))),
    ]
}

fn of_documents() -> Vec<Case> {
    let registry = |operation| mutation(operation, &format!("documentRegistry {{ {REGISTRY} }}"));
    vec![
        case(
            "documentRegistry",
            format!("query($key: ID!) {{ answer: documentRegistry(partnerKeyId: $key) {{ {REGISTRY} }} }}"),
            |things| json!({ "key": things.key }),
        ),
        case(
            "trustedDocuments",
            format!("query($key: ID!) {{ answer: trustedDocuments(partnerKeyId: $key) {{ {DOCUMENTS} }} }}"),
            |things| json!({ "key": things.key }),
        ),
        case(
            "trustedDocuments",
            format!(
                "query($id: String!) {{ answer: trustedDocuments(filter: {{ documentId: $id }}) {{ {DOCUMENTS} }} }}"
            ),
            |things| json!({ "id": things.document }),
        ),
        case(
            "trustedDocuments",
            format!("query($after: String!) {{ answer: trustedDocuments(after: $after) {{ {DOCUMENTS} }} }}"),
            |things| json!({ "after": things.documents_cursor }),
        ),
        case(
            "trustedDocumentsPublish",
            mutation("trustedDocumentsPublish", "outcomes { documentId status errors { field code } }"),
            |things| {
                let manifest = json!({ "both-like-this": "{ viewer { role } }" }).to_string();
                input(things, json!({ "partnerKeyId": things.key, "manifest": manifest }))
            },
        ),
        case("trustedDocumentsRemove", registry("trustedDocumentsRemove"), |things| {
            input(things, json!({ "partnerKeyId": things.key, "documentIds": [things.document] }))
        }),
        case("documentRegistryModeSet", registry("documentRegistryModeSet"), |things| {
            input(things, json!({ "partnerKeyId": things.key, "mode": "LOG" }))
        }),
    ]
}

fn key_for(community: &Things, key: &Things) -> Value {
    json!({ "id": key.key, "name": "Renamed", "communityIds": [community.community] })
}

/// Those for mini programs and for the systems behind them; people are told nothing by them, whatever their tenant.
pub(crate) fn of_access() -> Vec<Case> {
    let me = "query { answer: me { id displayName communities(first: 3) { totalCount } } }";
    vec![
        case("me", me.to_owned(), |_| json!({})),
        case("memberTokenCreate", mutation("memberTokenCreate", "expiresAt"), |things| {
            input(things, json!({ "memberId": things.member }))
        }),
        case("myCheckIn", mutation("myCheckIn", "checkIn { id } me { id displayName }"), |things| {
            input(things, json!({ "communityId": things.community }))
        }),
        case("myCheckInMakeUp", mutation("myCheckInMakeUp", "checkIn { id } me { id displayName }"), |things| {
            input(things, json!({ "day": things.missed_day }))
        }),
        case(
            "myRedemptionCreate",
            mutation("myRedemptionCreate", "redemption { id rewardName } me { id displayName }"),
            |things| input(things, json!({ "rewardId": things.reward })),
        ),
        case(
            "mySubmissionCreate",
            mutation("mySubmissionCreate", "submission { id title } me { id displayName }"),
            |things| {
                let work = json!({ "kind": "TEXT", "title": "A walk", "body": "Up the hill." });
                input(things, given::with(work, json!({ "communityId": things.community })))
            },
        ),
        case(
            "mySubmissionRevise",
            mutation("mySubmissionRevise", "submission { id title } me { id displayName }"),
            |things| {
                let work = json!({ "title": "A longer walk", "body": "Up the hill." });
                input(things, given::with(work, json!({ "submissionId": things.submission })))
            },
        ),
        case(
            "mySubmissionWithdraw",
            mutation("mySubmissionWithdraw", "submission { id title } me { id displayName }"),
            |things| input(things, json!({ "submissionId": things.submission })),
        ),
    ]
}

fn of_communities() -> Vec<Case> {
    vec![
        case("communityCreate", mutation("communityCreate", "community { id name }"), |things| {
            input(things, given::community_input("New readers"))
        }),
        case("communityUpdate", mutation("communityUpdate", "community { id name }"), |things| {
            input(things, json!({ "id": things.community, "name": "Renamed" }))
        }),
        case("communityArchive", mutation("communityArchive", "community { id name }"), |things| {
            input(things, json!({ "id": things.community }))
        }),
        case("communityRestore", mutation("communityRestore", "community { id name }"), |things| {
            input(things, json!({ "id": things.archived_community }))
        }),
    ]
}

fn of_members() -> Vec<Case> {
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

fn of_memberships() -> Vec<Case> {
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

/// The operation with its input's fields in one variable; the convention is that of every mutation.
pub(super) fn mutation(operation: &str, selection: &str) -> String {
    let kind = format!("{}{}Input", operation[..1].to_uppercase(), &operation[1..]);
    format!(
        "mutation($input: {kind}!) {{ answer: {operation}(input: $input) {{
            {selection} userErrors {{ field message code }} }} }}"
    )
}

/// An input of two ids: both of the other tenant, and each with one's own.
fn mixed(things: &Things, own: &Things, fields: fn(&Things, &Things) -> Value) -> Vec<Value> {
    vec![input(things, fields(things, things)), unkeyed(fields(own, things)), unkeyed(fields(things, own))]
}

/// With a key that the caller has used in the things' own tenant: it must not bring that tenant's answer back.
pub(super) fn input(things: &Things, fields: Value) -> Value {
    unkeyed(given::with(fields, json!({ "idempotencyKey": things.idempotency_key })))
}

fn unkeyed(fields: Value) -> Value {
    json!({ "input": fields })
}
