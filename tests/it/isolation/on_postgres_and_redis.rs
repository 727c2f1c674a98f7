//! The same with one wall taken down, in a build that can. SQLite has one wall only, the code's.

use harness::{Storage, TestApp, run};

use super::{Trial, Twins, cases, dealt};

#[test]
fn the_codes_scope_holds_alone() {
    run(async {
        let app = without("rls").await;
        dealt(cases::all(), async |cases| Trial::begin(&app).await.run(&cases).await).await;
    });
}

#[test]
fn row_security_holds_alone() {
    run(async {
        let app = without("scope").await;
        dealt(cases::all(), async |cases| Trial::begin(&app).await.run(&cases).await).await;
    });
}

#[test]
fn the_codes_scope_alone_keeps_equal_ids_apart() {
    run(async { Twins::begin(&without("rls").await).await.run().await });
}

#[test]
fn row_security_alone_keeps_equal_ids_apart() {
    run(async { Twins::begin(&without("scope").await).await.run().await });
}

async fn without(wall: &str) -> TestApp {
    Storage::PostgresRedis.must_be();
    TestApp::with().wall_off(wall).start().await
}
