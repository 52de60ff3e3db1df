//! Texts that come back: what they change, and which are refused.

use super::super::{outline, read_outline};
use super::*;

const TRIP: &str = "QC: trip\n  QS: [a] find a hotel\n  QS: [b] book #1\n  QS: pay #2 after #1";

fn plan() -> Plan {
    let mut plan = Plan::default();
    read_outline(TRIP, 0).edits.iter().for_each(|edit| plan.apply(edit).unwrap());
    plan
}

/// The text that comes back is one that was typed, or the error; what changed is told in marks.
fn check(text: &str, expected: &str, marks: &str) -> Plan {
    let mut plan = plan();
    match redraft(&plan, TaskId(0), text, TaskId(9)) {
        Ok(redraft) => {
            redraft.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
            assert_eq!(outline(&plan), expected);
            let mark = |changed: &Changed| match changed {
                Changed::Added(_) => '+',
                Changed::Removed(_) => '-',
                Changed::Reworded(..) => '~',
                Changed::Moved(_) => '>',
            };
            assert_eq!(redraft.changes.iter().map(mark).collect::<String>(), marks);
        }
        Err(why) => assert_eq!(why, expected),
    }
    plan
}

#[test]
fn what_comes_back_is_taken_as_changes_of_what_went_out() {
    check(TRIP, TRIP, "");
    // A line above: the numbers of the others still mean their tasks.
    let plan = check(
        "QC: trip\n  QS: ask for dates\n  QS: [a] find a hotel\n  QS: [b] book #1\n  QS: pay #2 after #1",
        "QC: trip\n  QS: ask for dates\n  QS: [a] find a hotel\n  QS: [b] book #2\n  QS: pay #3 after #2",
        "+",
    );
    assert_eq!(plan.parts(TaskId(0)), [TaskId(9), TaskId(1), TaskId(2), TaskId(3)], "ids stay");
    let plan = check(
        "QC: trip\n  QS: [a] find a cheap hotel\n  QS: [b] book #1\n  pay #2",
        "QC: trip\n  QS: [a] find a cheap hotel\n  QS: [b] book #1\n  QS: pay #2",
        "~~",
    );
    assert_eq!(plan.parts(TaskId(0)), [TaskId(1), TaskId(2), TaskId(3)], "ids stay");
    check(
        "QC: trip\n  QS: [b] book #1\n  QS: [a] find a hotel\n  QS: pay #2 after #1",
        "QC: trip\n  QS: [b] book #2\n  QS: [a] find a hotel\n  QS: pay #1 after #2",
        ">>",
    );
    check(
        "QC: trip\n  QS: [a] find a hotel\n    QS: [b] book #1",
        "that would make a circle: t2 → t1 → t2",
        "",
    );
    check("QC: trip\n  QS: pay #2 after #1", "QC: trip\n  QS: pay #? after #?", "~--");
    check("", "the text is empty: nothing was changed", "");
    check(
        "QC: travel\n  QS: [a] find a hotel\n    QS: look at the map\n  QS: [c] book #1\n  QS: pay #2 after #1",
        "QC: travel\n  QS: [a] find a hotel\n    QS: look at the map\n  QS: [c] book #1\n  QS: pay #2 after #1",
        "~+~",
    );
}

#[test]
fn a_part_of_the_plan_is_a_text_too() {
    let mut plan = plan();
    assert_eq!(outline_of(&plan, TaskId(2)), "QS: [b] book #1");
    let redraft =
        redraft(&plan, TaskId(2), "QS: [b] book #1\n  QS: ask\n  QS: reserve #1", TaskId(9)).unwrap();
    redraft.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
    let text = "QC: trip\n  QS: [a] find a hotel\n  QS: [b] book #1\n    QS: ask\n    QS: reserve #1\n  QS: pay #2 after #1";
    assert_eq!(outline(&plan), text);
    assert_eq!(plan.needs(TaskId(10)), [TaskId(9)], "a number of a new line counts in the new text");
}
