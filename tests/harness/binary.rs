//! Where the product's binary is. Cargo gives `CARGO_BIN_EXE_*` only inside a package, so the harness builds it itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static NORMAL: LazyLock<PathBuf> = LazyLock::new(|| located("SHEQUN_BIN", &[]));
static STEERED: LazyLock<PathBuf> =
    LazyLock::new(|| located("SHEQUN_BIN_STEERED", &["--features", "shequn/walls-off,shequn/movable-clock"]));

/// The product as it is shipped.
pub(crate) fn normal() -> &'static Path {
    &NORMAL
}

/// The build in which a test can switch off one of the two walls between tenants and move the clock.
pub(crate) fn steered() -> &'static Path {
    &STEERED
}

fn located(variable: &str, features: &[&str]) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => built(features),
    }
}

/// Builds with the profile and into the target folder of the running test, and copies the result aside,
/// because the next build with other features replaces it.
fn built(features: &[&str]) -> PathBuf {
    let test = std::env::current_exe().expect("the test binary has a path");
    let profile_dir = test.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let target_dir = profile_dir.parent().expect("target/<profile>");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => panic!("no profile in {}", profile_dir.display()),
    };
    let status = Command::new("cargo")
        .args(["build", "--workspace", "--bin", "shequn", "--profile", profile])
        .args(features)
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status()
        .expect("cargo can be run");
    assert!(status.success(), "the product does not build");
    let copy = crate::scratch::folder("bin").join("shequn");
    std::fs::copy(profile_dir.join("shequn"), &copy).expect("the binary can be copied");
    copy
}
