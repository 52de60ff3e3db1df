//! Budgets, dry runs and cancelled tasks, pressed; every call is counted.

use crate::support::{Bench, DONE, REPLIES, TASK};
use plantern::{
    ask::{Answer, Token, Usage},
    engine::{Command, Report},
    headless::export,
    ids::TaskId,
    plan::read_outline,
    workbench::{Effect, Message, Mode, RowId, Run},
};

/// First line and second column of the sheet.
fn sheet(bench: &Bench) -> (String, Vec<String>) {
    (bench.sheet().head[0].1.clone(), bench.column(1))
}

#[test]
fn at_the_cap_the_plan_pauses_and_asks_and_keeps_what_is_there() {
    let mut bench = Bench::example();
    bench.press("$ '2 calls' enter c");
    assert_eq!(bench.model_calls(), 2);
    let (head, rows) = sheet(&bench);
    assert_eq!(head, "the budget of the goal is spent: 2 calls");
    assert_eq!(rows, ["to 4 calls, and go on", "without that cap", "keep what is there; nothing is lost"]);
    bench.press("G enter");
    assert!(bench.outline().starts_with(&format!("QC: {TASK} *paused*")), "{}", bench.outline());
    bench.press("c enter");
    assert_eq!(
        (bench.outline().as_str(), bench.model_calls()),
        (DONE, 4),
        "raised, and no call was made twice"
    );
    let mut bench = Bench::example();
    bench.press("$ '1 calls' enter c j enter");
    assert_eq!((bench.outline().as_str(), bench.model_calls()), (DONE, 4), "without a cap");
    assert_eq!(bench.state.journal.session().plan.task(TaskId(0)).unwrap().draft.budget, None);
    let mut bench = Bench::example();
    bench.state.defaults.limits.calls = 3;
    bench.task(TASK);
    bench.press("c");
    assert_eq!(sheet(&bench).0, "the budget of the session is spent: 3 calls");
    bench.press("enter");
    assert_eq!((bench.outline().as_str(), bench.model_calls()), (DONE, 4));
}

#[test]
fn a_cap_of_a_part_is_never_wider_than_what_is_left_above() {
    let mut bench = Bench::example();
    bench.press("c g $ '6 calls, 50 tokens' enter G $ '9 calls, 5 s' enter");
    let budget = |task: u32| bench.state.journal.session().plan.task(TaskId(task)).unwrap().draft.budget;
    assert_eq!(budget(3).unwrap().to_string(), "2 calls, 5 s", "four of six are spent");
    assert!(
        bench.notice().contains("budget set to 2 calls, 5 s: more is not left above it"),
        "{}",
        bench.notice()
    );
}

#[test]
fn tokens_are_counted_while_they_come_and_a_cap_pauses_the_call() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("$ '3 tokens' enter s");
    let call = bench.open[0];
    let token =
        |text: &str| Token { text: text.to_owned(), probability: 1.0, alternatives: vec![], forced: false };
    let stream = |bench: &mut Bench, tokens: &[&str]| {
        let tokens = tokens.iter().map(|text| token(text)).collect();
        bench.send(Message::Report(Report::Tokens { call, tokens }));
    };
    stream(&mut bench, &[" [", "split"]);
    assert!(bench.state.live.values().all(|live| !live.is_paused()));
    stream(&mut bench, &["]", " What"]);
    assert!(bench.state.live.values().all(|live| live.is_paused()), "{}", bench.notice());
    assert!(bench.effects.contains(&Effect::Engine(Command::Pause(call))));
    assert_eq!(sheet(&bench).0, "the budget of the goal is spent: 3 tokens");
    bench.press("enter");
    assert!(bench.effects.contains(&Effect::Engine(Command::Resume(call))));
    assert!(bench.state.live.values().all(|live| !live.is_paused()));
    stream(&mut bench, &[" are", " the", " words", " in"]);
    bench.press("G enter");
    assert!(bench.state.live.is_empty() && bench.state.run == Run::Idle);
    let partial = bench.state.journal.calls().next().unwrap();
    assert!(
        matches!(&partial.outcome, plantern::session::Outcome::Stopped(kept) if kept.text == " [split] What are the words in")
    );
}

#[test]
fn money_and_seconds_have_caps_too() {
    let check = |budget: &str, part: &str| {
        let mut bench = Bench::example();
        bench.hold = true;
        bench.press(&format!("$ '{budget}' enter s"));
        let call = bench.open.remove(0);
        let usage = Usage { seconds: 2.5, ..Usage::default() };
        let answer = Answer { usage, cost: 0.02, ..Answer::plain(REPLIES[0]) };
        bench.send(Message::Report(Report::Done { call, answer }));
        bench.press("c");
        assert_eq!(sheet(&bench).0, format!("the budget of the goal is spent: {part}"));
        assert_eq!(bench.model_calls(), 1);
    };
    check("2 s", "2 s");
    check("9 calls, 0.02 money", "0.02 money");
}

/// Five parts, the first four ready together, the model to answer them.
fn several() -> Bench {
    let mut bench = Bench::with("Do all of it", &[]);
    bench.press(
        "A '[answer] one' enter g A '[answer] two' enter A '[answer] below' enter a '[answer] beside' enter",
    );
    bench.press("g A '[answer] last of #1' enter");
    bench.hold = true;
    bench
}

#[test]
fn what_is_deleted_while_it_is_asked_is_asked_no_more() {
    let mut bench = several();
    bench.press("c g j");
    let task = bench.state.ui.cursor.unwrap().task;
    let (call, _) = bench.state.live.iter().find(|(_, live)| live.task == task).unwrap();
    let (call, others) = (*call, bench.state.live.len() - 1);
    bench.press("d");
    assert!(bench.effects.contains(&Effect::Engine(Command::Cancel(call))), "{:?}", bench.effects);
    assert!(others <= bench.state.live.len() && !bench.state.live.contains_key(&call));
    let outcome = &bench.state.journal.call(call).unwrap().outcome;
    assert!(matches!(outcome, plantern::session::Outcome::Stopped(_)), "{outcome:?}");
    bench.send(Message::Report(Report::Done { call, answer: Answer::plain("late") }));
    assert!(!bench.outline().contains("late"));
}

#[test]
fn of_several_calls_the_selected_one_is_shown_and_a_failure_is_told_at_once() {
    let mut bench = several();
    bench.press("c");
    let calls: Vec<_> = bench.state.live.iter().map(|(call, live)| (*call, live.task)).collect();
    for (call, task) in &calls {
        bench.state.ui.cursor = Some(RowId::task(*task));
        assert_eq!(bench.state.shown_live().map(|(shown, _)| shown), Some(*call));
    }
    bench.state.ui.cursor = Some(RowId::task(TaskId(0)));
    assert!(bench.state.shown_live().is_some(), "of the goal one below it");
    let (call, _) = calls[0];
    bench.send(Message::Report(Report::Failed { call, why: "the server is down".to_owned() }));
    assert_eq!(bench.notice(), "#1 failed: the server is down");
    assert!(bench.state.live.len() + 1 == calls.len(), "the others go on");
}

#[test]
fn what_is_held_is_edited_from_a_row_of_which_nothing_was_asked() {
    let mut bench = several();
    bench.press("c");
    let (call, live) = bench.state.live.iter().next().unwrap();
    let (call, task) = (*call, live.task);
    let text = Token { text: "A king".to_owned(), probability: 1.0, alternatives: vec![], forced: false };
    bench.send(Message::Report(Report::Tokens { call, tokens: vec![text] }));
    bench.press("p g A-e");
    let Mode::Typing(typing) = &bench.state.mode else { panic!("{}", bench.notice()) };
    assert_eq!((typing.buffer.text(), bench.state.ui.cursor), ("A king", Some(RowId::task(task))));
}

#[test]
fn cancelling_a_task_cancels_all_below_and_nothing_of_it_runs_afterwards() {
    let mut bench = several();
    bench.press("c");
    let plan = &bench.state.journal.session().plan;
    let two = plan.parts(TaskId(0))[1];
    assert!(3 <= bench.open.len(), "several calls are under way: {}", bench.outline());
    let asked = bench.asked.len();
    let below: Vec<_> = bench
        .state
        .live
        .iter()
        .filter(|(_, live)| bench.state.journal.session().plan.is_below(live.task, two))
        .map(|(call, _)| *call)
        .collect();
    assert!(2 <= below.len(), "{}", bench.outline());
    bench.state.ui.cursor = Some(RowId::task(two));
    bench.press("A-k");
    for call in &below {
        assert!(bench.effects.contains(&Effect::Engine(Command::Cancel(*call))), "{call}");
    }
    assert!(
        bench.state.live.values().all(|live| !bench.state.journal.session().plan.is_below(live.task, two))
    );
    // Late answers are dropped; the others go on.
    for call in below {
        bench.send(Message::Report(Report::Done { call, answer: Answer::plain("late") }));
    }
    bench.replies.extend(["1".to_owned(), "2".to_owned(), "3".to_owned()]);
    while let Some(call) = bench.open.iter().copied().find(|call| bench.state.live.contains_key(call)) {
        bench.answer(call);
    }
    assert!(!bench.outline().contains("late"), "{}", bench.outline());
    let cancelled = bench.outline().lines().filter(|line| line.contains("*cancelled*")).count();
    assert!(3 <= cancelled, "{}", bench.outline());
    let after = bench.asked.len();
    assert!(after <= asked + 1, "only what was needed outside");
    bench.press("c");
    assert_eq!(bench.asked.len(), after, "nothing of it runs: {}", bench.notice());
    bench.state.ui.cursor = Some(RowId::task(two));
    bench.press("A-k c");
    assert!(after < bench.asked.len(), "taken up again");
    // C-x ends all of it.
    bench.press("C-x");
    assert!(bench.state.live.is_empty() && bench.state.run == Run::Idle);
    let late = bench.asked.len();
    for call in bench.open.clone() {
        bench.send(Message::Report(Report::Done { call, answer: Answer::plain("late") }));
    }
    assert_eq!(bench.asked.len(), late);
    assert!(!bench.outline().contains("late"));
}

#[test]
fn a_dry_run_says_what_is_left_and_afterwards_how_wrong_it_was() {
    let mut bench = Bench::example();
    bench.press("A-d");
    let (head, _) = sheet(&bench);
    assert_eq!(head, "1 task is left: at least 1 call; what calls take was not measured yet");
    bench.press("esc s s A-d");
    let (head, _) = sheet(&bench);
    assert_eq!(head, "1 task is left: at least 1 call, about 0 tokens, 0.0 s");
    assert_eq!(bench.asked.len(), 2, "nothing ran");
    bench.press("enter");
    assert_eq!(bench.outline(), DONE);
    assert_eq!(bench.notice(), "took 3 calls (+200 %), 0 tokens (as said), 0.0 s (as said); estimated 1");
    bench.press("@");
    let told = bench.sheet().rows.iter().find(|row| row.cells[3] == "estimated").unwrap();
    assert!(told.cells[4].contains("took 3 calls (+200 %)"), "{:?}", told.cells);
    bench.press("esc A-d");
    assert_eq!(sheet(&bench).0, "nothing is left to do");
}

#[test]
fn a_dry_run_expects_the_calls_that_are_then_made() {
    let check = |keys: &str, told: &str, replies: &[&str]| {
        let mut bench = Bench::done();
        bench.press(keys);
        bench.replies.extend(replies.iter().map(|reply| (*reply).to_owned()));
        let before = bench.model_calls();
        bench.press("A-d");
        assert_eq!(sheet(&bench).0, told, "{keys}");
        bench.press("enter");
        assert_eq!(bench.model_calls() - before, replies.len(), "{keys}\n{}", bench.outline());
        let all_done = bench.state.survey.iter().all(|(_, look)| look.status.word() == "done");
        assert!(all_done, "{keys}\n{}", bench.outline());
    };
    let none = |tasks: &str| format!("{tasks} tasks are left: no call to a model");
    let calls = |tasks: &str, calls: &str| {
        format!("{tasks} tasks are left: {calls}; what calls take was not measured yet")
    };
    // An expert that was never called asks a model all the same, named or not, ready or waiting.
    check("g A '[answer] Who wrote Hamlet?' enter", &calls("2", "1 call"), &["x"]);
    check("g A 'Who wrote the play Hamlet?' enter", &calls("2", "1 call"), &["x"]);
    check("g A '[answer] one' enter g A '[answer] two of #4' enter", &calls("3", "2 calls"), &["x", "y"]);
    // A function asks none, and of a list in hand each item is a call.
    check("g A '[split] What are the words in \"x y\"?' enter", &none("2"), &[]);
    check(
        "g A '[split] Which letters has \"#3\"?' enter g A '[count] How many words are in \"#3\"?' enter",
        &none("3"),
        &[],
    );
    check("g A '(project_values) [answer] What is #1?' enter", &calls("2", "2 calls"), &["x", "y"]);
    // Parts made by hand are all there is: nobody is asked for more.
    check("g A '[answer] x' enter A '[split] What are the words in \"x y\"?' enter", &none("3"), &[]);
    // The judge of a check asks, too.
    check("g A '[answer] x' enter C 'should model' enter", &calls("2", "2 calls"), &["x", "yes"]);
}

#[test]
fn an_answer_that_is_known_is_not_expected_to_be_asked_for() {
    let mut bench = Bench::done();
    bench.replies.extend(["x", "y", "z", "w"].map(str::to_owned));
    bench.press("g A '[answer] one' enter g A '[answer] two of #4' enter c");
    bench.press("k e C-u '[answer] other' enter");
    assert!(bench.notice().contains("3 of 6 tasks stale: 2 calls"), "{}", bench.notice());
    bench.press("c");
    let before = bench.model_calls();
    bench.press("e C-u '[answer] one' enter");
    // The router has still to be heard, then both answers are found.
    assert!(bench.notice().contains("3 of 6 tasks stale: no call to a model"), "{}", bench.notice());
    bench.press("c");
    assert_eq!(bench.model_calls(), before, "{}", bench.notice());
}

#[test]
fn an_answer_whose_tokens_were_spent_is_marked_as_cut() {
    let mut bench = Bench::with("Tell it", &[" [answer] Tell a story.", " [EOQ]"]);
    bench.press("s");
    bench.hold = true;
    bench.press("s");
    let call = bench.open.remove(0);
    let cut = |bench: &Bench, task: u32| plantern::workbench::rows::is_cut(&bench.state, TaskId(task));
    assert!(!cut(&bench, 1), "there is none yet");
    let answer =
        Answer { finish: plantern::ask::Finish::Length, ..Answer::plain("Once there was a king and") };
    bench.send(Message::Report(Report::Done { call, answer }));
    bench.hold = false;
    bench.press("c");
    assert!(cut(&bench, 1) && !cut(&bench, 0), "{}", bench.outline());
    let exported = |bench: &Bench| {
        let (mut object, mut outline) = (vec![], vec![]);
        export::json(&bench.state, &mut object).unwrap();
        export::outline(&bench.state, &mut outline).unwrap();
        let object: serde_json::Value = serde_json::from_slice(&object).unwrap();
        let outline = String::from_utf8(outline).unwrap();
        assert_eq!(read_outline(&outline, 0).warnings, []);
        let marked = outline.lines().filter(|line| line.contains("A (cut): ")).map(str::to_owned);
        (object["tasks"][1]["cut"].clone(), marked.collect::<Vec<_>>())
    };
    assert_eq!(exported(&bench), (true.into(), vec!["  A (cut): Once there was a king and".to_owned()]));
    bench.press("g j t C-u 'The end.' enter");
    assert!(!cut(&bench, 1), "what a person wrote is whole");
    assert_eq!(exported(&bench), (serde_json::Value::Null, vec![]));
}
