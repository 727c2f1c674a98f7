//! A socket on which a test writes what no HTTP client would: slow, endless, cut off.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

const CHUNK: usize = 64 * 1024;
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

pub struct RawConnection {
    reader: ReadHalf<TcpStream>,
    writer: WriteHalf<TcpStream>,
}

/// The first answer on the connection.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl RawAnswer {
    /// The code of the first error.
    pub fn error_code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl RawConnection {
    pub(crate) async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        let (reader, writer) = tokio::io::split(stream);
        Self { reader, writer }
    }

    /// The head of a POST to `/graphql`; `framing` is the line that tells the body's length.
    pub async fn send_head(&mut self, framing: &str, token: Option<&str>) {
        let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Accept: application/graphql-response+json\r\n{authorization}{framing}\r\n\r\n"
        );
        self.send(head.as_bytes()).await;
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.expect("the server takes bytes");
        self.writer.flush().await.expect("the server takes bytes");
    }

    /// Sends up to `total` bytes of a body until the server answers or hangs up;
    /// gives the answer and how many bytes the server let in.
    pub async fn flood(self, total: usize, chunked: bool) -> (RawAnswer, usize) {
        let Self { mut reader, mut writer } = self;
        let block = vec![b' '; CHUNK];
        let sending = async {
            let mut sent = 0;
            while sent < total {
                let written =
                    if chunked { write_chunk(&mut writer, &block).await } else { writer.write_all(&block).await };
                if written.is_err() {
                    break;
                }
                sent += block.len();
            }
            let _ = if chunked { writer.write_all(b"0\r\n\r\n").await } else { Ok(()) };
            sent
        };
        tokio::pin!(sending);
        let receiving = read_answer(&mut reader);
        tokio::pin!(receiving);
        let mut sent = 0;
        let mut still_sending = true;
        loop {
            tokio::select! {
                answer = &mut receiving => return (answer, sent),
                count = &mut sending, if still_sending => { sent = count; still_sending = false; }
            }
        }
    }

    /// The answer, which must come within 30 s.
    pub async fn answer(&mut self) -> RawAnswer {
        read_answer(&mut self.reader).await
    }

    /// Hangs up at once, whatever is on its way.
    pub fn cut(self) {}
}

async fn write_chunk(writer: &mut WriteHalf<TcpStream>, block: &[u8]) -> std::io::Result<()> {
    writer.write_all(format!("{:x}\r\n", block.len()).as_bytes()).await?;
    writer.write_all(block).await?;
    writer.write_all(b"\r\n").await
}

async fn read_answer(reader: &mut ReadHalf<TcpStream>) -> RawAnswer {
    tokio::time::timeout(ANSWER_LIMIT, read_until_complete(reader)).await.expect("the server answers within 30 s")
}

async fn read_until_complete(reader: &mut ReadHalf<TcpStream>) -> RawAnswer {
    let mut received = Vec::new();
    let mut block = [0; 16 * 1024];
    loop {
        if let Some(answer) = parse(&received, false) {
            return answer;
        }
        match reader.read(&mut block).await {
            Ok(count) if count > 0 => received.extend_from_slice(&block[..count]),
            _ => {
                let text = String::from_utf8_lossy(&received).into_owned();
                return parse(&received, true)
                    .unwrap_or_else(|| panic!("the server hung up without an answer: {text:?}"));
            }
        }
    }
}

/// None while a part is missing; `ended` when nothing more will come. Only bodies with a length are understood.
fn parse(received: &[u8], ended: bool) -> Option<RawAnswer> {
    let text = String::from_utf8_lossy(received);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let complete = length.is_some_and(|length| body.len() >= length);
    (complete || ended).then(|| RawAnswer { status, head: head.to_owned(), body: body.to_owned() })
}
