//! A sub-task on a server, as a user has it: configuration, plan, session file. The server is a thread on the loopback.

use crate::support::program;
use std::{
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::Output,
};

const KEY: &str = "canary-0123456789-canary";

const PLAN: &str = "\
QC: Where is the Louvre?
  QS: [big] In which city is the Louvre?
  QS: [merge] Concatenate [#1, 75001] using a space.
";

/// Answers every request with this text; gives the address.
fn server(text: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let reply = serde_json::json!({"model": "m-7b", "data": [{"id": "m-7b"}],
        "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 2}})
    .to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, mut request, mut buffer) = (connection.unwrap(), String::new(), [0; 4096]);
            while !request.contains("\r\n\r\n") || (request.starts_with("POST") && !request.ends_with('}')) {
                let read = connection.read(&mut buffer).unwrap();
                request.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            let status =
                if request.contains(&format!("Bearer {KEY}")) { "200 OK" } else { "401 Unauthorized" };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}",
                reply.len()
            );
            connection.write_all(format!("{head}\r\n\r\n{reply}").as_bytes()).unwrap();
        }
    });
    url
}

fn plantern(home: &Path, arguments: &[&str], key: &str) -> Output {
    program(home, arguments).env("BIG_KEY", key).output().unwrap()
}

fn home(url: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "[servers.big]\nurls = \"{url}\"\nmodel = \"m\"\nkey_env = \"BIG_KEY\"\nprice = {{ input = 1 }}\n"
    );
    std::fs::write(home.path().join("c.toml"), config).unwrap();
    std::fs::write(home.path().join("plan.txt"), PLAN).unwrap();
    home
}

#[test]
fn a_sub_task_goes_to_a_server_and_its_key_is_written_nowhere() {
    let home = home(&server(&format!("Paris, says {KEY}")));
    let run = ["--config", "c.toml", "run", "--plan", "plan.txt", "--session", "s.jsonl"];
    let output = plantern(home.path(), &run, KEY);
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("Paris, says"), "{told}");
    let session = std::fs::read_to_string(home.path().join("s.jsonl")).unwrap();
    assert!(session.contains(r#""server":"big""#) && session.contains(r#""by":"m-7b at big""#), "{session}");
    assert!(!session.contains("canary") && session.contains("[redacted: key]"), "{session}");
    let shown = plantern(home.path(), &["show", "s.jsonl", "--size", "140x45", "--keys", "j"], "");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("Paris"), "{shown}");
}

#[test]
fn what_is_wrong_with_a_server_is_said() {
    let home = home(&server("never"));
    let check = |arguments: &[&str], key: &str, code: i32, words: &str| {
        let output = plantern(home.path(), &[&["--config", "c.toml"], arguments].concat(), key);
        let told =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{arguments:?}: {told}");
        assert_eq!(output.status.code(), Some(code), "{told}");
    };
    check(&["run", "--plan", "plan.txt"], "a-wrong-key", 1, "the server `big` refuses the key (401)");
    check(&["run", "--plan", "plan.txt"], "", 1, "the variable BIG_KEY is not set");
    check(&["--model", "server:bug", "models"], KEY, 2, "no server is called `bug`; did you mean `big`?");
    check(&["models"], KEY, 0, "server:big");
    check(&["models", "list", "--contact"], KEY, 0, "answers, has m-7b");
    check(&["experts"], KEY, 0, "prompt at big");
    check(&["--model", "server:big", "run", "--strategy", "direct", "Why?"], KEY, 0, "never");
}
