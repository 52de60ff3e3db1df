//! Files that a person names where something else is wanted: refused at once, by name, whatever they are.

use crate::support::program;
use std::{path::Path, process::Stdio};

/// What the program says of it on stderr.
fn refused(home: &Path, arguments: &[&str], code: i32) -> String {
    let output = program(home, arguments).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    said
}

#[cfg(unix)]
#[test]
fn only_plain_files_are_read() {
    let home = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status().unwrap();
    assert!(made.success());
    std::fs::create_dir(home.path().join("folder")).unwrap();
    for (what, kind) in [("pipe", "a pipe"), ("folder", "a folder"), ("/dev/zero", "a device")] {
        for command in [
            &["replay"][..],
            &["salvage"],
            &["lint"],
            &["eval"],
            &["test"],
            &["import"],
            &["export"],
            &["show"],
            &["run", "--plan"],
            &["route", "eval"],
        ] {
            let arguments = [command, &[what]].concat();
            let said = refused(home.path(), &arguments, 2);
            assert!(said.contains(what) && said.contains(kind), "{arguments:?}: {said}");
        }
    }
    let said = refused(home.path(), &["models", "inspect", "pipe"], 3);
    assert!(said.contains("neither a file nor a folder"), "{said}");
}

#[test]
fn a_session_is_no_case_and_a_whole_one_needs_no_salvage() {
    let home = tempfile::tempdir().unwrap();
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/sessions/hamlet.jsonl");
    for command in ["test", "eval"] {
        let said = refused(home.path(), &[command, recorded], 2);
        assert!(said.contains("a session, and cases are wanted"), "{said}");
        assert_eq!(said.lines().count(), 1, "said once: {said}");
    }
    let said = refused(home.path(), &["salvage", recorded], 0);
    assert!(said.contains("this session is whole"), "{said}");
}

#[test]
fn a_session_that_can_not_be_written_is_refused_before_anything_is_asked() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("plan"), "QC: How many?\n  QS: [count] How many words are in \"a b\"?\n")
        .unwrap();
    for arguments in [&["run", "--plan", "plan"][..], &["run", "How many words are in \"a b\"?"]] {
        let arguments = [arguments, &["--session", "nowhere/x.jsonl"]].concat();
        let output = program(home.path(), &arguments).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("the folder is not there: make it, or choose another"), "{said}");
        assert!(!said.contains("not saved:"), "{said}");
    }
    let dry = ["run", "--dry-run", "--plan", "plan", "--session", "x.jsonl"];
    let output = program(home.path(), &dry).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("a dry run writes no session") && !home.path().join("x.jsonl").exists(), "{said}");
}

#[test]
fn what_would_stop_the_workbench_is_told_by_the_doctor_and_once_by_a_run() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.toml"), "theme = \"nosuch\"\n").unwrap();
    std::fs::create_dir(home.path().join("experts")).unwrap();
    std::fs::write(home.path().join("experts/bad.md"), "no card").unwrap();
    let output = program(home.path(), &["doctor"]).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && told.contains("no theme is called `nosuch`"), "{told}");
    let twice = told.lines().filter(|line| line.matches("/sessions").count() > 1);
    assert_eq!(twice.count(), 0, "a path is told once: {told}");
    std::fs::write(home.path().join("plan"), "QC: How many?\n  QS: [count] How many words are in \"a b\"?\n")
        .unwrap();
    let output = program(home.path(), &["run", "--plan", "plan"]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("bad.md").count(), 1, "{said}");
}
