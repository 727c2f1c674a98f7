//! Whether the time of an answer tells that an account exists. Kinds take turns, so that what else the machine
//! does weighs on all alike; only one request runs at a time.

use std::time::{Duration, Instant};

use harness::{Client, TestApp};
use serde_json::{Value, json};

const TRIES: usize = 300;

/// The medians of one operation.
pub(crate) struct Medians {
    pub(crate) operation: &'static str,
    pub(crate) known: Duration,
    pub(crate) unknown: Duration,
}

impl Medians {
    /// How far apart they may be: 5 ms or 5 %, whichever is more.
    pub(crate) fn allowed(&self) -> Duration {
        Duration::from_millis(5).max(self.known.max(self.unknown) / 20)
    }

    pub(crate) fn apart(&self) -> Duration {
        self.known.abs_diff(self.unknown)
    }
}

/// Limits that 600 failures do not reach.
pub(crate) async fn app() -> TestApp {
    TestApp::with()
        .env("SHEQUN_SIGN_INS_PER_ACCOUNT", "100000/1")
        .env("SHEQUN_SIGN_INS_PER_ADDRESS", "100000/1")
        .start()
        .await
}

/// A wrong password for an account that is there, against an account and a tenant that are not.
pub(crate) async fn sign_in(app: &TestApp) -> [Medians; 2] {
    let tenant = app.tenant("enumeration").await;
    let email = tenant.invite(harness::Role::Analyst).await;
    let anonymous = app.anonymous();
    let guess = |slug: &str, email: &str| json!({ "tenant": slug, "email": email, "password": "not the password" });
    let known = guess(tenant.slug(), &email);
    let unknown = guess(tenant.slug(), &format!("nobody-{email}"));
    let nowhere = guess(&format!("no-{}", tenant.slug()), &email);
    let [known, unknown, nowhere] = interleaved(&anonymous, "SignIn", [known, unknown, nowhere]).await;
    [
        Medians { operation: "signIn, account", known, unknown },
        Medians { operation: "signIn, tenant", known, unknown: nowhere },
    ]
}

/// A letter asked for, and an invitation elsewhere, for people with an account against addresses of nobody: each
/// address once, as there are limits by address.
pub(crate) async fn letters(app: &TestApp) -> [Medians; 2] {
    let (home, elsewhere) = (app.tenant("letters").await, app.tenant("elsewhere").await);
    let mut people = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        people.push(home.invite(harness::Role::Analyst).await);
    }
    let request = |email: String| json!({ "email": email });
    let invitation = |email: String| json!({ "email": email, "displayName": "Same", "role": "ANALYST" });
    let pair = |input: &dyn Fn(String) -> Value, email: &String| [input(email.clone()), input(format!("no-{email}"))];
    let requests = people.iter().map(|email| pair(&request, email));
    let [known, unknown] = alternating(&app.anonymous(), "PasswordResetRequest", requests).await;
    let invitations = people.iter().map(|email| pair(&invitation, email));
    let [invited, uninvited] = alternating(&elsewhere.owner().await, "StaffInvite", invitations).await;
    [
        Medians { operation: "passwordResetRequest", known, unknown },
        Medians { operation: "staffInvite", known: invited, unknown: uninvited },
    ]
}

async fn interleaved<const N: usize>(client: &Client, operation: &str, inputs: [Value; N]) -> [Duration; N] {
    alternating(client, operation, std::iter::repeat_n(inputs, TRIES)).await
}

async fn alternating<const N: usize>(
    client: &Client,
    operation: &str,
    rounds: impl Iterator<Item = [Value; N]>,
) -> [Duration; N] {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(TRIES));
    for (turn, inputs) in rounds.enumerate() {
        for step in 0..N {
            // Nobody is always behind the same neighbour.
            let kind = (turn + step) % N;
            let start = Instant::now();
            let answer = client.run(operation, json!({ "input": inputs[kind] })).await;
            times[kind].push(start.elapsed());
            assert!(answer.status == 200 && answer.error_codes().is_empty(), "{}", answer.raw);
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    })
}
