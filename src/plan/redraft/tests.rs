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
    check(&TRIP.replace("  ", "    "), TRIP, "");
    check(&TRIP.replace("  ", "\t"), TRIP, "");
    check(
        "QC: trip\n    QS: [a] find a hotel\n  QS: [b] book #1",
        "line 3: indented by 2 spaces, while the lines above are by 0 spaces and 4 spaces",
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

#[test]
fn a_text_of_several_lines_and_a_number_of_another_row_come_back_as_they_were() {
    let mut plan = plan();
    let words = Phrase::of([Piece::Text("look at\n".into()), Piece::Answer { task: TaskId(1) }]);
    let draft = Draft { phrase: words, ..Draft::default() };
    plan.apply(&Edit::Add { task: TaskId(4), parent: Some(TaskId(2)), at: 0, draft }).unwrap();
    let phrase = Phrase::text("a text\n\ntrip");
    plan.apply(&Edit::SetPhrase { task: TaskId(0), phrase }).unwrap();
    let text = outline_of(&plan, TaskId(0));
    assert!(text.starts_with("QC: a text⏎⏎trip\n") && text.contains("    QS: look at⏎#0.1\n"), "{text}");
    assert_eq!(redraft(&plan, TaskId(0), &text, TaskId(9)).unwrap().edits, []);
    let typed = text.replace("look at", "  look well at");
    let redraft = redraft(&plan, TaskId(0), &typed, TaskId(9)).unwrap();
    redraft.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
    assert_eq!(plan.needs(TaskId(4)), [TaskId(1)]);
    assert_eq!(plan.text(TaskId(0)), "a text\n\ntrip");
}
