//! The cases about leaderboards.

use serde_json::{Value, json};

use super::cases::{Case, case};
use super::things::Things;

pub(super) fn of_leaderboards() -> Vec<Case> {
    let document = "query($community: ID!, $member: ID!) {
        answer: leaderboard(communityId: $community, period: MONTH) {
            communityId
            entries(first: 3) { totalCount nodes { rank points memberId member { displayName } } }
            standing(memberId: $member) { rank points member { displayName } } } }";
    let own = |things: &Things| of(&things.community, &things.member);
    vec![case("leaderboard", document.to_owned(), own).tried_as(|things, own| {
        vec![
            of(&things.community, &things.member),
            of(&own.community, &things.member),
            of(&things.community, &own.member),
        ]
    })]
}

fn of(community: &str, member: &str) -> Value {
    json!({ "community": community, "member": member })
}
