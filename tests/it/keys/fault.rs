//! Finding the fault: verdicts and blame, pressed.

use crate::support::{Bench, DONE};
use plantern::{
    ask::Answer,
    decision::Ruling,
    engine::Report,
    ids::TaskId,
    session::branches::branches,
    workbench::{Message, rows},
};

fn ruling(bench: &Bench, task: u32) -> Option<Ruling> {
    bench.state.survey.look(TaskId(task)).unwrap().ruling()
}

#[test]
fn a_check_marks_the_row_and_only_a_rule_that_has_to_hold_stops_the_plan() {
    let mut bench = Bench::done();
    bench.press("G C 'should number' enter");
    assert_eq!(ruling(&bench, 3), Some(Ruling::Fail));
    assert_eq!(bench.outline(), DONE, "it only marks");
    let row = rows::row_of(&bench.state, plantern::workbench::RowId::task(TaskId(3))).unwrap();
    assert_eq!(row.ruling, Some(Ruling::Fail));
    bench.press("C C-u 'number' enter");
    assert!(
        bench.outline().contains("QS: [merge] Concatenate #2 using a space. *failed*"),
        "{}",
        bench.outline()
    );
    bench.press("C C-u 'as merge && at most 2 words' enter");
    assert_eq!((ruling(&bench, 3), bench.outline().as_str()), (Some(Ruling::Pass), DONE));
    assert!(
        bench.state.survey.look(TaskId(3)).unwrap().verdicts[0].evidence.contains("`merge` gives `a g`, too")
    );
    bench.press("C C-u 'as melt' enter");
    assert!(bench.notice().contains("no function is called `melt`"), "{}", bench.notice());
}

#[test]
fn a_person_judges_and_stands_above_the_judges_as_long_as_the_answer_stays() {
    let mut bench = Bench::done();
    bench.press("G C 'number' enter ~ 'pass letters are fine' enter");
    assert_eq!((ruling(&bench, 3), bench.outline().as_str()), (Some(Ruling::Pass), DONE), "its word counts");
    bench.press("~ C-u 'maybe' enter");
    assert!(bench.notice().contains("`maybe` is no verdict"));
    bench.press("C-u 'wrong' enter");
    assert!(bench.outline().contains("*failed*"));
    bench.press("~ C-u enter");
    assert_eq!(ruling(&bench, 3), Some(Ruling::Fail), "the rule's again");
    bench.press("z z z C C-u enter ~ 'f' enter");
    assert_eq!(
        (ruling(&bench, 3), bench.outline().as_str()),
        (Some(Ruling::Fail), DONE),
        "a mark: no rule to keep"
    );
    bench.press("e C-u '[merge] Concatenate #2 using a comma.' enter c");
    assert_eq!(ruling(&bench, 3), None, "of another answer nothing was said");
    let mut empty = Bench::example();
    empty.press("~");
    assert!(empty.notice().contains("no answer yet"));
}

#[test]
fn the_next_task_in_doubt_is_one_key_away() {
    let mut bench = Bench::done();
    bench.press("g j ~ 'u' enter G ~ 'f' enter g");
    let mut visit = |keys: &str, task: u32, words: &str| {
        bench.press(keys);
        assert_eq!(
            bench.state.ui.cursor.map(|row| row.task),
            Some(TaskId(task)),
            "{keys}: {}",
            bench.notice()
        );
        assert_eq!(bench.notice(), words);
    };
    // The goal stands among the unreviewed: on from there is its neighbour.
    visit("}", 2, "unreviewed 2 of 2; also 1 failed, 1 unsure");
    visit("}", 3, "failed 1 of 1; also 1 unsure, 2 unreviewed");
    visit("}", 1, "unsure 1 of 1; also 1 failed, 2 unreviewed");
    visit("}", 0, "unreviewed 1 of 2; also 1 failed, 1 unsure");
    visit("{", 1, "unsure 1 of 1; also 1 failed, 2 unreviewed");
    visit("{", 3, "failed 1 of 1; also 1 unsure, 2 unreviewed");
    bench.press("g V ~ C-u 'p' enter }");
    assert_eq!(bench.notice(), "no task is in doubt: every answer has passed");
}

#[test]
fn a_model_judges_by_a_call_that_is_stepped_and_remembered() {
    let mut bench = Bench::done();
    bench.hold = true;
    bench.press("G C 'model' enter");
    assert!(bench.outline().contains("*ready*"), "{}", bench.outline());
    bench.press("s");
    let calls = bench.model_calls();
    let score = |bench: &mut Bench, scores: [f32; 2]| {
        let call = bench.open.remove(0);
        let answer = Answer { scores: scores.to_vec(), ..Answer::default() };
        bench.send(Message::Report(Report::Done { call, answer }));
    };
    score(&mut bench, [-0.2, -2.5]);
    assert_eq!((ruling(&bench, 3), bench.outline().as_str()), (Some(Ruling::Pass), DONE));
    // Taken off and put on again: the verdict is known.
    bench.press("C C-u enter C 'model' enter");
    assert_eq!((ruling(&bench, 3), bench.model_calls()), (Some(Ruling::Pass), calls));
    // Another answer is another question; this one stops the plan.
    bench.press("e C-u '[merge] Concatenate #2 using a comma.' enter c");
    assert_eq!(bench.model_calls(), calls + 1);
    score(&mut bench, [-3.0, -0.1]);
    assert!(bench.outline().contains("*failed*"), "{}", bench.outline());
    assert!(bench.notice().contains("yes with 5 %"), "{}", bench.notice());
}

const PROGRAM: &str = "Which letters end the words of the name of the author of the first program?";
const STEPS: [&str; 6] = [
    " [answer] Who wrote the first program?",
    "Grace King",
    " [split] What are the words in \"#1\"?",
    " (project_values) [str_position] What is the last letter in \"#2\"?",
    " [merge] Concatenate #3 using a space.",
    " [EOQ]",
];

/// The model named the wrong author; everything else went well.
fn wrong() -> Bench {
    let mut bench = Bench::with(PROGRAM, &STEPS);
    bench.press("c");
    assert!(bench.outline().contains("\nA: e g\n"), "{}", bench.outline());
    bench
}

/// First line and first column of the dialogue.
fn dialogue(bench: &Bench) -> (String, Vec<String>) {
    (bench.sheet().head[0].1.clone(), bench.column(0))
}

#[test]
fn blame_asks_about_few_answers_and_mends_the_goal_on_a_branch_of_its_own() {
    let mut bench = wrong();
    let (head, outline, calls) = (bench.state.journal.head(), bench.outline(), bench.model_calls());
    bench.press("&");
    assert_eq!(dialogue(&bench).0, "the goal has this answer. n: it is wrong; t: you type the right one");
    bench.press("t C-u 'a g' enter");
    assert_eq!(dialogue(&bench).0, "is the answer of #2 as it should be?");
    assert_eq!(dialogue(&bench).1, ["suspect", "asked now", "suspect", "suspect", "wrong"]);
    bench.press("n");
    assert_eq!(dialogue(&bench).0, "is the answer of #1 as it should be?");
    bench.press("n");
    assert!(
        dialogue(&bench).0.starts_with("#1 is at fault: what it was made of is right"),
        "{:?}",
        dialogue(&bench)
    );
    bench.press("t C-u 'Ada King' enter");
    let found = dialogue(&bench);
    assert_eq!(found.0, "#1 is the first whose right answer mends the goal (3 questions and 0 calls)");
    assert_eq!(found.1[0], "at fault");
    assert_eq!(bench.model_calls(), calls, "functions alone ran again");
    assert_eq!(
        (bench.state.journal.head(), bench.outline()),
        (head, outline.clone()),
        "the branch is as it was"
    );
    let names: Vec<String> = branches(&bench.state.journal).into_iter().map(|branch| branch.name).collect();
    assert!(names.contains(&"blame".to_owned()), "{names:?}");
    bench.press("=");
    assert_eq!(bench.sheet().title, "Compare with blame");
    bench.press("esc & n space space space space");
    let all = dialogue(&bench).0;
    assert!(all.contains("nobody could tell more"), "{all}");
    bench.press("enter");
    assert_eq!(bench.outline(), outline);
}

#[test]
fn blame_begins_with_what_was_said_before_and_waits_when_it_is_left() {
    let mut bench = wrong();
    bench.press("g ~ 'fail' enter j j ~ 'fail' enter &");
    assert_eq!(dialogue(&bench).0, "is the answer of #1 as it should be?", "the goal and #2 were judged");
    bench.press("esc");
    assert_eq!(bench.notice(), "the search waits: & takes it up again");
    bench.press("& t C-u 'Ada King' enter");
    // Nobody has said what the goal should be: it is asked once the rest ran again.
    assert_eq!(dialogue(&bench).0, "it ran again: is the goal's answer right now?");
    bench.press("y");
    assert!(dialogue(&bench).0.starts_with("#1 is the first"), "{:?}", dialogue(&bench));
    bench.press("enter");
    assert_eq!(bench.state.ui.cursor.map(|row| row.task), Some(TaskId(1)));
}

#[test]
fn blame_says_when_the_parts_are_right_and_the_decomposition_is_not() {
    let mut bench = Bench::done();
    bench.press("& n y y");
    assert!(dialogue(&bench).0.contains("how it is decomposed is at fault"), "{:?}", dialogue(&bench));
    let mut right = Bench::done();
    right.press("& y");
    assert!(dialogue(&right).0.contains("nobody to blame"));
}

#[test]
fn the_other_side_of_a_comparison_answers_all_questions() {
    let mut bench = wrong();
    bench.press("f 'right' enter g j t C-u 'Ada King' enter c C-b");
    bench.go_to(1, "main");
    bench.press("enter");
    assert!(bench.outline().contains("A: e g"), "{}", bench.outline());
    bench.press("= &");
    assert_eq!(
        dialogue(&bench).0,
        "#1 is the first whose right answer mends the goal (0 questions and 0 calls)"
    );
}

#[test]
fn what_is_stale_is_not_blamed() {
    let mut bench = Bench::done();
    bench.press("j t C-u '[\"Bob\"]' enter g &");
    assert_eq!(
        bench.notice(),
        "3 tasks are stale, and would be blamed for what is no longer so: c runs them first"
    );
    assert!(bench.state.blame.is_none());
}
