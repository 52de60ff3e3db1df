//! What failed, or was ended before it was done: a run asks all of it again, a step the selected task.

use crate::support::Bench;
use plantern::{
    engine::Report,
    ids::CallId,
    workbench::{Message, RowId},
};

/// Three tasks for a model, and their calls held open.
fn three() -> Bench {
    let mut bench = Bench::with("Tell three things.", &[]);
    for question in ["Who?", "What?", "Where?"] {
        bench.press(&format!("g A '[answer] {question}' enter"));
    }
    bench.hold = true;
    bench
}

/// The open calls, asked since the last look.
fn open(bench: &mut Bench) -> Vec<CallId> {
    std::mem::take(&mut bench.open)
}

fn fail(bench: &mut Bench, calls: &[CallId]) {
    for &call in calls {
        bench.send(Message::Report(Report::Failed { call, why: "the server is down".to_owned() }));
    }
}

#[test]
fn a_run_asks_everything_again_that_failed_or_was_ended() {
    let mut bench = three();
    bench.press("c");
    let calls = open(&mut bench);
    assert_eq!(calls.len(), 3, "{}", bench.outline());
    fail(&mut bench, &calls[..2]);
    bench.press("C-x");
    assert!(bench.notice().contains("c asks"), "{}", bench.notice());
    bench.press("c");
    assert_eq!(open(&mut bench).len(), 3, "two failed, one was ended: {}", bench.outline());
    assert!(!bench.notice().contains("down"), "nothing has failed anew: {}", bench.notice());
}

#[test]
fn a_step_asks_the_selected_task_again() {
    let mut bench = three();
    bench.press("c");
    let calls = open(&mut bench);
    fail(&mut bench, &calls);
    let tasks = bench.state.journal.session().plan.parts(plantern::ids::TaskId(0)).to_vec();
    let check = |bench: &mut Bench, row: usize, expected: usize| {
        bench.state.ui.cursor = Some(RowId::task(tasks[row]));
        bench.press("s");
        let asked: Vec<_> = bench.state.live.values().map(|live| live.task).collect();
        assert_eq!(asked, [tasks[expected]]);
        let calls = open(bench);
        fail(bench, &calls);
    };
    check(&mut bench, 1, 1);
    check(&mut bench, 0, 0);
    check(&mut bench, 2, 2);
    // On a task that can not be asked, the first one that failed.
    bench.state.ui.cursor = Some(RowId::task(plantern::ids::TaskId(0)));
    bench.press("s");
    let asked: Vec<_> = bench.state.live.values().map(|live| live.task).collect();
    assert_eq!(asked, [tasks[0]]);
}

#[test]
fn an_undo_says_how_many_calls_it_ended_and_a_run_takes_them_up() {
    let mut bench = three();
    bench.press("c");
    assert_eq!(open(&mut bench).len(), 3);
    bench.press("z");
    assert!(bench.notice().contains("3 calls under way were ended, c asks them again"), "{}", bench.notice());
    bench.press("Z c");
    assert_eq!(open(&mut bench).len(), 3, "{}", bench.outline());
}
