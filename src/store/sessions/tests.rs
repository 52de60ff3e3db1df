//! Sessions as files: made, continued, found again; what is written and what never is. Damaged files are in `damage`, disks
//! that fail in `faults`, files and programs of others in `foreign`, processes that die in `kill`.

mod damage;
mod faults;
mod foreign;
mod kill;

use super::*;
use crate::{
    ask::{Answer, Ask, Request, Token},
    ids::TaskId,
    plan::{Draft, Edit},
    session::{Actor, Entry, Event, Journal, Purpose, Settings, line},
    store::{
        StoreError,
        disk::{Disk, RealDisk, simulated::SimulatedDisk},
    },
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

const NOW: u64 = 1_795_248_000_000;
const TITLE: &str = "Größe of \"x\"\n";

fn real() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

/// The first two entries of a session, or the one that is missing of them.
fn begin(journal: &mut Journal) -> Vec<Entry> {
    let settings = Settings::new("direct", "tag", "none");
    let goal = Edit::Add { task: TaskId(0), parent: None, at: 0, draft: Draft::text("goal") };
    let events = [
        Event::Started { title: TITLE.into(), settings },
        Event::Edited { by: Actor::Person, edits: vec![goal], reason: None },
    ];
    let there = journal.len();
    events.into_iter().skip(there).map(|event| journal.record(event, NOW).unwrap()).collect()
}

/// One more entry that fits whatever there is: calls, answers, undo and redo among them.
fn go_on(journal: &mut Journal) -> Entry {
    let number = journal.len();
    journal.open_turn();
    match number % 7 {
        5 => journal.go(journal.undo_target().unwrap(), NOW).unwrap(),
        6 => journal.go(journal.redo_target().unwrap(), NOW).unwrap(),
        2 => {
            let request = Request::Compute { question: format!("{number} + 1") };
            let ask = Ask::local("calculate", request);
            let (call, key) = (journal.fresh_call(), number.to_string());
            let asked = Event::Asked { call, task: TaskId(0), purpose: Purpose::Answer, key, ask };
            journal.record(asked, NOW).unwrap()
        }
        3 if 0 < journal.fresh_call().0 => {
            let call = crate::ids::CallId(journal.fresh_call().0 - 1);
            let answer = Answer::plain(format!("answer \"{number}\"\n\u{1F600}"));
            let event = Event::Answered { call, answer };
            journal.record(event, NOW).unwrap()
        }
        _ => {
            let answer = Some(format!("ünï {number}"));
            journal.record(Event::Pinned { task: TaskId(0), answer, reason: None }, NOW).unwrap()
        }
    }
}

/// A session of that many entries.
fn session(entries: usize) -> (Journal, Vec<Entry>) {
    let mut journal = Journal::default();
    let mut all = begin(&mut journal);
    while all.len() < entries {
        all.push(go_on(&mut journal));
    }
    (journal, all)
}

fn file_of(entries: &[Entry]) -> Vec<u8> {
    let header = line::Header { plantern: line::FORMAT, title: "t".into(), created: "now".into() };
    let mut bytes = (line::write_header(&header) + "\n").into_bytes();
    bytes.extend(create::lines(entries).unwrap());
    bytes
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A writer whose words come out of the channel.
fn writer(claim: Claim) -> (SessionWriter, mpsc::Receiver<Saving>) {
    let (say, said) = mpsc::channel();
    (SessionWriter::start(claim, move |saving| drop(say.send(saving))), said)
}

const LONG: Duration = Duration::from_secs(10);

#[test]
fn a_session_is_made_continued_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = folder.path().join("data/sessions");
    let (journal, entries) = session(30);
    let (say, said) = mpsc::channel();
    let title = TITLE.to_owned();
    let say = move |saving| drop(say.send(saving));
    let writer =
        SessionWriter::create(real(), sessions.clone(), title.clone(), entries[..10].to_vec(), NOW, say);
    for entry in &entries[10..] {
        writer.append(vec![entry.clone()]);
    }
    writer.close(LONG).unwrap();
    let said: Vec<Saving> = said.iter().collect();
    let path = sessions.join("2026-11-21-größe-of-x.jsonl");
    assert_eq!(said[0], Saving::Made(path.clone()));
    assert_eq!(said.last(), Some(&Saving::Saved { entries: 30 }));
    assert_eq!(names(&sessions), ["2026-11-21-größe-of-x.jsonl"], "no temporary file, no lock");

    let opened = open(&real(), &path, NOW).unwrap();
    assert_eq!(opened.journal.entries(), entries);
    assert_eq!(opened.journal.session(), journal.session());
    assert_eq!(
        (opened.header.title, opened.header.created.as_str()),
        (title.clone(), "2026-11-21T08:00:00Z")
    );
    assert_eq!((opened.warning, opened.read_only), (None, None));
    assert_eq!(opened.good_bytes, std::fs::metadata(&path).unwrap().len());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    // A second session of that day and title gets a name of its own.
    let second = create(&real(), &sessions, &title, &entries[..2], NOW).unwrap();
    assert_eq!(second.path(), sessions.join("2026-11-21-größe-of-x-2.jsonl"));
    // Clocks of file systems are slower than this test.
    let long_ago = std::time::SystemTime::UNIX_EPOCH + LONG;
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let listed = list(&RealDisk, &sessions).unwrap();
    let seen: Vec<_> = listed.iter().map(|listed| (listed.title.clone(), listed.entries)).collect();
    let records = journal.records().len() as u32;
    assert_eq!(
        seen,
        [(Title::Of(title.clone()), Some(2)), (Title::Of(title), Some(records))],
        "newest first"
    );
    assert_eq!(latest(&RealDisk, &sessions).unwrap(), Some(second.path().to_owned()));
}

#[test]
fn an_entry_that_would_not_read_back_is_said_and_not_acknowledged() {
    let (mut journal, entries) = session(3);
    let disk = SimulatedDisk::default();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let (writer, said) = writer(create(&shared, Path::new("/s"), "x", &entries, NOW).unwrap());
    let call = crate::ids::CallId(0);
    let answer = Answer { scores: vec![f32::NAN], ..Answer::default() };
    let bad = journal.record(Event::Answered { call, answer }, NOW).unwrap();
    let next = go_on(&mut journal);
    writer.append(vec![bad, next]);
    match said.recv_timeout(LONG).unwrap() {
        Saving::Trouble { why, .. } => assert!(why.contains("entry 0 can not be written"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(writer.close(LONG), Err(StoreError::Unsaved { entries: 2, .. })));
    let path = PathBuf::from("/s/2026-11-21-x.jsonl");
    assert_eq!(read(&shared, &path).unwrap().journal.entries(), entries, "the file stays good");
}

#[test]
fn a_secret_never_reaches_the_disk() {
    let (mut journal, entries) = session(3);
    let disk: Arc<dyn Disk> = Arc::new(SimulatedDisk::default());
    let secret = format!("sk-proj-{}", "aB3dE6gH".repeat(4));
    let title = format!("use {secret}");
    let (writer, _said) = writer(create(&disk, Path::new("/s"), &title, &entries, NOW).unwrap());
    let token =
        |text: &str| Token { text: text.into(), probability: 0.5, alternatives: vec![], forced: false };
    let halves = secret.split_at(12);
    let answer = Answer {
        text: format!("It is {secret}."),
        tokens: vec![token("It is "), token(halves.0), token(halves.1), token(".")],
        ..Answer::default()
    };
    let said = journal.record(Event::Answered { call: crate::ids::CallId(0), answer }, NOW).unwrap();
    writer.append(vec![said]);
    writer.close(LONG).unwrap();
    let path =
        disk.list(Path::new("/s")).unwrap().into_iter().find(|path| path.extension().is_some()).unwrap();
    let text = String::from_utf8(disk.read(&path, 0, 1 << 20).unwrap()).unwrap();
    assert!(!text.contains(halves.1) && !text.contains(halves.0), "{text}");
    let kept = read(&disk, &path).unwrap();
    let kept = kept.journal.call(crate::ids::CallId(0)).unwrap();
    assert!(
        matches!(&kept.outcome, crate::session::Outcome::Answered(answer)
        if answer.text == "It is [redacted: OpenAI key]." && answer.tokens.is_empty()),
        "{kept:?}"
    );
}
