//! Stepping by phases, breakpoints, watches, runs until something holds, and the same backwards: keys in, where one
//! stands out.

use crate::support::{Bench, DONE};
use plantern::{
    ask::{Request, Token},
    engine::{Command, Report},
    session::Phase,
    workbench::{Effect, Message, Mode, Run, debug::watched},
};

/// Where the run stands: task, phase, calls made so far.
fn stands(bench: &Bench) -> (String, Option<Phase>, usize) {
    let stop = bench.state.debug.stop.as_ref();
    let plan = &bench.state.journal.session().plan;
    let at = stop.map_or(String::new(), |stop| plantern::workbench::debug::name(plan, stop.task));
    (at, stop.map(|stop| stop.phase), bench.asked.len())
}

fn check(keys: &str, at: &str, phase: Phase, calls: usize) -> Bench {
    let mut bench = Bench::example();
    bench.press(keys);
    assert_eq!(stands(&bench), (at.to_owned(), Some(phase), calls), "{keys}: {}", bench.notice());
    assert_eq!(bench.state.run, Run::Idle);
    bench
}

#[test]
fn into_goes_from_phase_to_phase_and_ends_where_a_run_ends() {
    check("i", "goal", Phase::Proposed, 0);
    check("i i", "goal", Phase::Committed, 1);
    check("i i i", "#1", Phase::Routed, 1);
    check("i i i i", "#1", Phase::Proposed, 1);
    check("i i i i i", "#1", Phase::Committed, 2);
    check("C-g C-g s s s", "#1", Phase::Routed, 1);
    let mut bench = Bench::example();
    let mut presses = 0;
    while bench.state.ended.is_none() {
        bench.press("i");
        presses += 1;
        assert!(presses < 60);
    }
    assert_eq!(bench.outline(), DONE);
    assert_eq!(bench.asked.len(), 8, "no call is made twice by stopping on the way");
}

#[test]
fn a_decision_can_be_overridden_and_an_answer_written_before_anybody_sees_it() {
    let mut bench = check("i i i i i", "#1", Phase::Committed, 2);
    bench.press("t C-u '[\"Bob\", \"Kid\"]' enter c");
    assert!(bench.outline().contains("A: b d"), "{}", bench.outline());
    let mut bench = check("i i i", "#1", Phase::Routed, 1);
    bench.press("r");
    assert!(matches!(bench.state.mode, Mode::Reroute(_)));
}

#[test]
fn a_step_can_go_one_task_and_out_goes_to_the_end_of_the_task_above() {
    let mut bench = Bench::example();
    bench.press("C-g s");
    assert_eq!((bench.asked.len(), bench.state.survey.tally().done), (2, 1), "the first sub-task is done");
    bench.press("j o");
    assert_eq!(bench.outline(), DONE);
    bench.press("g");
    bench.press("o");
    assert_eq!(bench.notice(), "the goal has no task above it: c goes on");
}

#[test]
fn a_run_stops_at_a_breakpoint_once_and_goes_on() {
    let mut bench = check("s j b c", "#1", Phase::Proposed, 1);
    assert!(bench.notice().starts_with("#1 proposed: breakpoint 1"), "{}", bench.notice());
    bench.press("c");
    assert_eq!(bench.outline(), DONE, "{}", bench.notice());
    assert_eq!(bench.state.journal.debugging().hits.len(), 1);
    // Set again is taken away.
    bench.press("g j b");
    assert!(bench.state.journal.debugging().breakpoints.is_empty());
}

#[test]
fn conditions_stop_log_and_count() {
    check("A-b 'expert = \"merge\"' enter esc c", "#3", Phase::Routed, 6);
    check(
        "A-b 'purpose = \"answer\" and phase = \"committed\" and answer ~ \"King\"' enter esc c",
        "#1",
        Phase::Committed,
        2,
    );
    check("A-b 'depth = 1' enter esc c", "#1", Phase::Routed, 1);
    check("A-b 'depth = 1 and hits = 3' enter esc c", "#3", Phase::Routed, 6);
    check("A-b 'goal words(answer) > 1 and phase = \"committed\"' enter esc c", "goal", Phase::Committed, 1);
    check("A-u 'expert = \"str_position\"' enter", "#2", Phase::Routed, 3);
    let counted = check("A-b 'depth = 1 and hits >= 2' enter esc c", "#2", Phase::Routed, 3);
    assert_eq!(counted.notice(), "#2 routed: breakpoint 1: depth 1, hits 2");
    let mut log = Bench::example();
    log.press("A-b 'log expert = \"merge\"' enter esc c");
    assert_eq!(log.outline(), DONE);
    assert!(log.state.log.iter().any(|line| line.text == "breakpoint 1 at #3 routed: expert \"merge\""));
}

#[test]
fn a_mistake_in_a_condition_is_shown_while_it_is_typed_and_stops_a_run_when_it_comes_later() {
    let mut bench = Bench::example();
    bench.press("A-b 'margn < 1' enter");
    assert_eq!(bench.notice(), "column 1: no fact is called `margn`: `margin`?");
    assert!(matches!(bench.state.mode, Mode::Typing(_)), "what was typed is there still");
    bench.press("C-u '#9 margin < 1' enter");
    assert_eq!(bench.notice(), "column 1: there is no task #9");
    bench.press("C-u enter");
    assert!(bench.notice().contains("where should it stop?"));
    bench.press("C-u 'prob tab' tab");
    bench.press("esc");
    check("A-b 'number(answer) > 3' enter esc c", "goal", Phase::Committed, 1);
    let bad = check("A-b 'number(answer) > 3' enter esc c", "goal", Phase::Committed, 1);
    assert!(bad.notice().contains("can not be looked at: column 1:"), "{}", bad.notice());
    // The word before the cursor is completed.
    let mut bench = Bench::example();
    bench.press("A-b 'marg' tab '<2' enter");
    assert_eq!(bench.state.journal.debugging().breakpoints[0].condition, "margin<2");
}

#[test]
fn the_list_switches_changes_and_deletes() {
    let mut bench = Bench::example();
    bench.press("b A-b 'margin < 0.1' enter B space");
    let on: Vec<bool> = bench.state.journal.debugging().breakpoints.iter().map(|one| one.on).collect();
    assert_eq!(on, [true, false]);
    bench.press("enter C-u 'goal tokens > 3' enter k d esc B");
    let left = bench.state.journal.debugging().breakpoints.clone();
    assert_eq!((left.len(), left[0].id, left[0].condition.as_str()), (1, 2, "tokens > 3"));
    assert_eq!(bench.column(2)[0], "goal tokens > 3");
}

#[test]
fn breakpoints_live_with_the_session_and_beside_its_history() {
    let mut bench = Bench::example();
    bench.press("s j b C-w 'depth' enter C-g c z z");
    let again = bench.reopened();
    assert_eq!(again.debugging(), bench.state.journal.debugging());
    assert_eq!(again.debugging().breakpoints.len(), 1, "undo leaves it where it is");
    assert_eq!(again.debugging().hits.len(), 1);
    assert_eq!(again.head(), bench.state.journal.head());
    // At an old state it forks nothing.
    let records = bench.state.journal.records().len();
    bench.press("b");
    assert_eq!((bench.state.journal.records().len(), bench.state.journal.next().is_some()), (records, true));
}

#[test]
fn the_answer_differs_from_the_last_run_or_the_other_branch() {
    let mut bench = Bench::example();
    bench.press("c g j e C-u '[split] What are the words in \"Bob King\"?' enter");
    bench.press("A-b '#1 changed' enter esc c");
    assert_eq!(stands(&bench).0, "#1");
    assert!(bench.notice().ends_with("breakpoint 1: changed true"), "{}", bench.notice());
    bench.press("c");
    // The text came back as it was: nothing changed against the last run of that text, but against the other branch.
    let mut bench = Bench::example();
    bench.press("c g j f 'bob' enter e C-u '[split] What are the words in \"Bob King\"?' enter");
    bench.press("A-b 'differs' enter esc c");
    assert_eq!(stands(&bench), ("#1".to_owned(), Some(Phase::Committed), 9), "{}", bench.notice());
}

#[test]
fn tokens_can_stop_the_answer_that_is_being_written() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("A-b 'probability < 0.2' enter esc c");
    let call = bench.open[0];
    let token = |text: &str, probability: f32, forced: bool| Token {
        text: text.to_owned(),
        probability,
        alternatives: vec![],
        forced,
    };
    let tell =
        |bench: &mut Bench, tokens: Vec<Token>| bench.send(Message::Report(Report::Tokens { call, tokens }));
    tell(&mut bench, vec![token("[split]", 0.01, true), token(" What", 0.9, false)]);
    assert!(!bench.state.live[&call].is_paused(), "what the grammar forced is no doubt");
    tell(&mut bench, vec![token(" is", 0.1, false)]);
    assert!(bench.state.live[&call].is_paused());
    assert_eq!(bench.effects.last(), Some(&Effect::Engine(Command::Pause(call))));
    assert_eq!(stands(&bench).1, Some(Phase::Answering));
    assert!(bench.notice().contains("probability 0.100"), "{}", bench.notice());
    // Any run takes it up again.
    bench.press("c");
    assert_eq!(bench.effects.last(), Some(&Effect::Engine(Command::Resume(call))));
    assert_eq!(bench.state.run, Run::All);
    tell(&mut bench, vec![token(" the", 0.1, false)]);
    assert!(!bench.state.live[&call].is_paused(), "once in a visit");
}

#[test]
fn watches_show_values_of_the_selected_task_and_of_a_named_one() {
    let mut bench = Bench::example();
    bench.press("c C-w 'words(answer)\n#1 expert\nnumber(answer)\nentropy' enter j");
    let shown = |bench: &Bench| -> Vec<String> {
        let task = bench.state.ui.cursor.unwrap().task;
        let all = watched(&bench.state, task).into_iter();
        all.map(|(name, value)| format!("{name} = {}", value.unwrap_or_else(|why| format!("✗ {why}"))))
            .collect()
    };
    assert_eq!(
        shown(&bench),
        [
            "words(answer) = 2",
            "#1 expert = \"split\"",
            "number(answer) = ✗ column 1: \"[\\\"Ada\\\", \\\"King\\\"]\" is no number",
            "entropy = not known yet"
        ]
    );
}

#[test]
fn steps_and_runs_go_back_without_a_call() {
    let mut bench = Bench::done();
    let asked = bench.asked.len();
    let mut tasks = vec![];
    while !bench.notice().contains("beginning") {
        bench.press(",");
        tasks.push(bench.state.survey.tally().tasks);
        assert!(tasks.len() < 20);
    }
    assert_eq!(tasks, [4, 4, 3, 3, 3, 2, 2, 1, 1], "one call back with each press, to before the first");
    bench.press("c");
    assert_eq!((bench.outline().as_str(), bench.asked.len()), (DONE, asked));
    // On the way that was gone again nothing was asked, yet it can be stepped back.
    bench.press(", , ,");
    assert_eq!((bench.state.survey.tally().tasks, bench.asked.len()), (3, asked), "{}", bench.notice());
    // A breakpoint that is set afterwards is found on the way back.
    let mut bench = Bench::done();
    bench.press("A-b 'expert = \"str_position\" and phase = \"proposed\"' enter esc (");
    assert_eq!(stands(&bench), ("#2".to_owned(), Some(Phase::Proposed), asked), "{}", bench.notice());
    bench.press("(");
    assert_eq!(stands(&bench).0, "#2", "once for each item: {}", bench.notice());
    bench.press("( (");
    assert!(bench.notice().contains("beginning"), "{}", bench.notice());
    bench.press("c");
    assert_eq!((bench.outline().as_str(), bench.asked.len()), (DONE, asked), "nothing was asked again");
}

#[test]
fn a_breakpoint_stops_a_run_of_many_calls_and_what_is_under_way_is_kept() {
    let mut bench = Bench::example();
    bench.press("A-b 'expert = \"str_position\" and phase = \"proposed\"' enter esc c");
    assert_eq!(stands(&bench).2, 3, "neither letter was asked for");
    assert!(
        bench
            .asked
            .iter()
            .all(|ask| !matches!(ask, Request::Compute { question } if question.contains("letter")))
    );
}

#[test]
fn an_answer_that_was_whole_before_it_could_be_paused_does_not_let_the_run_go_on() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("c p");
    let call = bench.open[0];
    bench.answer(call);
    assert_eq!((bench.asked.len(), bench.state.run), (1, Run::Idle));
    assert!(bench.notice().contains("whole before it could be held"), "{}", bench.notice());
    bench.hold = false;
    bench.press("c");
    assert_eq!(bench.outline(), DONE);
}
