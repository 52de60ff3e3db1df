//! A process that is killed at any moment has every entry on disk that it acknowledged.
//!
//! Proves survival of a process death; power cuts are simulated in `faults`.

use super::*;
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Instant,
};

const CHILD: &str = "PLANTERN_KILL_CHILD";
const ROUNDS: &str = "PLANTERN_KILL_ROUNDS";

/// Not a test by itself: what the killed process does. Appends until it is killed and prints what is safe.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let (say, said) = mpsc::channel();
    let say = move |saving| drop(say.send(saving));
    let (mut journal, writer, before) = if path.exists() {
        let opened = open(&real(), &path, NOW).unwrap();
        let before = opened.journal.len();
        (opened.journal, SessionWriter::start(opened.claim.expect("the dead hold no lock"), say), before)
    } else {
        let mut journal = Journal::default();
        let entries = begin(&mut journal);
        let claim = save_as(&real(), &path, "t", &entries, NOW).unwrap();
        (journal, SessionWriter::start(claim, say), entries.len())
    };
    for batch in 1.. {
        writer.append((0..1 + batch % 4).map(|_| go_on(&mut journal)).collect());
        match said.recv().unwrap() {
            Saving::Saved { entries } => {
                let mut out = std::io::stdout().lock();
                drop(writeln!(out, "safe {}", before + entries as usize).and_then(|()| out.flush()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let rounds = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200);
    let folder = tempfile::tempdir().unwrap();
    let mut path = folder.path().join("0.jsonl");
    let mut chance: u64 = 0x9e37_79b9_7f4a_7c15;
    for round in 0..rounds {
        // A file lives for some rounds, so that repairs are killed too.
        if round % 8 == 0 {
            path = folder.path().join(format!("{round}.jsonl"));
        }
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::sessions::tests::kill::child", "--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut safe = 0;
        let mut hear = |line: String| {
            if let Some((_, number)) = line.split_once("safe ") {
                safe = number.parse().unwrap();
            }
        };
        // Some lines are waited for, then some microseconds: the blow falls anywhere in what comes next.
        for _ in 0..chance % 12 {
            lines.next().into_iter().for_each(&mut hear);
        }
        let blow = Instant::now() + Duration::from_micros(chance / 16 % 3000);
        while Instant::now() < blow {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(hear);
        if 0 < safe || path.exists() {
            let opened = open(&real(), &path, NOW).unwrap();
            let there = opened.journal.len();
            assert!(safe <= there, "round {round}: {safe} safe, {there} there");
            assert!(opened.claim.is_some(), "the dead hold no lock: {:?}", opened.read_only);
        }
    }
}
