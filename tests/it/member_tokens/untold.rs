//! What members are not told: who of the staff, or by which key, did something to them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use harness::{Client, Installation, Response, TestApp, absent_id, run};
use serde_json::{Value, json};
use sqlx::types::chrono::{DateTime, Utc};

use super::able;
use crate::given;
use crate::growth::time::{later, now, pass_to};
use crate::isolation::is_id;
use crate::points::{partner, text};

/// All that a system needs which does to members whatever staff do.
const SCOPES: [&str; 12] = [
    "members:read",
    "communities:read",
    "engagement:read",
    "engagement:write",
    "points:read",
    "points:write",
    "rewards:read",
    "rewards:write",
    "rewards:vouchers",
    "redemptions:write",
    "creators:read",
    "submissions:review",
];

/// How ids begin of people who work for a tenant, of their places, sessions and invitations, and of keys.
const OF_STAFF: [&str; 5] = ["usr_", "tmb_", "ses_", "inv_", "key_"];

/// The fields of the schema's objects.
type Objects = BTreeMap<String, Vec<Value>>;

#[test]
fn nothing_that_a_members_token_may_read_names_who_of_the_staff_or_which_key_acted() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("untold").await;
        let owner = tenant.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        send(&able(&owner, &member).await, "MyCheckIn", json!({})).await;
        // So that there is a day to be made up, and none begins meanwhile.
        pass_to(&app, later(now(&app).date_naive(), 3), -43_200);

        let owner = tenant.owner().await;
        let shop = partner(&owner, json!({ "scopes": SCOPES })).await;
        let client = able(&owner, &member).await;
        given::joined(&owner, &given::community(&owner, "Tea").await, &member, "CORE").await;
        let reward = send(&shop, "RewardCreate", json!({ "name": "Mug", "price": 100 })).await["reward"]["id"].clone();
        send(&shop, "RewardStateSet", json!({ "rewardId": reward, "state": "ACTIVE" })).await;
        let mut works = Vec::new();
        for (staff, node) in [(&owner, "CORE"), (&shop, "AMBASSADOR")] {
            moved_by(staff, &member, node).await;
            redeemed_by(staff, &member, &reward).await;
            works.push(reviewed_by(staff, &client).await);
        }
        for by_staff in [
            owner.run("MemberGrowth", json!({ "by": { "id": member["id"] } })).await,
            owner.query(ENTRIES, json!({ "id": member["id"] })).await,
        ] {
            assert!(["usr_", "key_"].iter().all(|of| !ids(&by_staff.raw, of).is_empty()), "{}", by_staff.raw);
        }

        let objects = objects(&client).await;
        let range = days(app.installation());
        let all = client.query(&format!("{{ me {{ {} }} }}", selection(&objects, "Me", &range)), json!({})).await;
        is_told_of_itself(&all, &member);
        let growth = all.partial("me.growth.moves.nodes").as_array().unwrap();
        assert!(growth.len() > 1 && growth.iter().all(|one| one["actorId"].is_null()), "{}", all.raw);
        for path in ["communities.nodes", "checkIns.days", "points.lots", "points.entries.nodes", "redemptions.nodes"] {
            assert!(all.partial(&format!("me.{path}"))[0].is_object(), "{path} in {}", all.raw);
        }

        let work = json!({ "kind": "TEXT", "title": "A ride", "body": "Down the hill." });
        let revised = json!({ "submissionId": works[0], "title": "A longer walk", "body": "Up the hill." });
        let done = [
            ("myCheckIn", json!({})),
            ("myCheckInMakeUp", json!({ "day": day(app.installation(), 1) })),
            ("myRedemptionCreate", json!({ "rewardId": reward })),
            ("mySubmissionCreate", work),
            ("mySubmissionRevise", revised),
            ("mySubmissionWithdraw", json!({ "submissionId": works[0] })),
        ];
        let known = objects["Mutation"].iter().map(|field| text(&field["name"]));
        let mut own: Vec<_> = known.filter(|name| name.starts_with("my")).collect();
        own.sort_unstable();
        assert_eq!(own, done.each_ref().map(|(operation, _)| *operation));
        for (operation, input) in done {
            let kind = operation[..1].to_uppercase() + &operation[1..];
            let shown = selection(&objects, &format!("{kind}Payload"), &range);
            let document = format!("mutation($input: {kind}Input!) {{ {operation}(input: $input) {{ {shown} }} }}");
            let input = given::with(json!({ "idempotencyKey": absent_id("key") }), input);
            let answer = client.query(&document, json!({ "input": input })).await;
            assert_eq!(answer.partial(operation)["userErrors"], json!([]), "{}", answer.raw);
            is_told_of_itself(&answer, &member);
        }
    });
}

const ENTRIES: &str =
    "query($id: ID!) { member(by: { id: $id }) { points { entries(first: 50) { nodes { actorId } } } } }";

/// Under a key of its own.
async fn send(client: &Client, operation: &str, input: Value) -> Value {
    let input = given::with(json!({ "idempotencyKey": absent_id("key") }), input);
    let field = operation[..1].to_lowercase() + &operation[1..];
    client.run(operation, json!({ "input": input })).await.payload(&field).clone()
}

/// Gives points and cards, takes points, sets some aside, undoes something, and says where the member stands.
async fn moved_by(staff: &Client, member: &Value, node: &str) {
    let by_hand = |amount: i64| json!({ "memberId": member["id"], "amount": amount, "reason": "Thanks" });
    send(staff, "PointsAward", by_hand(500)).await;
    let taken = send(staff, "PointsDeduct", by_hand(5)).await["entry"]["id"].clone();
    send(staff, "PointsReverse", json!({ "entryId": taken, "reason": "By mistake" })).await;
    send(staff, "PointsHoldCreate", by_hand(5)).await;
    send(staff, "CheckInCardsGrant", json!({ "memberId": member["id"], "count": 1, "reason": "Thanks" })).await;
    send(staff, "GrowthNodeSet", json!({ "memberId": member["id"], "node": node, "reason": "A friend" })).await;
}

/// Redeems twice, and lets the member have the one and not the other.
async fn redeemed_by(staff: &Client, member: &Value, reward: &Value) {
    for (operation, more) in [("RedemptionFulfil", json!({})), ("RedemptionCancel", json!({ "reason": "Broken" }))] {
        let wish = json!({ "memberId": member["id"], "rewardId": reward });
        let made = send(staff, "RedemptionCreate", wish).await["redemption"]["id"].clone();
        send(staff, operation, given::with(json!({ "redemptionId": made }), more)).await;
    }
}

/// Approves one thing that the member hands in, and sends another one back, whose id it gives.
async fn reviewed_by(staff: &Client, client: &Client) -> Value {
    let marks = ["ORIGINALITY", "USEFULNESS", "PRESENTATION"];
    let marks: Vec<_> = marks.iter().map(|code| json!({ "criterion": code, "mark": 90 })).collect();
    let mut last = Value::Null;
    for verdict in [json!({ "decision": "APPROVE", "marks": marks }), json!({ "decision": "REQUEST_CHANGES" })] {
        let work = json!({ "kind": "TEXT", "title": "A walk", "body": "Up the hill." });
        last = send(client, "MySubmissionCreate", work).await["submission"]["id"].clone();
        let review = json!({ "submissionId": last, "revision": 1, "note": "Good" });
        send(staff, "SubmissionReview", given::with(review, verdict)).await;
    }
    last
}

/// Nobody else is named. What needs a scope is not told at all.
fn is_told_of_itself(answer: &Response, member: &Value) {
    for prefix in OF_STAFF {
        assert_eq!(ids(&answer.raw, prefix), Vec::<&str>::new(), "{}", answer.raw);
    }
    assert!(ids(&answer.raw, "mbr_").iter().all(|id| member["id"] == *id), "{}", answer.raw);
    assert!(answer.error_codes().iter().all(|code| *code == "FORBIDDEN"), "{}", answer.raw);
    assert!(answer.partial("").is_object(), "{}", answer.raw);
}

/// The ids in a text that begin like this.
fn ids<'a>(raw: &'a str, prefix: &str) -> Vec<&'a str> {
    let id = |(at, _): (usize, &str)| raw.get(at..at + 30);
    raw.match_indices(prefix).filter_map(id).filter(|id| is_id(id)).collect()
}

async fn objects(client: &Client) -> Objects {
    let document = "{ __schema { types { name kind fields { name description args { name type { kind } }
        type { name ofType { name ofType { name ofType { name } } } } } } } }";
    let answer = client.query(document, json!({})).await;
    let types = answer.data("__schema.types").as_array().unwrap().iter();
    let objects = types.filter(|kind| kind["kind"] == "OBJECT");
    objects.map(|kind| (text(&kind["name"]), kind["fields"].as_array().unwrap().clone())).collect()
}

/// All that can be selected of an object; what asks for something asks for a range of days. What needs a scope is asked
/// for its kind alone: beyond it is what staff see.
fn selection(objects: &Objects, of: &str, range: &str) -> String {
    let field = |field: &Value| {
        let (name, kind) = (text(&field["name"]), named(&field["type"]));
        let arguments = field["args"].as_array().unwrap();
        let range_asked = if arguments.iter().any(|one| one["type"]["kind"] == "NON_NULL") { range } else { "" };
        if !objects.contains_key(&kind) {
            return format!("{name}{range_asked}");
        }
        let is_closed = text(&field["description"]).contains("Needs `");
        let below = if is_closed { "__typename".to_owned() } else { selection(objects, &kind, range) };
        format!("{name}{range_asked} {{ {below} }}")
    };
    objects[of].iter().map(field).collect::<Vec<_>>().join(" ")
}

/// The type behind lists and what is never null.
fn named(kind: &Value) -> String {
    kind["name"].as_str().map_or_else(|| named(&kind["ofType"]), str::to_owned)
}

fn days(installation: &Installation) -> String {
    format!("(from: \"{}\", to: \"{}\")", day(installation, 9), day(installation, 0))
}

/// So many days ago in Asia/Shanghai, by the clock of the installation.
fn day(installation: &Installation, days: u64) -> String {
    let there = SystemTime::now() + installation.clock_ahead() + Duration::from_secs(8 * 3_600);
    let then = DateTime::<Utc>::from(there - Duration::from_secs(days * 86_400));
    then.date_naive().to_string()
}
