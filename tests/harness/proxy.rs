//! A way to PostgreSQL or Redis that a test can cut, freeze and slow down, so that it need not touch the servers
//! that other tests use.

use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How bytes pass.
#[derive(Clone, Copy)]
enum Pace {
    /// After this time.
    Delay(Duration),
    /// Not at all; they wait.
    Frozen,
}

pub struct Proxy {
    address: String,
    target: String,
    pace: watch::Sender<Pace>,
    /// None while the way is cut.
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl Proxy {
    /// A way to `target`, a host and a port.
    pub(crate) async fn open(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address").to_string();
        let pace = watch::Sender::new(Pace::Delay(Duration::ZERO));
        let accepting = tokio::spawn(accept(listener, target.to_owned(), pace.subscribe()));
        Self { address, target: target.to_owned(), pace, accepting: Mutex::new(Some(accepting)) }
    }

    /// A URL that goes to the target, made to go through here.
    pub(crate) fn reroute(&self, url: &str) -> String {
        url.replacen(&self.target, &self.address, 1)
    }

    /// As when the server is stopped: connections end, new ones are refused.
    pub async fn cut(&self) {
        let accepting = self.lock().take();
        if let Some(accepting) = accepting {
            accepting.abort();
            let _ = accepting.await; // an error says that it was aborted
        }
    }

    /// As when it is started again.
    pub async fn restore(&self) {
        let listener = TcpListener::bind(&self.address).await.expect("the port is still free");
        let accepting = tokio::spawn(accept(listener, self.target.clone(), self.pace.subscribe()));
        *self.lock() = Some(accepting);
    }

    /// As when the server hangs: connections stand and are accepted, nothing passes.
    pub fn freeze(&self) {
        self.pace.send_replace(Pace::Frozen);
    }

    /// Lets bytes pass again, those that waited too; each as late as this.
    pub fn thaw(&self, delay: Duration) {
        self.pace.send_replace(Pace::Delay(delay));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.accepting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(accepting) = self.lock().take() {
            accepting.abort();
        }
    }
}

/// Owns the connections, which end with it.
async fn accept(listener: TcpListener, target: String, pace: watch::Receiver<Pace>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (target, pace) = (target.clone(), pace.clone());
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(target).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            // When one direction ends, so does the connection.
            tokio::select! {
                () = pass(from_client, to_server, pace.clone()) => {}
                () = pass(from_server, to_client, pace) => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut pace: watch::Receiver<Pace>) {
    let mut block = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut block).await {
        let moving = pace.wait_for(|pace| matches!(pace, Pace::Delay(_))).await.map(|pace| *pace);
        let Ok(Pace::Delay(delay)) = moving else { return };
        tokio::time::sleep(delay).await;
        if to.write_all(&block[..count]).await.is_err() {
            return;
        }
    }
}
