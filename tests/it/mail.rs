//! How letters leave: at least once, whatever happens on the way.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use harness::{NOBODYS_DOMAIN, Storage, TestApp, eventually, run};

use crate::invitations::{address, invited};

#[test]
fn a_mail_server_that_is_away_gets_the_letter_when_it_is_back() {
    run(async {
        let app = TestApp::with().with_smtp().with_movable_clock().start().await;
        let tenant = app.tenant("smtp-away").await;
        let owner = tenant.owner().await;
        let smtp = app.installation().smtp();
        smtp.leave().await;
        let email = address(&tenant, "patient");
        invited(&owner, &email, "ANALYST").await;
        eventually("the letter waits", Duration::from_secs(10), || async { app.server().log().contains("mail.waits") })
            .await;
        smtp.come_back().await;
        assert!(app.installation().letters_to(&email).is_empty());
        // Others do not wait for it.
        let other = address(&tenant, "prompt");
        invited(&owner, &other, "ANALYST").await;
        app.letter_to(&other).await;

        app.installation().advance_clock(Duration::from_secs(60));
        app.letter_to(&email).await.secret("invitation");
        assert_eq!(app.installation().letters_to(&email).len(), 1);
        assert_nothing_waits(&app).await;
    });
}

#[test]
fn a_letter_goes_out_though_the_server_was_killed_before_sending() {
    run(async {
        let app = TestApp::with().with_smtp().with_movable_clock().start().await;
        let tenant = app.tenant("smtp-killed").await;
        let owner = tenant.owner().await;
        let smtp = app.installation().smtp();
        smtp.leave().await;
        let email = address(&tenant, "survivor");
        invited(&owner, &email, "ANALYST").await;
        app.server().kill9();
        smtp.come_back().await;
        assert!(app.installation().letters_to(&email).is_empty());
        app.installation().advance_clock(Duration::from_secs(60));
        app.server().start_again().await;
        app.letter_to(&email).await.secret("invitation");
        assert_nothing_waits(&app).await;
    });
}

#[test]
fn a_letter_that_nobody_can_get_is_given_up() {
    run(async {
        let app = TestApp::with().with_smtp().start().await;
        let tenant = app.tenant("smtp-nobody").await;
        invited(&tenant.owner().await, &format!("ghost{NOBODYS_DOMAIN}"), "ANALYST").await;
        assert_nothing_waits(&app).await;
        let log = app.server().log();
        assert!(log.contains("mail.refused") && log.contains("550"), "{log}");
        assert!(!log.contains("ghost"), "an address is in the log: {log}");
    });
}

#[test]
fn a_letter_whose_link_is_over_is_not_sent_any_more() {
    run(async {
        let app = TestApp::with().with_smtp().with_movable_clock().start().await;
        let tenant = app.tenant("smtp-late").await;
        let owner = tenant.owner().await;
        let smtp = app.installation().smtp();
        smtp.leave().await;
        let email = address(&tenant, "missed");
        invited(&owner, &email, "ANALYST").await;
        eventually("the letter waits", Duration::from_secs(10), || async { app.server().log().contains("mail.waits") })
            .await;
        app.installation().advance_clock(Duration::from_secs(8 * 24 * 3600));
        smtp.come_back().await;
        assert_nothing_waits(&app).await;
        assert!(app.installation().letters_to(&email).is_empty());
        assert!(app.server().log().contains("mail.too_late"));
    });
}

#[test]
fn the_folder_of_letters_is_for_its_owner_only() {
    run(async {
        if Storage::of_this_run() == Storage::PostgresRedis {
            // There is no folder there; that letters go by SMTP is seen by every other test.
            return;
        }
        let app = TestApp::shared().await;
        let tenant = app.tenant("folder").await;
        let email = address(&tenant, "reader");
        invited(&tenant.owner().await, &email, "ANALYST").await;
        let letter = app.letter_to(&email).await;
        assert!(letter.raw.contains("/console#invitation="), "the link is readable as it is: {}", letter.raw);
        let folder = app.installation().mail_folder();
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
        }
    });
}

async fn assert_nothing_waits(app: &TestApp) {
    let database = app.database().await;
    eventually("no letter waits", Duration::from_secs(10), || async {
        database.number("SELECT count(*) FROM mails").await == 0
    })
    .await;
}
