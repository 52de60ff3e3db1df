//! Keys on a plan: what was there, what was pressed, what came out.

mod amend;
mod beside;
mod budgets;
mod debug;
mod edits;
mod ended;
mod fault;
mod files;
mod fresh;
mod history;
mod lapsed;
mod models;
mod onward;
mod why;

use crate::support::{Bench, DONE, REPLIES, TASK, token};
use plantern::{
    ask::Request,
    engine::Report,
    ids::TaskId,
    session::Outcome,
    workbench::{Action, Effect, Message, Mode, RowId, Run, SessionFile, Stored, rows},
};

/// The outline after the keys, on the finished plan above.
fn check(keys: &str, expected: &str) -> Bench {
    let mut bench = Bench::done();
    let at = bench.asked.len();
    bench.press(keys);
    assert_eq!(bench.outline(), expected, "notice: {}", bench.notice());
    bench.asked.drain(..at);
    bench
}

#[test]
fn one_step_is_one_call() {
    let mut bench = Bench::example();
    let mut calls = vec![];
    let mut purposes = vec![];
    while bench.state.ended.is_none() {
        bench.press("s");
        calls.push(bench.asked.len());
        purposes.push(bench.state.survey.tally().tasks);
        assert_eq!(bench.state.run, Run::Idle);
    }
    assert_eq!(calls, [1, 2, 3, 4, 5, 6, 7, 8], "each press makes one call");
    assert_eq!(purposes, [2, 2, 3, 3, 3, 4, 4, 4], "a proposal is there to be edited before it runs");
    assert_eq!(bench.outline(), DONE);
}

#[test]
fn a_step_during_a_step_is_made_after_it() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("s s s");
    assert_eq!(bench.asked.len(), 1);
    let open = bench.open[0];
    bench.answer(open);
    assert_eq!(bench.asked.len(), 3, "the proposal, the function it named, and the next proposal");
}

#[test]
fn step_over_ends_a_sub_task_and_run_until_stops_before_one() {
    let mut bench = Bench::example();
    bench.press("x");
    assert_eq!(bench.asked.len(), 2, "a proposal and its answer");
    bench.press("x");
    assert_eq!(bench.asked.len(), 5, "a proposal and both items");
    let mut bench = Bench::example();
    bench.press("s s s");
    bench.state.ui.cursor = Some(RowId::task(TaskId(2)));
    bench.press("u");
    assert_eq!((bench.asked.len(), bench.notice()), (3, "here: the selected task is next"));
}

#[test]
fn only_what_depends_on_an_edit_runs_again() {
    // Another word list: both letters and the end are asked again, the proposals are not.
    let list = check(
        "g j e C-u '[split] What are the words in \"Ada Lovelace\"?' enter c",
        &DONE
            .replacen(
                "[split] What are the words in \"Ada King\"",
                "[split] What are the words in \"Ada Lovelace\"",
                1,
            )
            .replace("[\"Ada\", \"King\"]", "[\"Ada\", \"Lovelace\"]")
            .replace("[\"a\", \"g\"]", "[\"a\", \"e\"]")
            .replace("A: a g", "A: a e"),
    );
    assert_eq!(list.model_calls(), 0);
    assert_eq!(list.asked.len(), 3, "the letter of `Ada` is known: {:?}", list.asked);
    // The separator: one call.
    let merge = check(
        "G e C-u '[merge] Concatenate #2 using a comma.' enter c",
        &DONE.replace("#2 using a space", "#2 using a comma").replace("A: a g", "A: a,g"),
    );
    assert_eq!(
        merge.asked,
        [Request::Compute { question: "Concatenate [\"a\", \"g\"] using a comma.".into() }]
    );
    // Undo makes the old answers fresh again without a call.
    let undone = check("G e C-u '[merge] Concatenate #2 using a comma.' enter z", DONE);
    assert!(undone.asked.is_empty());
    let undone = check("G e C-u '[merge] Concatenate #2 using a comma.' enter c z z c", DONE);
    assert_eq!(undone.asked.len(), 1, "only the comma was ever asked");
}

#[test]
fn an_edit_marks_its_dependents_stale_at_once() {
    let stale = DONE
        .replacen("A: a g", "A: a g *x*", 1)
        .replace("using a space.\nA: a g *x*", "using a space. *waiting* *stale*\nA: a g")
        .replace(
            "[split] What are the words in \"Ada King\"?",
            "[split] What are the words in \"Ada\"? *ready* *stale*",
        )
        .replace("\"#1\"?", "\"#1\"? *waiting* *stale*")
        .replace("#2 using a space.", "#2 using a space. *waiting* *stale*");
    let bench = check("g j e C-u '[split] What are the words in \"Ada\"?' enter", &stale);
    assert!(bench.asked.is_empty(), "nothing runs by itself");
}

#[test]
fn structure_is_edited_in_one_or_two_keys() {
    let inserted = DONE.replace(
        "  QS: [merge] Concatenate #2",
        "  QS: [count] How many words are in \"x y\"? *ready*\n  QS: [merge] Concatenate #2",
    );
    let inserted = inserted.replacen("a space.\nA: a g", "a space. *waiting* *stale*\nA: a g", 1);
    check("G k k k a '[count] How many words are in \"x y\"?' enter", &inserted);
    let mut bench = Bench::example();
    bench.press("c G d");
    assert!(!bench.outline().contains("merge"));
    bench.press("z");
    assert_eq!(bench.outline(), DONE);
    bench.press("G K");
    assert!(bench.outline().contains("QS: [merge] Concatenate #3 using a space."), "{}", bench.outline());
    bench.press("g d");
    assert!(bench.notice().contains("goal itself"));
}

#[test]
fn a_person_re_routes_with_a_reason() {
    let mut bench = Bench::example();
    bench.press("c G r");
    let Mode::Reroute(mode) = &bench.state.mode else { panic!("no picker") };
    let names: Vec<&str> = mode.candidates.iter().map(|candidate| candidate.expert.as_str()).collect();
    assert_eq!(names.len(), bench.state.tools.roster.cards().len(), "all experts are there");
    let to = names.iter().position(|name| *name == "person").unwrap();
    bench.press(&format!("g {} enter 'I know better' enter", "j ".repeat(to)));
    let routed = bench.state.journal.session().progress(TaskId(3)).routed.clone().unwrap().1;
    assert_eq!((routed.router.as_str(), routed.chosen.as_str()), ("person", "person"));
    assert_eq!(routed.reason.as_deref(), Some("I know better"));
    bench.press("c");
    assert!(bench.notice().contains("waits for you"), "{}", bench.notice());
    bench.press("t C-u 'a and g' enter c");
    assert!(bench.outline().starts_with(&format!("QC: {TASK}\nA: a and g")));
    bench.press("z z z");
    assert_eq!(bench.outline(), DONE);
}

#[test]
fn a_pinned_answer_stands_until_it_is_taken_back() {
    let pinned = check(
        "G k k t C-u '[\"x\", \"y\"]' enter c",
        &DONE
            .replace("\"#1\"?\n  A: [\"a\", \"g\"]", "\"#1\"? *pinned*\n  A: [\"x\", \"y\"]")
            .replace("A: a g", "A: x y"),
    );
    assert_eq!(pinned.asked.len(), 1);
}

#[test]
fn a_running_call_is_paused_cancelled_and_asked_again() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("s");
    assert_eq!(bench.open.len(), 1);
    bench.press("c");
    assert!(bench.notice().contains("runs already"), "{}", bench.notice());
    bench.press("p");
    assert!(bench.state.live.values().all(|live| live.is_paused()));
    bench.press("p C-x");
    assert!(bench.state.live.is_empty());
    let late = bench.open[0];
    bench.answer(late);
    assert!(!bench.outline().contains("split"), "a late answer changes nothing: {}", bench.outline());
    bench.replies = REPLIES.map(str::to_owned).into();
    bench.hold = false;
    bench.press("c");
    assert_eq!(bench.outline(), DONE);
}

#[test]
fn a_pinned_task_is_not_said_to_be_asked_again() {
    let bench = check("j t C-u '[\"Ada\"]' enter C-r", &{
        let mut pinned = Bench::done();
        pinned.press("j t C-u '[\"Ada\"]' enter");
        pinned.outline()
    });
    assert!(bench.notice().contains("P takes the pin away first"), "{}", bench.notice());
}

#[test]
fn the_time_in_which_a_call_is_held_is_not_its_own() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("$ '6 s' enter s");
    let call = bench.open[0];
    let write = |bench: &mut Bench| {
        bench.now += 200;
        let tokens = vec![token("a", 0.5, &[])];
        bench.send(Message::Report(Report::Tokens { call, tokens }));
    };
    write(&mut bench);
    bench.press("p");
    bench.now += 60_000;
    // What the lane still held back comes late.
    write(&mut bench);
    let row = |bench: &Bench| rows::row_of(&bench.state, RowId::task(TaskId(0))).unwrap();
    assert_eq!((row(&bench).state, row(&bench).seconds), ("paused", 0.22));
    bench.press("p");
    write(&mut bench);
    assert_eq!((row(&bench).state, bench.notice()), ("running", "going on"), "6 s were not spent");
    let live = &bench.state.live[&call];
    assert_eq!(bench.now - live.writing_since.unwrap(), 220, "the rate is that of the time it wrote");
    bench.press("C-x");
    let call = bench.state.journal.call(call).unwrap();
    let Outcome::Stopped(partial) = &call.outcome else { panic!("{:?}", call.outcome) };
    assert_eq!((partial.text.as_str(), partial.usage.seconds), ("aaa", 0.44));
}

#[test]
fn every_undo_has_its_redo_and_time_walks_both_ways() {
    let mut bench = Bench::done();
    let calls = bench.asked.len();
    let mut undone = 0;
    while bench.state.journal.undo_target().is_some() {
        bench.press("z");
        undone += 1;
    }
    assert_eq!(undone, 7, "four proposals and three sub-tasks");
    bench.press(&"Z ".repeat(undone));
    assert_eq!(bench.outline(), DONE);
    bench.press("[ [ [ ] ] ]");
    assert_eq!(bench.outline(), DONE);
    assert_eq!(bench.asked.len(), calls, "no expert was asked");
    // What was written opens to the same.
    let reopened = bench.reopened();
    assert_eq!(reopened.session(), bench.state.journal.session());
    assert_eq!(reopened.entries(), bench.state.journal.entries());
}

#[test]
fn a_recorded_session_is_copied_at_the_first_change() {
    let mut bench = Bench::done();
    bench.state.file = SessionFile::ReadOnly { file: "the example".to_owned(), why: String::new() };
    bench.written.clear();
    bench.press("z z [ ]");
    assert!(bench.written.is_empty(), "looking around writes nothing");
    bench.press("G a '[count] How many words are in \"a b\"?' enter");
    assert_eq!(bench.written, bench.state.journal.entries(), "the copy is whole");
}

#[test]
fn bad_tasks_and_keys_are_answered_with_words() {
    let mut bench = Bench::new();
    bench.press("s");
    assert!(bench.notice().contains("no task yet"));
    bench.press("n enter");
    assert!(bench.notice().contains("empty task"));
    bench.press(&format!("n '{}' enter", "x".repeat(100_001)));
    assert!(bench.notice().contains("100001 bytes"));
    bench.press("esc z");
    assert!(bench.notice().contains("nothing to undo"));
    bench.press("q");
    assert_eq!(bench.effects.last(), Some(&Effect::Quit));
}

/// The text of the box that is open; `None` without one.
fn typed(bench: &Bench) -> Option<&str> {
    match &bench.state.mode {
        Mode::Typing(mode) => Some(mode.buffer.text()),
        _ => None,
    }
}

#[test]
fn work_that_is_not_saved_is_not_left_by_one_key() {
    let mut bench = Bench::done();
    bench.send(Message::Stored(Stored::Trouble { why: "no space on the disk".to_owned(), again: true }));
    bench.press("q");
    assert!(bench.notice().contains("q again leaves without it: no space"), "{}", bench.notice());
    bench.press("j q");
    assert_eq!(bench.effects, [], "something else was done in between");
    bench.press("q");
    assert_eq!(bench.effects, [Effect::Quit]);
}

#[test]
fn a_refused_text_stays_in_its_box() {
    let check = |keys: &str, text: &str, said: &str| {
        let mut bench = Bench::done();
        let before = bench.state.journal.records().len();
        bench.press(&format!("{keys} C-u '{text}' enter"));
        assert!(bench.notice().contains(said), "{}", bench.notice());
        assert_eq!(bench.state.journal.records().len(), before, "nothing was changed");
        assert_eq!(typed(&bench), Some(text), "{keys}");
    };
    check("n", &"x".repeat(100_001), "100001 bytes");
    check("g j e", "[split] What are the words in #3?", "circle");
    check("g j S", "one", "one line is one task");
    check("g j C", "at most words", "words");
    check("g j $", "2 cows", "cows");
    check("g f", ": a note and no name", "without a name");
    // A text that says nothing is not missed.
    let mut bench = Bench::done();
    bench.press("g j e C-u enter");
    assert_eq!(typed(&bench), None);
    // What the shell refuses later is given back, too, but not over what one does by then.
    for (moved_on, expected) in [(false, Some("nosuch.jsonl")), (true, None)] {
        bench.press("O 'nosuch.jsonl' enter");
        assert_eq!(bench.effects.pop(), Some(Effect::Open("nosuch.jsonl".to_owned())));
        if moved_on {
            bench.press("j");
        }
        bench.send(Message::Stored(Stored::NotOpened("there is no such file".to_owned())));
        assert_eq!(typed(&bench), expected);
        if expected.is_some() {
            bench.press("esc");
        }
    }
    // An editor that changes nothing leaves the box as it was.
    bench.press("n 'half a task'");
    bench.send(Message::Action(Action::EditOutside));
    bench.send(Message::Stored(Stored::Edited(None)));
    assert_eq!(typed(&bench), Some("half a task"));
}

#[test]
fn search_finds_text_expert_state_and_answer() {
    let mut bench = Bench::done();
    let mut check = |words: &str, task: u32| {
        bench.press(&format!("g / C-u '{words}' enter"));
        assert_eq!(bench.state.ui.cursor.map(|row| row.task), Some(TaskId(task)), "{words}");
    };
    check("concatenate merge", 3);
    check("str_position", 2);
    check("[\"ada\"", 1);
    bench.press("/ C-u 'nowhere' enter");
    assert!(bench.notice().contains("no task holds `nowhere`"));
}
