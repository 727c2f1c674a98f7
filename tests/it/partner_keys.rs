//! Partner systems and their keys.

mod restriction;

use std::time::Duration;

use harness::{Client, PASSWORD, Response, TestApp, absent_id, eventually, run};
use reqwest::Method;
use serde_json::{Value, json};

use crate::given;

#[test]
fn a_key_does_what_its_scopes_say_and_is_told_which_is_missing() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("scopes").await.owner().await;
        let made = key(&owner, json!({ "scopes": ["members:read", "communities:read"] })).await;
        let partner = owner.with_token(&made.secret);
        given::member(&owner, "Li Lei").await;
        let list = partner.run("MemberList", json!({})).await;
        assert_eq!(list.data("members.totalCount"), 1);

        let refused = partner.run("MemberCreate", json!({ "input": { "displayName": "Han" } })).await;
        assert_eq!(refused.error_codes(), ["FORBIDDEN"]);
        assert_eq!(refused.body["errors"][0]["extensions"]["requiredScopes"], json!(["members:write"]));
        let phone = "{ members { nodes { displayName phone } } }";
        let answer = partner.query(phone, json!({})).await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
        assert_eq!(answer.partial("members.nodes.0.displayName"), "Li Lei");
        let keys = partner.run("PartnerKeyList", json!({})).await;
        assert_eq!(keys.body["errors"][0]["extensions"]["requiredScopes"], json!(["keys:read"]));

        assert!(partner.run("Viewer", json!({})).await.data("viewer").is_null(), "a key is nobody's person");
        let own = partner.run("PartnerKeyGet", json!({})).await;
        assert_eq!(own.data("partnerKey.id"), &made.id);
        assert_eq!(own.data("partnerKey.scopes"), &json!(["members:read", "communities:read"]));
        assert!(owner.run("PartnerKeyGet", json!({})).await.data("partnerKey").is_null());
    });
}

#[test]
fn a_key_and_a_person_do_not_share_idempotency_keys() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("labels").await.owner().await;
        let made = key(&owner, json!({ "scopes": ["members:read", "members:write"] })).await;
        let partner = owner.with_token(&made.secret);
        let input = json!({ "input": { "displayName": "Li Lei", "idempotencyKey": "one" } });
        let by_owner = owner.run("MemberCreate", input.clone()).await.payload("memberCreate")["member"]["id"].clone();
        let by_key = partner.run("MemberCreate", input.clone()).await.payload("memberCreate")["member"]["id"].clone();
        assert_ne!(by_owner, by_key);
        let again = partner.run("MemberCreate", input).await;
        assert_eq!(again.payload("memberCreate")["member"]["id"], by_key);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
    });
}

#[test]
fn what_is_no_key_costs_no_statement_and_a_wrong_secret_is_as_good_as_an_unknown_key() {
    run(async {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant("malformed").await.owner().await;
        let (one, other) = (key(&owner, json!({})).await, key(&owner, json!({})).await);
        let mistyped = |place: usize| {
            let mut bytes = one.secret.clone().into_bytes();
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            String::from_utf8(bytes).unwrap()
        };
        let malformed = [
            "shq_live_".to_owned(),
            "shq_live_x".to_owned(),
            one.secret[..one.secret.len() - 1].to_owned(),
            format!("{}0", one.secret),
            one.secret.to_uppercase().replace("SHQ_LIVE_", "shq_live_"),
            mistyped(10),
            mistyped(70),
            mistyped(one.secret.len() - 1),
        ];
        app.database().await.outbox_is_drained().await;
        let mut answers = Vec::new();
        for token in &malformed {
            let before = app.server().log().len();
            answers.push(refused(&owner.with_token(token), "UNAUTHENTICATED").await);
            let log = app.server().log()[before..].to_owned();
            let statements: Vec<_> = log.lines().filter(|line| line.contains("db.statement")).collect();
            assert!(!statements.iter().any(|line| line.contains("partner_keys")), "{token}: {statements:#?}");
        }
        // The ids of one with the secret of the other; then those of a key that is not there.
        let secret_of_other = &other.secret[62..94];
        let absent = absent_id("key");
        for body in [
            format!("{}{secret_of_other}", &one.secret[..62]),
            format!("{}{}_{secret_of_other}", &one.secret[..35], &absent[4..]),
        ] {
            let before = app.server().log().len();
            answers.push(refused(&owner.with_token(&format!("{body}{}", checksum(&body))), "UNAUTHENTICATED").await);
            assert!(app.server().log()[before..].contains("partner_keys"), "with a checksum it is looked up");
        }
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
        works(&owner.with_token(&one.secret)).await;
    });
}

#[test]
fn a_key_ends_after_ninety_days_and_a_later_end_makes_it_good_again() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("expires").await;
        let made = key(&tenant.owner().await, json!({})).await;
        let partner = app.anonymous().with_token(&made.secret);
        works(&partner).await;
        app.installation().advance_clock(DAY * 90 - Duration::from_secs(60));
        works(&partner).await;
        app.installation().advance_clock(Duration::from_secs(60));
        let answer = refused(&partner, "UNAUTHENTICATED").await;
        assert_eq!(answer, "This key has expired.");
        let owner = tenant.owner().await;
        assert_eq!(shown(&owner, &made.id).await["state"], "EXPIRED");
        let input = json!({ "id": made.id, "expiresAt": "2999-01-01T00:00:00Z" });
        let too_late = owner.run("PartnerKeyUpdate", json!({ "input": input })).await;
        assert_eq!(too_late.user_errors("partnerKeyUpdate"), ["INVALID at expiresAt"]);
        let soon = soon(&shown(&owner, &made.id).await["expiresAt"]);
        let input = json!({ "id": made.id, "expiresAt": soon });
        owner.run("PartnerKeyUpdate", json!({ "input": input })).await.payload("partnerKeyUpdate");
        works(&partner).await;
    });
}

#[test]
fn a_key_is_good_from_its_addresses_and_forwarded_ones_count_from_trusted_proxies_only() {
    run(async {
        let ours = TestApp::with().env("SHEQUN_TRUSTED_PROXIES", "127.0.0.1").start().await;
        let owner = ours.tenant("behind-a-proxy").await.owner().await;
        let made = key(&owner, json!({ "networks": ["203.0.113.0/24", "2001:db8::7"] })).await;
        assert_eq!(shown(&owner, &made.id).await["networks"], json!(["203.0.113.0/24", "2001:db8::7"]));
        let partner = owner.with_token(&made.secret);
        for (forwarded, is_let_in) in [
            ("203.0.113.9", true),
            ("2001:db8::7", true),
            ("198.51.100.1", false),
            // The last hop that is no proxy of ours counts; what stands before it is its own word.
            ("203.0.113.9, 198.51.100.1", false),
            ("198.51.100.1, 203.0.113.9, 127.0.0.1", true),
            ("nonsense", false),
        ] {
            let answer = forwarded_for(&partner, forwarded).await;
            let expected: &[&str] = if is_let_in { &[] } else { &["FORBIDDEN"] };
            assert_eq!(answer.error_codes(), expected, "{forwarded}: {}", answer.raw);
            assert_eq!(answer.status, if is_let_in { 200 } else { 403 });
        }
        assert_eq!(refused(&partner, "FORBIDDEN").await, "This key may not be used from 127.0.0.1.");

        let alone = TestApp::shared().await;
        let owner = alone.tenant("no-proxy").await.owner().await;
        let made = key(&owner, json!({ "networks": ["203.0.113.9"] })).await;
        let answer = forwarded_for(&owner.with_token(&made.secret), "203.0.113.9").await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"], "nobody is trusted here");
        let here = key(&owner, json!({ "networks": ["127.0.0.1"] })).await;
        works(&owner.with_token(&here.secret)).await;
    });
}

#[test]
fn while_a_key_is_rotated_both_secrets_are_good_for_the_overlap_and_never_three() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("rotation").await;
        let owner = tenant.owner().await;
        let made = key(&owner, json!({})).await;
        let first = app.anonymous().with_token(&made.secret);
        let second = app.anonymous().with_token(&rotated(&owner, &made.id, json!({ "overlapSeconds": 3600 })).await);
        works(&first).await;
        works(&second).await;
        let third = app.anonymous().with_token(&rotated(&owner, &made.id, json!({})).await);
        refused(&first, "UNAUTHENTICATED").await;
        works(&second).await;
        works(&third).await;

        app.installation().advance_clock(DAY - Duration::from_secs(60));
        works(&second).await;
        app.installation().advance_clock(Duration::from_secs(120));
        refused(&second, "UNAUTHENTICATED").await;
        works(&third).await;

        let owner = tenant.owner().await;
        let fourth = app.anonymous().with_token(&rotated(&owner, &made.id, json!({ "overlapSeconds": 0 })).await);
        refused(&third, "UNAUTHENTICATED").await;
        works(&fourth).await;
        for seconds in [-1, 604_801] {
            let input = json!({ "id": made.id, "overlapSeconds": seconds });
            let answer = owner.run("PartnerKeyRotate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("partnerKeyRotate"), ["INVALID at overlapSeconds"]);
        }
        works(&fourth).await;
    });
}

#[test]
fn a_key_is_switched_off_and_on_at_once_and_revoked_for_good() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("switch").await.owner().await;
        let made = key(&owner, json!({})).await;
        let partner = owner.with_token(&made.secret);
        works(&partner).await;
        for _ in 0..2 {
            assert_eq!(switched(&owner, "PartnerKeyDisable", &made.id).await["state"], "DISABLED");
            assert_eq!(refused(&partner, "UNAUTHENTICATED").await, "This key is switched off.");
            assert_eq!(switched(&owner, "PartnerKeyEnable", &made.id).await["state"], "ACTIVE");
            works(&partner).await;
        }
        let input = json!({ "id": made.id, "scopes": ["communities:read"] });
        owner.run("PartnerKeyUpdate", json!({ "input": input })).await.payload("partnerKeyUpdate");
        assert_eq!(partner.run("MemberList", json!({})).await.error_codes(), ["FORBIDDEN"], "at once too");

        assert_eq!(switched(&owner, "PartnerKeyRevoke", &made.id).await["state"], "REVOKED");
        assert_eq!(refused(&partner, "UNAUTHENTICATED").await, "This key is revoked.");
        switched(&owner, "PartnerKeyRevoke", &made.id).await;
        for operation in ["PartnerKeyEnable", "PartnerKeyDisable", "PartnerKeyUpdate", "PartnerKeyRotate"] {
            let answer = owner.run(operation, json!({ "input": { "id": made.id } })).await;
            let field = format!("p{}", &operation[1..]);
            assert_eq!(answer.user_errors(&field), ["INVALID at id"], "{operation}");
        }
    });
}

#[test]
fn the_last_use_is_noted_once_a_minute_with_its_address() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("last-use").await;
        let owner = tenant.owner().await;
        let made = key(&owner, json!({})).await;
        assert!(shown(&owner, &made.id).await["lastUsedAt"].is_null());
        let partner = owner.with_token(&made.secret);
        works(&partner).await;
        eventually("the use is noted", Duration::from_secs(5), || async {
            shown(&owner, &made.id).await["lastUsedAt"].is_string()
        })
        .await;
        let first = shown(&owner, &made.id).await;
        assert_eq!(first["lastUsedAddress"], "127.0.0.1");
        assert_eq!(first["version"], 1, "a use is no change");
        for _ in 0..5 {
            works(&partner).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(shown(&owner, &made.id).await["lastUsedAt"], first["lastUsedAt"]);
        app.installation().advance_clock(Duration::from_secs(61));
        works(&partner).await;
        eventually("the use is noted again", Duration::from_secs(5), || async {
            shown(&owner, &made.id).await["lastUsedAt"] != first["lastUsedAt"]
        })
        .await;
    });
}

#[test]
fn a_secret_is_shown_once_and_is_neither_in_the_log_nor_in_the_storage() {
    run(async {
        let app = TestApp::with().env("SHEQUN_LOG", "debug,shequn::sql=debug").start().await;
        let tenant = app.tenant("secrets").await;
        let owner = tenant.owner().await;
        let input = json!({ "name": "Shop", "scopes": ["members:read"], "idempotencyKey": "one" });
        let first = owner.run("PartnerKeyCreate", json!({ "input": input })).await;
        let first = first.payload("partnerKeyCreate").clone();
        let secret = first["secret"].as_str().unwrap().to_owned();
        let again = owner.run("PartnerKeyCreate", json!({ "input": input })).await;
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        let again = again.payload("partnerKeyCreate");
        assert!(again["secret"].is_null());
        assert_eq!(again["partnerKey"]["id"], first["partnerKey"]["id"]);
        works(&owner.with_token(&secret)).await;
        let list = owner.run("PartnerKeyList", json!({})).await;
        assert_eq!(list.data("partnerKeys.totalCount"), 1);

        let input = json!({ "id": first["partnerKey"]["id"], "idempotencyKey": "two" });
        let rotated = owner.run("PartnerKeyRotate", json!({ "input": input })).await;
        let rotated_secret = rotated.payload("partnerKeyRotate")["secret"].as_str().unwrap().to_owned();
        let again = owner.run("PartnerKeyRotate", json!({ "input": input })).await;
        assert!(again.payload("partnerKeyRotate")["secret"].is_null());
        works(&owner.with_token(&secret)).await;
        works(&owner.with_token(&rotated_secret)).await;

        let database = app.database().await;
        let rows = format!("{:?}", database.snapshot(tenant.uuid(&database).await).await);
        let log = app.server().log();
        assert!(rows.contains("members:read"), "the dump shows keys");
        assert!(log.contains("INSERT INTO \\\"partner_keys\\\""), "the log shows statements");
        for token in [&secret, &rotated_secret] {
            let part = &token[62..94];
            let hex: String = part.bytes().map(|byte| format!("{byte:02x}")).collect();
            for place in [&rows, &log] {
                assert!(!place.contains(part) && !place.to_lowercase().contains(&hex), "the secret was kept");
            }
            assert_eq!(&token[..62], first["partnerKey"]["hint"].as_str().unwrap());
        }
    });
}

#[test]
fn what_makes_no_key_is_refused_field_by_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("refused").await.owner().await;
        for (changes, expected) in [
            (json!({ "name": " " }), "REQUIRED at name"),
            (json!({ "scopes": [] }), "REQUIRED at scopes"),
            (json!({ "scopes": ["members:read", "keys:read"] }), "INVALID at scopes.1"),
            (json!({ "scopes": ["staff:write"] }), "INVALID at scopes.0"),
            (json!({ "scopes": ["tenant:write"] }), "INVALID at scopes.0"),
            (json!({ "scopes": ["everything"] }), "INVALID at scopes.0"),
            (json!({ "communityIds": [] }), "REQUIRED at communityIds"),
            (json!({ "communityIds": ["com_x"] }), "INVALID at communityIds.0"),
            (json!({ "communityIds": [absent_id("com")] }), "NOT_FOUND at communityIds"),
            (json!({ "networks": ["10.0.0.0/8", "ten"] }), "INVALID at networks.1"),
            (json!({ "expiresAt": "2020-01-01T00:00:00Z" }), "INVALID at expiresAt"),
            (json!({ "expiresAt": "2999-01-01T00:00:00Z" }), "INVALID at expiresAt"),
        ] {
            let input = given::with(json!({ "name": "Shop", "scopes": ["members:read"] }), changes);
            let answer = owner.run("PartnerKeyCreate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("partnerKeyCreate"), [expected], "{input}");
            assert!(answer.data("partnerKeyCreate.secret").is_null());
        }
        let made = key(&owner, json!({})).await;
        for (changes, expected) in [
            (json!({ "scopes": ["keys:write"] }), "INVALID at scopes.0"),
            (json!({ "communityIds": [absent_id("com")] }), "NOT_FOUND at communityIds"),
            (json!({ "version": 7 }), "VERSION_CONFLICT at version"),
            (json!({ "id": absent_id("key") }), "NOT_FOUND at id"),
        ] {
            let input = given::with(json!({ "id": made.id }), changes);
            let answer = owner.run("PartnerKeyUpdate", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("partnerKeyUpdate"), [expected], "{input}");
        }
        assert_eq!(owner.run("PartnerKeyList", json!({})).await.data("partnerKeys.totalCount"), 1);
    });
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A new key: its id, and what its holder sends.
pub struct Made {
    pub id: Value,
    pub secret: String,
}

/// A key that reads members, but for these changes to its input.
pub async fn key(owner: &Client, changes: Value) -> Made {
    let input = given::with(json!({ "name": "Shop", "scopes": ["members:read"] }), changes);
    let answer = owner.run("PartnerKeyCreate", json!({ "input": input })).await;
    let payload = answer.payload("partnerKeyCreate");
    Made { id: payload["partnerKey"]["id"].clone(), secret: payload["secret"].as_str().unwrap().to_owned() }
}

pub async fn switched(owner: &Client, operation: &str, id: &Value) -> Value {
    let answer = owner.run(operation, json!({ "input": { "id": id } })).await;
    answer.payload(&format!("p{}", &operation[1..]))["partnerKey"].clone()
}

async fn rotated(owner: &Client, id: &Value, changes: Value) -> String {
    let input = given::with(json!({ "id": id }), changes);
    let answer = owner.run("PartnerKeyRotate", json!({ "input": input })).await;
    answer.payload("partnerKeyRotate")["secret"].as_str().unwrap().to_owned()
}

async fn shown(owner: &Client, id: &Value) -> Value {
    owner.run("PartnerKeyGet", json!({ "id": id })).await.data("partnerKey").clone()
}

pub async fn works(partner: &Client) {
    partner.run("MemberList", json!({})).await.data("members");
}

/// Fails unless the whole request is refused with this code; gives the message.
pub async fn refused(partner: &Client, code: &str) -> String {
    let answer = partner.run("MemberList", json!({})).await;
    answer.expect_request_error(code);
    answer.body["errors"][0]["message"].as_str().unwrap().to_owned()
}

async fn forwarded_for(partner: &Client, addresses: &str) -> Response {
    let request = partner
        .request(Method::POST, "/graphql")
        .header("x-forwarded-for", addresses)
        .header("content-type", "application/json")
        .body(json!({ "query": "{ members { totalCount } }" }).to_string());
    partner.send(request).await
}

/// A day after a time that was shown.
fn soon(time: &Value) -> String {
    let time = time.as_str().unwrap();
    let (year, rest) = time.split_at(4);
    let (month, rest) = rest.split_at(3);
    let month: u32 = month[1..].parse().unwrap();
    // The first of the month after, which is within a year and in the future.
    match month {
        12 => format!("{}-01-02{}", year.parse::<u32>().unwrap() + 1, &rest[3..]),
        _ => format!("{year}-{:02}-02{}", month + 1, &rest[3..]),
    }
}

/// The checksum of a key, as its documentation says: CRC-32 in seven characters of base 32.
fn checksum(body: &str) -> String {
    let crc = !body.bytes().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    let signs = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..7).rev().map(|place| char::from(signs[crc.checked_shr(5 * place).unwrap_or(0) as usize % 32])).collect()
}

/// Nobody needs a password here, but signing in must go on beside keys.
#[test]
fn a_key_can_sign_people_in_but_is_none() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("beside").await;
        let made = key(&tenant.owner().await, json!({})).await;
        let partner = app.anonymous().with_token(&made.secret);
        let answer = partner.run("SignIn", tenant.credentials(tenant.owner_email(), PASSWORD)).await;
        assert_eq!(answer.payload("signIn")["viewer"]["role"], "OWNER");
        let answer = partner.run("SignOut", json!({ "input": {} })).await;
        assert_eq!(answer.user_error_codes("signOut"), ["SESSION_INVALID"]);
    });
}
