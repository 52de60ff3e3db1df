//! Every recorded session of `sessions/` is a test: it opens, folds to the plan it was, walks back and forth, asks nobody.

use plantern::{
    ask::Request,
    engine::{Status, Tools, survey},
    headless::{export, replay},
    ids::TaskId,
    plan::{Draft, Edit},
    session::{
        Actor, Event, Journal, Settings,
        line::{read_session, write_entry},
    },
    workbench::State,
};
use std::{collections::BTreeSet, fs, path::Path};

fn sessions() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sessions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "jsonl"));
    files.sort();
    let name = |file: &Path| file.file_stem().unwrap().to_string_lossy().into_owned();
    files.iter().map(|file| (name(file), fs::read(file).unwrap())).collect()
}

#[test]
fn every_recorded_session_folds_to_its_plan() {
    let sessions = sessions();
    assert!(3 <= sessions.len(), "sessions are missing");
    for (name, bytes) in sessions {
        let replayed = replay::replay(&bytes).unwrap();
        assert_eq!((replayed.calls, replayed.damage), (0, None), "{name}");
        let mut state = State::new(Tools::default(), Settings::new("decomposed", "tag", "scripted"));
        state.journal = read_session(&bytes).unwrap().journal;
        state.look();
        let mut outline = vec![];
        export::outline(&state, &mut outline).unwrap();
        insta::assert_snapshot!(name, String::from_utf8(outline).unwrap());
    }
}

#[test]
fn every_recorded_session_walks_to_its_root_and_back() {
    for (name, bytes) in sessions() {
        let mut journal = read_session(&bytes).unwrap().journal;
        let (end, hash) = (journal.session().clone(), replay::session_hash(journal.session()));
        let mut undone = 0;
        while let Some(to) = journal.undo_target() {
            journal.go(to, 0).unwrap();
            undone += 1;
        }
        assert!(2 < undone, "{name}");
        for _ in 0..undone {
            let to = journal.redo_target().unwrap();
            journal.go(to, 0).unwrap();
        }
        assert_eq!(journal.session(), &end, "{name}");
        assert_eq!(replay::session_hash(journal.session()), hash, "{name}");
    }
}

#[test]
fn every_recorded_session_is_written_as_it_was_read() {
    for (name, bytes) in sessions() {
        let text = String::from_utf8(bytes).unwrap();
        let journal = read_session(text.as_bytes()).unwrap().journal;
        let lines: Vec<String> = journal.entries().iter().map(write_entry).collect();
        assert_eq!(lines.join("\n"), text.lines().skip(1).collect::<Vec<_>>().join("\n"), "{name}");
    }
}

#[test]
fn what_functions_answered_in_a_recorded_session_is_found_by_what_they_are_asked_now() {
    for (name, bytes) in sessions() {
        let journal = read_session(&bytes).unwrap().journal;
        let survey = survey(&journal, &Tools::default(), &Default::default());
        let solved = |task: &TaskId| journal.session().progress(*task).solved.is_some();
        let tasks: Vec<TaskId> = journal.session().plan.walk().into_iter().filter(solved).collect();
        for asking in tasks.iter().flat_map(|task| survey.asks(&journal, *task)) {
            if let Request::Compute { question } = &asking.ask.request {
                assert!(journal.call_for(&asking.key).is_some(), "{name}: {question}");
            }
        }
    }
}

/// The tasks that do not stand as done.
fn open(journal: &Journal) -> BTreeSet<TaskId> {
    let survey = survey(journal, &Tools::default(), &Default::default());
    survey
        .iter()
        .filter(|(_, look)| look.stale || look.status != Status::Done)
        .map(|(task, _)| task)
        .collect()
}

/// The first three were made when the key of a route held the numbers of what a task refers to.
#[test]
fn an_insertion_a_removal_and_a_move_in_a_recorded_session_make_only_dependents_stale() {
    let mut refer = 0;
    for (name, bytes) in sessions() {
        let mut journal = read_session(&bytes).unwrap().journal;
        let plan = journal.session().plan.clone();
        let (before, new) = (open(&journal), journal.fresh_task());
        let done = plan.walk().into_iter().filter(|task| !before.contains(task));
        refer += done.filter(|task| !plan.needs(*task).is_empty()).count();
        for parent in plan.walk().into_iter().filter(|task| !plan.parts(*task).is_empty()) {
            let above: BTreeSet<TaskId> = [parent, new].into_iter().chain(plan.ancestors(parent)).collect();
            let mut check = |edit: Edit| {
                let words = format!("{name}: {edit:?}");
                let event = Event::Edited { by: Actor::Person, edits: vec![edit], reason: None };
                journal.record(event, 0).unwrap();
                let more: Vec<_> = open(&journal).difference(&before).copied().collect();
                assert!(more.iter().all(|task| above.contains(task)), "{words}: {more:?}");
            };
            let draft = Draft::text("Who wrote the play Hamlet?");
            check(Edit::Add { task: new, parent: Some(parent), at: 0, draft });
            check(Edit::Move { task: new, parent, at: plan.parts(parent).len() });
            check(Edit::Remove { task: new });
            assert_eq!(open(&journal), before, "{name}: all is as before");
        }
    }
    assert!(9 < refer, "only {refer} answered tasks refer to others");
}

#[test]
fn a_recorded_session_whose_lines_another_program_ended_in_its_way_is_whole() {
    for (name, bytes) in sessions() {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let changed = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
        let (read, as_it_was) = (read_session(changed.as_bytes()).unwrap(), read_session(&bytes).unwrap());
        assert_eq!((read.stopped, read.good), (None, changed.len()), "{name}");
        assert_eq!(read.journal.session(), as_it_was.journal.session(), "{name}");
    }
}
