//! Which task is which on two sides, what differs, and where it went another way first.

use super::*;
use crate::{
    plan::{Edit, read_outline},
    session::{Actor, Event},
};

fn session(text: &str, answers: &[(u32, &str)]) -> Session {
    let mut session = Session::default();
    let edits: Vec<Edit> = read_outline(text, 0).edits;
    session.apply(&Event::Edited { by: Actor::Person, edits, reason: None }).unwrap();
    for (task, answer) in answers {
        let (task, answer) = (TaskId(*task), (*answer).to_owned());
        session.apply(&Event::Solved { task, key: String::new(), answer }).unwrap();
    }
    session
}

fn check(one: &Session, other: &Session, matching: Matching, expected: &[&str]) {
    let comparison = compare(one, other, matching);
    let name = |task: Option<TaskId>| task.map_or("-".to_owned(), |task| task.to_string());
    let shown: Vec<String> = comparison
        .pairs
        .iter()
        .map(|pair| {
            let words: Vec<&str> = pair.differences.iter().map(|what| what.word()).collect();
            format!("{}{} {} {}", " ".repeat(pair.depth), name(pair.one), name(pair.other), words.join("+"))
        })
        .collect();
    assert_eq!(shown.iter().map(|line| line.trim_end()).collect::<Vec<_>>(), expected);
}

#[test]
fn tasks_are_matched_by_words_and_differences_named() {
    let one = session("QC: trip\n  QS: [a] find a hotel\n  QS: pay #1", &[(1, "Ritz")]);
    let other = session("QC: trip\n  QS: ask\n  QS: [b] find a cheap hotel\n  QS: pay #2", &[(2, "Inn")]);
    check(&one, &one, Matching::Words, &["t0 t0", " t1 t1", " t2 t2"]);
    check(
        &one,
        &other,
        Matching::Words,
        &["t0 t0", " - t1 only there", " t1 t2 text+expert+answer", " t2 t3"],
    );
}

#[test]
fn a_reference_is_compared_by_the_task_that_it_means() {
    let one = session("QC: trip\n  QS: find\n  QS: look\n  QS: pay #1", &[]);
    let mut other = one.clone();
    let draft = crate::plan::Draft::text("ask");
    other.plan.apply(&Edit::Add { task: TaskId(9), parent: Some(TaskId(0)), at: 0, draft }).unwrap();
    assert_eq!(other.plan.text(TaskId(3)), "pay #2");
    check(&one, &other, Matching::Ids, &["t0 t0", " - t9 only there", " t1 t1", " t2 t2", " t3 t3"]);
    // The same number may mean another one.
    let other = session("QC: trip\n  QS: look\n  QS: find\n  QS: pay #1", &[]);
    check(&one, &other, Matching::Words, &["t0 t0", " t1 t2", " t2 t1", " t3 t3 text"]);
}

#[test]
fn tasks_of_one_history_are_matched_by_id() {
    let one = session("QC: trip\n  QS: find\n  QS: pay #1", &[]);
    let mut other = one.clone();
    for edit in [
        Edit::Move { task: TaskId(2), parent: TaskId(1), at: 0 },
        Edit::SetPhrase { task: TaskId(2), phrase: crate::plan::Phrase::text("all else") },
    ]
    .into_iter()
    .rev()
    {
        other.plan.apply(&edit).unwrap();
    }
    check(&one, &other, Matching::Ids, &["t0 t0", " t1 t1", " t2 t2 place+text"]);
}

#[test]
fn the_first_divergent_step_is_the_one_whose_inputs_are_the_same() {
    let check = |one: &Session, other: &Session, matching: Matching, expected: Option<u32>| {
        let comparison = compare(one, other, matching);
        let at = comparison.divergence(one, other);
        assert_eq!(at.and_then(|at| comparison.pairs[at].one), expected.map(TaskId));
    };
    let plan = "QC: trip\n  QS: find\n  QS: choose of #1\n  QS: pay #2";
    let one = session(plan, &[(0, "9"), (1, "a"), (2, "b"), (3, "9")]);
    check(&one, &one, Matching::Words, None);
    check(&one, &session(plan, &[(0, "8"), (1, "a"), (2, "x"), (3, "8")]), Matching::Words, Some(2));
    check(&one, &session(plan, &[(0, "8"), (1, "a"), (2, "b"), (3, "9")]), Matching::Words, Some(0));
    let worded = session(&plan.replace("trip", "way"), &[(0, "9"), (1, "z"), (2, "b"), (3, "9")]);
    check(&one, &worded, Matching::Words, Some(0));
    let states =
        session("QC: q\n  QS: state 1\n  QS: state 2\n  QS: state 3", &[(0, "9"), (1, " \"a\""), (2, "c")]);
    check(&one, &states, Matching::Order, Some(2));
    let comparison = compare(&one, &states, Matching::Order);
    assert_eq!(comparison.differing().count(), 1, "what gold says nothing of does not differ");
    // What it was made of stands behind it in reading order.
    let forward = |first: &str, second: &str| {
        let mut made = session("QC: trip\n  QS: find\n  QS: pay", &[(1, first), (2, second)]);
        let phrase = crate::plan::Phrase::of([crate::plan::Piece::Answer { task: TaskId(2) }]);
        made.plan.apply(&Edit::SetPhrase { task: TaskId(1), phrase }).unwrap();
        made
    };
    check(&forward("a", "b"), &forward("x", "y"), Matching::Ids, Some(2));
}
