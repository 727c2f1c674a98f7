//! Isolation: whatever an operation is given, nothing of another tenant is shown, and nothing of it changes.
//!
//! Every operation of the schema has a case; one without fails the test. Each case runs with both walls between
//! tenants, and on PostgreSQL again with each of the two taken down: either must hold alone. B is asked after by
//! the hardest caller there is, a person who works for both tenants and is signed in to A.

pub(crate) mod access;
mod approvals;
pub(crate) mod cases;
pub(crate) mod creators;
mod documents;
mod earning;
mod engagement;
mod growth;
mod leaderboards;
pub(crate) mod maker;
mod members;
mod on_embedded;
mod on_postgres_and_redis;
mod partner_keys;
mod points;
mod rewards;
mod sign_in;
mod staff;
pub(crate) mod things;
mod twins;

use std::collections::BTreeSet;

use harness::{Client, Database, Response, Role, TestApp, run};
use serde_json::{Value, json};
use uuid::Uuid;

use cases::{Case, Promise};
use things::Things;
use twins::Twins;

use crate::given;

#[test]
fn every_operation_has_a_case() {
    run(async {
        let owner = TestApp::shared().await.tenant("operations").await.owner().await;
        let mut known = names(&cases::all());
        // What they tell of other tenants is in `member_tokens`.
        known.extend(names(&access::of_access()));
        assert_eq!(known, operations_of(&owner).await);
    });
}

#[test]
fn an_answer_about_another_tenants_things_is_the_one_about_nothing() {
    run(async {
        let app = TestApp::start().await;
        dealt(cases::all(), async |cases| Trial::begin(&app).await.run(&cases).await).await;
    });
}

#[test]
fn rows_of_another_tenant_with_the_same_ids_are_neither_read_nor_changed() {
    run(async { Twins::begin(&TestApp::start().await).await.run().await });
}

/// Deals the cases out to four trials at once, each with tenants of its own: most of the time they wait.
pub(crate) async fn dealt<T>(cases: Vec<Case>, trial: impl AsyncFn(Vec<Case>) -> T) -> [T; 4] {
    let mut hands: [Vec<Case>; 4] = Default::default();
    for (place, case) in cases.into_iter().enumerate() {
        hands[place % 4].push(case);
    }
    let [first, second, third, fourth] = hands;
    tokio::join!(trial(first), trial(second), trial(third), trial(fourth)).into()
}

/// Two tenants, and one person who is an owner of both.
struct Trial {
    database: Database,
    a: Client,
    b: Client,
    b_uuid: Uuid,
    /// What A has itself, where a case needs a mixture.
    own: Things,
    things_of_b: maker::Maker,
    /// Whether what A tries changes nothing: then the same things serve many attempts.
    has_walls: bool,
    proved: maker::Proved,
}

impl Trial {
    async fn begin(app: &TestApp) -> Self {
        let (tenant_a, tenant_b) = (app.tenant("aldebaran").await, app.tenant("betelgeuse").await);
        let person = tenant_a.invite(Role::Owner).await;
        tenant_b.join(&person, Role::Owner).await;
        let stranger = tenant_a.owner_email();
        let a = tenant_a.sign_in(&person).await;
        let own = maker::Maker::new(app, &tenant_a, &person, stranger, "Aldebaran").await.make().await;
        let things_of_b = maker::Maker::new(app, &tenant_b, &person, stranger, maker::MARK).await;
        let database = app.database().await;
        let b_uuid = tenant_b.uuid(&database).await;
        let b = tenant_b.sign_in_from(&app.anonymous().calling_itself(maker::MARK), &person).await;
        Self { a, b, b_uuid, own, things_of_b, has_walls: true, proved: maker::Proved::now(), database }
    }

    async fn run(&self, cases: &[Case]) {
        for case in cases {
            if self.proved.is_due() {
                for client in [&self.a, &self.b, &self.things_of_b.client] {
                    given::renewed(client).await;
                }
            }
            self.check(case).await;
        }
    }

    async fn check(&self, case: &Case) {
        match case.promise {
            Promise::SameAsAbsent => self.same_as_absent(case).await,
            Promise::OwnOnly => self.own_only(case).await,
            Promise::OfThePerson => self.of_the_person(case).await,
            Promise::TellsNothing => self.tells_nothing(case).await,
            Promise::OfNobody => self.of_nobody(case).await,
        }
    }

    /// A is answered as if B's things were not there: on untouched ones, and on those on which the case has just
    /// succeeded for B.
    async fn same_as_absent(&self, case: &Case) {
        self.attempt(case, &self.untouched_for(case).await).await;

        let things = match case.is_mutation() {
            true => self.things_of_b.make_for(case).await,
            false => self.untouched_for(case).await,
        };
        let before = self.effects().await;
        let success = case.run(&self.b, (case.arguments)(&things)).await;
        case.must_succeed(&success);
        let changed = self.effects().await != before;
        assert_eq!(changed, case.is_mutation(), "{case}: whether B's own actor changes a row");
        for answer in self.attempt(case, &things).await {
            assert!(case.is_mutation() || said(&answer) != said(&success), "{case}: B's own actor sees nothing either");
        }
    }

    /// What nobody has changed yet.
    async fn untouched_for(&self, case: &Case) -> Things {
        match self.has_walls {
            true => self.things_of_b.lasting_for(case).await,
            false => self.things_of_b.make_for(case).await,
        }
    }

    /// Lets A try; nothing shows, nothing changes.
    async fn attempt(&self, case: &Case, things: &Things) -> Vec<Response> {
        let before = self.untouched().await;
        let absent = case.attempts(&Things::absent(), &self.own);
        let mut answers = Vec::new();
        for (attempt, absent) in case.attempts(things, &self.own).into_iter().zip(absent) {
            let answer = case.run(&self.a, attempt).await;
            self.shows_nothing_of_b(case, &answer);
            let about_nothing = case.run(&self.a, absent).await;
            assert_eq!(comparable(&answer), comparable(&about_nothing), "{case}");
            answers.push(answer);
        }
        self.untouched().await.must_equal(&before);
        answers
    }

    /// What A is told of its own does not depend on what B has.
    async fn own_only(&self, case: &Case) {
        let arguments = || (case.arguments)(&self.own);
        self.database.trail_is_sealed().await;
        let (a_before, b_before) = (case.run(&self.a, arguments()).await, case.run(&self.b, arguments()).await);
        self.things_of_b.make().await;
        self.database.outbox_is_drained().await;
        self.database.trail_is_sealed().await;
        let (a_after, b_after) = (case.run(&self.a, arguments()).await, case.run(&self.b, arguments()).await);
        case.must_succeed(&a_after);
        case.must_succeed(&b_after);
        assert!(has_mark(&b_after) || said(&b_after) != said(&b_before), "{case}: shows nothing of B to B itself");
        assert_eq!(without_throttle(&a_after), without_throttle(&a_before), "{case}");
        self.shows_nothing_of_b(case, &a_after);
    }

    /// The same for somebody of B and for nobody; what it does is no matter of tenants.
    async fn tells_nothing(&self, case: &Case) {
        let things = self.things_of_b.make_for(case).await;
        let before = self.snapshot().await;
        let somebody = case.run(&self.a, (case.arguments)(&things)).await;
        let nobody = case.run(&self.a, (case.arguments)(&Things::absent())).await;
        case.must_succeed(&somebody);
        assert_eq!(comparable(&somebody), comparable(&nobody), "{case}");
        self.shows_nothing_of_b(case, &somebody);
        self.snapshot().await.must_equal(&before);
    }

    /// Refused at A, nothing of B shows or changes. What it does when it succeeds is no matter of tenants.
    async fn of_the_person(&self, case: &Case) {
        let before = self.snapshot().await;
        let answer = case.run(&self.a, (case.arguments)(&self.own)).await;
        assert_ne!(answer.data("answer.userErrors"), &json!([]), "{case}: refused");
        self.shows_nothing_of_b(case, &answer);
        self.snapshot().await.must_equal(&before);
    }

    /// The answer is about no tenant: everybody gets the same, whatever anybody has.
    async fn of_nobody(&self, case: &Case) {
        let answer = case.run(&self.a, (case.arguments)(&self.own)).await;
        case.must_succeed(&answer);
        self.things_of_b.make().await;
        for client in [&self.a, &self.b] {
            assert_eq!(comparable(&case.run(client, (case.arguments)(&self.own)).await), comparable(&answer), "{case}");
        }
        self.shows_nothing_of_b(case, &answer);
    }

    fn shows_nothing_of_b(&self, case: &Case, answer: &Response) {
        assert!(!has_mark(answer), "{case}: something of B in {}", answer.raw);
    }

    /// Without what every mutation leaves, whatever it did.
    async fn effects(&self) -> harness::Snapshot {
        self.snapshot().await.without("idempotency_records").without("audit_events")
    }

    /// What no attempt from elsewhere changes: all but the trail, which says that somebody tried to sign in, and of
    /// the trail all but that.
    async fn untouched(&self) -> harness::Snapshot {
        let trail = format!(
            "SELECT {} FROM audit_events WHERE tenant_id = {} AND NOT (operation = 'signIn' AND outcome = 'REFUSED')",
            self.database.hex("id"),
            self.database.literal(self.b_uuid)
        );
        self.snapshot().await.with("audit_events", self.database.texts(&trail).await)
    }

    async fn snapshot(&self) -> harness::Snapshot {
        self.database.snapshot(self.b_uuid).await
    }
}

fn has_mark(answer: &Response) -> bool {
    answer.raw.to_lowercase().contains(&maker::MARK.to_lowercase())
}

fn names(cases: &[Case]) -> BTreeSet<String> {
    cases.iter().map(|case| case.operation.to_owned()).collect()
}

/// The root fields of the schema.
async fn operations_of(client: &Client) -> BTreeSet<String> {
    let document = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }";
    let answer = client.query(document, json!({})).await;
    let fields = ["queryType", "mutationType"].map(|root| answer.data(&format!("__schema.{root}.fields")).as_array());
    fields.into_iter().flatten().flatten().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

/// Data and errors.
fn said(answer: &Response) -> (Value, Value) {
    (answer.body["data"].clone(), answer.body["errors"].clone())
}

/// The body without what is left of the caller's points, which differs between any two requests. What the request
/// itself cost stays: it must not tell either.
fn without_throttle(answer: &Response) -> Value {
    let mut body = answer.body.clone();
    if let Some(cost) = body.pointer_mut("/extensions/cost").and_then(Value::as_object_mut) {
        cost.remove("throttle");
    }
    body
}

/// Status and body without what differs between any two requests: request ids, and ids of what was made.
pub(crate) fn comparable(answer: &Response) -> (u16, Value) {
    (answer.status, without_chance(without_throttle(answer)))
}

fn without_chance(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(name, _)| name != "requestId");
            Value::Object(fields.map(|(name, value)| (name, without_chance(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_chance).collect()),
        Value::String(text) if is_id(&text) => json!("an id"),
        other => other,
    }
}

/// Whether the text looks like a public id.
pub(crate) fn is_id(text: &str) -> bool {
    let is_suffix = |suffix: &str| suffix.len() == 26 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.rsplit_once('_').is_some_and(|(prefix, suffix)| prefix.len() == 3 && is_suffix(suffix))
}
