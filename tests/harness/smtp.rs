//! A mail server of a few words, which keeps what it is given and can be away.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A reader at this domain is told to nobody: the server answers 550.
pub const NOBODYS_DOMAIN: &str = "@nobody.invalid.example";

pub struct SmtpServer {
    address: String,
    received: Arc<Mutex<Vec<String>>>,
    /// None while it is away.
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl SmtpServer {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address").to_string();
        let received = Arc::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&received)));
        Self { address, received, accepting: Mutex::new(Some(accepting)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The messages, as they were sent, the oldest first.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// As when it is stopped: connections end, new ones are refused.
    pub async fn leave(&self) {
        let accepting = self.lock().take();
        if let Some(accepting) = accepting {
            accepting.abort();
            let _ = accepting.await; // an error says that it was aborted
        }
    }

    /// As when it is started again.
    pub async fn come_back(&self) {
        let listener = TcpListener::bind(&self.address).await.expect("the port is still free");
        *self.lock() = Some(tokio::spawn(accept(listener, Arc::clone(&self.received))));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.accepting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(accepting) = self.lock().take() {
            accepting.abort();
        }
    }
}

/// Owns the connections, which end with it.
async fn accept(listener: TcpListener, received: Arc<Mutex<Vec<String>>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let received = Arc::clone(&received);
        connections.spawn(async move {
            let _ = converse(client, &received).await; // the client went away
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(client: TcpStream, received: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (from_client, mut to_client) = client.into_split();
    let mut lines = BufReader::new(from_client).lines();
    to_client.write_all(b"220 the.test.example ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250 the.test.example",
            "RCPT" if line.contains(NOBODYS_DOMAIN) => "550 5.1.1 nobody is called so",
            "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 yes",
            "DATA" => {
                to_client.write_all(b"354 go on\r\n").await?;
                let mut message = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    message += line.strip_prefix('.').unwrap_or(&line);
                    message += "\r\n";
                }
                received.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(message);
                "250 kept"
            }
            "QUIT" => "221 bye",
            _ => "502 no such word",
        };
        to_client.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
