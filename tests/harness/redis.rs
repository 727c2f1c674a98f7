//! Redis servers of a test's own, which it may stop, freeze and empty without touching those of others.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::runtime::eventually;
use crate::{process, scratch};

/// Nothing but the servers of the tests knows it, and no log may.
pub const REDIS_PASSWORD: &str = "redis-secret-of-the-tests";

const START_LIMIT: Duration = Duration::from_secs(20);
/// The parts of a cluster's keys.
const SLOTS: usize = 16_384;

/// Killed when dropped.
pub struct RedisServer {
    address: String,
    folder: PathBuf,
    is_in_cluster: bool,
    child: Mutex<Child>,
}

impl RedisServer {
    /// One server by itself.
    pub(crate) async fn start() -> Self {
        Self::launch(false).await
    }

    /// Servers that share the slots between them.
    pub(crate) async fn cluster(count: usize) -> Vec<Self> {
        let mut servers = Vec::new();
        for place in 0..count {
            let server = Self::launch(true).await;
            let slots: Vec<String> =
                (0..SLOTS).filter(|slot| slot * count / SLOTS == place).map(|slot| slot.to_string()).collect();
            server.command(&format!("CLUSTER ADDSLOTS {}", slots.join(" "))).await;
            servers.push(server);
        }
        for other in &servers[1..] {
            servers[0].command(&format!("CLUSTER MEET {}", other.address.replace(':', " "))).await;
        }
        for server in &servers {
            eventually("the cluster is complete", START_LIMIT, || async {
                let info = server.command("CLUSTER INFO").await;
                info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{count}"))
            })
            .await;
        }
        servers
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// As when somebody pulls the plug; nothing is kept.
    pub fn kill9(&self) {
        let mut child = self.lock();
        child.kill().expect("Redis can be killed");
        child.wait().expect("Redis ends");
    }

    /// On the same port, after `kill9`.
    pub async fn start_again(&self) {
        *self.lock() = spawn(&self.address, &self.folder, self.is_in_cluster);
        self.wait_until_it_answers().await;
    }

    /// It hangs: connections stand, nothing is answered.
    pub fn freeze(&self) {
        process::signal(self.lock().id(), "STOP");
    }

    /// It goes on.
    pub fn thaw(&self) {
        process::signal(self.lock().id(), "CONT");
    }

    /// Forgets everything, as by an operator's mistake.
    pub async fn flush(&self) {
        assert_eq!(self.command("FLUSHALL SYNC").await, "+OK\r\n");
    }

    /// The answer to a command, as sent.
    pub async fn command(&self, command: &str) -> String {
        ask(&self.address, command).await.expect("Redis answers")
    }

    async fn launch(is_in_cluster: bool) -> Self {
        let address = format!("127.0.0.1:{}", free_port().await);
        let folder = scratch::folder("redis");
        let child = Mutex::new(spawn(&address, &folder, is_in_cluster));
        let server = Self { address, folder, is_in_cluster, child };
        server.wait_until_it_answers().await;
        server
    }

    async fn wait_until_it_answers(&self) {
        eventually("Redis starts", START_LIMIT, || async {
            ask(&self.address, "PING").await.is_ok_and(|answer| answer == "+PONG\r\n")
        })
        .await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let mut child = self.lock();
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn spawn(address: &str, folder: &std::path::Path, is_in_cluster: bool) -> Child {
    let port = address.rsplit(':').next().expect("an address has a port");
    let mut command = process::command(std::path::Path::new("redis-server"));
    command.args(["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"]);
    command.args(["--requirepass", REDIS_PASSWORD, "--masterauth", REDIS_PASSWORD]);
    command.args(["--cluster-enabled", if is_in_cluster { "yes" } else { "no" }]);
    process::start({
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

/// One whose neighbour 10,000 further, where a cluster talks to itself, is free too.
async fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        if let Some(bus) = port.checked_add(10_000)
            && TcpListener::bind(("127.0.0.1", bus)).await.is_ok()
        {
            return port;
        }
    }
}

async fn ask(address: &str, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("AUTH {REDIS_PASSWORD}\r\n{command}\r\n").as_bytes()).await?;
    let mut text = String::new();
    let mut block = [0; 4096];
    while !is_whole(text.strip_prefix("+OK\r\n").unwrap_or_default()) {
        match stream.read(&mut block).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => text.push_str(&String::from_utf8_lossy(&block[..count])),
        }
    }
    let answer = text.trim_start_matches("+OK\r\n");
    Ok(if answer.is_empty() { "+OK\r\n" } else { answer }.to_owned())
}

/// A line, or a text of which the line tells the length.
fn is_whole(answer: &str) -> bool {
    let Some((line, text)) = answer.split_once("\r\n") else { return false };
    match line.strip_prefix('$') {
        Some(length) => text.len() >= length.parse::<usize>().expect("a length") + 2,
        None => true,
    }
}
