//! Freshness: what is stale, what it costs to run it, and which calls are never made.

use crate::support::{Bench, DONE};
use plantern::workbench::sheet::Kind;

#[test]
fn an_edit_says_at_once_what_it_makes_stale_and_what_that_costs() {
    let mut bench = Bench::done();
    bench.press("g j e C-u '[split] What are the words in \"Ada Lovelace\"?' enter");
    assert_eq!(bench.notice(), "changed; 4 of 4 tasks stale: no call to a model");
    assert_eq!(bench.state.survey.tally().stale, 4);
    // A model's task costs what its calls cost so far.
    let mut bench =
        Bench::with("Who wrote it?", &[" [answer] Who wrote the first program?", "Ada", " [EOQ]"]);
    bench.press("c g j e C-u '[answer] Who wrote the second program?' enter");
    assert!(
        bench.notice().starts_with("changed; 2 of 2 tasks stale: 1 call, about 0 tokens"),
        "{}",
        bench.notice()
    );
}

#[test]
fn a_task_that_only_gets_another_number_stays_fresh() {
    let check = |keys: &str, stale: &[u32]| {
        let mut bench = Bench::done();
        bench.press(keys);
        let all: Vec<u32> = bench.state.survey.stale().map(|task| task.0).collect();
        assert_eq!(all, stale, "{keys}\n{}", bench.outline());
    };
    // Whatever nobody uses changes what the goal is made of, and nothing else.
    check("g I 'look around' enter", &[0]);
    check("g j I 'look around' enter", &[0]);
    check("g j a 'look around' enter d", &[]);
}

#[test]
fn the_preview_names_what_is_stale_and_runs_nothing_else() {
    let mut bench = Bench::done();
    bench.press("g j e C-u '[split] What are the words in \"Ada Lovelace\"?' enter");
    bench.press("G a '[count] How many words are in \"x y\"?' enter .");
    let Kind::Preview(tasks) = &bench.sheet().kind else { panic!("no preview") };
    let mut tasks = tasks.clone();
    tasks.sort();
    assert_eq!(
        tasks.iter().map(|task| task.0).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4],
        "and what they wait for"
    );
    let before = bench.asked.len();
    bench.press("enter");
    assert_eq!(bench.notice(), "nothing is stale any more");
    assert_eq!(
        bench.asked.len(),
        before + 4,
        "the words, one new letter, the end, the new task: {:?}",
        &bench.asked[before..]
    );
    bench.press("A-r");
    assert_eq!(bench.notice(), "nothing is stale");
    bench.press(".");
    let sheet = bench.sheet();
    assert!(sheet.head[0].1.contains("nothing is stale"), "{:?}", sheet.head);
}

#[test]
fn what_is_not_stale_is_left_alone_by_a_run_of_the_stale() {
    let mut bench = Bench::example();
    // The goal has its answer; a new task below a part of it makes nothing stale but that way.
    bench.press("c G e C-u '[merge] Concatenate #2 using a comma.' enter");
    let before = bench.asked.len();
    bench.press("A-r");
    assert_eq!(bench.asked.len(), before + 1, "one task was stale, and the goal that follows from it");
    assert!(bench.outline().contains("A: a,g"));
}

#[test]
fn an_unchanged_answer_ends_the_wave() {
    let mut bench = Bench::done();
    let before = bench.asked.len();
    bench.press("g j e C-u '[split] What are the words in \"Ada  King\"?' enter");
    assert_eq!(bench.state.survey.tally().stale, 4);
    bench.press("A-r");
    assert_eq!(bench.asked.len(), before + 1, "the words came out the same: nobody else was asked");
    assert_eq!(bench.state.survey.tally().stale, 0);
}

#[test]
fn a_kept_answer_stands_against_what_changes_above() {
    let mut bench = Bench::done();
    bench.press("g j j P");
    assert!(bench.notice().starts_with("pinned"), "{}", bench.notice());
    let before = bench.asked.len();
    bench.press("g j e C-u '[split] What are the words in \"x\"?' enter c");
    assert_eq!(bench.asked.len(), before + 1, "the words alone: what is pinned is not asked");
    assert!(bench.outline().contains("\"#1\"? *pinned*\n  A: [\"a\", \"g\"]"), "{}", bench.outline());
    bench.press("g j j P c");
    assert!(bench.outline().contains("A: [\"x\"]"), "unpinned it is computed: {}", bench.outline());
}

#[test]
fn a_known_call_is_never_made_again_on_any_branch_unless_asked_for() {
    let mut bench = Bench::done();
    let calls = bench.asked.len();
    bench.press("G e C-u '[merge] Concatenate #2 using a comma.' enter c z z");
    assert_eq!(bench.asked.len(), calls + 1);
    bench.press("f 'other' enter G e C-u '[merge] Concatenate #2 using a comma.' enter c");
    assert_eq!(bench.asked.len(), calls + 1, "known from the other branch");
    assert!(bench.outline().contains("A: a,g"));
    bench.press("G C-r c");
    assert_eq!(bench.asked.len(), calls + 2, "asked for");
    bench.press("z z z z c");
    assert_eq!(bench.outline(), DONE);
    assert_eq!(bench.asked.len(), calls + 2);
}

#[test]
fn asking_again_is_a_call_whatever_was_asked_on_branches_that_were_left() {
    let mut bench = Bench::done();
    let calls = bench.asked.len();
    bench.press("G C-r c z z");
    assert_eq!((bench.outline().as_str(), bench.asked.len()), (DONE, calls + 1));
    bench.press("G C-r c");
    assert_eq!(bench.asked.len(), calls + 2, "another attempt than the one taken back: {}", bench.notice());
    // A call that was stopped stands in nobody's way either.
    let mut bench = Bench::with("Who wrote it?", &[" [answer] Who?", "Ada", " [EOQ]", "King", " [EOQ]"]);
    bench.press("c g j");
    bench.hold = true;
    bench.press("C-r c C-x z z z z");
    bench.hold = false;
    bench.press("g j C-r c");
    assert!(bench.outline().ends_with("A: King"), "{}\n{}", bench.notice(), bench.outline());
}

#[test]
fn a_task_that_its_parts_answer_is_asked_again_once_they_are_gone() {
    let mut bench = Bench::done();
    let head = bench.state.journal.head();
    bench.press("g C-r");
    assert!(bench.notice().contains("its parts answer it: select one of them"), "{}", bench.notice());
    assert_eq!(bench.state.journal.head(), head, "nothing is promised and nothing written");
    let calls = bench.model_calls();
    bench.press("g j d g j d g j d g C-r");
    assert!(bench.notice().contains("it will be asked again"), "{}", bench.notice());
    bench.replies.extend([" [merge] Concatenate [\"x\", \"y\"].".to_owned(), " [EOQ]".to_owned()]);
    bench.press("c");
    assert_eq!(bench.model_calls(), calls + 2, "decomposed anew: {}", bench.notice());
    assert!(bench.outline().ends_with("A: xy"), "{}", bench.outline());
}

#[test]
fn the_cursor_stays_on_the_task_that_was_just_corrected() {
    let mut bench = Bench::done();
    bench.press("g j t C-u '[\"xy\"]' enter c");
    assert!(bench.outline().contains("A: [\"y\"]"), "{}", bench.outline());
    assert_eq!(bench.state.ui.cursor.map(|row| row.task.0), Some(1), "the next `t` corrects it again");
    // One that nobody has just touched is left, as ever.
    bench.press("z z c");
    let mut bench = Bench::example();
    bench.press("s s c");
    assert_ne!(bench.state.ui.cursor.map(|row| row.task.0), Some(1));
}
