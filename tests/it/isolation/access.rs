//! The cases about what members do for themselves.

use serde_json::json;

use super::cases::{Case, case, input, mutation};
use crate::given;

/// Those for mini programs and for the systems behind them; people are told nothing by them, whatever their tenant.
pub(crate) fn of_access() -> Vec<Case> {
    let me = "query { answer: me { id displayName communities(first: 3) { totalCount } } }";
    vec![
        case("me", me.to_owned(), |_| json!({})),
        case("memberTokenCreate", mutation("memberTokenCreate", "expiresAt"), |things| {
            input(things, json!({ "memberId": things.member }))
        }),
        case("myCheckIn", mutation("myCheckIn", "checkIn { id } me { id displayName }"), |things| {
            input(things, json!({ "communityId": things.community }))
        }),
        case("myCheckInMakeUp", mutation("myCheckInMakeUp", "checkIn { id } me { id displayName }"), |things| {
            input(things, json!({ "day": things.missed_day }))
        }),
        case(
            "myRedemptionCreate",
            mutation("myRedemptionCreate", "redemption { id rewardName } me { id displayName }"),
            |things| input(things, json!({ "rewardId": things.reward })),
        ),
        case(
            "mySubmissionCreate",
            mutation("mySubmissionCreate", "submission { id title } me { id displayName }"),
            |things| {
                let work = json!({ "kind": "TEXT", "title": "A walk", "body": "Up the hill." });
                input(things, given::with(work, json!({ "communityId": things.community })))
            },
        ),
        case(
            "mySubmissionRevise",
            mutation("mySubmissionRevise", "submission { id title } me { id displayName }"),
            |things| {
                let work = json!({ "title": "A longer walk", "body": "Up the hill." });
                input(things, given::with(work, json!({ "submissionId": things.submission })))
            },
        ),
        case(
            "mySubmissionWithdraw",
            mutation("mySubmissionWithdraw", "submission { id title } me { id displayName }"),
            |things| input(things, json!({ "submissionId": things.submission })),
        ),
    ]
}
