//! Two members who take steps of their own, and now and then one together: what one gives the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use harness::Client;
use serde_json::{Value, json};

use super::super::model::{Balances, Moment, Transfer, date, day_of, undo};
use super::super::{balances, number, text};
use super::{Sequence, Shelf};
use crate::chance::Chance;

pub struct Pair {
    pub members: [Sequence; 2],
    transfers: Vec<Given>,
    tries: usize,
    /// As the members have it.
    chances: Chance,
    chance: Chance,
}

/// A transfer, and what the product calls its entries.
struct Given {
    giver: usize,
    transfer: Transfer,
    sent: String,
    received: Vec<String>,
}

impl Pair {
    pub fn new(ids: [String; 2], chance: &mut Chance, shelf: &Arc<Shelf>) -> Self {
        let members = ids.map(|id| Sequence::new(id, chance.fork(), Arc::clone(shelf)));
        let mut chances = chance.fork();
        Self { members, transfers: Vec::new(), tries: 0, chance: chances.fork(), chances }
    }

    /// The next step of each, and perhaps one of both.
    pub async fn step(self, client: Client, moment: Moment) -> Self {
        let [one, other] = self.members;
        let members = [one.step(client.clone(), moment).await, other.step(client.clone(), moment).await];
        let mut pair = Self { members, ..self };
        pair.chance = pair.chances.fork();
        match pair.chance.below(12) {
            0..3 => pair.give(&client, moment).await,
            3 if !pair.transfers.is_empty() => pair.undo(&client, moment).await,
            _ => {}
        }
        pair
    }

    pub async fn settled(self, client: Client, moment: Moment) -> Self {
        let [one, other] = self.members;
        let members = [one.settled(client.clone(), moment).await, other.settled(client, moment).await];
        Self { members, ..self }
    }

    pub async fn compare_details(self, client: Client) -> Self {
        let [one, other] = self.members;
        let members = [one.compare_details(client.clone()).await, other.compare_details(client).await];
        Self { members, ..self }
    }

    pub async fn compare_past(self, client: Client) -> Self {
        let [one, other] = self.members;
        let members = [one.compare_past(client.clone()).await, other.compare_past(client).await];
        Self { members, ..self }
    }

    /// How much was given, and not taken back.
    pub fn given(&self) -> i64 {
        self.members.iter().map(|one| one.account.balances.transferred.abs()).sum()
    }

    async fn give(&mut self, client: &Client, moment: Moment) {
        let place = self.chance.below(2) as usize;
        let key = self.key(moment, |key| format!("{key}: member {place} gives"));
        let (giver, receiver) = in_order(&mut self.members, place);
        giver.account.settle(moment.now);
        let amount = giver.spending();
        let input = json!({ "fromMemberId": giver.member, "toMemberId": receiver.member,
            "amount": giver.spelt(amount), "reason": "because it is so", "idempotencyKey": key });
        let answer = client.run("PointsTransfer", json!({ "input": input })).await;
        let done = giver.account.give(amount, moment.now);
        let expected = done.as_ref().err().map(|refusal| (*refusal).to_owned());
        let refusals = answer.user_errors("pointsTransfer");
        assert_eq!(refusals, expected.as_slice(), "{amount}: {}{}", answer.raw, giver.story());
        if self.chance.below(10) == 0 {
            let again = client.run("PointsTransfer", json!({ "input": input })).await;
            assert_eq!(again.user_errors("pointsTransfer"), refusals, "{}{}", again.raw, giver.story());
            let sent = "pointsTransfer.transfer.sent.id";
            assert_eq!(again.partial(sent), answer.partial(sent), "{}{}", again.raw, giver.story());
        }
        if let Ok(transfer) = done {
            let shown = &answer.payload("pointsTransfer")["transfer"];
            let given = Given { giver: place, transfer, sent: text(&shown["sent"]["id"]), received: Vec::new() };
            self.transfers.push(learned(given, &mut self.members, shown, moment));
            let (giver, receiver) = in_order(&mut self.members, place);
            giver.agree(client, Some(balances(&shown["from"]["points"]))).await;
            receiver.agree(client, Some(balances(&shown["to"]["points"]))).await;
        }
    }

    async fn undo(&mut self, client: &Client, moment: Moment) {
        let place = self.chance.below(self.transfers.len() as u64) as usize;
        let key = self.key(moment, |key| format!("{key}: transfer {place} is taken back"));
        let Given { giver, transfer, sent, received } = &mut self.transfers[place];
        let (giver, receiver) = in_order(&mut self.members, *giver);
        // Whichever of its entries is named.
        let named = self.chance.below(received.len() as u64 + 1) as usize;
        let entry = received.get(named).unwrap_or(sent);
        let input = json!({ "entryId": entry, "reason": "because it is so", "idempotencyKey": key });
        let answer = client.run("PointsReverse", json!({ "input": input })).await;
        let done = undo((&mut giver.account, &mut receiver.account), transfer, moment.now);
        let expected = done.as_ref().err().map(|refusal| (*refusal).to_owned());
        let refusals = answer.user_errors("pointsReverse");
        assert_eq!(refusals, expected.as_slice(), "{}{}{}", answer.raw, giver.story(), receiver.story());
        let Ok((back, taken)) = done else { return };
        let payload = answer.payload("pointsReverse");
        giver.compare_posting(&back, &payload["entry"]);
        assert_eq!(payload["entry"]["reversesId"], *sent, "{}", giver.story());
        giver.agree(client, Some(balances(&payload["member"]["points"]))).await;
        receiver.agree(client, None).await;
        compare_taken(client, receiver, (received.as_slice(), taken)).await;
    }

    /// A key that nothing else has. Both members' stories tell what it is for.
    fn key(&mut self, moment: Moment, what: impl Fn(&str) -> String) -> String {
        self.tries += 1;
        let key = format!("{}-{}-{}", self.members[0].member, self.members[1].member, self.tries);
        for one in &mut self.members {
            one.history.push(format!("on {} {}", date(day_of(moment.now)), what(&key)));
        }
        key
    }
}

/// Compares what is shown of a transfer, and learns what its entries and lots are called.
fn learned(mut given: Given, members: &mut [Sequence; 2], shown: &Value, moment: Moment) -> Given {
    let (giver, receiver) = in_order(members, given.giver);
    let transfer = &mut given.transfer;
    giver.compare_posting(&transfer.entry, &shown["sent"]);
    assert_eq!(number(&shown["amount"]), transfer.entry.amount, "{shown}{}", giver.story());
    // Lots of one moment are spent in the order of their names.
    let mut received = shown["received"].as_array().unwrap().clone();
    received.sort_by_key(|entry| text(&entry["id"]));
    transfer.parts.sort_by_key(|part| {
        let is_it = |entry: &Value| {
            let (lot, day) = (&entry["lots"][0], part.expires_on());
            lot["source"] == part.source && lot["expiresOn"].as_str() == day.as_deref()
        };
        received.iter().position(is_it)
    });
    let entries = receiver.account.receive(transfer, moment.now);
    assert_eq!(received.len(), entries.len(), "{shown}{}", giver.story());
    receiver.lots.extend(received.iter().map(|entry| text(&entry["lots"][0]["lotId"])));
    for (expected, entry) in entries.iter().zip(&received) {
        receiver.compare_moves(expected, entry);
        assert_eq!(entry["transferId"], given.sent, "{shown}{}", giver.story());
    }
    let last = received.iter().max_by_key(|entry| number(&entry["number"])).expect("something was given");
    let Balances { pending, available, held, .. } = receiver.account.balances;
    let after = ["pending", "available", "held"].map(|account| number(&last["balanceAfter"][account]));
    assert_eq!(after, [pending, available, held], "{shown}{}", receiver.story());
    given.received = received.iter().map(|entry| text(&entry["id"])).collect();
    given
}

/// Each of the receiver's entries was undone, and together they took what is expected, whatever each of them took.
async fn compare_taken(client: &Client, receiver: &Sequence, (received, taken): (&[String], Vec<(usize, i64)>)) {
    let page = json!({ "by": { "id": receiver.member }, "at": "2020-01-01T00:00:00Z", "first": received.len() });
    let answer = client.run("MemberPoints", page).await;
    let mut told = BTreeMap::new();
    let mut undone = Vec::new();
    for edge in answer.data("member.points.entries.edges").as_array().unwrap() {
        undone.push(text(&edge["node"]["reversesId"]));
        for part in edge["node"]["lots"].as_array().unwrap() {
            let place = receiver.lots.iter().position(|id| part["lotId"] == **id).expect("a lot of this member");
            *told.entry(place).or_insert(0) += number(&part["amount"]);
        }
    }
    undone.sort();
    assert_eq!(undone, received, "{}{}", answer.raw, receiver.story());
    let taken: BTreeMap<_, _> = taken.into_iter().collect();
    assert_eq!(told, taken, "{}{}", answer.raw, receiver.story());
}

/// Who gives, and who is given.
fn in_order(members: &mut [Sequence; 2], giver: usize) -> (&mut Sequence, &mut Sequence) {
    let [one, other] = members;
    if giver == 0 { (one, other) } else { (other, one) }
}
