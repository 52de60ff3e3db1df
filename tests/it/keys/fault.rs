//! Finding the fault: verdicts, pressed.

use super::{DONE, REPLIES, TASK};
use crate::support::Bench;
use plantern::{
    ask::Answer,
    decision::Ruling,
    engine::Report,
    ids::TaskId,
    workbench::{Message, rows},
};

fn done() -> Bench {
    let mut bench = Bench::with(TASK, &REPLIES);
    bench.press("c");
    bench
}

fn ruling(bench: &Bench, task: u32) -> Option<Ruling> {
    bench.state.survey.look(TaskId(task)).unwrap().ruling()
}

#[test]
fn a_check_marks_the_row_and_only_a_rule_that_has_to_hold_stops_the_plan() {
    let mut bench = done();
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
    let mut bench = done();
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
    let mut empty = Bench::with(TASK, &REPLIES);
    empty.press("~");
    assert!(empty.notice().contains("no answer yet"));
}

#[test]
fn the_next_task_in_doubt_is_one_key_away() {
    let mut bench = done();
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
    let mut bench = done();
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
