//! Who may call what: every operation of the schema as every audience, compared with `roles.matrix`, which is
//! there to be read. An operation without a case fails; what is denied changes nothing.
//!
//! `SHEQUN_TEST_ACCEPT=1` writes the matrix as it is; the diff is then what a reviewer decides on.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use harness::{Client, Database, Response, Role, Snapshot, Tenant, TestApp, run};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::isolation::cases::{self, Case};
use crate::isolation::{access, dealt, maker};
use crate::{given, member_tokens, partner_keys};

const MATRIX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/roles.matrix");

/// How an audience fares with an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// All of it.
    Whole,
    /// Some fields below are null for want of a scope.
    Part,
    /// Null without an error: there is nothing of the kind about them.
    Nothing,
    /// Nothing.
    Denied,
}

impl Access {
    fn word(self) -> &'static str {
        match self {
            Self::Whole => "yes",
            Self::Part => "part",
            Self::Nothing => "null",
            Self::Denied => "-",
        }
    }
}

/// A line of the matrix.
struct Line {
    operation: &'static str,
    access: Vec<Access>,
    /// What those who were denied would need.
    needs: BTreeSet<String>,
    /// What those who got a part would need for the rest.
    hides: BTreeSet<String>,
}

#[test]
fn every_audience_may_call_what_the_matrix_says_and_a_denied_call_changes_nothing() {
    run(async {
        let app = TestApp::start().await;
        let lines = dealt(one_of_each(), async |cases| Trial::begin(&app).await.lines(&cases).await).await;
        let matrix = written(lines.into_iter().flatten().collect());
        if std::env::var_os("SHEQUN_TEST_ACCEPT").is_some() {
            std::fs::write(MATRIX, &matrix).expect("the matrix can be written");
        }
        let known = std::fs::read_to_string(Path::new(MATRIX)).unwrap_or_default();
        assert!(matrix == known, "not as in roles.matrix (SHEQUN_TEST_ACCEPT=1 writes it):\n{matrix}");
    });
}

struct Trial {
    database: Database,
    tenant: Uuid,
    things: maker::Maker,
    audiences: Vec<(&'static str, Client)>,
    proved: maker::Proved,
}

impl Trial {
    async fn begin(app: &TestApp) -> Self {
        let (tenant, other) = (app.tenant("matrix").await, app.tenant("elsewhere").await);
        let database = app.database().await;
        let owner = tenant.owner_email();
        let owner_client = tenant.owner().await;
        Self {
            tenant: tenant.uuid(&database).await,
            things: maker::Maker::new(app, &tenant, owner, other.owner_email(), "Matrix").await,
            audiences: audiences(app, &tenant, &owner_client).await,
            proved: maker::Proved::now(),
            database,
        }
    }

    async fn lines(&self, cases: &[Case]) -> Vec<Line> {
        let mut lines = Vec::new();
        for case in cases {
            lines.push(self.line(case).await);
        }
        lines
    }

    async fn line(&self, case: &Case) -> Line {
        let mut line =
            Line { operation: case.operation, access: Vec::new(), needs: BTreeSet::new(), hides: BTreeSet::new() };
        let mut things = self.things.make_for(case).await;
        if self.proved.is_due() {
            let is_person = |name: &str| Role::ALL.iter().any(|role| role.name() == name);
            for (_, client) in self.audiences.iter().filter(|(name, _)| is_person(name)) {
                given::proved_anew(client).await;
            }
        }
        self.database.outbox_is_drained().await;
        for (name, client) in &self.audiences {
            let before = self.rows(name).await;
            let answer = case.run(client, (case.arguments)(&things)).await;
            let access = judge(case, &answer, &mut line);
            if access == Access::Denied {
                self.rows(name).await.must_equal(&before);
            } else if case.is_mutation() {
                things = self.things.make_for(case).await;
                self.database.outbox_is_drained().await;
            }
            line.access.push(access);
        }
        line
    }

    /// All there is, but for the trail of attempts, and for when a key was used last if it is used.
    async fn rows(&self, audience: &str) -> Snapshot {
        let rows = self.database.snapshot(self.tenant).await.without("audit_events");
        if [KEY, MEMBER].contains(&audience) { rows.without("partner_keys") } else { rows }
    }
}

/// A case of each operation: who may call it is the same in all that it has.
fn one_of_each() -> Vec<Case> {
    let mut seen = BTreeSet::new();
    cases::all().into_iter().chain(access::of_access()).filter(|case| seen.insert(case.operation)).collect()
}

fn written(mut lines: Vec<Line>) -> String {
    lines.sort_by_key(|line| line.operation);
    let mut text = format!("{:<26}", "operation");
    for name in ["anonymous"].into_iter().chain(Role::ALL.map(|role| role.name())).chain([KEY, MEMBER]) {
        write!(text, "{name:<11}").expect("a string takes it");
    }
    text.push_str("needs | hides without\n");
    for line in lines {
        write!(text, "{:<26}", line.operation).expect("a string takes it");
        for access in &line.access {
            write!(text, "{:<11}", access.word()).expect("a string takes it");
        }
        let join = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let rest = format!("{} | {}", join(&line.needs), join(&line.hides));
        text.push_str(rest.trim_end_matches([' ', '|']));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// The scopes that a key may have.
const OF_KEYS: [&str; 20] = [
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
    "audit:read",
];
const KEY: &str = "key";
const MEMBER: &str = "member";

async fn audiences(app: &TestApp, tenant: &Tenant<'_>, owner: &Client) -> Vec<(&'static str, Client)> {
    let mut audiences = vec![("anonymous", app.anonymous())];
    for role in Role::ALL {
        audiences.push((role.name(), tenant.staff(role).await));
    }
    let every_scope = partner_keys::key(owner, json!({ "scopes": OF_KEYS })).await;
    audiences.push((KEY, owner.with_token(&every_scope.secret)));
    audiences.push((MEMBER, member_tokens::able(owner, &given::member(owner, "Mei").await).await));
    audiences
}

/// Tells whole, part and denied apart by where the errors are; any other error is a mistake of the case.
fn judge(case: &Case, answer: &Response, line: &mut Line) -> Access {
    let errors = answer.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut access = Access::Whole;
    for error in errors {
        let needed: Vec<String> = match error["extensions"]["code"].as_str() {
            Some("UNAUTHENTICATED") => Vec::new(),
            Some("FORBIDDEN") => texts(&error["extensions"]["requiredScopes"]),
            _ => panic!("{case}: {}", answer.raw),
        };
        // A list position below the root field is one of the things asked for.
        let is_root = error["path"].as_array().is_none_or(|path| path.iter().skip(1).all(Value::is_number));
        if is_root {
            access = Access::Denied;
            line.needs.extend(needed);
        } else {
            access = if access == Access::Denied { access } else { Access::Part };
            line.hides.extend(needed);
        }
    }
    if access == Access::Whole && answer.partial("answer").is_null() {
        assert!(["viewer", "me"].contains(&case.operation), "{case}: nothing, and no reason: {}", answer.raw);
        return Access::Nothing;
    }
    access
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
