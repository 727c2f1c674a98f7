//! What is told of a member's redemptions and holds: when one is made or ends, and of all of them in the end.

use std::collections::BTreeMap;

use harness::Client;
use serde_json::{Value, json};

use super::super::model::{Balances, REWARDS};
use super::super::{entries_of, number, text};
use super::{REASON, Sequence};

impl Sequence {
    pub(super) fn compare_redemption(&mut self, place: usize, shown: &Value) {
        if place == self.redemptions.len() {
            self.redemptions.push(text(&shown["id"]));
            self.postings.push(text(&shown["entryId"]));
        }
        self.compare_hold(self.account.redemptions[place].hold, &shown["hold"]);
        self.compare_told(place, shown);
    }

    /// The balances where only those are told that a redemption changes.
    pub(super) fn balances_with(&self, told: &Value) -> Balances {
        let [available, held, redeemed] = ["available", "held", "redeemed"].map(|account| number(&told[account]));
        Balances { available, held, redeemed, ..self.account.balances }
    }

    /// Compares all that was redeemed, and every entry of the holds.
    pub async fn compare_past(self, client: Client) -> Self {
        let page = json!({ "by": { "id": self.member }, "first": 100 });
        let answer = client.run("MemberRedemptions", page).await;
        let edges = answer.data("member.redemptions.edges").as_array().unwrap();
        assert_eq!(edges.len(), self.redemptions.len(), "{}", self.story());
        // The newest comes first.
        for (place, edge) in edges.iter().rev().enumerate() {
            self.compare_told(place, &edge["node"]);
        }

        let entries = entries_of(&client, &self.member).await;
        let mut others: Vec<_> = entries.iter().filter(|entry| !entry["holdId"].is_null()).collect();
        for (hold, id) in self.account.holds.iter().zip(&self.holds) {
            let (shown, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|entry| entry["holdId"] == **id);
            others = rest;
            let expected = hold.entries();
            assert_eq!(shown.len(), expected.len(), "{id}: {shown:?}{}", self.story());
            for (expected, shown) in expected.iter().zip(shown) {
                self.compare_moves(expected, shown);
            }
        }
        assert!(others.is_empty(), "{others:?}{}", self.story());
        self
    }

    fn compare_told(&self, place: usize, shown: &Value) {
        let expected = &self.account.redemptions[place];
        let (reward, hold) = (&REWARDS[expected.reward], self.holds[expected.hold].as_str());
        let state = self.account.state_of(expected);
        let words = ["id", "memberId", "holdId", "rewardName", "state"].map(|field| shown[field].as_str().unwrap());
        let id = self.redemptions[place].as_str();
        assert_eq!(words, [id, &*self.member, hold, reward.name, state], "{shown}{}", self.story());
        let links = (shown["reward"]["id"].as_str(), shown["hold"]["redemptionId"].as_str());
        assert_eq!(links, (Some(self.shelf.id_of(expected.reward)), Some(id)), "{shown}{}", self.story());
        let amounts = (number(&shown["price"]), number(&shown["points"]), shown["quantity"].as_i64().unwrap());
        let points = self.account.holds[expected.hold].amount;
        assert_eq!(amounts, (reward.price, points, expected.quantity), "{shown}{}", self.story());
        let reason = (state == "CANCELLED").then_some(REASON);
        let end = (shown["closedAt"].is_null(), shown["reason"].as_str());
        assert_eq!(end, (state == "PENDING", reason), "{shown}{}", self.story());
        let source = |part: &Value| (text(&part["source"]), number(&part["points"]));
        let sources: BTreeMap<_, _> = shown["sources"].as_array().unwrap().iter().map(source).collect();
        let expected = self.account.sources_of(expected);
        let expected: BTreeMap<_, _> = expected.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
        assert_eq!(sources, expected, "{shown}{}", self.story());
    }
}
