//! Sessions as files: made, opened, damaged, fought over. Disks that fail are in `faults`, processes that die in `kill`.

mod damage;
mod faults;
mod kill;

use super::*;
use crate::{
    ask::{Answer, Ask, Request, Token},
    ids::TaskId,
    plan::{Draft, Edit},
    session::{Actor, Entry, Event, Journal, Purpose, Settings, line},
    store::{
        StoreError,
        disk::{Disk, RealDisk, lock_path, simulated::SimulatedDisk},
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
fn one_writer_at_a_time_and_the_second_is_told_who() {
    let folder = tempfile::tempdir().unwrap();
    let (_, entries) = session(5);
    let claim = create(&real(), folder.path(), "x", &entries, NOW).unwrap();
    let second = open(&real(), claim.path(), NOW).unwrap();
    assert!(second.claim.is_none());
    assert_eq!(second.read_only.unwrap(), "the session that this Plantern has open");
    assert_eq!(second.journal.entries(), entries, "it can be looked at all the same");
    // As another process would have left its note.
    std::fs::write(lock_path(claim.path()), "1 2026-11-21T08:00:00Z\n").unwrap();
    let why = open(&real(), claim.path(), NOW).unwrap().read_only.unwrap();
    assert_eq!(why, "the session that another Plantern (process 1, since 2026-11-21T08:00:00Z) has open");
    std::fs::write(lock_path(claim.path()), "\u{1b}]0;evil\u{7}").unwrap();
    let why = open(&real(), claim.path(), NOW).unwrap().read_only.unwrap();
    assert_eq!(why, "the session that another Plantern has open", "the note is data");
    let refused = save_as(&real(), claim.path(), "x", &entries, NOW).unwrap_err();
    let refused = refused.to_string();
    assert!(refused.ends_with("is open in another Plantern: close it there, or work on a copy"), "{refused}");
    let path = claim.path().to_owned();
    drop(claim);
    assert!(open(&real(), &path, NOW).unwrap().claim.is_some(), "given back");
}

#[test]
fn save_as_never_takes_the_place_of_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let (_, entries) = session(12);
    let at = |name: &str| folder.path().join(name);
    let save = |name: &str, entries: &[Entry]| save_as(&real(), &at(name), "t", entries, NOW);
    std::fs::write(at("letter.txt"), "dear Ada").unwrap();
    let refused = save("letter.txt", &entries).unwrap_err().to_string();
    assert!(
        refused.ends_with("letter.txt exists and is no Plantern session: choose another name"),
        "{refused}"
    );
    assert_eq!(std::fs::read(at("letter.txt")).unwrap(), b"dear Ada");
    assert!(matches!(save("", &entries), Err(StoreError::NotAFile { .. })));
    assert!(matches!(save("no/such/x.jsonl", &entries), Err(StoreError::Io { .. })));

    drop(save("a.jsonl", &entries[..3]).unwrap());
    let (writer, _said) = writer(save("a.jsonl", &entries).unwrap());
    writer.close(LONG).unwrap();
    assert_eq!(open(&real(), &at("a.jsonl"), NOW).unwrap().journal.entries(), entries);
    let kept = at("a.jsonl.replaced-2026-11-21T080000Z");
    assert_eq!(read(&real(), &kept).unwrap().journal.entries(), entries[..3], "the replaced one is kept");
    assert_eq!(names(folder.path()), ["a.jsonl", "a.jsonl.replaced-2026-11-21T080000Z", "letter.txt"]);

    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("a.jsonl"), at("link.jsonl")).unwrap();
        drop(save("link.jsonl", &entries[..4]).unwrap());
        assert!(at("link.jsonl").is_symlink(), "the file behind the link is written");
        assert_eq!(read(&real(), &at("a.jsonl")).unwrap().journal.len(), 4);
    }
}

#[test]
fn what_is_no_session_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let check = |bytes: &[u8], expected: &str| {
        std::fs::write(&path, bytes).unwrap();
        let said = open(&real(), &path, NOW).unwrap_err().to_string();
        assert!(said.contains(expected) && said.contains("x.jsonl"), "{said}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "untouched");
        let listed = list(&RealDisk, folder.path()).unwrap();
        assert!(matches!(&listed[..], [Listed { title: Title::Bad(_), .. }]), "{listed:?}");
        assert_eq!(names(folder.path()), ["x.jsonl"]);
    };
    check(b"", "it is empty");
    check(&[0; 5000], "it holds nothing but zeros");
    check(b"\xff\xfe{\0", "it is not text in UTF-8");
    check(b"dear Ada\n", "its first line is no header like {\"plantern\":1,");
    check(b"{}\n{}\n", "its first line is no header");
    check("[".repeat(100_000).as_bytes(), "its first line is no header");
    check(
        b"{\"plantern\":7,\"title\":\"t\",\"created\":\"c\"}\n",
        "was written by a newer Plantern (format 7, this one reads up to 1)",
    );
    let said = open(&real(), folder.path(), NOW).unwrap_err().to_string();
    assert!(said.contains("is a folder, not a file"), "{said}");
    let said = open(&real(), &folder.path().join("none"), NOW).unwrap_err().to_string();
    assert!(said.starts_with("there is no ") && said.contains("none: check the path"), "{said}");
    let said = open(&real(), &path.join("below"), NOW).unwrap_err().to_string();
    assert!(said.starts_with("there is no "), "{said}");
    assert_eq!(list(&RealDisk, &folder.path().join("none")), Ok(vec![]));
    assert_eq!(latest(&RealDisk, folder.path()), Ok(None), "a bad file is not the latest session");
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_huge_files_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo").arg(at("pipe.jsonl")).status();
    if made.is_ok_and(|made| made.success()) {
        let said = open(&real(), &at("pipe.jsonl"), NOW).unwrap_err().to_string();
        assert!(said.contains("is a pipe, not a file"), "{said}");
        let listed = list(&RealDisk, folder.path()).unwrap();
        assert_eq!(listed[0].title, Title::Bad("it is a pipe".into()));
    }
    let said = open(&real(), Path::new("/dev/zero"), NOW).unwrap_err().to_string();
    assert!(said.contains("is a device, not a file"), "{said}");
    // Sparse: no disk is filled.
    std::fs::File::create(at("big.jsonl")).unwrap().set_len(3 << 30).unwrap();
    let said = open(&real(), &at("big.jsonl"), NOW).unwrap_err().to_string();
    assert!(said.contains("has 3221225472 bytes, at most 2147483648 are taken"), "{said}");
    assert!(list(&RealDisk, folder.path()).is_ok());
}

#[test]
fn a_file_that_others_change_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (_, entries) = session(20);
    let claim = create(&real(), folder.path(), "x", &entries[..10], NOW).unwrap();
    let path = claim.path().to_owned();
    let (writer, said) = writer(claim);
    let trouble = |expected: &str| match said.recv_timeout(LONG).unwrap() {
        Saving::Trouble(why) => assert!(why.contains(expected), "{why}"),
        other => panic!("{other:?}"),
    };
    writer.append(vec![entries[10].clone()]);
    assert_eq!(said.recv_timeout(LONG), Ok(Saving::Saved { entries: 1 }));
    let mine = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    writer.append(vec![entries[11].clone()]);
    trouble("was moved or deleted by another program: save this session under another name");
    std::fs::write(&path, "dear Ada").unwrap();
    writer.append(vec![entries[12].clone()]);
    trouble("was changed by another program");
    assert_eq!(std::fs::read(&path).unwrap(), b"dear Ada");
    // The file comes back: what waited is written behind it.
    std::fs::write(&path, mine).unwrap();
    writer.retry();
    assert_eq!(said.recv_timeout(LONG), Ok(Saving::Saved { entries: 3 }));
    writer.close(LONG).unwrap();
    assert_eq!(read(&real(), &path).unwrap().journal.entries(), entries[..13]);
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
        Saving::Trouble(why) => assert!(why.contains("entry 0 can not be written"), "{why}"),
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
