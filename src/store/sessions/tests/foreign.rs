//! What others have: a session that is open elsewhere, files that are no sessions, programs that change ours.

use super::*;
use crate::store::disk::lock_path;

#[test]
fn one_writer_at_a_time_and_the_second_is_told_who() {
    let folder = tempfile::tempdir().unwrap();
    let (_, entries) = session(5);
    let claim = create(&real(), folder.path(), "x", &entries, NOW).unwrap();
    let second = open(&real(), claim.path(), NOW).unwrap();
    assert!(second.claim.is_none());
    assert_eq!((second.read_only.as_deref(), second.ours), (Some("this Plantern has it open"), true));
    assert_eq!(second.journal.entries(), entries, "it can be looked at all the same");
    // As another process would have left its note.
    std::fs::write(lock_path(claim.path()), "1 2026-11-21T08:00:00Z\n").unwrap();
    let second = open(&real(), claim.path(), NOW).unwrap();
    let why = "another Plantern (process 1, since 2026-11-21T08:00:00Z) has it open";
    assert_eq!((second.read_only.as_deref(), second.ours), (Some(why), false));
    std::fs::write(lock_path(claim.path()), "\u{1b}]0;evil\u{7}").unwrap();
    let why = open(&real(), claim.path(), NOW).unwrap().read_only.unwrap();
    assert_eq!(why, "another Plantern has it open", "the note is data");
    let refused = save_as(&real(), claim.path(), "x", &entries, NOW).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.starts_with("another Plantern has it open: close it there, or work on a copy"),
        "{refused}"
    );
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
        // Another file is needed, so nothing is promised.
        Saving::Trouble { why, again } => assert!(why.contains(expected) && !again, "{why}"),
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
