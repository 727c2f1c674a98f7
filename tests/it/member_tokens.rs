//! Tokens with which a mini program acts as one member, and what they open.

mod own;
mod own_work;
mod untold;

use std::time::Duration;

use harness::{Client, Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use crate::given;
use crate::isolation::cases;
use crate::isolation::maker::{MARK, Maker};
use crate::partner_keys::{Made, key, switched};

#[test]
fn a_member_sees_itself_and_its_communities() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("me").await.owner().await;
        let input = json!({ "displayName": "Li Lei", "externalRef": "crm-1", "phone": "+8613800138000" });
        let member = given::member_from(&owner, input).await;
        assert_eq!(me(&token_for(&owner, &member).await).await["tier"], Value::Null);
        for (name, tier) in [("First", "ORDINARY"), ("Second", "CORE"), ("Third", "ORDINARY")] {
            given::joined(&owner, &given::community(&owner, name).await, &member, tier).await;
        }
        let client = token_for(&owner, &member).await;
        let me = me(&client).await;
        assert_eq!((&me["id"], &me["displayName"]), (&member["id"], &json!("Li Lei")));
        assert_eq!((&me["externalRef"], &me["phoneMasked"]), (&json!("crm-1"), &json!("+86138****8000")));
        assert_eq!((&me["tier"], &me["communities"]["totalCount"]), (&json!("CORE"), &json!(3)));
        let first = client.run("Me", json!({ "first": 2 })).await.data("me.communities").clone();
        let names = |page: &Value| -> Vec<Value> {
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].clone()).collect()
        };
        assert_eq!(names(&first), ["Third", "Second"]);
        let after = &first["pageInfo"]["endCursor"];
        let second = client.run("Me", json!({ "first": 2, "after": after })).await.data("me.communities").clone();
        assert_eq!(names(&second), ["First"]);
        assert!(owner.run("Me", json!({})).await.data("me").is_null(), "a person is no member");
    });
}

/// Whoever holds a password, a refresh token or a letter is who it says, with or without another token.
const NEED_NO_TOKEN: [&str; 5] = ["invitationAccept", "passwordResetRequest", "sessionRefresh", "signIn", "signOut"];

/// Whatever operation of the schema it is, and although everything that is named is there.
#[test]
fn a_members_token_opens_nothing_but_me() {
    run(async {
        let app = TestApp::start().await;
        let (tenant, other) = (app.tenant("only-me").await, app.tenant("other").await);
        let owner = tenant.owner().await;
        let things = Maker::new(&app, &tenant, tenant.owner_email(), other.owner_email(), MARK).await;
        let member = given::member(&owner, "Li Lei").await;
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        let client = token_for(&owner, &member).await;
        for case in &cases::all() {
            let things = things.lasting_for(case).await;
            let snapshot = || async {
                let all = database.snapshot(uuid).await.without("audit_events").without("audit_links");
                all.without("audit_heads").without("partner_keys")
            };
            let before = snapshot().await;
            let answer = case.run(&client, (case.arguments)(&things)).await;
            if NEED_NO_TOKEN.contains(&case.operation) {
                continue;
            }
            let is_refused = answer.body["errors"].as_array().is_some_and(|errors| !errors.is_empty());
            let told = answer.partial("answer");
            let is_nothing = told.is_null() || told.as_array().is_some_and(|all| all.iter().all(Value::is_null));
            let is_user_error = told["userErrors"].as_array().is_some_and(|errors| !errors.is_empty());
            assert!(is_nothing || is_user_error, "{case}: {}", answer.raw);
            assert!(is_refused || is_user_error || case.operation == "viewer", "{case}: {}", answer.raw);
            assert!(!answer.raw.contains(MARK), "{case}: {}", answer.raw);
            snapshot().await.must_equal(&before);
        }
        let made = client.run("MemberTokenCreate", json!({ "input": { "memberId": member["id"] } })).await;
        assert_eq!(made.error_codes(), ["FORBIDDEN"]);
        let typename = client.query("{ __typename }", json!({})).await;
        assert_eq!(typename.data("__typename"), "Query");
        let schema = client.query("{ __schema { queryType { name } } }", json!({})).await;
        assert_eq!(schema.data("__schema.queryType.name"), "Query");
        assert_eq!(me(&client).await["displayName"], "Li Lei");
    });
}

#[test]
fn neither_token_passes_for_the_other() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("two-kinds").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let token = token(&owner, &member, json!({})).await;
        let access = owner.session().access_token.clone();
        // The head of one before the rest of the other: a signature is over both.
        let part = |token: &str, place: usize| token.split('.').nth(place).unwrap().to_owned();
        let mixed = |head: &str, rest: &str| format!("{}.{}.{}", part(head, 0), part(rest, 1), part(rest, 2));
        for forged in [mixed(&token, &access), mixed(&access, &token), format!("{token}x"), part(&token, 0)] {
            let client = app.anonymous().with_token(&forged);
            client.run("Me", json!({})).await.expect_request_error("UNAUTHENTICATED");
        }
        let refresh = json!({ "input": { "refreshToken": token } });
        let answer = app.anonymous().run("SessionRefresh", refresh).await;
        assert_eq!(answer.user_error_codes("sessionRefresh"), ["SESSION_INVALID"]);
    });
}

#[test]
fn only_a_key_with_the_scope_makes_tokens_and_only_for_members_it_sees() {
    run(async {
        let app = TestApp::shared().await;
        let (tenant, other) = (app.tenant("makers").await, app.tenant("others").await);
        let owner = tenant.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let (member, stranger) = (given::member(&owner, "Li Lei").await, given::member(&owner, "Han").await);
        given::joined(&owner, &ours, &member, "CORE").await;
        given::joined(&owner, &theirs, &member, "ADMIN").await;
        given::joined(&owner, &theirs, &stranger, "ADMIN").await;
        let elsewhere = given::member(&other.owner().await, "Elsewhere").await;
        let input = json!({ "input": { "memberId": member["id"] } });
        for person in [owner.clone(), tenant.staff(Role::Analyst).await] {
            assert_eq!(person.run("MemberTokenCreate", input.clone()).await.error_codes(), ["FORBIDDEN"]);
        }
        let reader = owner.with_token(&key(&owner, json!({})).await.secret);
        let answer = reader.run("MemberTokenCreate", input).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["members:token"]));

        let changes = json!({ "scopes": ["members:token"], "communityIds": [ours["id"]] });
        let made = key(&owner, changes).await;
        let partner = owner.with_token(&made.secret);
        for id in [stranger["id"].clone(), elsewhere["id"].clone(), json!(absent_id("mbr"))] {
            let answer = partner.run("MemberTokenCreate", json!({ "input": { "memberId": id } })).await;
            assert_eq!(answer.user_errors("memberTokenCreate"), ["NOT_FOUND at memberId"]);
        }
        for seconds in [0, 59, 3601] {
            let input = json!({ "memberId": member["id"], "lifetimeSeconds": seconds });
            let answer = partner.run("MemberTokenCreate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("memberTokenCreate"), ["INVALID at lifetimeSeconds"]);
        }
        // The key does not see the other community, and whoever it vouches for does not either.
        let client = partner.with_token(&token_by(&partner, &member, json!({})).await);
        let me = me(&client).await;
        assert_eq!((&me["communities"]["totalCount"], &me["tier"]), (&json!(1), &json!("CORE")));
        let input = json!({ "communityId": ours["id"], "memberId": member["id"] });
        owner.run("CommunityMemberRemove", json!({ "input": input })).await.payload("communityMemberRemove");
        assert!(client.run("Me", json!({})).await.data("me").is_null(), "the key knows them no more");
    });
}

#[test]
fn a_members_token_ends_with_its_time_its_key_and_its_member() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("ends").await;
        let owner = tenant.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let made = maker(&owner).await;
        let partner = owner.with_token(&made.secret);
        let client = partner.with_token(&token_by(&partner, &member, json!({ "lifetimeSeconds": 3600 })).await);
        let short = partner.with_token(&token_by(&partner, &member, json!({})).await);
        me(&client).await;

        switched(&owner, "PartnerKeyDisable", &made.id).await;
        client.run("Me", json!({})).await.expect_request_error("UNAUTHENTICATED");
        switched(&owner, "PartnerKeyEnable", &made.id).await;
        me(&client).await;
        let scopes = |scopes: Value| json!({ "input": { "id": made.id, "scopes": scopes } });
        owner.run("PartnerKeyUpdate", scopes(json!(["members:read"]))).await.payload("partnerKeyUpdate");
        client.run("Me", json!({})).await.expect_request_error("UNAUTHENTICATED");
        owner.run("PartnerKeyUpdate", scopes(json!(["members:token"]))).await.payload("partnerKeyUpdate");
        me(&client).await;

        owner.run("MemberArchive", json!({ "input": { "id": member["id"] } })).await.payload("memberArchive");
        let over = client.run("Me", json!({})).await;
        assert_eq!(over.error_codes(), ["UNAUTHENTICATED"]);
        assert!(over.partial("me").is_null());
        let answer = partner.run("MemberTokenCreate", json!({ "input": { "memberId": member["id"] } })).await;
        assert_eq!(answer.user_errors("memberTokenCreate"), ["ARCHIVED at memberId"]);
        owner.run("MemberRestore", json!({ "input": { "id": member["id"] } })).await.payload("memberRestore");
        me(&client).await;

        app.installation().advance_clock(Duration::from_secs(901));
        short.run("Me", json!({})).await.expect_request_error("UNAUTHENTICATED");
        me(&client).await;
        app.installation().advance_clock(Duration::from_secs(2700));
        client.run("Me", json!({})).await.expect_request_error("UNAUTHENTICATED");

        let last = partner.with_token(&token_by(&partner, &member, json!({})).await);
        me(&last).await;
        switched(&tenant.owner().await, "PartnerKeyRevoke", &made.id).await;
        last.run("Me", json!({})).await.expect_request_error("UNAUTHENTICATED");
    });
}

#[test]
fn a_member_may_send_as_little_as_anybody() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("little").await.owner().await;
        let client = token_for(&owner, &given::member(&owner, "Li Lei").await).await;
        let query = format!("{{ me {{ id }} }} #{}", "x".repeat(60 * 1024));
        let large = json!({ "query": query, "variables": { "x": "y".repeat(8 * 1024) } });
        client.post(large).await.expect_request_error("BODY_TOO_LARGE");
    });
}

async fn maker(owner: &Client) -> Made {
    key(owner, json!({ "scopes": ["members:token"] })).await
}

async fn token_by(partner: &Client, member: &Value, changes: Value) -> String {
    let input = given::with(json!({ "memberId": member["id"] }), changes);
    let answer = partner.run("MemberTokenCreate", json!({ "input": input })).await;
    answer.payload("memberTokenCreate")["token"].as_str().unwrap().to_owned()
}

async fn token(owner: &Client, member: &Value, changes: Value) -> String {
    token_by(&owner.with_token(&maker(owner).await.secret), member, changes).await
}

/// A client that acts as the member.
pub async fn token_for(owner: &Client, member: &Value) -> Client {
    owner.with_token(&token(owner, member, json!({})).await)
}

/// A client that acts as the member, with all that members may do.
pub async fn able(owner: &Client, member: &Value) -> Client {
    let made = key(
        owner,
        json!({ "scopes": ["members:token", "engagement:write", "redemptions:write", "submissions:write"] }),
    )
    .await;
    let scopes = json!({ "scopes": ["engagement:write", "redemptions:write", "submissions:write"] });
    owner.with_token(&token_by(&owner.with_token(&made.secret), member, scopes).await)
}

async fn me(client: &Client) -> Value {
    client.run("Me", json!({})).await.data("me").clone()
}
