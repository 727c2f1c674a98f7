//! The cases about keys of partner systems.

use serde_json::{Value, json};

use super::cases::{Case, case, input, mixed, mutation};
use super::maker::{Maker, text};
use super::things::Things;

pub(super) fn of_keys() -> Vec<Case> {
    let document = |operation| mutation(operation, "partnerKey { id name state }");
    vec![
        case("partnerKeyCreate", document("partnerKeyCreate"), |things| {
            let scopes = json!(["members:read"]);
            input(things, json!({ "name": "New key", "scopes": scopes, "communityIds": [things.community] }))
        }),
        case("partnerKeyUpdate", document("partnerKeyUpdate"), |things| input(things, key_for(things, things)))
            .tried_as(|things, own| mixed(things, own, key_for)),
        case("partnerKeyRotate", document("partnerKeyRotate"), |things| input(things, json!({ "id": things.key }))),
        case("partnerKeyDisable", document("partnerKeyDisable"), |things| input(things, json!({ "id": things.key }))),
        case("partnerKeyEnable", document("partnerKeyEnable"), |things| {
            input(things, json!({ "id": things.disabled_key }))
        }),
        case("partnerKeyRevoke", document("partnerKeyRevoke"), |things| input(things, json!({ "id": things.key }))),
    ]
}

fn key_for(community: &Things, key: &Things) -> Value {
    json!({ "id": key.key, "name": "Renamed", "communityIds": [community.community] })
}

impl Maker {
    pub(super) async fn key(&self, name: &str, community: &Value) -> String {
        let input = json!({ "name": name, "scopes": ["members:read"], "communityIds": [community["id"]] });
        let answer = self.client.run("PartnerKeyCreate", json!({ "input": input })).await;
        text(&answer.payload("partnerKeyCreate")["partnerKey"]["id"])
    }

    pub(super) async fn disabled_key(&self, name: &str, community: &Value) -> String {
        let id = self.key(name, community).await;
        let answer = self.client.run("PartnerKeyDisable", json!({ "input": { "id": id } })).await;
        answer.payload("partnerKeyDisable");
        id
    }
}
