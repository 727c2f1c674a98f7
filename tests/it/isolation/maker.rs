//! Makes the things that the cases name.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::{Client, Installation, PASSWORD, Role, Tenant, TestApp, eventually};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::cases::Case;
use super::things::Things;
use crate::given;

/// In every text of tenant B.
pub(crate) const MARK: &str = "Betelgeuse";

/// Long before every window that a report looks through.
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// Makes things of one tenant through the API.
pub(crate) struct Maker {
    pub(super) installation: Arc<Installation>,
    /// Somebody else than the person of the cases, who ends their own sessions in some.
    pub(super) client: Client,
    anonymous: Client,
    /// Whose sessions are the things: the person of the cases is signed in throughout, and ten is the most.
    colleague: String,
    slug: String,
    pub(super) person: String,
    stranger: String,
    pub(super) mark: &'static str,
    proved: Proved,
    /// Made once.
    lasting: OnceCell<Things>,
    /// Those that were made last: for what is shared, and for what is approved.
    pub(super) rule: Mutex<Option<String>>,
    pub(super) approval_rule: Mutex<Option<String>>,
}

/// When somebody last proved who they are.
pub(crate) struct Proved(Mutex<Instant>);

impl Proved {
    pub(crate) fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// Whether they are to do so again; who is told so does.
    pub(crate) fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap();
        let is_due = last.elapsed() > Duration::from_secs(120);
        if is_due {
            *last = Instant::now();
        }
        is_due
    }
}

impl Maker {
    pub(crate) async fn new(
        app: &TestApp,
        tenant: &Tenant<'_>,
        person: &str,
        stranger: &str,
        mark: &'static str,
    ) -> Self {
        Self {
            client: tenant.staff(Role::Owner).await,
            anonymous: app.anonymous().calling_itself(mark),
            colleague: tenant.invite(Role::Analyst).await,
            installation: Arc::clone(app.installation()),
            slug: tenant.slug().to_owned(),
            person: person.to_owned(),
            stranger: stranger.to_owned(),
            mark,
            proved: Proved::now(),
            lasting: OnceCell::new(),
            rule: Mutex::default(),
            approval_rule: Mutex::default(),
        }
    }

    /// What a case names that changes nothing: the same each time, unless it has things of its own.
    pub(crate) async fn lasting_for(&self, case: &Case) -> Things {
        match case.has_things_of_its_own() {
            true => self.make_for(case).await,
            false => self.lasting.get_or_init(|| self.make()).await.clone(),
        }
    }

    /// What a case names.
    pub(crate) async fn make_for(&self, case: &Case) -> Things {
        let things = match () {
            () if case.is_about_rewards() => self.make().await,
            () if case.is_about_approvals() => self.asked_for(self.make_usual().await).await,
            () if case.is_about_creators() => self.handed_in(self.make_usual().await).await,
            () => self.make_usual().await,
        };
        if case.operation == "pointsApprovalWithdraw" {
            return self.asked_for_by_the_person(things).await;
        }
        if case.operation == "pointsUnfreeze" {
            self.freeze(&things.member).await;
        }
        if case.is_about_a_letter() {
            let invitation_token = self.secret_sent_to(&things.invited, "invitation").await;
            let forged_invitation_token = format!("{}{}", &invitation_token[..56], "A".repeat(43));
            let staff_member = match case.is_about_somebody() {
                true => self.somebody(case, &things.invited, &invitation_token).await,
                false => things.staff_member.clone(),
            };
            return Things { invitation_token, forged_invitation_token, staff_member, ..things };
        }
        if !case.is_about_a_session() {
            return things;
        }
        if case.operation == "sessionRevokeOthers" {
            self.sign_in(&self.person).await;
        }
        let theirs = self.sign_in(&self.colleague).await;
        let other = self.sign_in(&self.colleague).await;
        let sessions = theirs.query("{ viewer { sessions { id isCurrent } } }", json!({})).await;
        let sessions = sessions.data("viewer.sessions").as_array().unwrap().clone();
        let session = sessions.iter().find(|session| session["isCurrent"] == true).unwrap();
        let refresh_token = theirs.session().refresh_token.clone();
        Things {
            session: text(&session["id"]),
            forged_refresh_token: forged(&refresh_token, &other.session().refresh_token),
            refresh_token,
            ..things
        }
    }

    /// Lets somebody join, and leave again where the case wants them back; gives the membership's id.
    async fn somebody(&self, case: &Case, email: &str, token: &str) -> String {
        let input = json!({ "input": { "token": token, "password": PASSWORD } });
        self.client.run_anonymously("InvitationAccept", input).await.payload("invitationAccept");
        let staff = self.client.run("StaffList", json!({ "last": 100 })).await;
        let edges = staff.data("staff.edges").as_array().unwrap();
        let id = text(&edges.iter().find(|edge| edge["node"]["email"] == email).unwrap()["node"]["id"]);
        if case.operation == "staffRestore" {
            self.client.run("StaffRemove", json!({ "input": { "id": id } })).await.payload("staffRemove");
        }
        id
    }

    async fn secret_sent_to(&self, email: &str, purpose: &str) -> String {
        let letters = || self.installation.letters_to(email);
        eventually("the letter came", Duration::from_secs(15), || async { !letters().is_empty() }).await;
        letters().pop().unwrap().secret(purpose)
    }

    /// Everything but a session.
    pub(crate) async fn make(&self) -> Things {
        let things = self.make_usual().await;
        let name = format!("{} reward {}", self.mark, next_number());
        let (reward, redemption) = self.redeemed(&name, &things, json!({ "stock": 9 })).await;
        let (coupon, handed_out) = self.redeemed(&name, &things, json!({ "fulfilment": "VOUCHER_CODE" })).await;
        let cursor = async |list: &str| {
            self.cursor(&format!("{{ list: {list}(first: 1) {{ pageInfo {{ endCursor }} }} }}"), "list").await
        };
        let (rewards_cursor, redemptions_cursor) = (cursor("rewards").await, cursor("redemptions").await);
        let things = self.handed_in(self.asked_for(things).await).await;
        Things { reward, coupon, redemption, handed_out, rewards_cursor, redemptions_cursor, ..things }
    }

    /// What most cases name.
    async fn make_usual(&self) -> Things {
        if self.proved.is_due() {
            given::proved_anew(&self.client).await;
        }
        let number = next_number();
        let absent = Things::absent();
        let (client, name) = (&self.client, |what: &str| format!("{} {what} {number}", self.mark));
        self.judge_small_communities(&name("policy")).await;
        let community = given::community_from(client, self.community(&name("readers"))).await;
        let archived_community = given::community_from(client, self.community(&name("past readers"))).await;
        self.archive("CommunityArchive", "communityArchive", &archived_community).await;

        let things = Things {
            external_ref: format!("{}-{number}", self.mark),
            phone: phone(number),
            tag: name("tag"),
            city: name("city"),
            ..absent
        };
        let member = self.member(&name("member"), &things).await;
        let loner = given::member(client, &name("loner")).await;
        let archived_member = given::member(client, &name("past member")).await;
        for one in [&member, &archived_member] {
            let input = json!({ "communityId": community["id"], "memberId": one["id"], "joinedAt": LONG_AGO });
            client.run("CommunityMemberAdd", json!({ "input": input })).await.payload("communityMemberAdd");
        }
        let invited = format!("invited-{number}@{}.example", self.slug);
        let invitation = json!({ "email": invited, "displayName": name("invited"), "role": "ANALYST" });
        let invitation = client.run("StaffInvite", json!({ "input": invitation })).await;
        // Leaves the community, which makes it one that declines.
        self.archive("MemberArchive", "memberArchive", &archived_member).await;

        let (award, deduction, hold) = self.points(&name("points"), &member).await;
        let transfer = self.transferred(&name("present"), (&member, &loner)).await;
        let (rule, earning_event, earned) = self.earning(&name("rule"), (&community, &member)).await;
        let growth_version = self.growth(&name("growth"), &member).await;
        self.checked_in(&name("card"), &member).await;
        let key = self.key(&name("key"), &community).await;
        let document = format!("{}-{number}", self.mark);
        for key in [json!(key), Value::Null] {
            self.publish(&key, &document).await;
        }
        Things {
            slug: self.slug.clone(),
            stranger: self.stranger.clone(),
            person: self.colleague.clone(),
            invitation: text(&invitation.payload("staffInvite")["invitation"]["id"]),
            invited,
            archived_community: text(&archived_community["id"]),
            identity: self.identity(&member).await,
            member: text(&member["id"]),
            loner: text(&loner["id"]),
            archived_member: text(&archived_member["id"]),
            key,
            document,
            documents_cursor: self
                .cursor("{ list: trustedDocuments(first: 1) { pageInfo { endCursor } } }", "list")
                .await,
            disabled_key: self.disabled_key(&name("past key"), &community).await,
            keys_cursor: self.cursor("{ list: partnerKeys(first: 1) { pageInfo { endCursor } } }", "list").await,
            communities_cursor: self.cursor("{ list: communities(first: 1) { pageInfo { endCursor } } }", "list").await,
            members_cursor: self.cursor("{ list: members(first: 1) { pageInfo { endCursor } } }", "list").await,
            community_members_cursor: self
                .cursor(
                    &format!(
                        "{{ of: community(id: {}) {{ list: members {{ pageInfo {{ endCursor }} }} }} }}",
                        community["id"]
                    ),
                    "of.list",
                )
                .await,
            community: text(&community["id"]),
            award,
            deduction,
            hold,
            transfer,
            rule,
            earning_event,
            earned,
            rules_cursor: self.cursor("{ list: earningRules(first: 1) { pageInfo { endCursor } } }", "list").await,
            growth_version,
            ..things
        }
    }

    fn community(&self, name: &str) -> Value {
        let changes = json!({ "valueProposition": name, "foundedAt": LONG_AGO });
        given::with(given::community_input(name), changes)
    }

    /// So that communities of two are in the reports.
    async fn judge_small_communities(&self, source: &str) {
        let quota = json!({ "adminPercent": 5, "corePercent": 15, "tolerancePoints": 3, "minimumMembers": 1, "source": source });
        let decline = json!({ "churnPercent": 20, "windowDays": 30, "minimumMembers": 1, "source": source });
        let survival = json!({ "expectedPercent": 40, "months": 3, "source": source });
        let points = json!({ "lifetimeMonths": 12, "source": source });
        let input = json!({ "tierQuota": quota, "decline": decline, "survival": survival, "points": points });
        let document = "mutation($input: TenantPolicyUpdateInput!) {
            tenantPolicyUpdate(input: $input) { userErrors { code } } }";
        self.client.query(document, json!({ "input": input })).await.payload("tenantPolicyUpdate");
    }

    async fn archive(&self, operation: &str, field: &str, thing: &Value) {
        self.client.run(operation, json!({ "input": { "id": thing["id"] } })).await.payload(field);
    }

    /// Runs the operation once under a key of its own, by this name; gives the payload.
    pub(super) async fn send(&self, operation: &str, fields: Value, name: &str) -> Value {
        let key = json!({ "idempotencyKey": format!("{name} {operation} {}", next_number()) });
        let answer = self.client.run(operation, json!({ "input": given::with(fields, key) })).await;
        let field = format!("{}{}", operation[..1].to_lowercase(), &operation[1..]);
        answer.payload(&field).clone()
    }

    pub(super) async fn cursor(&self, document: &str, list: &str) -> String {
        let answer = self.client.query(document, json!({})).await;
        text(answer.data(&format!("{list}.pageInfo.endCursor")))
    }

    pub(super) async fn sign_in(&self, email: &str) -> Client {
        let input = json!({ "tenant": self.slug, "email": email, "password": PASSWORD });
        let answer = self.anonymous.run("SignIn", json!({ "input": input })).await;
        self.anonymous.with_session(answer.payload("signIn"))
    }
}

/// A refresh token is a prefix, 36 bytes that say what it is for, and a proof: here of another session's.
fn forged(token: &str, other: &str) -> String {
    let body_end = "shq_rt_".len() + 36 / 3 * 4;
    format!("{}{}", &token[..body_end], &other[body_end..])
}

pub(super) fn phone(number: u32) -> String {
    format!("+86138{number:08}")
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub(super) fn next_number() -> u32 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}
