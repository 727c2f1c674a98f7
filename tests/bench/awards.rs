//! Awards of points, as fast as they go: through the API, and on PostgreSQL the same rows in one bare statement.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{Client, Database, Storage, TestApp, uuid_of};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// The share of bare SQL's speed to aim at where most awards come at a time.
pub(crate) const SHARE: f64 = 0.6;
pub(crate) const MOST: usize = 64;
const CONNECTIONS: [usize; 3] = [1, 16, MOST];
const TIME: Duration = Duration::from_secs(5);
/// Of both, one after the other; the one in the middle counts.
const TURNS: usize = 3;
const MEMBERS: usize = 1_000;
const BULK: usize = 1_000;
const BULKS_AT_A_TIME: usize = 4;
/// Of the server to PostgreSQL.
const DATABASE_CONNECTIONS: &str = "32";

/// What one award comes to in SQL. `{tenant}` is the tenant's id; `bench_members` numbers its members from 0.
const BARE: &str = "\\set n random(0, 999)
WITH account AS (
    INSERT INTO points_accounts AS a (tenant_id, member_id, asset, pending, available, held, issued, redeemed,
        expired, revoked, entries, posted_at)
    SELECT '{tenant}', id, 'POINTS', 0, 10, 0, 10, 0, 0, 0, 1, now() FROM bench_members WHERE n = :n
    ON CONFLICT (tenant_id, member_id, asset) DO UPDATE SET available = a.available + 10, issued = a.issued + 10,
        entries = a.entries + 1, posted_at = now()
    RETURNING member_id, entries, pending, available, held
), entry AS (
    INSERT INTO points_entries (tenant_id, id, member_id, asset, number, kind, from_account, to_account, amount,
        pending_after, available_after, held_after, source, reason, texts_mac, actor, posted_at)
    SELECT '{tenant}', gen_random_uuid(), member_id, 'POINTS', entries, 'AWARD', 'ISSUED', 'AVAILABLE', 10,
        pending, available, held, 'MANUAL', 'bench', decode(repeat('00', 32), 'hex'), 'bench', now() FROM account
    RETURNING id, member_id
)
INSERT INTO points_lots (tenant_id, id, member_id, asset, source, amount, pending, available, held, expired,
    earned_at, expires_at, expires_on)
SELECT '{tenant}', id, member_id, 'POINTS', 'MANUAL', 10, 0, 10, 0, 0, now(), now() + interval '1 year',
    CAST(CAST(now() + interval '1 year' AS date) AS text)
FROM entry;
";

/// Awards a second.
pub(crate) struct Rate {
    pub(crate) connections: usize,
    pub(crate) api: f64,
    /// None on the embedded storage.
    pub(crate) bare: Option<f64>,
}

impl Rate {
    /// Of bare SQL's speed, where there is that.
    pub(crate) fn share(&self) -> f64 {
        self.api / self.bare.unwrap_or(1.0)
    }
}

/// By the number of connections; and rows a second in bulk.
pub(crate) async fn rates(storage: Storage) -> (Vec<Rate>, f64) {
    let app = TestApp::with()
        .env("SHEQUN_COST_MAXIMUM", "1000000000")
        .env("SHEQUN_COST_PER_SECOND", "1000000000")
        .env("SHEQUN_DATABASE_CONNECTIONS", DATABASE_CONNECTIONS)
        .env("SHEQUN_LOG", "warn")
        .start()
        .await;
    let partner = Partner::of_new_tenant(&app).await;
    let bare = match storage {
        Storage::Embedded => None,
        Storage::PostgresRedis => Some(Bare::prepare(&app).await),
    };
    let mut rates = Vec::new();
    for connections in CONNECTIONS {
        let mut turns = Vec::new();
        for turn in 0..TURNS {
            // In turns, so that what else the machine does weighs on both alike.
            catch_up(&app, storage).await;
            let api = partner.awards_per_second(connections, turn).await;
            let bare = match &bare {
                None => None,
                Some(bare) => {
                    catch_up(&app, storage).await;
                    Some(bare.per_second(connections).await)
                }
            };
            turns.push(Rate { connections, api, bare });
        }
        turns.sort_by(|one, other| one.share().total_cmp(&other.share()));
        rates.push(turns.swap_remove(TURNS / 2));
    }
    catch_up(&app, storage).await;
    (rates, partner.rows_in_bulk_per_second().await)
}

/// Neither side pays for those who still follow the ledger through what the other has posted; and the planner knows the
/// tables, as it does wherever autovacuum has been once.
async fn catch_up(app: &TestApp, storage: Storage) {
    let database = app.database().await;
    if storage == Storage::PostgresRedis {
        database.execute("ANALYZE").await;
    }
    database.growth_is_reviewed().await;
    database.leaderboards_are_counted().await;
    database.trail_is_sealed().await;
}

/// Who awards, and whom.
#[derive(Clone)]
struct Partner {
    client: Client,
    members: Arc<[Value]>,
}

impl Partner {
    async fn of_new_tenant(app: &TestApp) -> Self {
        let owner = app.tenant("awards").await.owner().await;
        let members = members(&owner).await.into();
        let input = json!({ "name": "Shop", "scopes": ["points:write", "points:read", "members:read"] });
        let answer = owner.run("PartnerKeyCreate", json!({ "input": input })).await;
        let secret = answer.payload("partnerKeyCreate")["secret"].as_str().unwrap().to_owned();
        Self { client: owner.with_token(&secret), members }
    }

    async fn awards_per_second(&self, connections: usize, turn: usize) -> f64 {
        self.requests_per_second((connections, turn), AWARD).await
    }

    async fn rows_in_bulk_per_second(&self) -> f64 {
        self.requests_per_second((BULKS_AT_A_TIME, 0), BULK_AWARD).await * BULK as f64
    }

    async fn requests_per_second(&self, (connections, turn): (usize, usize), request: Request) -> f64 {
        let start = Instant::now();
        let mut workers = JoinSet::new();
        for worker in 0..connections {
            let partner = self.clone();
            workers.spawn(async move {
                let mut requests = 0;
                while start.elapsed() < TIME {
                    // As good as chance, and no two workers go the same way.
                    let mut input = (request.input)(&partner.members, worker * 617 + requests * 389);
                    input["idempotencyKey"] = json!(format!("{connections}-{turn}-{worker}-{requests}"));
                    let answer = partner.client.query(request.document, json!({ "input": input })).await;
                    answer.payload(request.field);
                    requests += 1;
                }
                requests
            });
        }
        let requests: usize = workers.join_all().await.into_iter().sum();
        requests as f64 / start.elapsed().as_secs_f64()
    }
}

/// With the answer that a shop needs; what else could be shown is another matter.
#[derive(Clone, Copy)]
struct Request {
    field: &'static str,
    document: &'static str,
    input: fn(&[Value], usize) -> Value,
}

const AWARD: Request = Request {
    field: "pointsAward",
    document: "mutation($input: PointsAwardInput!) { pointsAward(input: $input) {
        entry { id } userErrors { code } } }",
    input: row,
};
const BULK_AWARD: Request = Request {
    field: "pointsAwardBulk",
    document: "mutation($input: PointsAwardBulkInput!) { pointsAwardBulk(input: $input) {
        outcomes { entryId } userErrors { code } } }",
    input: |members, place| {
        let rows: Vec<_> = (place..place + BULK).map(|place| row(members, place)).collect();
        json!({ "awards": rows })
    },
};

fn row(members: &[Value], place: usize) -> Value {
    json!({ "memberId": members[place % MEMBERS], "amount": 10, "reason": "bench" })
}

async fn members(owner: &Client) -> Vec<Value> {
    let row = |number: usize| json!({ "externalRef": format!("p-{number}"), "displayName": "Li Lei" });
    let rows: Vec<_> = (0..MEMBERS).map(row).collect();
    let answer = owner.run("MembersImport", json!({ "input": { "rows": rows } })).await;
    let outcomes = answer.payload("membersImport")["outcomes"].as_array().unwrap();
    outcomes.iter().map(|outcome| outcome["memberId"].clone()).collect()
}

/// `pgbench` on the same database, as the role that requests run as, on a tenant of its own: the ledger must not find
/// there what it has not posted.
struct Bare {
    pgbench: PathBuf,
    script: PathBuf,
    url: String,
    options: String,
}

impl Bare {
    async fn prepare(app: &TestApp) -> Self {
        let tenant = app.tenant("bare-awards").await;
        let members = members(&tenant.owner().await).await;
        let database = app.database().await;
        let id = tenant.uuid(&database).await;
        number_members(&database, &members).await;
        let installation = app.installation();
        let script = installation.folder().join("award.sql");
        std::fs::write(&script, BARE.replace("{tenant}", &id.to_string())).unwrap();
        let bin = std::env::var_os("SHEQUN_TEST_PG_BIN").expect("tests/run says where PostgreSQL's programs are");
        Self {
            pgbench: Path::new(&bin).join("pgbench"),
            script,
            url: installation.postgres_url().to_owned(),
            options: format!("-c role=shequn_app -c app.tenant_id={id}"),
        }
    }

    async fn per_second(&self, connections: usize) -> f64 {
        let mut command = Command::new(&self.pgbench);
        command.args(["--no-vacuum", "--protocol", "prepared", "--client", &connections.to_string()]);
        command.args(["--jobs", &connections.min(2).to_string(), "--time", &TIME.as_secs().to_string()]);
        command.arg("--file").arg(&self.script).arg(&self.url).env("PGOPTIONS", &self.options);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
        let output = output.expect("pgbench can be run");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let rate = printed.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let failed = || panic!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        if output.status.success() { rate.unwrap_or_else(failed) } else { failed() }
    }
}

async fn number_members(database: &Database, members: &[Value]) {
    database.execute("CREATE TABLE bench_members (n int PRIMARY KEY, id uuid NOT NULL)").await;
    let rows: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(place, id)| format!("({place}, {})", database.literal(uuid_of(id.as_str().unwrap()))))
        .collect();
    database.execute(&format!("INSERT INTO bench_members VALUES {}", rows.join(", "))).await;
    database.execute("GRANT SELECT ON bench_members TO shequn_app; ANALYZE bench_members").await;
}
