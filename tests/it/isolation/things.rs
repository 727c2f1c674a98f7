//! What a tenant has, as operations name it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::{Client, Installation, PASSWORD, Role, Tenant, TestApp, absent_id, eventually};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::cases::Case;
use super::growth::NO_VERSION;
use super::{creators, engagement};
use crate::given;

/// In every text of tenant B.
pub(crate) const MARK: &str = "Betelgeuse";

/// Long before every window that a report looks through.
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// One of each kind of thing, or the names of things that are not there.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) slug: String,
    /// Somebody's address who does not work for this tenant.
    pub(crate) stranger: String,
    /// Somebody's who does.
    pub(crate) person: String,
    pub(crate) community: String,
    pub(crate) archived_community: String,
    /// In the community; has everything that a member can have.
    pub(crate) member: String,
    pub(crate) identity: String,
    pub(crate) external_ref: String,
    pub(crate) phone: String,
    pub(crate) tag: String,
    pub(crate) city: String,
    /// In no community.
    pub(crate) loner: String,
    pub(crate) archived_member: String,
    /// For a member to come.
    pub(crate) free_ref: String,
    pub(crate) free_phone: String,
    pub(crate) free_openid: String,
    pub(crate) key: String,
    pub(crate) disabled_key: String,
    /// In the key's own registry; the tenant's has one of the same name.
    pub(crate) document: String,
    pub(crate) documents_cursor: String,
    pub(crate) keys_cursor: String,
    pub(crate) communities_cursor: String,
    pub(crate) members_cursor: String,
    pub(crate) community_members_cursor: String,
    pub(crate) session: String,
    /// Waits to be accepted.
    pub(crate) invitation: String,
    pub(crate) invited: String,
    /// Works for the tenant, or did.
    pub(crate) staff_member: String,
    /// An address nobody has invited.
    pub(crate) uninvited: String,
    pub(crate) invitation_token: String,
    /// As who reads no mail of ours can make it.
    pub(crate) forged_invitation_token: String,
    pub(crate) refresh_token: String,
    /// As a thief without our key can make it: it names the session and proves nothing.
    pub(crate) forged_refresh_token: String,
    pub(crate) idempotency_key: String,
    /// Points that were given to the member, of which some were taken, and some set aside.
    pub(crate) award: String,
    pub(crate) deduction: String,
    pub(crate) hold: String,
    /// Pays for what it is told, and has once.
    pub(crate) rule: String,
    pub(crate) earning_event: String,
    /// The award that was.
    pub(crate) earned: String,
    pub(crate) rules_cursor: String,
    /// Of the tenant's growth path.
    pub(crate) growth_version: i64,
    /// A day on which the member did not check in, and that their card can make up.
    pub(crate) missed_day: String,
    /// For the members of the community.
    pub(crate) reward: String,
    /// The same, with codes.
    pub(crate) coupon: String,
    /// What the member redeemed of either: pending, and with a code.
    pub(crate) redemption: String,
    pub(crate) handed_out: String,
    pub(crate) rewards_cursor: String,
    pub(crate) redemptions_cursor: String,
    /// Points for the member that wait for a second person; a colleague asked, and the person of the cases.
    pub(crate) approval: String,
    pub(crate) own_approval: String,
    pub(crate) approvals_cursor: String,
    /// What the member handed in: it waits, and it was approved and paid for.
    pub(crate) submission: String,
    pub(crate) approved_submission: String,
    pub(crate) submissions_cursor: String,
    /// Of the tenant's creator programme.
    pub(crate) programme_version: i64,
}

impl Things {
    /// Well-formed names of nothing.
    pub(crate) fn absent() -> Self {
        let number = next_number();
        let cursor = || "AQ".to_owned() + &"QmV0ZWxnZXVzZSBpcyBhIHN0YXIu".repeat(4);
        Self {
            slug: format!("nobody-{number}"),
            stranger: format!("nobody@absent-{number}.example"),
            person: format!("nobody@absent-{number}.example"),
            community: absent_id("com"),
            archived_community: absent_id("com"),
            member: absent_id("mbr"),
            identity: absent_id("idn"),
            external_ref: format!("absent-{number}"),
            phone: phone(number),
            tag: format!("absent-{number}"),
            city: format!("Absent {number}"),
            loner: absent_id("mbr"),
            archived_member: absent_id("mbr"),
            free_ref: format!("free-{number}"),
            free_phone: phone(next_number()),
            free_openid: format!("openid-{number}"),
            key: absent_id("key"),
            disabled_key: absent_id("key"),
            document: format!("absent-{number}"),
            documents_cursor: cursor(),
            keys_cursor: cursor(),
            communities_cursor: cursor(),
            members_cursor: cursor(),
            community_members_cursor: cursor(),
            session: absent_id("ses"),
            invitation: absent_id("inv"),
            staff_member: absent_id("tmb"),
            invited: format!("invited@absent-{number}.example"),
            uninvited: format!("uninvited@absent-{number}.example"),
            invitation_token: format!("shq_inv_{}", "A".repeat(91)),
            forged_invitation_token: format!("shq_inv_{}", "A".repeat(91)),
            refresh_token: format!("shq_rt_{}", "A".repeat(91)),
            forged_refresh_token: format!("shq_rt_{}", "A".repeat(91)),
            idempotency_key: format!("key-{number}"),
            award: absent_id("pen"),
            deduction: absent_id("pen"),
            hold: absent_id("phd"),
            rule: absent_id("erl"),
            earning_event: absent_id("eev"),
            earned: absent_id("pen"),
            rules_cursor: cursor(),
            growth_version: NO_VERSION,
            missed_day: engagement::days_ago(3),
            reward: absent_id("rwd"),
            coupon: absent_id("rwd"),
            redemption: absent_id("rdm"),
            handed_out: absent_id("rdm"),
            rewards_cursor: cursor(),
            redemptions_cursor: cursor(),
            approval: absent_id("apr"),
            own_approval: absent_id("apr"),
            approvals_cursor: cursor(),
            submission: absent_id("sbm"),
            approved_submission: absent_id("sbm"),
            submissions_cursor: cursor(),
            programme_version: NO_VERSION,
        }
    }
}

/// Makes things of one tenant through the API.
pub(crate) struct Maker {
    installation: Arc<Installation>,
    /// Somebody else than the person of the cases, who ends their own sessions in some.
    client: Client,
    anonymous: Client,
    /// Whose sessions are the things: the person of the cases is signed in throughout, and ten is the most.
    colleague: String,
    slug: String,
    person: String,
    stranger: String,
    mark: &'static str,
    proved: Proved,
    /// Made once.
    lasting: OnceCell<Things>,
    /// Those that were made last: for what is shared, and for what is approved.
    rule: Mutex<Option<String>>,
    approval_rule: Mutex<Option<String>>,
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

    /// Points that wait for a second person: more than others are given, and too few to move the member by.
    async fn asked_for(&self, things: Things) -> Things {
        let limit = json!({ "approvalAbove": 200, "idempotencyKey": format!("limit {}", next_number()) });
        self.client.run("PointsPolicyUpdate", json!({ "input": limit })).await.payload("pointsPolicyUpdate");
        let approval = self.ask(&self.client, &things).await;
        let document = "{ list: pointsApprovals(first: 1) { pageInfo { endCursor } } }";
        Things { approval, approvals_cursor: self.cursor(document, "list").await, ..things }
    }

    /// The same, by the person of the cases, in a session that ends at once: they have others.
    async fn asked_for_by_the_person(&self, things: Things) -> Things {
        let person = self.sign_in(&self.person).await;
        let own_approval = self.ask(&person, &things).await;
        person.run("SignOut", json!({ "input": {} })).await;
        Things { own_approval, ..things }
    }

    async fn ask(&self, client: &Client, things: &Things) -> String {
        let document = "mutation($input: PointsAwardInput!) { pointsAward(input: $input) { approval { id } } }";
        let key = format!("{} asks {}", self.mark, next_number());
        let input = json!({ "memberId": things.member, "amount": 300, "reason": key, "idempotencyKey": key });
        text(client.query(document, json!({ "input": input })).await.data("pointsAward.approval.id"))
    }

    /// What the member handed in, and a rule that paid for what of it was approved, by the tenant's next programme.
    async fn handed_in(&self, things: Things) -> Things {
        let name = format!("{} work {}", self.mark, next_number());
        let run = async |operation: &str, fields: Value| {
            let key = json!({ "idempotencyKey": format!("{name} {operation} {}", next_number()) });
            let answer = self.client.run(operation, json!({ "input": given::with(fields, key) })).await;
            let field = format!("{}{}", operation[..1].to_lowercase(), &operation[1..]);
            answer.payload(&field).clone()
        };
        let version = self.client.query("{ creatorProgramme { version } }", json!({})).await;
        let version = version.data("creatorProgramme.version").as_i64().unwrap();
        let updated = run("CreatorProgrammeUpdate", creators::programme(version, &name)).await;
        let last = self.approval_rule.lock().unwrap().take();
        if let Some(last) = last {
            run("EarningRuleStateSet", json!({ "ruleId": last, "state": "ARCHIVED" })).await;
        }
        let definition = json!({ "source": "CONTENT", "points": 5, "communityIds": [things.community] });
        let rule = json!({ "name": name, "event": "SUBMISSION_APPROVED", "definition": definition });
        let rule = text(&run("EarningRuleCreate", rule).await["rule"]["id"]);
        run("EarningRuleStateSet", json!({ "ruleId": rule, "state": "ACTIVE" })).await;
        *self.approval_rule.lock().unwrap() = Some(rule);
        let mut made = Vec::new();
        for number in 0..2 {
            let words = json!({ "title": name, "body": name, "reference": format!("{name} {number}") });
            let work = given::with(creators::work(&things, &things), words);
            made.push(text(&run("SubmissionCreate", work).await["submission"]["id"]));
        }
        let approved = run("SubmissionReview", creators::approval(&made[1], &name)).await;
        assert_eq!(approved["submission"]["pointsPaid"], "5", "{approved}");
        let document = "{ list: submissions(first: 1) { pageInfo { endCursor } } }";
        Things {
            submission: made[0].clone(),
            approved_submission: made[1].clone(),
            submissions_cursor: self.cursor(document, "list").await,
            programme_version: updated["creatorProgramme"]["version"].as_i64().unwrap(),
            ..things
        }
    }

    /// A reward in the community, and what the member redeemed of it.
    async fn redeemed(&self, name: &str, things: &Things, changes: Value) -> (String, String) {
        let run = async |operation: &str, fields: Value| {
            let key = json!({ "idempotencyKey": format!("{name} {operation} {}", next_number()) });
            let answer = self.client.run(operation, json!({ "input": given::with(fields, key) })).await;
            let field = format!("{}{}", operation[..1].to_lowercase(), &operation[1..]);
            answer.payload(&field).clone()
        };
        let has_codes = changes["fulfilment"] == "VOUCHER_CODE";
        let terms = json!({ "name": name, "description": name, "price": 5, "communityIds": [things.community] });
        let reward = text(&run("RewardCreate", given::with(terms, changes)).await["reward"]["id"]);
        run("RewardStateSet", json!({ "rewardId": reward, "state": "ACTIVE" })).await;
        if has_codes {
            let codes = json!({ "rewardId": reward, "codes": [name, format!("{name} more")] });
            run("RewardVoucherCodesAdd", codes).await;
        } else {
            run("RewardStockAdjust", json!({ "rewardId": reward, "delta": -1, "reason": name })).await;
        }
        let order = json!({ "rewardId": reward, "memberId": things.member, "reference": name });
        let redemption = run("RedemptionCreate", order).await;
        (reward, text(&redemption["redemption"]["id"]))
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

    async fn member(&self, name: &str, things: &Things) -> Value {
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

    /// Gives points to the member, takes some and sets some aside; gives the ids of what did so.
    async fn points(&self, reason: &str, member: &Value) -> (String, String, String) {
        let input = |amount: i64| {
            let key = format!("{reason}-{amount}");
            json!({ "input": { "memberId": member["id"], "amount": amount, "reason": reason, "idempotencyKey": key } })
        };
        let award = self.client.run("PointsAward", input(100)).await;
        let deduction = self.client.run("PointsDeduct", input(20)).await;
        let hold = self.client.run("PointsHoldCreate", input(30)).await;
        let id = |thing: &Value| text(&thing["id"]);
        (
            id(&award.payload("pointsAward")["entry"]),
            id(&deduction.payload("pointsDeduct")["entry"]),
            id(&hold.payload("pointsHoldCreate")["hold"]),
        )
    }

    /// A rule, what it paid for, and the award; gives their ids. The rule before is put away: a tenant has not many.
    async fn earning(&self, name: &str, (community, member): (&Value, &Value)) -> (String, String, String) {
        let run = async |operation: &str, fields: Value| {
            let key = json!({ "idempotencyKey": format!("{name} {operation} {}", next_number()) });
            let answer = self.client.run(operation, json!({ "input": given::with(fields, key) })).await;
            let field = format!("{}{}", operation[..1].to_lowercase(), &operation[1..]);
            answer.payload(&field).clone()
        };
        let last = self.rule.lock().unwrap().take();
        if let Some(last) = last {
            run("EarningRuleStateSet", json!({ "ruleId": last, "state": "ARCHIVED" })).await;
        }
        let definition = json!({ "source": "CAMPAIGN", "points": 5, "communityIds": [community["id"]],
            "perUnit": { "quantity": 1, "points": 1 }, "caps": { "perDay": 1000 } });
        let made = run("EarningRuleCreate", json!({ "name": name, "event": "SHARE", "definition": definition })).await;
        let rule = text(&made["rule"]["id"]);
        run("EarningRuleStateSet", json!({ "ruleId": rule, "state": "ACTIVE" })).await;
        *self.rule.lock().unwrap() = Some(rule.clone());
        let event = json!({ "memberId": member["id"], "communityId": community["id"], "event": "SHARE",
            "quantity": 3, "reference": name });
        let event = run("EarningEventRecord", event).await["earningEvent"].clone();
        assert_eq!(event["payments"][0]["base"], "8", "{event}");
        (rule, text(&event["id"]), text(&event["payments"][0]["entry"]["id"]))
    }

    /// Puts the member to a node of the growth path; gives the path's version.
    async fn growth(&self, reason: &str, member: &Value) -> i64 {
        let order =
            json!({ "memberId": member["id"], "node": "CONTRIBUTOR", "reason": reason, "idempotencyKey": reason });
        self.client.run("GrowthNodeSet", json!({ "input": order })).await.payload("growthNodeSet");
        let path = self.client.query("{ growthPath { version } }", json!({})).await;
        path.data("growthPath.version").as_i64().unwrap()
    }

    /// Checks the member in, five days ago, and gives them a card.
    async fn checked_in(&self, reason: &str, member: &Value) {
        let input = |fields: Value| json!({ "input": given::with(fields, json!({ "memberId": member["id"], "idempotencyKey": reason })) });
        self.client.run("CheckIn", input(json!({}))).await.payload("checkIn");
        let cards = json!({ "count": 1, "reason": reason });
        self.client.run("CheckInCardsGrant", input(cards)).await.payload("checkInCardsGrant");
        let database = self.installation.database().await;
        let id = database.literal(harness::uuid_of(member["id"].as_str().unwrap()));
        let day = engagement::days_ago(5);
        for (table, column) in [("check_ins", "day"), ("check_in_members", "last_day")] {
            let sql = format!("UPDATE {table} SET {column} = '{day}' WHERE member_id = {id}");
            assert_eq!(database.execute(&sql).await, 1, "{sql}");
        }
    }

    /// As the checker does with an account that does not add up; this one does.
    async fn freeze(&self, member: &str) {
        let database = self.installation.database().await;
        let id = database.literal(harness::uuid_of(member));
        let frozen = "UPDATE points_accounts SET frozen_at = posted_at WHERE member_id = ";
        assert_eq!(database.execute(&format!("{frozen}{id}")).await, 1);
    }

    async fn key(&self, name: &str, community: &Value) -> String {
        let input = json!({ "name": name, "scopes": ["members:read"], "communityIds": [community["id"]] });
        let answer = self.client.run("PartnerKeyCreate", json!({ "input": input })).await;
        text(&answer.payload("partnerKeyCreate")["partnerKey"]["id"])
    }

    async fn disabled_key(&self, name: &str, community: &Value) -> String {
        let id = self.key(name, community).await;
        let answer = self.client.run("PartnerKeyDisable", json!({ "input": { "id": id } })).await;
        answer.payload("partnerKeyDisable");
        id
    }

    async fn publish(&self, key: &Value, document: &str) {
        let manifest = json!({ document: format!("query {}Viewer {{ viewer {{ role }} }}", self.mark) }).to_string();
        let input = json!({ "partnerKeyId": key, "manifest": manifest });
        let answer = self.client.run("TrustedDocumentsPublish", json!({ "input": input })).await;
        assert_eq!(answer.payload("trustedDocumentsPublish")["outcomes"][0]["status"], "ADDED", "{}", answer.raw);
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

    async fn identity(&self, member: &Value) -> String {
        let document = "query($id: ID!) { member(by: { id: $id }) { identities { id } } }";
        let answer = self.client.query(document, json!({ "id": member["id"] })).await;
        text(answer.data("member.identities.0.id"))
    }

    async fn cursor(&self, document: &str, list: &str) -> String {
        let answer = self.client.query(document, json!({})).await;
        text(answer.data(&format!("{list}.pageInfo.endCursor")))
    }

    async fn sign_in(&self, email: &str) -> Client {
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

fn phone(number: u32) -> String {
    format!("+86138{number:08}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn next_number() -> u32 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}
