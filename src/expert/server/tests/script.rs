//! A server that does what a script says, one reply for each connection.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What it does with a connection, in order; then it closes.
#[derive(Clone)]
pub(super) struct Reply(pub(super) Vec<Step>);

#[derive(Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    /// Seconds of silence.
    Wait(u64),
    /// Silence for ever.
    Stall,
    /// The connection is reset.
    Drop,
}

impl Step {
    pub(super) fn send(text: &str) -> Step {
        Step::Send(text.as_bytes().to_vec())
    }
}

/// A reply with status, more header lines, and a body that ends with the connection.
pub(super) fn raw(status: &str, headers: &str, body: &str) -> Reply {
    Reply(vec![Step::send(&format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n{body}"))])
}

pub(super) fn json(body: &str) -> Reply {
    raw("200 OK", "content-type: application/json\r\n", body)
}

/// A stream of these events.
pub(super) fn stream(events: &[&str]) -> Reply {
    let body: String = events.iter().map(|data| format!("data: {data}\n\n")).collect();
    raw("200 OK", "content-type: text/event-stream\r\n", &body)
}

/// A whole reply that says this.
pub(super) fn events(text: &str, finish: &str) -> String {
    serde_json::json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]})
        .to_string()
}

/// Head and body of each request, in order.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

pub(super) struct Script {
    port: u16,
    requests: Requests,
}

impl Script {
    /// Listens; the last reply is given to all that come later.
    pub(super) async fn start(replies: Vec<Reply>) -> Script {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Requests::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut served = 0;
            while let Ok((connection, _)) = listener.accept().await {
                let reply = replies[served.min(replies.len() - 1)].clone();
                served += 1;
                tokio::spawn(serve(connection, reply, Arc::clone(&seen)));
            }
        });
        Script { port, requests }
    }

    /// An address at which nobody listens.
    pub(super) async fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://127.0.0.1:{}/v1", listener.local_addr().unwrap().port())
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub(super) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub(super) fn request(&self, at: usize) -> (String, serde_json::Value) {
        let (head, body) = self.requests.lock().unwrap()[at].clone();
        (head, serde_json::from_str(&body).unwrap())
    }
}

async fn serve(mut connection: TcpStream, reply: Reply, requests: Requests) {
    let mut request = vec![];
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .map(|count| count.trim().parse::<usize>())
            });
            if length.and_then(Result::ok).unwrap_or(0) <= body.len() {
                requests.lock().unwrap().push((head.to_owned(), body.to_owned()));
                break;
            }
        }
    }
    for step in reply.0 {
        match step {
            Step::Send(bytes) => {
                if connection.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Step::Wait(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            Step::Stall => std::future::pending().await,
            Step::Drop => {
                // A close with a linger of zero is a reset.
                let _ = connection.set_zero_linger();
                return;
            }
        }
    }
    let _ = connection.shutdown().await;
}
