//! The hub as a real server on this machine, asked by the real curl: redirects, resume by ranges, wrong hashes, errors.

use super::*;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the content is, and what was asked so far: method, path and headers of each request.
struct Served {
    content: Vec<u8>,
    /// What the list says of it.
    oid: String,
    /// The first download ends in the middle.
    cut: Mutex<bool>,
    asked: Mutex<Vec<String>>,
}

/// Serves on a free port for as long as the test runs; gives the address.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            answer(&head.join("\n"), &mut stream);
        }
    });
    address
}

fn respond(stream: &mut TcpStream, head: &str, body: &[u8]) {
    // The reader may have gone: it was told enough.
    let _ = write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n");
    let _ = write!(stream, "Content-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(body);
}

/// A hub whose files lie on another server.
fn hub(served: &Arc<Served>) -> Hub {
    let storage = served.clone();
    let cdn = serve(move |head, stream| {
        storage.asked.lock().unwrap().push(format!("cdn {head}"));
        let range = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
        let from: usize = range.and_then(|range| range.trim_end_matches('-').parse().ok()).unwrap_or(0);
        let (all, rest) = (storage.content.len(), &storage.content[from..]);
        if std::mem::take(&mut *storage.cut.lock().unwrap()) {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {all}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(&rest[..all / 2]);
        } else if from == 0 {
            respond(stream, "200 OK", rest);
        } else {
            respond(
                stream,
                &format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{all}", all - 1),
                rest,
            );
        }
    });
    let listed = served.clone();
    let endpoint = serve(move |head, stream| {
        listed.asked.lock().unwrap().push(format!("hub {head}"));
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path {
            "/api/models/own/repo/tree/main" => {
                let (size, oid) = (listed.content.len(), &listed.oid);
                let entry =
                    format!(r#"{{"type":"file","path":"m.gguf","size":{size},"lfs":{{"oid":"{oid}"}}}}"#);
                respond(stream, "200 OK", format!("[{entry}]").as_bytes());
            }
            "/own/repo/resolve/main/m.gguf" => {
                respond(stream, &format!("302 Found\r\nLocation: {cdn}/blobs/m"), b"");
            }
            _ => respond(stream, "404 Not Found", b"no such repository"),
        }
    });
    Hub {
        endpoint,
        token: Some("hf_secret".into()),
        curl: vec!["curl".into(), "--noproxy".into(), "*".into()],
    }
}

fn served(oid: Option<&str>, cut: bool) -> Arc<Served> {
    let content: Vec<u8> = (0..100_000u32).map(|at| (at * 31 % 251) as u8).collect();
    let own = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    let oid = oid.map_or(own, str::to_owned);
    Arc::new(Served { content, oid, cut: Mutex::new(cut), asked: Mutex::default() })
}

/// Pulls so many times; `None` where this machine has no curl.
fn pulls(served: &Arc<Served>, name: &str, times: usize) -> Option<Vec<Result<Vec<u8>, String>>> {
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no curl on this machine");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let places = Places { folder: folder.path().join("models"), hugging_face: None, pip: vec![] };
    let hub = hub(served);
    let pull = |_| {
        let pulled = pull_from_hub(name, &hub, &places, &mut |_| (), &|| false);
        pulled.map(|path| fs::read(path).unwrap()).map_err(|error| error.to_string())
    };
    Some((0..times).map(pull).collect())
}

#[test]
fn a_redirect_is_followed_and_the_token_stays_with_the_hub() {
    let served = served(None, false);
    let Some(pulled) = pulls(&served, "own/repo", 2) else { return };
    assert!(pulled.iter().all(|pulled| pulled.as_ref() == Ok(&served.content)));
    let asked = served.asked.lock().unwrap();
    // The second pull asks for the list at most.
    assert_eq!(asked.iter().filter(|request| request.starts_with("cdn")).count(), 1, "{asked:?}");
    for request in asked.iter() {
        assert_eq!(request.contains("hf_secret"), request.starts_with("hub"), "{request}");
    }
}

#[test]
fn a_download_that_was_cut_goes_on_where_it_ended() {
    let served = served(None, true);
    let Some(pulled) = pulls(&served, "own/repo", 2) else { return };
    assert!(pulled[0].as_ref().is_err_and(|why| why.contains("can not be fetched")), "{:?}", pulled[0]);
    assert_eq!(pulled[1].as_ref(), Ok(&served.content));
    let asked = served.asked.lock().unwrap();
    assert!(asked.last().is_some_and(|request| request.contains("bytes=50000-")), "{asked:?}");
}

#[test]
fn what_the_hub_gets_wrong_is_named() {
    let check = |oid: Option<&str>, name: &str, expected: &str| {
        if let Some(pulled) = pulls(&served(oid, false), name, 1) {
            let why = pulled[0].as_ref().unwrap_err();
            assert!(why.contains(expected), "{why}");
            assert!(!why.contains("hf_secret"), "{why}");
        }
    };
    check(Some(&"0".repeat(64)), "own/repo", "its SHA-256 is");
    check(None, "own/none", "404");
}
