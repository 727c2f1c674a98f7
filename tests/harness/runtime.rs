//! One runtime for all tests of the process: pooled connections belong to a runtime, and a shared server outlives each test.

use std::future::Future;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a tokio runtime can be made"));

/// Runs the body of a test on the shared runtime.
pub fn run<F: Future>(body: F) -> F::Output {
    RUNTIME.block_on(body)
}

/// Runs a future to its end from a destructor, where the thread may already be inside the runtime.
pub(crate) fn run_detached<F>(body: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    // A failure while cleaning up is printed by the thread itself and must not hide the test's own.
    let _ = std::thread::spawn(|| RUNTIME.block_on(body)).join();
}

/// Asks again every 50 ms until the answer is yes; fails with `what` after `limit`.
pub async fn eventually<F, Fut>(what: &str, limit: Duration, mut check: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let start = Instant::now();
    while !check().await {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
