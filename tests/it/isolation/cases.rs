//! The cases: for each operation of the schema, what it is asked.

use std::fmt;

use harness::{Client, Response};
use serde_json::{Value, json};

use super::things::Things;
use super::{
    approvals, creators, documents, earning, engagement, growth, leaderboards, members, partner_keys, points, rewards,
    sign_in, staff,
};
use crate::given;
use crate::points::now;

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
pub(super) const KEY: &str = "id name hint state scopes communityIds networks lastUsedAt createdById version";

/// All of a registry of documents, and of a page of them.
pub(super) const REGISTRY: &str = "id partnerKeyId mode version";
pub(super) const DOCUMENTS: &str = "totalCount nodes { id documentId sha256 operationNames text }";

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
        let document = self.document.replace(points::NOW, &format!("\"{}\"", now()));
        client.query(&document, arguments).await
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
        sign_in::sessions(),
        sign_in::second_factors(),
        of_the_tenant(),
        partner_keys::of_keys(),
        documents::of_documents(),
        of_communities(),
        members::of_members(),
        members::of_memberships(),
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
        staff::of_staff(),
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

/// The operation with its input's fields in one variable; the convention is that of every mutation.
pub(super) fn mutation(operation: &str, selection: &str) -> String {
    let kind = format!("{}{}Input", operation[..1].to_uppercase(), &operation[1..]);
    format!(
        "mutation($input: {kind}!) {{ answer: {operation}(input: $input) {{
            {selection} userErrors {{ field message code }} }} }}"
    )
}

/// An input of two ids: both of the other tenant, and each with one's own.
pub(super) fn mixed(things: &Things, own: &Things, fields: fn(&Things, &Things) -> Value) -> Vec<Value> {
    vec![input(things, fields(things, things)), unkeyed(fields(own, things)), unkeyed(fields(things, own))]
}

/// With a key that the caller has used in the things' own tenant: it must not bring that tenant's answer back.
pub(super) fn input(things: &Things, fields: Value) -> Value {
    unkeyed(given::with(fields, json!({ "idempotencyKey": things.idempotency_key })))
}

pub(super) fn unkeyed(fields: Value) -> Value {
    json!({ "input": fields })
}
