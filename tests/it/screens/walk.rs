//! The guided walk of the README: its keys, pressed over its recorded session, bring up what it says.

use super::desk::Desk;
use plantern::{
    session::{Event, line::read_session},
    workbench::{Message, SessionFile, Stored, state::Opened},
};

/// Keys, the text typed behind them, and what the screen then says.
fn steps() -> Vec<(String, Option<String>, String)> {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("### Find the bug in this plan in twelve keys").expect("the walk");
    let (_, rest) = rest.split_once("```text\n").expect("its keys");
    let (block, _) = rest.split_once("```").expect("their end");
    let read = |line: &str| {
        let (keys, says) = line.split_at(line.find("   ").expect("three blanks"));
        let (keys, typed) = match keys.split_once('\'') {
            Some((keys, typed)) => (keys, Some(typed.trim_end_matches('\'').to_owned())),
            None => (keys, None),
        };
        (keys.trim().to_owned(), typed, says.trim().to_owned())
    };
    block.lines().filter(|line| !line.trim().is_empty()).map(read).collect()
}

#[test]
fn the_walk_of_the_readme_finds_the_bug() {
    let reading = read_session(include_bytes!("../../../sessions/hamlet.jsonl")).unwrap();
    let model = match &reading.journal.records()[0].event {
        Event::Started { settings, .. } => settings.model.clone(),
        other => panic!("{other:?}"),
    };
    let (calls, _) = reading.journal.usage();
    let mut desk = Desk::new();
    // As in the program that recorded it: with another model its answers would be asked again.
    desk.state.defaults.model = model;
    let file = SessionFile::ReadOnly { file: "hamlet".to_owned(), why: String::new() };
    let opened = Opened { journal: reading.journal, file, warning: None };
    desk.send(Message::Stored(Stored::Opened(Box::new(opened))));
    let mut pressed = 0;
    for (keys, typed, says) in steps() {
        desk.press(&keys);
        pressed += keys.split_whitespace().count();
        if let Some(typed) = &typed {
            desk.type_in(typed);
        }
        for (width, height) in [(80, 24), (140, 45)] {
            let frame = desk.frame(width, height);
            let plain: String = frame.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(plain.contains(&says), "after {keys}, {pressed} keys: {says:?} is not in\n{frame}");
        }
    }
    assert_eq!(pressed, 12, "as the heading says");
    assert_eq!((desk.state.journal.usage().0, desk.open.len()), (calls, 0), "the model was not asked");
}
