//! The cases about how points are earned.

use harness::absent_id;
use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation};
use super::maker::{Maker, text};
use super::things::Things;
use crate::given;

/// All of a rule that rows are read for.
const RULE: &str =
    "id name event state version definition { points communityIds } versions { version definition { points } }";

/// All of an event that rows are read for.
const EVENT: &str = "id event memberId communityId quantity tier reference points
    payments { base amount outcome rule { id name } entry { id reason earning { event { id } } } }";

const SIMULATION: &str = "events members points paid byMember { memberId events points paid difference }";

/// Those that name nothing of the tenant's.
pub(super) fn roots() -> Vec<Case> {
    let rules =
        format!("query {{ answer: earningRules {{ totalCount pageInfo {{ hasNextPage }} nodes {{ {RULE} }} }} }}");
    let simulation =
        format!("query($input: PointsSimulateInput!) {{ answer: pointsSimulate(input: $input) {{ {SIMULATION} }} }}");
    [
        case("earningRules", rules, |_| json!({})),
        case("pointsSimulate", simulation, |_| simulated(json!({ "event": "SHARE", "definition": definition(&[]) }))),
    ]
    .map(|case| Case { promise: Promise::OwnOnly, ..case })
    .into()
}

pub(super) fn of_earning() -> Vec<Case> {
    [reading(), writing()].into_iter().flatten().collect()
}

fn reading() -> Vec<Case> {
    let simulate = || {
        format!("query($input: PointsSimulateInput!) {{ answer: pointsSimulate(input: $input) {{ {SIMULATION} }} }}")
    };
    vec![
        case(
            "earningRule",
            format!("query($id: ID!) {{ answer: earningRule(id: $id) {{ {RULE} }} }}"),
            |things| json!({ "id": things.rule }),
        ),
        case(
            "earningRules",
            format!("query($after: String!) {{ answer: earningRules(after: $after) {{ nodes {{ {RULE} }} }} }}"),
            |things| json!({ "after": things.rules_cursor }),
        ),
        case(
            "earningEvent",
            format!("query($id: ID!) {{ answer: earningEvent(id: $id) {{ {EVENT} }} }}"),
            |things| json!({ "id": things.earning_event }),
        ),
        case(
            "pointsEntry",
            "query($id: ID!) { answer: pointsEntry(id: $id) { id earning { rule { name } event { id } } } }".to_owned(),
            |things| json!({ "id": things.earned }),
        ),
        case("pointsSimulate", simulate(), |things| simulated(json!({ "ruleId": things.rule }))),
        case("pointsSimulate", simulate(), |things| {
            simulated(json!({ "event": "SHARE", "definition": definition(&[&things.community]) }))
        }),
    ]
}

fn writing() -> Vec<Case> {
    let rule = |operation| mutation(operation, &format!("rule {{ {RULE} }}"));
    let joined = mutation("communityMemberAdd", "community { id } member { id }");
    vec![
        // A guest of one's own whom somebody elsewhere brought along.
        case("communityMemberAdd", joined, |things| input(things, joining(things, things)))
            .tried_as(|things, own| vec![keyed(joining(own, things))]),
        case("earningRuleCreate", rule("earningRuleCreate"), |things| {
            let definition = definition(&[&things.community]);
            input(things, json!({ "name": "Both like it", "event": "SHARE", "definition": definition }))
        }),
        case("earningRuleUpdate", rule("earningRuleUpdate"), |things| input(things, changed(things, things)))
            .tried_as(|things, own| mixed(things, own, changed)),
        case("earningRuleStateSet", rule("earningRuleStateSet"), |things| {
            input(things, json!({ "ruleId": things.rule, "state": "PAUSED" }))
        }),
        case("earningEventRecord", mutation("earningEventRecord", &format!("earningEvent {{ {EVENT} }}")), |things| {
            input(things, happened(things, things))
        })
        .tried_as(|things, own| mixed(things, own, happened)),
        case(
            "earningEventRecordBulk",
            mutation("earningEventRecordBulk", "outcomes { earningEventId points userErrors { field code } }"),
            |things| input(things, many(things, things)),
        )
        .tried_as(|things, own| mixed(things, own, many)),
    ]
}

/// Both of the other tenant, and each with one's own. Each has a key of its own, or all but one were refused for that.
fn mixed(things: &Things, own: &Things, fields: fn(&Things, &Things) -> Value) -> Vec<Value> {
    vec![input(things, fields(things, things)), keyed(fields(own, things)), keyed(fields(things, own))]
}

fn keyed(fields: Value) -> Value {
    json!({ "input": given::with(fields, json!({ "idempotencyKey": absent_id("key") })) })
}

fn joining(guest: &Things, inviter: &Things) -> Value {
    json!({ "communityId": guest.community, "memberId": guest.loner, "invitedById": inviter.member })
}

/// The days are long past and long to come, so that it does not matter when it is asked.
fn simulated(changes: Value) -> Value {
    let days = json!({ "from": day(-300), "to": day(60) });
    json!({ "input": given::with(days, changes) })
}

/// So many days from today.
fn day(days: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let then = sqlx::types::chrono::DateTime::from_timestamp(now + days * 24 * 60 * 60, 0).unwrap();
    then.date_naive().to_string()
}

fn definition(communities: &[&String]) -> Value {
    json!({ "source": "CAMPAIGN", "points": 2, "communityIds": communities, "caps": { "perDay": 1000 } })
}

/// The community is of one tenant, the rule of the same or another one.
fn changed(community: &Things, rule: &Things) -> Value {
    json!({ "ruleId": rule.rule, "version": 1, "name": "Renamed", "definition": definition(&[&community.community]) })
}

fn happened(community: &Things, member: &Things) -> Value {
    json!({ "memberId": member.member, "communityId": community.community, "event": "SHARE", "quantity": 2,
        "reference": absent_id("key") })
}

fn many(community: &Things, member: &Things) -> Value {
    json!({ "events": [happened(community, member)] })
}

impl Maker {
    /// A rule, what it paid for, and the award; gives their ids. The rule before is put away: a tenant has not many.
    pub(super) async fn earning(&self, name: &str, (community, member): (&Value, &Value)) -> (String, String, String) {
        let run = async |operation: &str, fields: Value| self.send(operation, fields, name).await;
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
}
