//! A key that is restricted to one community: the rest of the tenant is not there for it.

use std::collections::BTreeSet;

use harness::{Client, Database, Response, TestApp, absent_id, run};
use serde_json::{Value, json};
use uuid::Uuid;

use super::key;
use crate::given;
use crate::isolation::cases::{self, Case, Promise};
use crate::isolation::comparable;
use crate::isolation::creators;
use crate::isolation::maker::{MARK, Maker};
use crate::isolation::things::Things;

/// All that a restricted key may have.
const SCOPES: [&str; 19] = [
    "communities:read",
    "communities:write",
    "members:read",
    "members:write",
    "members:pii",
    "engagement:read",
    "engagement:write",
    "points:read",
    "points:write",
    "points:rules",
    "rewards:read",
    "rewards:write",
    "rewards:vouchers",
    "redemptions:write",
    "creators:read",
    "submissions:write",
    "submissions:review",
    "tenant:read",
    "members:token",
];

/// What answers such a key with something of its own, so that the comparison is about something.
const ANSWERED: [&str; 13] = [
    "communities",
    "creatorProgramme",
    "declineReport",
    "growthPath",
    "members",
    "pointsLiability",
    "redemptionMix",
    "redemptions",
    "rewards",
    "submissionStats",
    "submissions",
    "survivalReport",
    "tierDriftReport",
];

/// Whatever operation of the schema it is, and whatever is named: one without a case fails the isolation suite.
#[test]
fn what_is_elsewhere_in_the_tenant_is_answered_like_what_is_not_there() {
    run(async {
        let app = TestApp::start().await;
        let trial = Trial::begin(&app).await;
        let mut answered = BTreeSet::new();
        for case in &cases::all() {
            match case.promise {
                Promise::SameAsAbsent => trial.same_as_absent(case).await,
                Promise::OwnOnly | Promise::OfThePerson | Promise::TellsNothing | Promise::OfNobody => {
                    if trial.own_only(case).await {
                        answered.insert(case.operation);
                    }
                }
            }
        }
        for operation in ANSWERED {
            assert!(answered.contains(operation), "{operation} shows nothing to the key: {answered:?}");
        }
    });
}

struct Trial {
    database: Database,
    tenant: Uuid,
    owner: Client,
    /// Changes the programme, for which a person would have to prove who they are again and again.
    reviewer: Client,
    partner: Client,
    own: Things,
    elsewhere: Maker,
}

impl Trial {
    async fn begin(app: &TestApp) -> Self {
        let (tenant, other) = (app.tenant("restricted").await, app.tenant("other").await);
        let (owner, database) = (tenant.owner().await, app.database().await);
        let person = tenant.owner_email();
        let own = Maker::new(app, &tenant, person, other.owner_email(), "Aldebaran").await.make().await;
        let made = key(&owner, json!({ "scopes": SCOPES, "communityIds": [own.community] })).await;
        let reviewer = key(&owner, json!({ "scopes": ["creators:read", "points:rules"] })).await;
        Self {
            tenant: tenant.uuid(&database).await,
            reviewer: app.anonymous().with_token(&reviewer.secret),
            partner: app.anonymous().with_token(&made.secret),
            elsewhere: Maker::new(app, &tenant, person, other.owner_email(), MARK).await,
            own,
            owner,
            database,
        }
    }

    async fn same_as_absent(&self, case: &Case) {
        let things = self.elsewhere.lasting_for(case).await;
        self.same_policy().await;
        let before = self.snapshot().await;
        let absent = case.attempts(&Things::absent(), &self.own);
        for (attempt, absent) in case.attempts(&things, &self.own).into_iter().zip(absent) {
            if case.operation == "membersImport" && attempt["input"].to_string().contains(&self.own.community) {
                // What must be unique in the tenant is taken wherever it is: a test below has that.
                continue;
            }
            let answer = case.run(&self.partner, attempt).await;
            shows_nothing_of_elsewhere(case, &answer);
            // A cursor is a sealed place in the tenant's list: whoever has one is shown what is their own behind it.
            // Lists of keys are none for keys; whether a cursor is sound is looked at before.
            let codes = answer.error_codes();
            if case.to_string().contains("$after") && (codes.is_empty() || codes == ["FORBIDDEN"]) {
                continue;
            }
            let about_nothing = case.run(&self.partner, absent).await;
            assert_eq!(comparable(&answer), comparable(&about_nothing), "{case}");
        }
        self.snapshot().await.must_equal(&before);
    }

    /// Whether the key is shown anything.
    async fn own_only(&self, case: &Case) -> bool {
        self.same_policy().await;
        self.same_programme().await;
        let arguments = || (case.arguments)(&self.own);
        let before = case.run(&self.partner, arguments()).await;
        self.elsewhere.make().await;
        self.same_policy().await;
        self.same_programme().await;
        self.database.outbox_is_drained().await;
        let after = case.run(&self.partner, arguments()).await;
        assert_eq!(comparable(&after), comparable(&before), "{case}");
        shows_nothing_of_elsewhere(case, &after);
        after.body.get("errors").is_none() && !after.partial("answer").is_null()
    }

    /// The policy is the whole tenant's: its sources must not look like something from elsewhere.
    async fn same_policy(&self) {
        let source = "The tenant's own";
        let quota = json!({ "adminPercent": 5, "corePercent": 15, "tolerancePoints": 3, "minimumMembers": 1, "source": source });
        let decline = json!({ "churnPercent": 20, "windowDays": 30, "minimumMembers": 1, "source": source });
        let survival = json!({ "expectedPercent": 40, "months": 3, "source": source });
        let points = json!({ "lifetimeMonths": 12, "source": source });
        let input = json!({ "tierQuota": quota, "decline": decline, "survival": survival, "points": points });
        self.owner.run("TenantPolicyUpdate", json!({ "input": input })).await.payload("tenantPolicyUpdate");
    }

    /// So is the creator programme.
    async fn same_programme(&self) {
        let answer = self.reviewer.run("CreatorProgramme", json!({})).await;
        let version = answer.data("creatorProgramme.version").as_i64().unwrap();
        let key = json!({ "idempotencyKey": absent_id("key") });
        let input = given::with(creators::programme(version, "The tenant's own"), key);
        let answer = self.reviewer.run("CreatorProgrammeUpdate", json!({ "input": input })).await;
        answer.payload("creatorProgrammeUpdate");
    }

    /// Without what notes that somebody tried.
    async fn snapshot(&self) -> harness::Snapshot {
        let all = self.database.snapshot(self.tenant).await.without("partner_keys").without("sessions");
        all.without("idempotency_records").without("audit_events").without("audit_links").without("audit_heads")
    }
}

fn shows_nothing_of_elsewhere(case: &Case, answer: &Response) {
    assert!(!answer.raw.to_lowercase().contains(&MARK.to_lowercase()), "{case}: {}", answer.raw);
}

#[test]
fn a_restricted_key_works_in_its_community_and_makes_nothing_outside() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("in-its-own").await.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let (shared, stranger) = (given::member(&owner, "Shared").await, given::member(&owner, "Stranger").await);
        given::joined(&owner, &ours, &shared, "CORE").await;
        given::joined(&owner, &theirs, &shared, "ADMIN").await;
        given::joined(&owner, &theirs, &stranger, "ADMIN").await;
        let made = key(&owner, json!({ "scopes": SCOPES, "communityIds": [ours["id"]] })).await;
        let partner = owner.with_token(&made.secret);

        let document = "{ members(first: 5) { totalCount nodes { displayName tier
            communities(first: 5) { totalCount nodes { name members { totalCount } } } } } }";
        let seen = partner.query(document, json!({})).await;
        assert_eq!(seen.data("members.totalCount"), 1);
        let node = seen.data("members.nodes.0");
        assert_eq!((&node["displayName"], &node["tier"]), (&json!("Shared"), &json!("CORE")));
        assert_eq!(node["communities"]["totalCount"], 1, "of the other community it is not told");

        let input = json!({ "id": ours["id"], "name": "Ours, renamed" });
        partner.run("CommunityUpdate", json!({ "input": input })).await.payload("communityUpdate");
        let input = json!({ "id": shared["id"], "displayName": "Shared, renamed" });
        partner.run("MemberUpdate", json!({ "input": input })).await.payload("memberUpdate");

        for (operation, input) in [
            ("CommunityCreate", given::community_input("More")),
            ("MemberCreate", json!({ "displayName": "Nobody's" })),
            ("MemberArchive", json!({ "id": shared["id"] })),
            ("MemberRestore", json!({ "id": shared["id"] })),
        ] {
            let answer = partner.run(operation, json!({ "input": input })).await;
            assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{operation}: {}", answer.raw);
            assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains("restricted"), "{}", answer.raw);
        }
        let input = json!({ "communityId": ours["id"], "memberId": stranger["id"] });
        let answer = partner.run("CommunityMemberAdd", json!({ "input": input })).await;
        assert_eq!(answer.user_errors("communityMemberAdd"), ["NOT_FOUND at memberId"]);

        let input = json!({ "communityId": ours["id"], "memberId": shared["id"] });
        let left = partner.run("CommunityMemberRemove", json!({ "input": input })).await;
        assert!(left.payload("communityMemberRemove")["member"].is_null(), "the key sees them no more");
        assert_eq!(partner.run("MemberList", json!({})).await.data("members.totalCount"), 0);
        let still = owner.run("MemberGet", json!({ "by": { "id": shared["id"] } })).await;
        assert_eq!(still.data("member.displayName"), "Shared, renamed");
    });
}

/// Of an award: how much, and why.
const EXPLAINED: &str = "query($id: ID!) { pointsEntry(id: $id) { amount explanation(locale: EN) {
    text steps { kind points percent tier } } } }";

#[test]
fn no_explanation_tells_a_restricted_key_what_a_member_is_elsewhere() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("explained-elsewhere").await.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let member = given::member(&owner, "Shared").await;
        given::joined(&owner, &ours, &member, "CORE").await;
        given::joined(&owner, &theirs, &member, "ADMIN").await;
        let tiers = json!([{ "tier": "CORE", "percent": 150 }, { "tier": "ADMIN", "percent": 400 }]);
        let definition = json!({ "source": "CAMPAIGN", "points": 10, "tierMultipliers": tiers });
        let input = json!({ "name": "Tea", "event": "TEA", "definition": definition, "idempotencyKey": "rule" });
        let made = owner.run("EarningRuleCreate", json!({ "input": input })).await;
        let rule = &made.payload("earningRuleCreate")["rule"]["id"];
        let input = json!({ "ruleId": rule, "state": "ACTIVE", "idempotencyKey": "active" });
        owner.run("EarningRuleStateSet", json!({ "input": input })).await.payload("earningRuleStateSet");
        let made = key(&owner, json!({ "scopes": SCOPES, "communityIds": [ours["id"]] })).await;
        let partner = owner.with_token(&made.secret);
        let happened = async |community: &Value| {
            let input = json!({ "memberId": member["id"], "communityId": community["id"], "event": "TEA",
                "idempotencyKey": community["id"] });
            let answer = owner.run("EarningEventRecord", json!({ "input": input })).await;
            let event = &answer.payload("earningEventRecord")["earningEvent"];
            json!({ "id": event["payments"][0]["entry"]["id"] })
        };
        let explained = async |client: &Client, entry: &Value| {
            client.query(EXPLAINED, entry.clone()).await.data("pointsEntry").clone()
        };

        let here = happened(&ours).await;
        let told = explained(&owner, &here).await;
        assert_eq!(told["explanation"]["steps"][1]["tier"], "CORE", "{told}");
        assert_eq!(explained(&partner, &here).await, told, "in its own community a key is told all");

        let elsewhere = happened(&theirs).await;
        let told = explained(&owner, &elsewhere).await;
        assert_eq!(told["explanation"]["steps"][1]["tier"], "ADMIN", "{told}");
        let told = explained(&partner, &elsewhere).await;
        let step = |kind: &str, points: &str| json!({ "kind": kind, "points": points, "percent": null, "tier": null });
        let steps = json!([step("BASE", "10"), step("TOGETHER", "30")]);
        assert_eq!((&told["amount"], &told["explanation"]["steps"]), (&json!("40"), &steps));
        let words = told["explanation"]["text"].as_str().unwrap();
        let expected =
            "You were given 40 points for “Tea”. Counted as 10 to begin with, +30 by multipliers: 40 points. ";
        assert!(words.starts_with(expected) && !words.contains("admin"), "{words}");

        // Neither is the member for whom it vouches, by that token.
        let token = partner.run("MemberTokenCreate", json!({ "input": { "memberId": member["id"] } })).await;
        let token = token.payload("memberTokenCreate")["token"].as_str().unwrap().to_owned();
        let document = "{ me { points { entries(first: 1) { nodes { amount explanation(locale: EN) {
            text steps { kind points percent tier } } } } } } }";
        let answer = partner.with_token(&token).query(document, json!({})).await;
        assert_eq!(answer.data("me.points.entries.nodes.0"), &told);
    });
}

#[test]
fn a_restricted_key_imports_into_its_community_only() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("imports").await.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let input = json!({ "displayName": "Stranger", "externalRef": "crm-1", "phone": "+8613800000001" });
        let stranger = given::member_from(&owner, input).await;
        given::joined(&owner, &theirs, &stranger, "CORE").await;
        let made = key(&owner, json!({ "scopes": SCOPES, "communityIds": [ours["id"]] })).await;
        let partner = owner.with_token(&made.secret);
        let row = |changes: Value| {
            let least = json!({ "externalRef": "crm-9", "displayName": "New", "communityId": ours["id"] });
            given::with(least, changes)
        };
        let rows = [
            row(json!({})),
            row(json!({ "externalRef": "crm-8", "communityId": null })),
            row(json!({ "externalRef": "crm-7", "communityId": theirs["id"] })),
            row(json!({ "externalRef": "crm-1" })),
            row(json!({ "externalRef": "crm-6", "phone": "+8613800000001" })),
        ];
        let answer = partner.run("MembersImport", json!({ "input": { "rows": rows } })).await;
        let outcomes: Vec<String> = answer.payload("membersImport")["outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|outcome| {
                format!(
                    "{} {}",
                    outcome["status"].as_str().unwrap(),
                    outcome["errors"][0]["code"].as_str().unwrap_or("")
                )
            })
            .collect();
        let expected =
            ["CREATED ", "REFUSED REQUIRED", "REFUSED NOT_FOUND", "REFUSED EXTERNAL_REF_TAKEN", "REFUSED PHONE_TAKEN"];
        assert_eq!(outcomes, expected, "{}", answer.raw);
        assert_eq!(partner.run("MemberList", json!({})).await.data("members.totalCount"), 1);
        let untouched = owner.run("MemberGet", json!({ "by": { "externalRef": "crm-1" } })).await;
        assert_eq!(untouched.data("member.displayName"), "Stranger");

        // The same reference again, without a community: the member is the key's by now.
        let rows = [row(json!({ "displayName": "New, renamed", "communityId": null }))];
        let answer = partner.run("MembersImport", json!({ "input": { "rows": rows } })).await;
        assert_eq!(answer.payload("membersImport")["outcomes"][0]["status"], "UPDATED");
    });
}

#[test]
fn a_wider_or_narrower_restriction_counts_at_once() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("wider").await.owner().await;
        let (one, two) = (given::community(&owner, "One").await, given::community(&owner, "Two").await);
        let made = key(&owner, json!({ "scopes": ["communities:read"], "communityIds": [one["id"]] })).await;
        let partner = owner.with_token(&made.secret);
        for (ids, expected) in
            [(json!([one["id"], two["id"]]), 2), (json!([two["id"]]), 1), (Value::Null, 2), (json!([one["id"]]), 1)]
        {
            let input = json!({ "id": made.id, "communityIds": ids });
            let answer = owner.run("PartnerKeyUpdate", json!({ "input": input })).await;
            assert_eq!(answer.payload("partnerKeyUpdate")["partnerKey"]["communityIds"], sorted(&ids));
            let seen = partner.run("CommunityList", json!({})).await;
            assert_eq!(seen.data("communities.totalCount"), expected);
        }
    });
}

fn sorted(ids: &Value) -> Value {
    let Some(list) = ids.as_array() else { return Value::Null };
    let mut list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    list.sort_unstable();
    json!(list)
}
