//! Leaderboards: what is on them follows the ledger, entry by entry and once, whatever happens.

mod crash;
mod days;
pub mod load;
mod order;
mod paging;
mod rebuild;
mod rules;

use std::collections::HashMap;
use std::time::Duration;

use harness::{Client, Tenant, TestApp};
use serde_json::{Value, json};

use crate::given;
use crate::growth::award;
use crate::growth::time::{later, now};
use crate::partner_keys::key;
use crate::points::{members, number, text};

/// Twice what is promised: the machine is busy.
pub const LIMIT: Duration = Duration::from_secs(10);

/// One place: whose, and with how many points.
pub type Place = (String, i64);

/// A community of new members, and a partner's system that gives them points.
pub struct Club {
    pub owner: Client,
    pub client: Client,
    pub community: Value,
    pub members: Vec<String>,
}

impl Club {
    /// In a tenant of its own.
    pub async fn open(app: &TestApp, name: &str, count: usize) -> Self {
        Self::open_for(app.tenant(name).await.owner().await, (name, count), json!({})).await
    }

    /// Where clocks leap: with a key that lasts.
    pub async fn lasting(app: &TestApp, tenant: &Tenant<'_>, count: usize) -> Self {
        let ends = later(now(app).date_naive(), 340);
        let changes = json!({ "expiresAt": format!("{ends}T00:00:00Z") });
        Self::open_for(tenant.owner().await, ("Readers", count), changes).await
    }

    async fn open_for(owner: Client, (name, count): (&str, usize), changes: Value) -> Self {
        let scopes = ["points:read", "points:write", "members:read", "members:write", "tenant:read"];
        let made = key(&owner, given::with(json!({ "scopes": scopes }), changes)).await;
        let community = given::community(&owner, name).await;
        let members = members(&owner, count).await;
        for member in &members {
            given::joined(&owner, &community, &json!({ "id": member }), "ORDINARY").await;
        }
        Self { client: owner.with_token(&made.secret), owner, community, members }
    }

    /// Gives points to one of them.
    pub async fn award(&self, place: usize, amount: i64) -> Value {
        award(&self.client, &self.members[place], amount, &unique()).await
    }

    /// The whole board, by pages of this size.
    pub async fn board(&self, period: &str, on: Option<&str>, size: i64) -> Vec<Value> {
        let (mut entries, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = json!({ "first": size, "after": after });
            let board = self.page(period, on, page).await;
            entries.extend(nodes(&board["entries"]));
            if board["entries"]["pageInfo"]["hasNextPage"] == false {
                ranks_are_whole(&entries, 1);
                assert_eq!(board["entries"]["totalCount"], entries.len());
                return entries;
            }
            after = board["entries"]["pageInfo"]["endCursor"].clone();
        }
    }

    pub async fn page(&self, period: &str, on: Option<&str>, page: Value) -> Value {
        let which = json!({ "communityId": self.community["id"], "period": period, "on": on });
        self.client.run("Leaderboard", given::with(which, page)).await.data("leaderboard").clone()
    }

    pub async fn standing(&self, period: &str, on: Option<&str>, member: &str) -> Value {
        let which = json!({ "communityId": self.community["id"], "period": period, "on": on, "memberId": member });
        self.client.run("LeaderboardStanding", which).await.data("leaderboard.standing").clone()
    }

    /// Waits until the board is this one: members by their numbers, with their points.
    pub async fn shows(&self, (period, on): (&str, Option<&str>), expected: &[(usize, i64)]) -> Vec<Value> {
        let expected: Vec<Place> =
            expected.iter().map(|(place, points)| (self.members[*place].clone(), *points)).collect();
        self.comes_to((period, on), &expected).await
    }

    /// As [`Club::shows`], by the members' ids.
    pub async fn comes_to(&self, (period, on): (&str, Option<&str>), expected: &[Place]) -> Vec<Value> {
        let start = std::time::Instant::now();
        loop {
            let entries = self.board(period, on, 100).await;
            let shown: Vec<_> = entries.iter().map(place).collect();
            if shown == expected {
                return entries;
            }
            assert!(start.elapsed() < LIMIT, "{period} {on:?}: {shown:#?} and not {expected:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub fn unique() -> String {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    format!("key-{}", NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

pub fn nodes(entries: &Value) -> Vec<Value> {
    entries["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

pub fn place(entry: &Value) -> Place {
    (text(&entry["memberId"]), number(&entry["points"]))
}

/// 1, 2, 3 and so on from `first`.
pub fn ranks_are_whole(entries: &[Value], first: usize) {
    for (rank, entry) in (first..).zip(entries) {
        assert_eq!(entry["rank"], rank, "{entries:#?}");
    }
}

/// What each member was awarded and kept, by the ledger; those with nothing are left out.
pub async fn sums_by_ledger(client: &Client, members: &[String]) -> HashMap<String, i64> {
    let mut sums = HashMap::new();
    for member in members {
        let sum = crate::growth::load::value_by_ledger(client, member).await;
        if sum > 0 {
            sums.insert(member.clone(), sum);
        }
    }
    sums
}
