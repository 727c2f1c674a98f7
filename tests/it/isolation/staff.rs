//! The cases about who works for a tenant.

use harness::PASSWORD;
use serde_json::json;

use super::cases::{Case, case, input, mutation};

pub(super) fn of_staff() -> Vec<Case> {
    let document = |operation| mutation(operation, "invitation { id role status }");
    let person = |operation| mutation(operation, "staffMember { id role status }");
    vec![
        // Whoever has the letter's link is asked in, so another tenant can try forged ones only.
        case(
            "invitationAccept",
            mutation("invitationAccept", "tenant { slug }"),
            |things| json!({ "input": { "token": things.invitation_token, "password": PASSWORD } }),
        )
        .tried_as(|things, _| {
            vec![json!({ "input": { "token": things.forged_invitation_token, "password": PASSWORD } })]
        }),
        case("staffInvite", document("staffInvite"), |things| {
            input(things, json!({ "email": things.uninvited, "displayName": "Somebody", "role": "ANALYST" }))
        }),
        case("invitationResend", document("invitationResend"), |things| {
            input(things, json!({ "id": things.invitation }))
        }),
        case("invitationRevoke", document("invitationRevoke"), |things| {
            input(things, json!({ "id": things.invitation }))
        }),
        case("staffRoleSet", person("staffRoleSet"), |things| {
            input(things, json!({ "id": things.staff_member, "role": "OPERATOR" }))
        }),
        case("staffRemove", person("staffRemove"), |things| input(things, json!({ "id": things.staff_member }))),
        case("staffRestore", person("staffRestore"), |things| input(things, json!({ "id": things.staff_member }))),
    ]
}
