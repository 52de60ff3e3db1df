//! What is too long for its line is told all the same, or shows where the rest is.

use super::desk::Desk;
use plantern::{
    session::line::read_session,
    workbench::{Message, SessionFile, Stored, Weight, state::Opened, state::Summary},
};

/// The lines of the frame that hold the words.
fn lines(desk: &Desk, width: u16, words: &str) -> Vec<String> {
    desk.frame(width, 24).lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
}

#[test]
fn a_session_that_can_not_be_written_says_so_at_any_width() {
    let reading = read_session(include_bytes!("../../../sessions/letters.jsonl")).unwrap();
    let mut desk = Desk::new();
    let file = format!("/home/{}/2026-11-21-take-the-last-letters.jsonl", "deep/".repeat(20));
    let why = "another Plantern (process 2030, since 2026-11-21T08:00:00Z) has it open".to_owned();
    let opened =
        Opened { journal: reading.journal, file: SessionFile::ReadOnly { file, why }, warning: None };
    desk.send(Message::Stored(Stored::Opened(Box::new(opened))));
    for width in [60, 80, 140] {
        assert!(lines(&desk, width, "read only")[0].contains("letters"), "{}", desk.frame(width, 24));
        let told = "read only, any change makes a copy: another";
        assert!(!lines(&desk, width, told).is_empty(), "{}", desk.frame(width, 24));
    }
    desk.press("g j e");
    desk.type_in(" changed");
    desk.press("enter");
    assert!(lines(&desk, 80, "read only").iter().all(|line| line.contains("any change")), "now it is a copy");
}

#[test]
fn a_long_message_is_whole_in_the_log() {
    let mut desk = Desk::done();
    let words = format!("the first words, {}and the last", "which go on and on, ".repeat(6));
    desk.send(Message::Stored(Stored::Said(Weight::Warning, words)));
    let told = lines(&desk, 80, "the first words");
    assert!(told.iter().any(|line| line.trim_end().ends_with("… A-l reads it all")), "{told:?}");
    assert_eq!(lines(&desk, 80, "and the last").len(), 1, "{}", desk.frame(80, 24));
    assert_eq!(lines(&desk, 200, "A-l reads").len(), 0, "there is room for all of it");
}

#[test]
fn the_words_of_a_task_stand_beside_whatever_is_said_of_it() {
    let mut desk = Desk::planned();
    desk.press("g j $");
    desk.type_in("9 calls, 7000 tokens, 100 seconds");
    desk.press("enter");
    let told = lines(&desk, 80, "#1 [answer] Who wrote");
    assert!(told.iter().any(|line| line.contains("$ 9 calls")), "{}", desk.frame(80, 24));
}

#[test]
fn sessions_of_one_title_are_told_apart_and_the_open_one_is_marked() {
    let mut desk = Desk::done();
    let SessionFile::At(open) = desk.state.file.clone() else { panic!("{:?}", desk.state.file) };
    let session = |path: std::path::PathBuf, title: &str| Summary {
        path,
        title: title.to_owned(),
        about: "12 events, 3 min ago".to_owned(),
        recorded: false,
    };
    desk.press("H");
    desk.send(Message::Stored(Stored::Sessions(vec![
        session(open.clone(), "Same words"),
        session("sessions/same-2.jsonl".into(), "Same words"),
        session("sessions/other.jsonl".into(), "Other words"),
    ])));
    let told = lines(&desk, 100, "words");
    assert!(told[0].contains("● open") && told[0].contains("first-program.jsonl"), "{told:?}");
    assert!(!told[1].contains("open") && told[1].contains("same-2.jsonl"), "{told:?}");
    assert!(!told[2].contains("other.jsonl"), "{told:?}");
    // The open one is not read anew.
    desk.effects.clear();
    desk.press("enter");
    assert!(desk.effects.is_empty() && !lines(&desk, 100, "this is the session that is open").is_empty());
}
