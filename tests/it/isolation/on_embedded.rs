//! Without any wall, to show that the cases would notice: SQLite has the code's scope only, and here it is down.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use harness::{Database, Storage, TestApp, run};

use super::cases::{self, Case};
use super::{Trial, Twins, names};

/// Where more than a wall keeps tenants apart: a token or a password of B's own is needed, or the statement asks
/// for one row of the caller's tenant.
const KEPT_APART_ANYWAY: [&str; 15] = [
    "passwordChange",
    "passwordReset",
    "passwordResetRequest",
    "queryCost",
    "recoveryCodesRenew",
    "secondFactorConfirm",
    "secondFactorEnrol",
    "secondFactorRemove",
    "sessionRefresh",
    "signIn",
    "signInConfirm",
    "signOut",
    "stepUp",
    "tenantPolicy",
    "tenantSwitch",
];

/// Where A's own ids lead to A's rows alone: they are written with the tenant in the key, or read one by one; or
/// where no case makes another row, whose twin would show (most of the staff is there from the beginning).
const KEPT_APART_FROM_TWINS: [&str; 40] = [
    "auditCheckpoint",
    "communityCreate",
    "communityMemberAdd",
    // Of two of the same version the one that was made first is read.
    "creatorProgramme",
    "creatorProgrammeUpdate",
    "documentRegistry",
    "earningRuleCreate",
    // What moves members names the tenant itself, too.
    "growthNodeSet",
    "growthPathUpdate",
    "memberCreate",
    "memberIdentityAdd",
    "membersImport",
    "partnerKeyCreate",
    "passwordChange",
    "passwordReset",
    "passwordResetRequest",
    // What posts names the tenant itself, behind both walls.
    "pointsAward",
    "pointsAwardBulk",
    "pointsDeduct",
    "pointsHold",
    "pointsHoldCreate",
    "pointsPolicy",
    "pointsPolicyUpdate",
    "pointsUnfreeze",
    "queryCost",
    "recoveryCodesRenew",
    "rewardCreate",
    "secondFactorConfirm",
    "secondFactorEnrol",
    "secondFactorRemove",
    "signIn",
    "signInConfirm",
    "staff",
    "staffInvite",
    "stepUp",
    "submissionCreate",
    "tenantPolicy",
    "tenantPolicyUpdate",
    "tenantSwitch",
    "tenantTimezoneSet",
];

#[test]
fn without_any_wall_another_tenants_things_show_or_change() {
    run(async {
        let app = without_walls().await;
        let trial = Trial { has_walls: false, ..Trial::begin(&app).await };
        let unnoticed = unnoticed(&app.database().await, async |case| trial.check(case).await).await;
        assert_eq!(unnoticed, KEPT_APART_ANYWAY.map(str::to_owned).into());
    });
}

#[test]
fn without_any_wall_rows_with_the_same_ids_are_mixed_up() {
    run(async {
        let app = without_walls().await;
        let twins = Twins::begin(&app).await;
        let unnoticed = unnoticed(&app.database().await, async |case| twins.check(case).await).await;
        assert_eq!(unnoticed, KEPT_APART_FROM_TWINS.map(str::to_owned).into());
    });
}

async fn without_walls() -> TestApp {
    Storage::Embedded.must_be();
    TestApp::with().wall_off("scope").start().await
}

/// The operations none of whose cases fails.
async fn unnoticed(database: &Database, check: impl AsyncFn(&Case)) -> BTreeSet<String> {
    let cases = cases::all();
    let mut unnoticed = names(&cases);
    for case in &cases {
        if fails(check(case)).await {
            unnoticed.remove(case.operation);
        }
        // Counts are wrong by now, and an event that would make one negative blocks those behind it.
        database.execute("DELETE FROM outbox").await;
    }
    unnoticed
}

/// Whether a check fails. It is polled on this thread, so that what it prints belongs to this test.
async fn fails(check: impl Future<Output = ()>) -> bool {
    let mut check = Box::pin(check);
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| check.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(())) => Poll::Ready(false),
        Err(_) => Poll::Ready(true),
    })
    .await
}
