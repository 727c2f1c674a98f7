//! One running process of the product.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Client, Installation, RawConnection, process};

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Killed when dropped.
pub struct Server {
    installation: Arc<Installation>,
    number: u32,
    log_path: PathBuf,
    running: Mutex<Running>,
}

struct Running {
    child: Child,
    /// `http://127.0.0.1:PORT`; the port stays the same when the server is started again.
    base: String,
}

impl Server {
    pub(crate) async fn start(installation: Arc<Installation>, number: u32) -> Self {
        let log_path = installation.folder().join(format!("server-{number}.log"));
        let running = launch(&installation, number, &log_path, "127.0.0.1:0").await;
        Self { installation, number, log_path, running: Mutex::new(running) }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base(&self) -> String {
        self.lock().base.clone()
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.base().trim_start_matches("http://").to_owned()
    }

    /// A client that nobody has signed in.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(&self.base())
    }

    /// A socket on which a test writes bytes itself.
    pub async fn raw(&self) -> RawConnection {
        RawConnection::open(&self.address()).await
    }

    pub fn pid(&self) -> u32 {
        self.lock().child.id()
    }

    /// All that the process has printed, over all its starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log_path).expect("the log can be read")
    }

    /// Kills without any chance to tidy up.
    pub fn kill9(&self) {
        let mut running = self.lock();
        running.child.kill().expect("the server can be killed");
        running.child.wait().expect("the server ends");
    }

    /// Asks to stop by SIGTERM, waits, and gives the exit code.
    pub async fn stop(&self) -> Option<i32> {
        process::signal(self.pid(), "TERM");
        let start = Instant::now();
        loop {
            if let Some(status) = self.lock().child.try_wait().expect("the server can be asked") {
                return status.code();
            }
            assert!(start.elapsed() < STOP_LIMIT, "the server ignores SIGTERM: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts again on the same storage and port, after `kill9` or `stop`.
    pub async fn start_again(&self) {
        let address = self.address();
        let running = launch(&self.installation, self.number, &self.log_path, &address).await;
        *self.lock() = running;
    }

    /// Whether the process still runs.
    pub fn is_running(&self) -> bool {
        self.lock().child.try_wait().expect("the server can be asked").is_none()
    }

    /// Resident memory now, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The highest resident memory since `forget_peak`, in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    /// Makes the memory of this moment the new peak.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.pid()), "5").expect("the peak can be reset");
    }

    fn status_kib(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(path).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the field is there");
        line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("log of server {}:\n{}", self.number, tail(&self.log()));
        }
        let mut running = self.lock();
        let _ = running.child.kill();
        let _ = running.child.wait();
    }
}

async fn launch(installation: &Installation, number: u32, log_path: &PathBuf, bind: &str) -> Running {
    let log = open_log(log_path);
    let printed_before = log.metadata().expect("the log has a length").len();
    let mut command = installation.command(number);
    command
        .arg("serve")
        .env("SHEQUN_BIND", bind)
        .stdout(Stdio::from(log.try_clone().expect("the log can be shared")))
        .stderr(Stdio::from(log));
    let mut child = process::start(command);
    let start = Instant::now();
    loop {
        let log = std::fs::read(log_path).expect("the log can be read");
        let printed = String::from_utf8_lossy(&log[printed_before as usize..]).into_owned();
        if let Some(base) = announced_address(&printed) {
            return Running { child, base };
        }
        if let Some(status) = child.try_wait().expect("the server can be asked") {
            panic!("the server ended with {status} before it listened:\n{}", tail(&printed));
        }
        if start.elapsed() > START_LIMIT {
            let _ = child.kill();
            panic!("the server does not listen after {START_LIMIT:?}:\n{}", tail(&printed));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The address in the line `listening on http://…`, once the whole line is there.
fn announced_address(printed: &str) -> Option<String> {
    let (complete, _) = printed.rsplit_once('\n')?;
    let line = complete.lines().find_map(|line| line.strip_prefix("listening on "))?;
    Some(line.trim().trim_end_matches('/').to_owned())
}

fn open_log(path: &PathBuf) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("the log can be opened")
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
