//! Folders that last as long as the test process.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// `SHEQUN_TEST_DIR`, which `tests/run` removes itself, or a folder beside the test binary.
static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let parent = match std::env::var_os("SHEQUN_TEST_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => beside_test_binary(),
    };
    sweep(&parent);
    let root = parent.join(std::process::id().to_string());
    std::fs::create_dir_all(&root).expect("the scratch folder can be made");
    root
});

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A number nobody else in this process has got.
pub(crate) fn next_number() -> u32 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

/// A new empty folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = ROOT.join(format!("{name}-{}", next_number()));
    std::fs::create_dir_all(&path).expect("a scratch folder can be made");
    path
}

/// Whether a process with this number runs: what belongs to a dead one may be removed.
pub(crate) fn is_alive(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

fn beside_test_binary() -> PathBuf {
    let test = std::env::current_exe().expect("the test binary has a path");
    test.parent().and_then(Path::parent).expect("it lies in target/<profile>/deps").join("test-scratch")
}

/// Removes what killed test processes left behind.
fn sweep(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if !is_alive(&entry.file_name().to_string_lossy()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
