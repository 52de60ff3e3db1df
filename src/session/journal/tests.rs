//! The laws of the log: what was written is there, undo and redo are inverse, a file gives back the same journal.

use super::*;
use crate::{
    ask::{Answer, Ask},
    plan::{Draft, Edit, outline},
    session::{Actor, Purpose, line},
};
use proptest::prelude::*;

/// Presses on a small session: what a person and a run can do to the log.
#[derive(Clone, Debug)]
enum Press {
    Add(u32),
    Remove(u32),
    Pin(u32, u8),
    Call(u32),
    Undo,
    Redo,
    Jump(u32),
}

fn presses() -> impl Strategy<Value = Vec<Press>> {
    let press = prop_oneof![
        3 => (0u32..9).prop_map(Press::Add),
        1 => (1u32..9).prop_map(Press::Remove),
        1 => (0u32..9, any::<u8>()).prop_map(|(task, answer)| Press::Pin(task, answer)),
        1 => (0u32..9).prop_map(Press::Call),
        2 => Just(Press::Undo),
        1 => Just(Press::Redo),
        1 => (0u32..30).prop_map(Press::Jump),
    ];
    proptest::collection::vec(press, 0..40)
}

fn edited(edit: Edit) -> Event {
    Event::Edited { by: Actor::Person, edits: vec![edit], reason: None }
}

fn play(journal: &mut Journal, presses: &[Press]) -> Vec<Entry> {
    let goal = Edit::Add { task: TaskId(0), parent: None, at: 0, draft: Draft::text("goal") };
    let mut entries = vec![journal.record(edited(goal), 0).unwrap()];
    for (at, press) in presses.iter().enumerate() {
        let at = at as u64;
        journal.open_turn();
        let fresh = journal.fresh_task();
        let draft = Draft::text(format!("task {fresh}"));
        let event = match press {
            Press::Add(below) => {
                edited(Edit::Add { task: fresh, parent: Some(TaskId(*below)), at: 0, draft })
            }
            Press::Remove(task) => edited(Edit::Remove { task: TaskId(*task) }),
            Press::Pin(task, answer) => {
                Event::Pinned { task: TaskId(*task), answer: Some(answer.to_string()), reason: None }
            }
            Press::Call(task) => {
                let request = crate::ask::Request::Compute { question: at.to_string() };
                let ask = Ask::local("count", request);
                let (call, task) = (journal.fresh_call(), TaskId(*task));
                let asked = Event::Asked { call, task, purpose: Purpose::Answer, key: at.to_string(), ask };
                entries.push(journal.record(asked, at).unwrap());
                Event::Answered { call, answer: Answer::plain("7") }
            }
            Press::Undo | Press::Redo | Press::Jump(_) => {
                let target = match press {
                    Press::Undo => journal.undo_target(),
                    Press::Redo => journal.redo_target(),
                    Press::Jump(seq) => Some(Some(Seq(*seq))),
                    _ => None,
                };
                entries.extend(target.and_then(|to| journal.go(to, at).ok()));
                continue;
            }
        };
        entries.extend(journal.record(event, at));
    }
    entries
}

proptest! {
    #[test]
    fn a_file_gives_back_the_journal(presses in presses()) {
        let mut live = Journal::default();
        let entries = play(&mut live, &presses);
        let header = line::Header { plantern: line::FORMAT, title: "t".into(), created: "now".into() };
        let mut file = line::write_header(&header) + "\n";
        entries.iter().for_each(|entry| file += &(line::write_entry(entry) + "\n"));
        let read = line::read_session(file.as_bytes()).unwrap();
        prop_assert_eq!(read.stopped, None);
        prop_assert_eq!(read.journal.records(), live.records());
        prop_assert_eq!(read.journal.head(), live.head());
        prop_assert_eq!(read.journal.entries(), entries);
        prop_assert_eq!(read.journal.session(), live.session());
        prop_assert_eq!(read.journal.calls().collect::<Vec<_>>(), live.calls().collect::<Vec<_>>());
        prop_assert_eq!(&live.session_at(live.head()).unwrap(), live.session());
    }

    #[test]
    fn undo_then_redo_changes_nothing(presses in presses()) {
        let mut journal = Journal::default();
        play(&mut journal, &presses);
        let (before, head) = (journal.session().clone(), journal.head());
        // In the middle of a turn, where only a jump leads, redo goes on to the end of the turn.
        let turn = |seq: Seq| journal.records()[seq.0 as usize].turn;
        let middle = journal.records().iter().any(|next| next.after == head && Some(next.turn) == head.map(turn));
        if let Some(to) = journal.undo_target().filter(|_| !middle) {
            journal.go(to, 0).unwrap();
            let back = journal.redo_target().expect("what was undone can be redone");
            journal.go(back, 0).unwrap();
            prop_assert_eq!(journal.session(), &before);
            prop_assert_eq!(journal.head(), head);
        }
    }

    #[test]
    fn a_cut_or_flipped_file_opens_to_the_last_good_line(presses in presses(), at in any::<prop::sample::Index>(), flip in 0u8..9) {
        let mut live = Journal::default();
        let entries = play(&mut live, &presses);
        let header = line::Header { plantern: line::FORMAT, title: "t".into(), created: "now".into() };
        let first = line::write_header(&header) + "\n";
        let mut file = first.clone();
        entries.iter().for_each(|entry| file += &(line::write_entry(entry) + "\n"));
        let mut bytes = file.into_bytes();
        let at = first.len() + at.index(bytes.len() - first.len());
        match flip {
            8 => bytes.truncate(at),
            bit => bytes[at] ^= 1 << bit,
        }
        let read = line::read_session(&bytes).unwrap();
        let lines = bytes[first.len()..at].iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(read.journal.len(), lines, "all lines before the damage, none after");
        prop_assert_eq!(read.stopped.is_some(), read.good < bytes.len());
    }
}

#[test]
fn an_edit_after_an_undo_grows_a_branch() {
    let mut journal = Journal::default();
    play(&mut journal, &[Press::Add(0), Press::Undo, Press::Add(0)]);
    assert_eq!(outline(&journal.session().plan), "QC: goal\n  QS: task t2");
    let old = journal.session_at(Some(Seq(1))).unwrap();
    assert_eq!(outline(&old.plan), "QC: goal\n  QS: task t1", "the old branch stays readable");
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut journal = Journal::default();
    play(&mut journal, &[Press::Call(0)]);
    let before = journal.clone();
    let again = Event::Answered { call: CallId(0), answer: Answer::plain("8") };
    assert_eq!(journal.record(again, 0), Err(JournalError::Stray(CallId(0))));
    assert_eq!(journal.go(Some(Seq(99)), 0), Err(JournalError::Nowhere(Seq(99))));
    let gap =
        Record { seq: Seq(9), after: None, turn: 0, at: 0, event: edited(Edit::Again { task: TaskId(0) }) };
    let expected = Seq(journal.records().len() as u32);
    assert_eq!(
        journal.load(&Entry::Record(Box::new(gap))),
        Err(JournalError::OutOfOrder { expected, found: Seq(9) })
    );
    assert_eq!(journal.records(), before.records());
    assert_eq!(journal.session(), before.session());
}
