//! What tests begin with.

use harness::Client;
use serde_json::{Value, json};

/// The least input a community needs.
pub fn community_input(name: &str) -> Value {
    json!({
        "name": name,
        "type": "INTEREST",
        "positioning": "INTEREST_SOCIAL",
        "platform": "WECHAT",
        "valueProposition": "Meets every week and reads one book together."
    })
}

/// An object with some of its fields replaced or added.
pub fn with(mut object: Value, changes: Value) -> Value {
    if let (Some(object), Value::Object(changes)) = (object.as_object_mut(), changes) {
        object.extend(changes);
    }
    object
}

/// Proves again who the signed-in person is: what needs a fresh proof needs it every five minutes.
pub async fn proved_anew(client: &Client) {
    client.run("StepUp", json!({ "input": { "password": harness::PASSWORD } })).await.payload("stepUp");
}

/// The same, for whoever goes on for longer than an access token is good, which is ten minutes: the client and its clones
/// have another one.
pub async fn renewed(client: &Client) {
    let variables = json!({ "input": { "refreshToken": client.session().refresh_token } });
    client.renew(client.run_anonymously("SessionRefresh", variables).await.payload("sessionRefresh"));
    proved_anew(client).await;
}

/// A new community; gives the payload's object.
pub async fn community(client: &Client, name: &str) -> Value {
    community_from(client, community_input(name)).await
}

/// A new community from this input.
pub async fn community_from(client: &Client, input: Value) -> Value {
    let answer = client.run("CommunityCreate", json!({ "input": input })).await;
    answer.payload("communityCreate")["community"].clone()
}

/// A new member; gives the payload's object.
pub async fn member(client: &Client, name: &str) -> Value {
    member_from(client, json!({ "displayName": name })).await
}

/// A new member from this input.
pub async fn member_from(client: &Client, input: Value) -> Value {
    let answer = client.run("MemberCreate", json!({ "input": input })).await;
    answer.payload("memberCreate")["member"].clone()
}

/// Lets a member join a community.
pub async fn joined(client: &Client, community: &Value, member: &Value, tier: &str) {
    let input = json!({ "communityId": community["id"], "memberId": member["id"], "tier": tier });
    let answer = client.run("CommunityMemberAdd", json!({ "input": input })).await;
    answer.payload("communityMemberAdd");
}

/// Members from up to 1,000 rows of an import, none of which is refused; gives their ids.
pub async fn imported(client: &Client, rows: Vec<Value>) -> Vec<Value> {
    let answer = client.run("MembersImport", json!({ "input": { "rows": rows } })).await;
    let outcomes = answer.payload("membersImport")["outcomes"].as_array().unwrap();
    let refused = outcomes.iter().find(|outcome| outcome["status"] == "REFUSED");
    assert!(refused.is_none(), "{refused:?}");
    outcomes.iter().map(|outcome| outcome["memberId"].clone()).collect()
}
