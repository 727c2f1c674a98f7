//! The cases about what members make, and what reviewers say of it.

use harness::absent_id;
use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation};
use super::engagement::days_ago;
use super::growth::NO_VERSION;
use super::maker::{Maker, next_number, text};
use super::things::Things;
use crate::given;

/// What of a member's level and works rows are read for.
pub(crate) const CREATOR: &str = "creator { level { code percent } approved averageScore }
    submissions(first: 3) { totalCount nodes { id title } }";

/// All of a submission that rows are read for.
const SUBMISSION: &str = "id memberId communityId kind title body reference state revision qualityScore pointsPaid note
    revisions { revision title } reviews { decision note percent pointsPaid }";

/// Without the version: the whole tenant counts it, also for keys that see a part of it.
const PROGRAMME: &str = "criteria { code name weight } minimumScore windowDays levels { code name percent }";

/// Those that name nothing.
pub(super) fn roots() -> Vec<Case> {
    let stats = "query($from: Date!, $to: Date!) { answer: submissionStats(from: $from, to: $to) {
        submitted approved rejected waiting creators averageScore pointsPaid } }";
    [
        case(
            "submissions",
            "query { answer: submissions { totalCount pageInfo { hasNextPage } nodes { id title kind state } } }"
                .to_owned(),
            |_| json!({}),
        ),
        case("creatorProgramme", format!("query {{ answer: creatorProgramme {{ {PROGRAMME} }} }}"), |_| json!({})),
        // Within a day of every clock, and of those that stand a little ahead.
        case("submissionStats", stats.to_owned(), |_| json!({ "from": days_ago(5), "to": days_ago(-5) })),
    ]
    .map(|case| Case { promise: Promise::OwnOnly, ..case })
    .into()
}

pub(super) fn of_creators() -> Vec<Case> {
    [reading(), submitting(), reviewing()].into_iter().flatten().collect()
}

fn reading() -> Vec<Case> {
    let one = |field: &str| format!("query($id: ID!) {{ answer: {field}(id: $id) {{ {SUBMISSION} }} }}");
    let node = || format!("query($id: ID!) {{ answer: node(id: $id) {{ ... on Submission {{ {SUBMISSION} }} }} }}");
    let filtered = |field: &str| {
        format!(
            "query($id: ID!) {{ answer: submissions(filter: {{ {field}: $id }}) {{ totalCount nodes {{ id title }} }} }}"
        )
    };
    vec![
        case("submission", one("submission"), |things| json!({ "id": things.submission })),
        case("submission", one("submission"), |things| json!({ "id": things.approved_submission })),
        case("node", node(), |things| json!({ "id": things.submission })),
        case("submissions", filtered("memberId"), |things| json!({ "id": things.member })),
        case("submissions", filtered("communityId"), |things| json!({ "id": things.community })),
        case(
            "submissions",
            "query($after: String!) { answer: submissions(after: $after) { nodes { id title note } } }".to_owned(),
            |things| json!({ "after": things.submissions_cursor }),
        ),
    ]
}

fn submitting() -> Vec<Case> {
    let document = |operation| mutation(operation, &format!("submission {{ {SUBMISSION} }}"));
    vec![
        case("submissionCreate", document("submissionCreate"), |things| input(things, work(things, things)))
            .tried_as(|things, own| mixed(things, own, work)),
        case("submissionRevise", document("submissionRevise"), |things| {
            input(things, json!({ "submissionId": things.submission, "title": "Both like it", "body": "Both like it" }))
        }),
        case("submissionWithdraw", document("submissionWithdraw"), |things| {
            input(things, json!({ "submissionId": things.submission }))
        }),
    ]
}

fn reviewing() -> Vec<Case> {
    let document = |operation| mutation(operation, &format!("submission {{ {SUBMISSION} }}"));
    vec![
        case("submissionReview", document("submissionReview"), |things| {
            input(things, approval(&things.submission, "Both like it"))
        }),
        case("submissionReopen", document("submissionReopen"), |things| {
            input(things, json!({ "submissionId": things.approved_submission, "reason": "Both like it" }))
        }),
        // The version is each tenant's own: whoever names another's would change their own programme, or not.
        case(
            "creatorProgrammeUpdate",
            mutation("creatorProgrammeUpdate", &format!("creatorProgramme {{ {PROGRAMME} }}")),
            |things| input(things, programme(things.programme_version, "Both like it")),
        )
        .tried_as(|things, _| vec![input(things, programme(NO_VERSION, "Both like it"))]),
    ]
}

/// Handed in by a member of a community.
pub(super) fn work(community: &Things, member: &Things) -> Value {
    json!({ "memberId": member.member, "communityId": community.community, "kind": "PICTURES",
        "title": "Both like it", "body": "Both like it" })
}

/// The first revision is approved, by the criteria of [`programme`].
pub(super) fn approval(submission: &str, note: &str) -> Value {
    let mark = |criterion: &str| json!({ "criterion": criterion, "mark": 80 });
    json!({ "submissionId": submission, "revision": 1, "decision": "APPROVE",
        "marks": [mark("ORIGINALITY"), mark("DILIGENCE")], "note": note })
}

/// The next programme, in which the name of a criterion is of the caller's choice.
pub(crate) fn programme(version: i64, name: &str) -> Value {
    let criterion = |code: &str, weight: i64| json!({ "code": code, "name": name, "weight": weight });
    let level = |code: &str, approved: i64, percent: i64| json!({ "code": code, "name": code, "minApproved": approved, "minAverageScore": 0, "percent": percent });
    json!({ "version": version, "criteria": [criterion("ORIGINALITY", 60), criterion("DILIGENCE", 40)],
        "minimumScore": 0, "windowDays": 90, "levels": [level("NEWCOMER", 0, 100), level("REGULAR", 5, 120)] })
}

/// Both of the other tenant, and each with one's own. Each has a key of its own, or all but one were refused for that.
fn mixed(things: &Things, own: &Things, fields: fn(&Things, &Things) -> Value) -> Vec<Value> {
    let keyed = |fields: Value| json!({ "input": given::with(fields, json!({ "idempotencyKey": absent_id("key") })) });
    vec![input(things, fields(things, things)), keyed(fields(own, things)), keyed(fields(things, own))]
}

impl Maker {
    /// What the member handed in, and a rule that paid for what of it was approved, by the tenant's next programme.
    pub(super) async fn handed_in(&self, things: Things) -> Things {
        let name = format!("{} work {}", self.mark, next_number());
        let run = async |operation: &str, fields: Value| self.send(operation, fields, &name).await;
        let version = self.client.query("{ creatorProgramme { version } }", json!({})).await;
        let version = version.data("creatorProgramme.version").as_i64().unwrap();
        let updated = run("CreatorProgrammeUpdate", programme(version, &name)).await;
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
            let work = given::with(work(&things, &things), words);
            made.push(text(&run("SubmissionCreate", work).await["submission"]["id"]));
        }
        let approved = run("SubmissionReview", approval(&made[1], &name)).await;
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
}
