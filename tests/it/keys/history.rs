//! Looking back, branches, comparison, merge: pressed.

use crate::support::{Bench, DONE, REPLIES, TASK};
use plantern::{
    ids::TaskId,
    session::{branches::branches, compare::Matching},
    workbench::{Message, SessionFile, Stored, sheet::Kind, state::Opened},
};

fn names(bench: &Bench) -> Vec<String> {
    branches(&bench.state.journal).into_iter().map(|branch| branch.name).collect()
}

#[test]
fn the_timeline_shows_old_states_without_leaving_the_present() {
    let mut bench = Bench::done();
    let (head, written) = (bench.state.journal.head(), bench.written.len());
    bench.press("@");
    let rows = |bench: &Bench| {
        let sheet = bench.sheet();
        (sheet.rows.len(), sheet.below.len(), sheet.rows[sheet.cursor].cells[3].clone())
    };
    let all = rows(&bench);
    assert_eq!(all, (bench.state.journal.records().len(), 4, "solved".to_owned()));
    bench.press("g j");
    assert_eq!(rows(&bench), (all.0, 1, "edited".to_owned()), "the goal alone");
    assert_eq!((bench.state.journal.head(), bench.written.len()), (head, written), "looking changes nothing");
    bench.press("tab tab");
    assert!(rows(&bench).0 < all.0, "decisions are fewer");
    bench.press("esc");
    assert_eq!(bench.outline(), DONE);
    bench.press("@ g j enter");
    assert_eq!(bench.state.survey.tally().tasks, 1, "there now");
    bench.press("@ G enter");
    assert_eq!(bench.outline(), DONE, "and back: the future is listed too");
}

#[test]
fn the_timeline_names_tasks_as_the_tree_does_and_dates_the_events_of_another_day() {
    let mut bench = Bench::done();
    bench.press("g A '[answer] new' enter K K e C-u '[answer] newer' enter @");
    let words = bench.column(4);
    let expected = [
        "added goal",
        "for goal: added #1",
        "[split] for #1",
        "#3 = [\"a\", \"g\"]",
        "moved #2",
        "reworded #2",
    ];
    for told in expected {
        assert!(words.iter().any(|words| words.contains(told)), "{told}: {words:#?}");
    }
    let inner = |words: &&String| {
        words.split(' ').any(|word| word.starts_with('t') && word[1..].parse::<u32>().is_ok())
    };
    assert_eq!(words.iter().find(inner), None);
    assert!(bench.column(2).iter().all(|time| time.len() == 8), "{:?}", bench.column(2));
    bench.press("esc");
    bench.now += 86_400_000;
    bench.press("T @");
    assert!(bench.column(2)[0].starts_with("2026-11-21 08:00:"), "{:?}", bench.column(2));
}

#[test]
fn what_was_taken_back_and_comes_out_the_same_is_no_branch_of_its_own() {
    let mut bench = Bench::done();
    let records = bench.state.journal.records().len();
    for keys in ["z c", "z z z c", "z z z z z s c"] {
        bench.press(keys);
        assert_eq!((bench.outline().as_str(), names(&bench)), (DONE, vec!["main".to_owned()]), "{keys}");
    }
    assert_eq!(bench.state.journal.records().len(), records);
    assert_eq!(bench.reopened().head(), bench.state.journal.head());
    bench.press("z z G C-r c");
    assert_eq!(names(&bench).len(), 2, "a change by hand begins one");
}

#[test]
fn branches_are_forked_named_and_gone_to() {
    let mut bench = Bench::done();
    bench.press("f 'commas: a trial' enter");
    bench.press("G e C-u '[merge] Concatenate #2 using a comma.' enter c");
    assert_eq!(names(&bench), ["commas", "main"]);
    bench.press("C-b j enter");
    assert_eq!(bench.outline(), DONE, "the old branch is as it was");
    bench.press("C-b e C-u 'spaces' enter");
    assert_eq!(names(&bench)[..2], ["spaces", "commas"].map(str::to_owned));
    bench.press("C-b");
    bench.go_to(1, "commas");
    let sheet = bench.sheet();
    assert_eq!(sheet.rows[sheet.cursor].cells[4], "a trial");
    bench.press("enter");
    assert!(bench.outline().contains("A: a,g"), "{}", bench.outline());
    let (head, outline) = (bench.state.journal.head(), bench.outline());
    bench.press("@ g j j f 'early' esc");
    assert_eq!(
        (bench.state.journal.head(), bench.outline()),
        (head, outline),
        "left again, nothing is changed"
    );
    bench.press("@ g j j f 'early' enter");
    assert!(names(&bench).contains(&"early".to_owned()));
}

#[test]
fn two_branches_are_compared_and_a_task_is_adopted() {
    let mut bench = Bench::done();
    bench.press("=");
    assert!(bench.notice().contains("one branch only"), "{}", bench.notice());
    bench.press("f 'commas' enter G e C-u '[merge] Concatenate #2 using a comma.' enter c C-b j enter");
    assert_eq!(bench.outline(), DONE);
    let calls = bench.asked.len();
    bench.press("=");
    assert_eq!(bench.column(1), ["≠ answer", "=", "=", "first ≠ text, answer"]);
    let sheet = bench.sheet();
    assert!(sheet.below[0].1.contains("first divergent step"), "{:?}", sheet.below);
    bench.press("a");
    assert_eq!(bench.column(1)[3], "=", "adopted: {}", bench.notice());
    bench.press("esc c");
    assert!(bench.outline().contains("A: a,g"));
    assert_eq!(bench.asked.len(), calls, "its answer came with it");
}

#[test]
fn two_sessions_are_compared_and_a_subtree_is_adopted_with_its_answers() {
    let mut other = Bench::new();
    // Not begun in the same moment as the one below.
    other.press("T");
    other.replies = REPLIES.map(str::to_owned).into();
    other.task(TASK);
    other.press("c");
    // The same task, another way.
    let mut bench = Bench::with(TASK, &[" [split] What are the words in \"Ada King\"?"]);
    bench.press("s s");
    let calls = bench.asked.len();
    let file = SessionFile::ReadOnly { file: "the other".to_owned(), why: String::new() };
    let opened = Opened { journal: other.state.journal.clone(), file, warning: None };
    bench.send(Message::Stored(Stored::Other(Box::new(opened))));
    let Kind::Compare(comparing) = &bench.sheet().kind else { panic!("no comparison") };
    assert_eq!(comparing.matching, Matching::Words);
    assert_eq!(bench.column(1), ["≠ answer", "=", "first ≠ only there", "≠ only there"]);
    bench.press("g A esc");
    assert_eq!(bench.outline(), DONE, "{}", bench.notice());
    assert_eq!(bench.asked.len(), calls, "nobody was asked");
    bench.press("z");
    assert_eq!(bench.state.survey.tally().tasks, 2, "one press takes it back");
}

#[test]
fn a_branch_is_merged_and_a_conflict_is_decided_by_the_person() {
    let mut bench = Bench::done();
    bench.press("f 'commas' enter G e C-u '[merge] Concatenate #2 using a comma.' enter");
    bench.press("g j I '[count] How many words are in \"x y\"?' enter c C-b");
    // Back on main: other words for the same task, and an edit that nobody else made.
    bench.press("G enter G e C-u '[merge] Concatenate #2 using a space, please.' enter");
    let calls = bench.asked.len();
    bench.press("C-b");
    bench.go_to(1, "commas");
    bench.press("M");
    let sheet = bench.sheet();
    let rows: Vec<(&str, &str)> =
        sheet.rows.iter().map(|row| (row.cells[0].as_str(), row.cells[2].as_str())).collect();
    assert_eq!(rows, [("conflict", "text"), ("taken", "there or not")]);
    let sides: Vec<&str> = sheet.below.iter().map(|line| line.1.as_str()).collect();
    assert_eq!(
        sides,
        [
            "yours   Concatenate #2 using a space, please.",
            "theirs  Concatenate #2 using a comma.",
            "base    Concatenate #2 using a space."
        ]
    );
    bench.press("enter");
    assert!(bench.notice().contains("still to decide: 1 conflict;"), "{}", bench.notice());
    bench.press("l enter c");
    assert!(bench.notice().starts_with("done"), "{}", bench.notice());
    assert!(
        bench.outline().contains("QS: [merge] Concatenate #3 using a comma.\n  A: a,g"),
        "{}",
        bench.outline()
    );
    assert_eq!(bench.asked.len(), calls, "all of it was known from the other branch");
    assert!(bench.state.journal.session().plan.contains(TaskId(4)));
}

#[test]
fn lint_names_what_is_suspicious_and_leads_there() {
    let mut bench = Bench::done();
    bench.press("G a 'TODO' enter g ;");
    assert_eq!(bench.column(1), ["unused", "placeholder"]);
    bench.press("j enter");
    assert_eq!(bench.state.ui.cursor.map(|row| row.task), Some(TaskId(4)));
}

#[test]
fn answers_that_came_in_another_order_are_walked_again_in_that_order() {
    let mut bench = Bench::with("Who are they?", &[" [answer] Who wrote it?"]);
    bench.press("s a '[answer] Who painted it?' enter a '[answer] Who built it?' enter");
    bench.hold = true;
    bench.press("g j c");
    assert_eq!(bench.open.len(), 3, "{}", bench.outline());
    bench.replies.extend(["Ada", "Bob", "Eve", " [EOQ]"].map(str::to_owned));
    for at in [2, 0, 1] {
        let call = bench.state.live.keys().nth(at.min(bench.state.live.len() - 1)).copied().unwrap();
        bench.answer(call);
    }
    let last = bench.open[0];
    bench.answer(last);
    let done = bench.outline();
    assert!(done.starts_with("QC: Who are they?\nA: "), "{done}");
    let calls = bench.asked.len();
    // To before the first answer, then to the end in one go, and step by step.
    for keys in ["c", "s s s s s"] {
        while bench.outline().contains("A: ") {
            bench.press("z");
        }
        assert!(bench.outline().contains("Who built it?"), "{}", bench.outline());
        bench.press(keys);
        assert_eq!((bench.outline(), bench.asked.len()), (done.clone(), calls), "{keys}");
        assert_eq!(names(&bench), ["main"], "{keys}");
    }
}
