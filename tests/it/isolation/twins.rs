//! The sharpest neighbour: a tenant whose rows have the very ids of A's, which ids made by the product never have,
//! but composite keys allow. A statement that forgets the tenant anywhere reads or changes a twin.

use harness::{Database, TestApp};
use uuid::Uuid;

use super::cases;
use super::things::{MARK, Maker};

/// A table, and what its twins have otherwise, so that a twin that is read shows. Parents first.
const TABLES: [(&str, &[(&str, Mark)]); 8] = [
    ("tenant_memberships", &[("display_name", Mark::Text), ("role", Mark::Exactly("'ANALYST'"))]),
    ("sessions", &[("generation", Mark::Exactly("generation + 1"))]),
    ("communities", &[("name", Mark::Text), ("name_key", Mark::Text), ("member_count", Mark::Exactly("77"))]),
    ("members", &[("display_name", Mark::Text), ("name_key", Mark::Text)]),
    ("member_identities", &[("app_id", Mark::Text)]),
    ("member_profile_values", &[("value", Mark::Json)]),
    ("member_tags", &[("tag", Mark::Text)]),
    ("community_memberships", &[("tier", Mark::Exactly("'CORE'"))]),
];

#[derive(Clone, Copy)]
enum Mark {
    /// The mark and the text.
    Text,
    /// The mark as a JSON text.
    Json,
    Exactly(&'static str),
}

/// Runs every case as A on its own things. With twins of them beside, A's answers are the same, and no twin changes.
pub(super) async fn run(app: &TestApp) {
    let (tenant_a, tenant_b) = (app.tenant("aldebaran").await, app.tenant("betelgeuse").await);
    let a = tenant_a.owner().await;
    let maker = Maker::new(app, &tenant_a, tenant_a.owner_email(), tenant_b.owner_email(), "Aldebaran").await;
    let database = app.database().await;
    let uuids = (tenant_a.uuid(&database).await, tenant_b.uuid(&database).await);
    for case in cases::all() {
        let things = maker.make().await;
        let arguments = || (case.arguments)(&things);
        database.outbox_is_drained().await;
        if case.is_mutation() {
            twin(&database, uuids).await;
            let twins = database.snapshot(uuids.1).await;
            case.must_succeed(&case.run(&a, arguments()).await);
            database.snapshot(uuids.1).await.must_equal(&twins);
        } else {
            let alone = case.run(&a, arguments()).await;
            case.must_succeed(&alone);
            twin(&database, uuids).await;
            let beside_twins = case.run(&a, arguments()).await;
            assert_eq!(beside_twins.raw, alone.raw, "{case}");
        }
    }
}

/// Gives B a twin of every row of A that has none yet.
async fn twin(database: &Database, (a, b): (Uuid, Uuid)) {
    for (table, marks) in TABLES {
        let columns = database.columns(table).await;
        let values = columns.iter().map(|column| match marks.iter().find(|(name, _)| name == column) {
            _ if column == "tenant_id" => database.literal(b),
            Some((_, Mark::Text)) => format!("'{MARK} ' || {column}"),
            Some((_, Mark::Json)) => format!("'\"{MARK}\"'"),
            Some((_, Mark::Exactly(value))) => (*value).to_owned(),
            None => format!("\"{column}\""),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let columns = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        let owner = database.literal(a);
        let sql = format!(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE tenant_id = {owner} ON CONFLICT DO NOTHING"
        );
        database.execute(&sql).await;
    }
}
