//! PostgreSQL without a mail server: what needs a letter says so.

use harness::{Storage, TestApp, run};
use serde_json::json;

#[test]
fn an_installation_without_mail_refuses_to_invite_and_says_why() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().without_mail().start().await;
        let owner = app.tenant("no-mail").await.owner().await;
        let input = json!({ "email": "a@b.example", "displayName": "A", "role": "ANALYST" });
        let answer = owner.run("StaffInvite", json!({ "input": input })).await;
        assert_eq!(answer.user_error_codes("staffInvite"), ["MAIL_NOT_CONFIGURED"]);
        assert_eq!(owner.run("InvitationList", json!({})).await.data("invitations.totalCount"), 0);
    });
}

#[test]
fn a_mail_server_without_a_sender_does_not_start() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::with().without_mail().start().await;
        let smtp = ("SHEQUN_SMTP_URL", "smtps://user:secret@mail.example");
        let output = app.installation().cli(&["serve"], &[smtp]).await;
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(output.stderr.contains("SHEQUN_MAIL_FROM") && !output.stderr.contains("secret"), "{}", output.stderr);
    });
}
