//! Random scores: pages of every size are pieces of the order of a small model.

use harness::{TestApp, run};
use serde_json::{Value, json};

use super::{Club, Place, nodes, place, ranks_are_whole, unique};
use crate::chance::Chance;
use crate::points::unlimited;

const MEMBERS: usize = 120;
const ROUNDS: usize = 12;
const PAGES: usize = 25;

#[test]
fn pages_are_pieces_of_the_whole_order_forward_and_backward() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let club = Club::open(&app, "board-paging", MEMBERS).await;
        let mut chance = Chance::new("pages_are_pieces_of_the_whole_order");
        // Points, and the round of the last award: few numbers, so that many are equal.
        let mut scores = vec![(0, 0); MEMBERS];
        for round in 0..ROUNDS {
            let mut awards = Vec::new();
            for (member, score) in club.members.iter().zip(&mut scores) {
                if chance.below(6) == 0 {
                    let amount = 1 + chance.below(3) as i64;
                    *score = (score.0 + amount, round);
                    awards.push(json!({ "memberId": member, "amount": amount, "reason": "Thanks" }));
                }
            }
            if !awards.is_empty() {
                let input = json!({ "awards": awards, "idempotencyKey": unique() });
                club.client.run("PointsAwardBulk", json!({ "input": input })).await.payload("pointsAwardBulk");
            }
        }
        let mut order: Vec<_> = club.members.iter().zip(&scores).filter(|(_, score)| score.0 > 0).collect();
        order.sort_by_key(|(member, score)| (-score.0, score.1, (*member).clone()));
        let order: Vec<Place> = order.iter().map(|(member, score)| ((*member).clone(), score.0)).collect();
        let entries = club.comes_to(("MONTH", None), &order).await;
        assert!(order.len() > MEMBERS / 2, "too little has happened");
        for size in [1, 7, 100] {
            assert_eq!(club.board("MONTH", None, size).await, entries);
        }
        let cursors = cursors(&club, order.len()).await;
        for _ in 0..PAGES {
            piece(&club, &mut chance, (&entries, &cursors)).await;
        }
        for _ in 0..5 {
            let number = chance.below(order.len() as u64) as usize;
            let standing = club.standing("MONTH", None, &order[number].0).await;
            assert_eq!((&standing["rank"], place(&standing)), (&json!(number + 1), order[number].clone()));
        }
    });
}

async fn cursors(club: &Club, count: usize) -> Vec<Value> {
    let mut cursors = Vec::new();
    while cursors.len() < count {
        let after = cursors.last().cloned().unwrap_or(Value::Null);
        let page = club.page("MONTH", None, json!({ "first": 100, "after": after })).await;
        cursors.extend(page["entries"]["edges"].as_array().unwrap().iter().map(|edge| edge["cursor"].clone()));
    }
    cursors
}

/// A page at a random place, either way.
async fn piece(club: &Club, chance: &mut Chance, (entries, cursors): (&[Value], &[Value])) {
    let (number, size) = (chance.below(entries.len() as u64) as usize, 1 + chance.below(40) as usize);
    let is_backward = chance.below(2) == 0;
    let (from, to) = match is_backward {
        true => (number.saturating_sub(size), number),
        false => (number + 1, (number + 1 + size).min(entries.len())),
    };
    let cursor = &cursors[number];
    let page = match is_backward {
        true => json!({ "last": size, "before": cursor }),
        false => json!({ "first": size, "after": cursor }),
    };
    let board = club.page("MONTH", None, page).await;
    let shown = nodes(&board["entries"]);
    assert_eq!(shown, entries[from..to]);
    ranks_are_whole(&shown, from + 1);
    let info = &board["entries"]["pageInfo"];
    let has_more = if is_backward { from > 0 } else { to < entries.len() };
    assert_eq!(info[if is_backward { "hasPreviousPage" } else { "hasNextPage" }], has_more);
}
