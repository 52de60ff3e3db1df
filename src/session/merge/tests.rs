//! What two sides come to together: taken, decided, refused.

use super::*;
use crate::{
    plan::{Draft, Edit, Phrase, Piece, outline, read_outline},
    session::{Actor, Event},
};

const BASE: &str = "QC: trip\n  QS: [a] hotel\n  QS: [b] book #1\n  QS: pay #2";

fn after(edits: &[Edit]) -> Session {
    let mut session = Session::default();
    for edits in [read_outline(BASE, 0).edits, edits.to_vec()] {
        session.apply(&Event::Edited { by: Actor::Person, edits, reason: None }).unwrap();
    }
    session
}

fn check(mine: &[Edit], theirs: &[Edit], choices: &[Side], conflicts: &[Field], expected: &str) {
    let mut merging = Merging::new(after(&[]), after(mine), after(theirs), "other".to_owned());
    let found: Vec<Field> = merging.conflicts.iter().map(|conflict| conflict.field).collect();
    assert_eq!(found, conflicts, "{:?}", merging.conflicts);
    for (conflict, choice) in merging.conflicts.iter_mut().zip(choices) {
        conflict.choice = Some(*choice);
    }
    match merging.finish() {
        Ok(merged) => {
            let mut plan = merging.mine.plan.clone();
            merged.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
            assert_eq!(outline(&plan), expected);
        }
        Err(why) => assert_eq!(why, expected),
    }
}

fn text(task: u32, text: &str) -> Edit {
    Edit::SetPhrase { task: TaskId(task), phrase: Phrase::text(text) }
}

fn add(task: u32, at: usize, words: &str) -> Edit {
    Edit::Add { task: TaskId(task), parent: Some(TaskId(0)), at, draft: Draft::text(words) }
}

#[test]
fn what_one_side_changed_is_taken() {
    let expert = Edit::SetExpert { task: TaskId(2), expert: Some("c".into()) };
    let (here, there) = ([text(1, "inn"), add(8, 0, "mine")], [add(9, 99, "theirs"), expert]);
    let merged = "QC: trip\n  QS: mine\n  QS: [a] inn\n  QS: [c] book #2\n  QS: pay #3\n  QS: theirs";
    check(&here, &there, &[], &[], merged);
    let gone = [Edit::Remove { task: TaskId(3) }];
    check(&[text(1, "inn")], &gone, &[], &[], "QC: trip\n  QS: [a] inn\n  QS: [b] book #1");
    let turned = [Edit::Move { task: TaskId(3), parent: TaskId(0), at: 0 }];
    check(&[text(1, "inn")], &turned, &[], &[], "QC: trip\n  QS: pay #3\n  QS: [a] inn\n  QS: [b] book #2");
}

#[test]
fn what_both_changed_is_decided_by_a_person() {
    let (here, there) = ([text(1, "inn")], [text(1, "hostel")]);
    let with = |words: &str| BASE.replace("hotel", words);
    check(&here, &there, &[Side::Mine], &[Field::Text], &with("inn"));
    check(&here, &there, &[Side::Theirs], &[Field::Text], &with("hostel"));
    check(&here, &there, &[Side::Base], &[Field::Text], BASE);
    let gone = [Edit::Remove { task: TaskId(1) }];
    let without = "QC: trip\n  QS: [b] book #?\n  QS: pay #1";
    check(&here, &gone, &[Side::Theirs], &[Field::Being], without);
    check(&gone, &here, &[Side::Theirs], &[Field::Being], &with("inn"));
}

#[test]
fn sides_that_make_a_circle_together_are_refused() {
    let (here, there) = (
        [Edit::SetPhrase { task: TaskId(1), phrase: Phrase::of([Piece::Answer { task: TaskId(8) }]) }],
        [Edit::SetPhrase { task: TaskId(8), phrase: Phrase::of([Piece::Answer { task: TaskId(1) }]) }],
    );
    let grown = |edits: &[Edit]| {
        let mut session = after(&[add(8, 99, "new")]);
        edits.iter().for_each(|edit| session.plan.apply(edit).unwrap());
        session
    };
    let merging = Merging::new(grown(&[]), grown(&here), grown(&there), String::new());
    assert!(merging.conflicts.is_empty());
    assert_eq!(
        merging.finish(),
        Err("the two sides do not go together: that would make a circle: t8 → t1 → t8".to_owned())
    );
}
