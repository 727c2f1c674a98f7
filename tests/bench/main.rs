//! What a machine makes of it: an import against the same rows in bare SQL, lookups a second, and whether the
//! time of a refused sign-in, of a letter or of an invitation tells that the account exists; what the edge costs; and
//! awards of points a second against the same rows in bare SQL.
//!
//! `tests/run bench` runs it on both storages. `SHEQUN_BENCH_MEMBERS` changes the number of members (100,000).
//! Each side of the comparison has a fresh installation with an idle server on it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a measurement that cannot go on must stop loudly, and it lives in real time"
)]

mod awards;
mod bare;
mod edge;
mod enumeration;
mod importer;
mod lookups;

use std::time::Duration;

use harness::{Storage, TestApp, run};

/// The least share of bare SQL's speed.
const SHARE: f64 = 0.5;
/// The most memory of the importer.
const MEMORY_KIB: u64 = 100 * 1024;
const CONNECTIONS: usize = 16;
const LOOKUP_TIME: Duration = Duration::from_secs(5);

fn in_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn main() {
    let storage = Storage::of_this_run();
    let members = match std::env::var("SHEQUN_BENCH_MEMBERS") {
        Ok(members) => members.parse().expect("SHEQUN_BENCH_MEMBERS is a number"),
        Err(_) => 100_000,
    };
    let (mut passed, mut failed) = (0, 0);
    let mut check = |what: String, is_met: bool| {
        println!("{what}{}", if is_met { "" } else { " — NOT MET" });
        if is_met { passed += 1 } else { failed += 1 }
    };
    run(async {
        // Before and after: what else the machine does then should weigh on both sides alike.
        let before = bare::rows_per_second(&TestApp::start().await, members).await;
        // Look-ups as fast as they go are what the limits are there to stop.
        let app = TestApp::with()
            .env("SHEQUN_COST_MAXIMUM", "1000000000")
            .env("SHEQUN_COST_PER_SECOND", "1000000000")
            .start()
            .await;
        let (import, found, peak_kib) = importer::run(&app, members).await;
        let after = bare::rows_per_second(&TestApp::start().await, members).await;
        println!("{storage:?}: bare SQL, {members} members: {before:.0} and {after:.0} rows/s");
        let share = import / f64::midpoint(before, after);
        let aim = format!("{share:.2} of bare SQL (aim: {SHARE})");
        check(format!("{storage:?}: import, {members} members: {import:.0} rows/s, {aim}"), share >= SHARE);
        let memory = format!("{storage:?}: import, peak memory: {:.1} MiB (aim: 100)", peak_kib as f64 / 1024.0);
        check(memory, peak_kib <= MEMORY_KIB);
        let lookups = lookups::per_second(&found, CONNECTIONS, LOOKUP_TIME).await;
        check(
            format!("{storage:?}: member(by: {{id}}), {CONNECTIONS} connections: {lookups:.0} requests/s"),
            lookups > 0.0,
        );
        for step in edge::steps().await {
            check(format!("{storage:?}: {}: {:.0} µs of CPU a request", step.what, step.micros), true);
        }
        let (awards, in_bulk) = awards::rates(storage).await;
        for rate in awards {
            let what = format!("{storage:?}: pointsAward, {} connections: {:.0} a second", rate.connections, rate.api);
            let of_bare = rate.bare.map_or(String::new(), |bare| {
                format!(", {:.2} of bare SQL's {bare:.0} (aim: {} at 64)", rate.api / bare, awards::SHARE)
            });
            check(format!("{what}{of_bare}"), rate.api > 0.0);
        }
        check(format!("{storage:?}: pointsAwardBulk: {in_bulk:.0} rows/s"), in_bulk > 0.0);
        let app = enumeration::app().await;
        for medians in enumeration::sign_in(&app).await.into_iter().chain(enumeration::letters(&app).await) {
            let [known, unknown, allowed] = [medians.known, medians.unknown, medians.allowed()].map(in_ms);
            let what = format!("{storage:?}: {}: known {known:.2} ms, unknown {unknown:.2} ms", medians.operation);
            check(format!("{what} (at most {allowed:.2} apart)"), medians.apart() <= medians.allowed());
        }
    });
    println!("{passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}
