//! What members give each other: it stays good as long as it was, and somebody has it, whatever else happens.

mod idempotency;
mod races;
mod refusals;
mod reversals;
mod sight;
mod throng;
mod words;

use harness::{Client, Response, Tenant, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{Balances, balances_of, entries_of, let_transfer, members, number, partner, proof, text, verify};
use crate::given;
use crate::growth::stands;
use crate::leaderboards::Club;

/// A tenant whose members give each other points, and a partner's system that asks for it.
struct Circle {
    owner: Client,
    client: Client,
    members: Vec<String>,
}

impl Circle {
    async fn open(tenant: &Tenant<'_>, count: usize) -> Self {
        let owner = tenant.owner().await;
        let_transfer(&owner).await;
        let members = members(&owner, count).await;
        Self { client: partner(&owner, json!({})).await, owner, members }
    }

    /// Gives new points to one of them; gives the entry's id.
    async fn award(&self, place: usize, amount: i64, changes: Value) -> Value {
        let input = json!({ "memberId": self.members[place], "amount": amount, "reason": "Thanks" });
        self.send("PointsAward", given::with(input, changes)).await.payload("pointsAward")["entry"]["id"].clone()
    }

    async fn deduct(&self, place: usize, amount: i64) {
        let input = json!({ "memberId": self.members[place], "amount": amount, "reason": "Spent" });
        self.send("PointsDeduct", input).await.payload("pointsDeduct");
    }

    /// Lets one of them give another so many points.
    async fn give(&self, (from, to): (usize, usize), amount: i64) -> Response {
        self.send("PointsTransfer", self.present((from, to), amount)).await
    }

    /// The same, which is not refused; gives the transfer.
    async fn given(&self, who: (usize, usize), amount: i64) -> Value {
        self.give(who, amount).await.payload("pointsTransfer")["transfer"].clone()
    }

    fn present(&self, (from, to): (usize, usize), amount: i64) -> Value {
        json!({ "fromMemberId": self.members[from], "toMemberId": self.members[to], "amount": amount,
            "reason": "Tea" })
    }

    async fn reverse(&self, entry: &Value) -> Response {
        self.send("PointsReverse", json!({ "entryId": entry, "reason": "Oops" })).await
    }

    /// Under a key of its own.
    async fn send(&self, operation: &str, input: Value) -> Response {
        let input = given::with(json!({ "idempotencyKey": absent_id("key") }), input);
        self.client.run(operation, json!({ "input": input })).await
    }

    async fn balances(&self, place: usize) -> Balances {
        balances_of(&self.client, &self.members[place]).await
    }

    /// What one of them can spend.
    async fn available(&self, place: usize) -> i64 {
        self.balances(place).await.available
    }

    /// Source, what is left to spend, and the last good day of each lot, in the order in which they are spent.
    async fn lots(&self, place: usize) -> Vec<(String, i64, Option<String>)> {
        let page = json!({ "by": { "id": self.members[place] }, "at": "2020-01-01T00:00:00Z" });
        let answer = self.client.run("MemberPoints", page).await;
        let lot = |lot: &Value| (text(&lot["source"]), number(&lot["available"]), day(&lot["expiresOn"]));
        answer.data("member.points.lots").as_array().unwrap().iter().map(lot).collect()
    }
}

fn day(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Source, amount, and the last good day of an entry's parts.
fn parts(entry: &Value) -> Vec<(&str, i64, Option<&str>)> {
    let lots = entry["lots"].as_array().unwrap().iter();
    lots.map(|lot| (lot["source"].as_str().unwrap(), number(&lot["amount"]), lot["expiresOn"].as_str())).collect()
}

#[test]
fn what_is_given_to_another_keeps_its_sources_and_its_last_days() {
    run(async {
        let app = TestApp::start().await;
        let circle = Circle::open(&app.tenant("given").await, 2).await;
        let (owner, client) = (&circle.owner, &circle.client);
        let ever = json!({ "points": { "lifetimeMonths": null, "source": "The council of the test" } });
        owner.run("TenantPolicyUpdate", json!({ "input": ever })).await.payload("tenantPolicyUpdate");
        for (source, amount, day) in [
            ("INVITE", 25, None),
            ("CAMPAIGN", 20, Some("2030-06-30")),
            ("CHECK_IN", 30, Some("2030-01-31")),
            ("PURCHASE", 30, Some("2030-01-31")),
            ("PURCHASE", 10, Some("2030-01-31")),
        ] {
            circle.award(0, amount, json!({ "source": source, "expiresOn": day })).await;
        }
        let later = json!({ "availableAt": "2029-01-01T00:00:00Z", "expiresOn": "2030-12-31" });
        let award = circle.award(0, 500, later).await;
        let hold = json!({ "memberId": circle.members[0], "amount": 10, "reason": "A pot" });
        circle.send("PointsHoldCreate", hold).await.payload("pointsHoldCreate");
        let owed = async || {
            let answer = client.run("PointsLiability", json!({})).await;
            ["total", "months", "neverExpiring"].map(|part| answer.data("pointsLiability")[part].clone())
        };
        let owed_before = owed().await;

        let input = given::with(circle.present((0, 1), 95), json!({ "reference": "gift-1" }));
        let transfer = circle.send("PointsTransfer", input).await.payload("pointsTransfer")["transfer"].clone();
        let (sent, received) = (&transfer["sent"], transfer["received"].as_array().unwrap());
        assert_eq!(transfer["amount"], "95");
        let sides = ["from", "to"].map(|side| text(&transfer[side]["id"]));
        assert_eq!(sides, [circle.members[0].clone(), circle.members[1].clone()]);
        // What is held stays held, and what is pending stays where it is.
        let january = Some("2030-01-31");
        let taken = [
            ("CHECK_IN", 20, january),
            ("PURCHASE", 30, january),
            ("PURCHASE", 10, january),
            ("CAMPAIGN", 20, Some("2030-06-30")),
            ("INVITE", 15, None),
        ];
        assert_eq!(parts(sent), taken);
        let had: Vec<_> = received.iter().flat_map(parts).collect();
        let expected = [
            ("CHECK_IN", 20, january),
            ("PURCHASE", 40, january),
            ("CAMPAIGN", 20, Some("2030-06-30")),
            ("INVITE", 15, None),
        ];
        assert_eq!(had, expected);
        let none = Balances::default();
        let giver = Balances { issued: 615, pending: 500, available: 10, held: 10, transferred: 95, ..none };
        assert_eq!(circle.balances(0).await, giver);
        assert_eq!(circle.balances(1).await, Balances { available: 95, transferred: -95, ..none });
        assert_eq!(owed().await, owed_before);

        let words = |entry: &Value| ["kind", "from", "to", "availableDelta"].map(|field| text(&entry[field]));
        assert_eq!(words(sent), ["TRANSFER_OUT", "AVAILABLE", "TRANSFERRED", "-95"]);
        let entries = entries_of(client, &circle.members[1]).await;
        assert_eq!(ids(&entries), ids(received));
        for (entry, (_, amount, _)) in entries.iter().zip(expected) {
            assert_eq!(words(entry), ["TRANSFER_IN", "TRANSFERRED", "AVAILABLE", &amount.to_string()]);
            assert_eq!((&entry["reason"], &entry["reference"]), (&json!("Tea"), &json!("gift-1")));
        }
        assert_eq!(entries[3]["balanceAfter"]["available"], "95");
        for entry in received.iter().chain([sent]) {
            assert_eq!(entry["transferId"], sent["id"]);
            let told = told(client, &entry["id"]).await;
            assert_eq!((&told["amount"], &told["sent"]["id"]), (&json!("95"), &sent["id"]));
            assert_eq!([&told["from"]["id"], &told["to"]["id"]], sides.each_ref());
            assert_eq!(ids(told["received"].as_array().unwrap()), ids(received));
        }
        assert_eq!(told(client, &award).await, Value::Null);
        assert_eq!(redeemed(owner, &circle.members[1], 60).await, ["CHECK_IN 20", "PURCHASE 40"]);
        proof(client).await;
        verify(&app).await;
    });
}

#[test]
fn what_was_received_is_given_on_and_is_good_no_longer_than_before() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("given-on").await, 3).await;
        circle.award(0, 40, json!({ "source": "PURCHASE", "expiresOn": "2030-01-31" })).await;
        circle.award(1, 10, json!({ "source": "CHECK_IN", "expiresOn": "2029-12-31" })).await;
        circle.given((0, 1), 30).await;
        let transfer = circle.given((1, 2), 25).await;
        let early = ("CHECK_IN", 10, Some("2029-12-31"));
        assert_eq!(parts(&transfer["sent"]), [early, ("PURCHASE", 15, Some("2030-01-31"))]);
        let january = Some("2030-01-31".to_owned());
        assert_eq!(circle.lots(1).await, [("PURCHASE".to_owned(), 15, january.clone())]);
        let had =
            [("CHECK_IN".to_owned(), 10, Some("2029-12-31".to_owned())), ("PURCHASE".to_owned(), 15, january.clone())];
        assert_eq!(circle.lots(2).await, had);
        // And back: who gave has another lot of it.
        circle.given((2, 0), 25).await;
        let mut sums = Vec::new();
        for place in 0..3 {
            let Balances { issued, available, transferred, .. } = circle.balances(place).await;
            sums.push((issued, available, transferred));
        }
        assert_eq!(sums, [(40, 35, 5), (10, 15, -5), (0, 0, 0)]);
        proof(&circle.client).await;
    });
}

#[test]
fn who_is_given_points_by_another_has_not_earned_them() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::open(app, "given-not-earned", 2).await;
        let_transfer(&club.owner).await;
        let [giver, receiver] = [0, 1].map(|place| club.members[place].clone());
        club.award(0, 500).await;
        let given = super::transfer(&club.client, (&giver, &receiver), 450, "give").await;
        let sent = given.payload("pointsTransfer")["transfer"]["sent"]["id"].clone();
        // What is awarded behind it is counted behind it.
        club.award(1, 1).await;
        club.award(0, 1).await;
        club.shows(("MONTH", None), &[(0, 501), (1, 1)]).await;
        stands(&club.client, &giver, ("CONTRIBUTOR", 501)).await;
        stands(&club.client, &receiver, ("NEWCOMER", 1)).await;
        crate::growth::reversed(&club.client, &sent).await;
        club.award(1, 1).await;
        club.award(0, 1).await;
        club.shows(("MONTH", None), &[(0, 502), (1, 2)]).await;
        stands(&club.client, &giver, ("CONTRIBUTOR", 502)).await;
        stands(&club.client, &receiver, ("NEWCOMER", 2)).await;
    });
}

fn ids(entries: &[Value]) -> Vec<&Value> {
    entries.iter().map(|entry| &entry["id"]).collect()
}

/// The transfer as it is told by one of its entries.
async fn told(client: &Client, entry: &Value) -> Value {
    let document = "query($id: ID!) { pointsEntry(id: $id) { transferId
        transfer { amount from { id } to { id } sent { id } received { id } } } }";
    let answer = client.query(document, json!({ "id": entry })).await;
    let told = answer.data("pointsEntry");
    assert!(told["transferId"].is_null() || told["transferId"] == told["transfer"]["sent"]["id"], "{told}");
    told["transfer"].clone()
}

/// Redeems something at this price; tells what it was paid with.
async fn redeemed(owner: &Client, member: &str, price: i64) -> Vec<String> {
    let run = async |operation: &str, field: &str, input: Value| {
        owner.run(operation, json!({ "input": input })).await.payload(field).clone()
    };
    let made = run("RewardCreate", "rewardCreate", json!({ "name": "Mug", "price": price })).await;
    let reward = &made["reward"]["id"];
    let active = json!({ "rewardId": reward, "state": "ACTIVE" });
    run("RewardStateSet", "rewardStateSet", active).await;
    let order = json!({ "rewardId": reward, "memberId": member, "idempotencyKey": "mug" });
    let redemption = run("RedemptionCreate", "redemptionCreate", order).await["redemption"].clone();
    let source = |one: &Value| format!("{} {}", text(&one["source"]), text(&one["points"]));
    let mut sources: Vec<_> = redemption["sources"].as_array().unwrap().iter().map(source).collect();
    sources.sort();
    sources
}
