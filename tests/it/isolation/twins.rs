//! The sharpest neighbour: a tenant whose rows have the very ids of A's, which ids made by the product never have,
//! but composite keys allow. A statement that forgets the tenant anywhere reads or changes a twin.

use harness::{Client, Database, TestApp};
use uuid::Uuid;

use super::cases::{self, Case, Promise};
use super::maker::{MARK, Maker, Proved};
use super::without_throttle;

/// A table, and what its twins have otherwise, so that a twin that is read shows. Parents first.
const TABLES: [(&str, &[(&str, Mark)]); 42] = [
    ("tenant_memberships", &[("display_name", Mark::Text), ("role", Mark::Exactly("'ANALYST'"))]),
    ("invitations", &[("display_name", Mark::Text), ("version", Mark::Exactly("version + 1"))]),
    ("sessions", &[("generation", Mark::Exactly("generation + 1"))]),
    ("partner_keys", &[("name", Mark::Text)]),
    ("communities", &[("name", Mark::Text), ("name_key", Mark::Text), ("member_count", Mark::Exactly("77"))]),
    ("partner_key_communities", &[]),
    ("document_registries", &[("mode", Mark::Exactly("'LOG'"))]),
    ("trusted_documents", &[("text", Mark::Text)]),
    ("members", &[("display_name", Mark::Text), ("name_key", Mark::Text)]),
    ("member_identities", &[("app_id", Mark::Text)]),
    ("member_profile_values", &[("value", Mark::Json)]),
    ("member_tags", &[("tag", Mark::Text)]),
    ("community_memberships", &[("tier", Mark::Exactly("'CORE'"))]),
    ("check_in_members", &[("cards", Mark::Exactly("cards + 7"))]),
    ("check_ins", &[("streak", Mark::Exactly("streak + 7"))]),
    ("check_in_card_moves", &[]),
    // Before the entries: who stands where these lead is not moved by them.
    ("growth_paths", &[("source", Mark::Text)]),
    ("growth_positions", &[("floor_on", Mark::Exactly("'2099-12-31'"))]),
    ("growth_moves", &[("text", Mark::Text)]),
    // The entries are counted to these too.
    ("leaderboard_scores", &[("points", Mark::Exactly("points + 1000"))]),
    // Frozen: they do not follow what is posted to A's later, and nobody is to find that out meanwhile.
    (
        "points_accounts",
        &[
            ("issued", Mark::Exactly("issued * 2")),
            ("pending", Mark::Exactly("pending * 2")),
            ("available", Mark::Exactly("available * 2")),
            ("held", Mark::Exactly("held * 2")),
            ("redeemed", Mark::Exactly("redeemed * 2")),
            ("expired", Mark::Exactly("expired * 2")),
            ("revoked", Mark::Exactly("revoked * 2")),
            ("transferred", Mark::Exactly("transferred * 2")),
            ("frozen_at", Mark::Exactly("posted_at")),
        ],
    ),
    ("points_entries", &[("reason", Mark::Text)]),
    ("points_lots", &[("source", Mark::Exactly("'CAMPAIGN'"))]),
    ("points_lot_moves", &[]),
    ("points_holds", &[("reason", Mark::Text)]),
    ("points_approvals", &[("reason", Mark::Text)]),
    ("earning_rules", &[("name", Mark::Text)]),
    (
        "earning_rule_versions",
        &[("definition", Mark::Exactly("replace(definition, '\"points\":5', '\"points\":7777')"))],
    ),
    ("earning_events", &[("quantity", Mark::Exactly("COALESCE(quantity, 0) + 1000"))]),
    ("earning_payments", &[("base", Mark::Exactly("base + 1000"))]),
    ("earning_members", &[("events", Mark::Exactly("events + 1000"))]),
    ("rewards", &[("name", Mark::Text)]),
    ("reward_communities", &[]),
    ("reward_stock_moves", &[("reason", Mark::Text)]),
    ("redemptions", &[("reward_name", Mark::Text)]),
    ("redemption_sources", &[("points", Mark::Exactly("points + 1000"))]),
    ("reward_vouchers", &[]),
    (
        "creator_programmes",
        &[("minimum_score", Mark::Exactly("minimum_score + 7")), ("window_days", Mark::Exactly("window_days + 7"))],
    ),
    ("submissions", &[("reference", Mark::Text), ("kind", Mark::Exactly("'AUDIO'")), ("note", Mark::Text)]),
    ("submission_revisions", &[("title", Mark::Text)]),
    ("submission_reviews", &[("note", Mark::Text), ("percent", Mark::Exactly("percent + 7"))]),
    ("audit_events", &[("operation", Mark::Text)]),
];

#[derive(Clone, Copy)]
enum Mark {
    /// The mark and the text.
    Text,
    /// The mark as a JSON text.
    Json,
    Exactly(&'static str),
}

/// Each case as A on its own things. With twins of them beside, A's answers are the same, and no twin changes.
pub(super) struct Twins {
    database: Database,
    a: Client,
    things_of_a: Maker,
    a_uuid: Uuid,
    b_uuid: Uuid,
    proved: Proved,
}

impl Twins {
    pub(super) async fn begin(app: &TestApp) -> Self {
        // B first: in every index its rows come before those of A.
        let (tenant_b, tenant_a) = (app.tenant("betelgeuse").await, app.tenant("aldebaran").await);
        let database = app.database().await;
        Self {
            a: tenant_a.owner().await,
            things_of_a: Maker::new(app, &tenant_a, tenant_a.owner_email(), tenant_b.owner_email(), "Aldebaran").await,
            a_uuid: tenant_a.uuid(&database).await,
            b_uuid: tenant_b.uuid(&database).await,
            proved: Proved::now(),
            database,
        }
    }

    pub(super) async fn run(&self) {
        for case in &cases::all() {
            if self.proved.is_due() {
                for client in [&self.a, &self.things_of_a.client] {
                    crate::given::renewed(client).await;
                }
            }
            self.check(case).await;
        }
    }

    pub(super) async fn check(&self, case: &Case) {
        // A twin of a membership is the same person's, and so are that person's password and sessions.
        if [Promise::OfThePerson, Promise::TellsNothing].contains(&case.promise) {
            return;
        }
        let things = self.things_of_a.make_for(case).await;
        let arguments = || (case.arguments)(&things);
        self.database.outbox_is_drained().await;
        self.database.trail_is_sealed().await;
        self.database.leaderboards_are_counted().await;
        if case.is_mutation() {
            self.add_twins().await;
            let twins = self.database.snapshot(self.b_uuid).await;
            case.must_succeed(&case.run(&self.a, arguments()).await);
            self.database.snapshot(self.b_uuid).await.must_equal(&twins);
        } else {
            let alone = case.run(&self.a, arguments()).await;
            case.must_succeed(&alone);
            self.add_twins().await;
            let beside_twins = case.run(&self.a, arguments()).await;
            assert_eq!(without_throttle(&beside_twins), without_throttle(&alone), "{case}");
        }
    }

    /// Gives B a twin of every row of A that has none yet.
    async fn add_twins(&self) {
        let (database, b) = (&self.database, self.database.literal(self.b_uuid));
        for (table, marks) in TABLES {
            // Numbers that only the database gives.
            let is_given = |column: &String| !["seq", "xid"].contains(&column.as_str());
            let columns: Vec<String> = database.columns(table).await.into_iter().filter(is_given).collect();
            let values = columns.iter().map(|column| match marks.iter().find(|(name, _)| name == column) {
                _ if column == "tenant_id" => b.clone(),
                Some((_, Mark::Text)) => format!("'{MARK} ' || {column}"),
                Some((_, Mark::Json)) => format!("'\"{MARK}\"'"),
                Some((_, Mark::Exactly(value))) => (*value).to_owned(),
                None => format!("\"{column}\""),
            });
            let values = values.collect::<Vec<_>>().join(", ");
            let columns = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
            let sql = format!(
                "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE tenant_id = {} ON CONFLICT DO NOTHING",
                database.literal(self.a_uuid)
            );
            database.execute(&sql).await;
        }
    }
}
