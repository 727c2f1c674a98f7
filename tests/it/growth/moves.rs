//! Up by awards, down by reversals, elsewhere by another path.

use std::time::Instant;

use harness::{TestApp, run};
use serde_json::{Value, json};

use super::{LIMIT, award, growth, moves, node_set, path, path_updated, reversed, stands};
use crate::points::{members, number};

#[test]
fn an_award_promotes_and_its_reversal_demotes_and_spending_does_neither() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-moves").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        award(&owner, &member, 99, "a").await;
        let low = stands(&owner, &member, ("NEWCOMER", 99)).await;
        assert_eq!((&low["toNext"], &low["since"]), (&json!("1"), &Value::Null));
        let large = award(&owner, &member, 2_400, "b").await;
        let high = stands(&owner, &member, ("CORE", 2_499)).await;
        assert_eq!((&high["nextNode"]["code"], &high["toNext"]), (&json!("AMBASSADOR"), &json!("2501")));
        let last = &high["moves"]["edges"][0]["node"];
        assert_eq!((&last["at"], &last["value"], &last["toName"]), (&high["since"], &json!("2499"), &json!("骨干")));
        assert!(last["actorId"].is_null() && last["text"].is_null());

        let deduct = json!({ "memberId": member, "amount": 90, "reason": "Spent", "idempotencyKey": "c" });
        let taken = owner.run("PointsDeduct", json!({ "input": deduct })).await;
        let taken = taken.payload("pointsDeduct")["entry"]["id"].clone();
        reversed(&owner, &taken).await;
        reversed(&owner, &large).await;
        stands(&owner, &member, ("NEWCOMER", 99)).await;
        let expected = ["PROMOTION EARNED NEWCOMER CORE", "DEMOTION REVERSED CORE NEWCOMER"];
        assert_eq!(moves(&owner, &member).await, expected);
    });
}

#[test]
fn a_thousand_who_are_given_points_stand_where_these_lead_within_about_a_second() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("growth-bulk").await.owner().await;
        let people = members(&owner, 1_000).await;
        let amounts = (0..1_000).map(|place| 1 + (place % 7) * 100);
        let row =
            |(member, amount): (&String, usize)| json!({ "memberId": member, "amount": amount, "reason": "Campaign" });
        let awards: Vec<_> = people.iter().zip(amounts).map(row).collect();
        // A debug build on SQLite takes its time for more.
        for (number, awards) in awards.chunks(200).enumerate() {
            let input = json!({ "awards": awards, "idempotencyKey": number.to_string() });
            owner.run("PointsAwardBulk", json!({ "input": input })).await.payload("pointsAwardBulk");
        }
        let start = Instant::now();
        // 1 is a newcomer's, 101 to 401 are an active member's, 501 and 601 a contributor's.
        let place = |rest: usize| (0..1_000).filter(|place| place % 7 == rest).count() as i64;
        let expected = [place(0), (1..=4).map(place).sum(), place(5) + place(6), 0, 0];
        loop {
            let answer = owner.run("GrowthPath", json!({})).await;
            let nodes = answer.data("growthPath.nodes").as_array().unwrap();
            let counts: Vec<_> = nodes.iter().map(|node| node["members"].as_i64().unwrap()).collect();
            if counts == expected {
                break;
            }
            assert!(start.elapsed() < LIMIT, "{counts:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        println!("1,000 members stand where they belong after {:?}", start.elapsed());
        for place in [0, 1, 5, 999] {
            let own = growth(&owner, &people[place]).await;
            assert_eq!(number(&own["value"]), 1 + (place as i64 % 7) * 100);
            assert_eq!(moves(&owner, &people[place]).await.len(), usize::from(place % 7 > 0));
        }
    });
}

#[test]
fn another_path_moves_everybody_whose_node_it_changes_and_says_so() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-path").await.owner().await;
        let people = members(&owner, 5).await;
        for (member, amount) in people.iter().zip([50, 100, 600, 2_500]) {
            award(&owner, member, amount, member).await;
        }
        stands(&owner, &people[3], ("CORE", 2_500)).await;
        let nodes = [("STARTER", 0), ("ACTIVE", 80), ("CORE", 600), ("LEGEND", 2_000)];
        path_updated(&owner, path(0, &nodes, None)).await.payload("growthPathUpdate");
        for (place, (node, value, expected)) in [
            ("STARTER", 50, vec!["SET PATH_CHANGED NEWCOMER STARTER"]),
            ("ACTIVE", 100, vec!["PROMOTION EARNED NEWCOMER ACTIVE"]),
            ("CORE", 600, vec!["PROMOTION EARNED NEWCOMER CONTRIBUTOR", "SET PATH_CHANGED CONTRIBUTOR CORE"]),
            ("LEGEND", 2_500, vec!["PROMOTION EARNED NEWCOMER CORE", "PROMOTION PATH_CHANGED CORE LEGEND"]),
            ("STARTER", 0, vec![]),
        ]
        .into_iter()
        .enumerate()
        {
            let own = stands(&owner, &people[place], (node, value)).await;
            assert_eq!(
                own["nextNode"]["code"].as_str(),
                nodes.iter().map(|(code, _)| *code).skip_while(|code| *code != node).nth(1)
            );
            assert_eq!(moves(&owner, &people[place]).await, expected);
        }
        let higher = [("STARTER", 0), ("ACTIVE", 80), ("CORE", 3_000), ("LEGEND", 9_000)];
        path_updated(&owner, path(1, &higher, None)).await.payload("growthPathUpdate");
        stands(&owner, &people[3], ("ACTIVE", 2_500)).await;
        assert_eq!(moves(&owner, &people[3]).await.last().unwrap(), "DEMOTION PATH_CHANGED LEGEND ACTIVE");
        let last = growth(&owner, &people[3]).await["moves"]["edges"][0]["node"].clone();
        assert_eq!((&last["pathVersion"], &last["fromName"]), (&json!(2), &json!("legend")));
    });
}

#[test]
fn a_node_set_by_hand_says_who_and_why_and_is_done_once() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("growth-by-hand").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        for _ in 0..2 {
            let answer = node_set(&owner, &member, ("CORE", Some("2028-02-29")), "a").await;
            let own = &answer.payload("growthNodeSet")["member"]["growth"];
            assert_eq!((&own["node"]["code"], &own["value"]), (&json!("CORE"), &json!("0")));
            assert_eq!(own["lockedUntil"], "2028-02-29");
        }
        let own = growth(&owner, &member).await;
        let made = &own["moves"]["edges"][0]["node"];
        assert_eq!((&made["text"], &made["lockedUntil"]), (&json!("A friend of the house"), &json!("2028-02-29")));
        assert!(made["actorId"].as_str().unwrap().starts_with("usr_"), "{made}");
        // What they earn meanwhile counts, and moves them where it leads further.
        award(&owner, &member, 600, "b").await;
        stands(&owner, &member, ("CORE", 600)).await;
        award(&owner, &member, 4_400, "c").await;
        stands(&owner, &member, ("AMBASSADOR", 5_000)).await;
        let expected = ["SET BY_HAND NEWCOMER CORE", "PROMOTION EARNED CORE AMBASSADOR"];
        assert_eq!(moves(&owner, &member).await, expected);
    });
}
