//! What a machine makes of it: an import against the same rows in bare SQL, lookups a second, and whether the
//! time of a refused sign-in, of a letter or of an invitation tells that the account exists; what the edge costs; and
//! awards of points a second against the same rows in bare SQL.
//!
//! `tests/run bench` runs it on both storages. `SHEQUN_BENCH_ONLY` names one measurement (import, edge, awards,
//! enumeration); `SHEQUN_BENCH_MEMBERS` changes the number of members of the import (100,000).
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

/// What was measured, line by line, and how much of it is as it should be.
struct Report {
    storage: Storage,
    passed: u32,
    failed: u32,
}

impl Report {
    fn say(&self, what: &str) {
        println!("{:?}: {what}", self.storage);
    }

    fn check(&mut self, what: &str, is_met: bool) {
        self.say(&format!("{what}{}", if is_met { "" } else { " — NOT MET" }));
        if is_met { self.passed += 1 } else { self.failed += 1 }
    }
}

fn main() {
    let mut report = Report { storage: Storage::of_this_run(), passed: 0, failed: 0 };
    let only = std::env::var("SHEQUN_BENCH_ONLY").ok();
    let is_wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    run(async {
        if is_wanted("import") {
            import(&mut report).await;
        }
        if is_wanted("edge") {
            for step in edge::steps().await {
                report.check(&format!("{}: {:.0} µs of CPU a request", step.what, step.micros), true);
            }
        }
        if is_wanted("awards") {
            award(&mut report).await;
        }
        if is_wanted("enumeration") {
            enumerate(&mut report).await;
        }
    });
    println!("{} passed, {} failed", report.passed, report.failed);
    // A name that is none of these measures nothing.
    std::process::exit(i32::from(report.failed > 0 || report.passed == 0));
}

/// An import, and lookups of what it brought.
async fn import(report: &mut Report) {
    let members = match std::env::var("SHEQUN_BENCH_MEMBERS") {
        Ok(members) => members.parse().expect("SHEQUN_BENCH_MEMBERS is a number"),
        Err(_) => 100_000,
    };
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
    report.say(&format!("bare SQL, {members} members: {before:.0} and {after:.0} rows/s"));
    let share = import / f64::midpoint(before, after);
    let aim = format!("{share:.2} of bare SQL (aim: {SHARE})");
    report.check(&format!("import, {members} members: {import:.0} rows/s, {aim}"), share >= SHARE);
    let memory = format!("import, peak memory: {:.1} MiB (aim: 100)", peak_kib as f64 / 1024.0);
    report.check(&memory, peak_kib <= MEMORY_KIB);
    let lookups = lookups::per_second(&found, CONNECTIONS, LOOKUP_TIME).await;
    report.check(&format!("member(by: {{id}}), {CONNECTIONS} connections: {lookups:.0} requests/s"), lookups > 0.0);
}

/// Awards, one by one and in bulk.
async fn award(report: &mut Report) {
    let (awards, in_bulk) = awards::rates(report.storage).await;
    for rate in awards {
        let what = format!("pointsAward, {} connections: {:.0} a second", rate.connections, rate.api);
        let of_bare = rate.bare.map_or(String::new(), |bare| {
            format!(", {:.2} of bare SQL's {bare:.0} (aim: {} at {})", rate.share(), awards::SHARE, awards::MOST)
        });
        let is_met = rate.connections < awards::MOST || rate.bare.is_none() || rate.share() >= awards::SHARE;
        report.check(&format!("{what}{of_bare}"), rate.api > 0.0 && is_met);
    }
    report.check(&format!("pointsAwardBulk: {in_bulk:.0} rows/s"), in_bulk > 0.0);
}

/// Whether the time of an answer tells who is there.
async fn enumerate(report: &mut Report) {
    let app = enumeration::app().await;
    for medians in enumeration::sign_in(&app).await.into_iter().chain(enumeration::letters(&app).await) {
        let [known, unknown, allowed] = [medians.known, medians.unknown, medians.allowed()].map(in_ms);
        let what = format!("{}: known {known:.2} ms, unknown {unknown:.2} ms", medians.operation);
        report.check(&format!("{what} (at most {allowed:.2} apart)"), medians.apart() <= medians.allowed());
    }
}
