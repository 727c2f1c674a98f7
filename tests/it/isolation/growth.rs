//! The cases about the growth path.

use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation};
use super::maker::Maker;
use crate::given;

/// All of a member's growth that rows are read for.
pub(crate) const GROWTH: &str = "growth { value since lockedUntil node { code name } nextNode { name }
    moves(first: 3) { totalCount nodes { number to toName text } } }";

const PATH: &str = "version source nodes { code name members }";

/// A version that no tenant has.
pub(crate) const NO_VERSION: i64 = 1_000_000;

pub(super) fn of_growth() -> Vec<Case> {
    vec![
        Case {
            promise: Promise::OwnOnly,
            ..case("growthPath", format!("query {{ answer: growthPath {{ {PATH} }} }}"), |_| json!({}))
        },
        case("growthNodeSet", mutation("growthNodeSet", &format!("member {{ id {GROWTH} }}")), |things| {
            input(things, json!({ "memberId": things.member, "node": "CORE", "reason": "Both like it" }))
        }),
        // The version is each tenant's own: whoever names another's would change their own path, or not.
        case("growthPathUpdate", mutation("growthPathUpdate", &format!("growthPath {{ {PATH} }}")), |things| {
            input(things, path(things.growth_version))
        })
        .tried_as(|things, _| vec![input(things, path(NO_VERSION))]),
    ]
}

/// The default path's nodes, so that nobody moves by it.
fn path(version: i64) -> Value {
    let node = |code: &str, threshold: i64| {
        let place = json!({ "code": code, "name": code, "threshold": threshold });
        given::with(place, json!({ "multiplierPercent": 100, "perks": ["A mug"] }))
    };
    let nodes = [
        node("NEWCOMER", 0),
        node("ACTIVE", 100),
        node("CONTRIBUTOR", 500),
        node("CORE", 2_000),
        node("AMBASSADOR", 5_000),
    ];
    json!({ "version": version, "nodes": nodes, "windowMonths": 12, "source": "Both like it" })
}

impl Maker {
    /// Puts the member to a node of the growth path; gives the path's version.
    pub(super) async fn growth(&self, reason: &str, member: &Value) -> i64 {
        let order =
            json!({ "memberId": member["id"], "node": "CONTRIBUTOR", "reason": reason, "idempotencyKey": reason });
        self.client.run("GrowthNodeSet", json!({ "input": order })).await.payload("growthNodeSet");
        let path = self.client.query("{ growthPath { version } }", json!({})).await;
        path.data("growthPath.version").as_i64().unwrap()
    }
}
