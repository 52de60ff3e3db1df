//! The workbench as a state machine: whatever is pressed, in whatever order, the plan stays a plan, what was written opens
//! to what is there, and undo then redo changes nothing.
//!
//! PLANTERN_MACHINE_CASES and PLANTERN_MACHINE_STEPS make it longer: by hand 10,000 cases of 100 steps.

use crate::support::Bench;
use plantern::{
    engine::{Tools, survey},
    ids::{Seq, TaskId},
    workbench::{Action, Message, Mode, RowId, buffer::Typing, lines::Lines, update::files::new_task},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One thing a person does; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Press {
    Select(u8),
    Act(Action),
    Text(Action, &'static str),
    /// A task is marked before the action.
    Marked(u8, Action),
    /// The second task is wired into the first.
    Wire(u8, u8),
    Router(u8, u8),
    /// The outline with one of its lines doubled, dropped or changed.
    AsText(u8, u8),
    Go(u8),
    Reopen,
}

const PLAIN: [Action; 35] = [
    Action::Step,
    Action::StepInto,
    Action::StepOut,
    Action::StepGrain,
    Action::Breakpoint,
    Action::Breakpoint,
    Action::ReverseStep,
    Action::ReverseContinue,
    Action::StepOver,
    Action::Continue,
    Action::Cancel,
    Action::Again,
    Action::Delete,
    Action::DeleteAlone,
    Action::MoveUp,
    Action::MoveDown,
    Action::Indent,
    Action::Outdent,
    Action::Duplicate,
    Action::Collapse,
    Action::SplitByStrategy,
    Action::Pin,
    Action::RunStale,
    Action::Undo,
    Action::Undo,
    Action::Redo,
    Action::BackInTime,
    Action::ForwardInTime,
    Action::NextStrategy,
    Action::NextRouter,
    Action::Fold,
    Action::Mark,
    Action::Down,
    Action::Left,
    Action::Right,
];

const TEXTS: [(Action, &str); 19] = [
    (Action::NewBreakpoint, "depth > 0 and hits >= 2"),
    (Action::RunWhen, "phase = \"committed\" and words(answer) > 1"),
    (Action::Watches, "answer\n#1 changed"),
    (Action::InsertAfter, "[count] How many words are in \"a b\"?"),
    (Action::InsertAfter, "[merge] Concatenate #1 using a space."),
    (Action::InsertBefore, "use #1 and #2"),
    (Action::InsertBelow, "[split] What are the words in \"x y\"?"),
    (Action::Edit, "[reverse] Reverse the sequence #1."),
    (Action::Edit, "(project_values) [count] How many letters are in \"#1\"?"),
    (Action::Split, "one #1\ntwo #2\nthree"),
    (Action::Merge, "both"),
    (Action::Check, "at most 2 words"),
    (Action::Budget, "2 calls"),
    (Action::TypeAnswer, "mine"),
    (Action::TypeAnswer, ""),
    (Action::EditPrompt, "Concatenate [\"x\"] using a space."),
    (Action::Fork, "branch: with a note"),
    (Action::Explain, "because"),
    (Action::Search, "words"),
];

fn press() -> impl Strategy<Value = Press> {
    let plain = proptest::sample::select(PLAIN.to_vec());
    let text = proptest::sample::select(TEXTS.to_vec());
    let marked = proptest::sample::select(vec![
        Action::MoveHere,
        Action::Delete,
        Action::Indent,
        Action::Outdent,
        Action::Pin,
        Action::Collapse,
    ]);
    prop_oneof![
        3 => any::<u8>().prop_map(Press::Select),
        6 => plain.prop_map(Press::Act),
        6 => text.prop_map(|(action, text)| Press::Text(action, text)),
        2 => (any::<u8>(), marked).prop_map(|(at, action)| Press::Marked(at, action)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(one, other)| Press::Wire(one, other)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(line, how)| Press::AsText(line, how)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(at, row)| Press::Router(at, row)),
        1 => any::<u8>().prop_map(Press::Go),
        1 => Just(Press::Reopen),
    ]
}

fn task(bench: &Bench, at: u8) -> TaskId {
    let all = bench.state.journal.session().plan.walk();
    all[usize::from(at) % all.len()]
}

fn select(bench: &mut Bench, at: u8) {
    bench.state.ui.cursor = Some(RowId::task(task(bench, at)));
}

fn act(bench: &mut Bench, action: Action) {
    // Models answer with something that fits or not; what matters is that nothing breaks.
    while bench.replies.len() < 64 {
        bench.replies.extend([" [split] What are the words in \"q r\"?".to_owned(), " [EOQ]".to_owned()]);
    }
    bench.send(Message::Action(action));
}

fn typed(bench: &mut Bench, text: &str) {
    if matches!(bench.state.mode, Mode::Typing(_)) {
        bench.send(Message::Typing(Typing::SelectAll));
        bench.send(Message::Typing(Typing::Insert(text.to_owned())));
        if text.is_empty() {
            bench.send(Message::Typing(Typing::DeleteToStart));
        }
        act(bench, Action::Enter);
    }
}

fn make(bench: &mut Bench, press: &Press) {
    match press {
        Press::Select(at) => select(bench, *at),
        Press::Act(action) => act(bench, *action),
        Press::Text(action, text) => {
            act(bench, *action);
            typed(bench, text);
        }
        Press::Marked(at, action) => {
            let marked = task(bench, *at);
            bench.state.ui.marked.insert(marked);
            act(bench, *action);
        }
        Press::Wire(one, other) => {
            bench.state.ui.wiring = None;
            select(bench, *one);
            act(bench, Action::Wire);
            select(bench, *other);
            act(bench, Action::Wire);
        }
        Press::Router(at, row) => {
            select(bench, *at);
            act(bench, Action::TaskRouter);
            // As above, by tag, by words: the routers that ask nobody.
            (0..row % 3).for_each(|_| act(bench, Action::Down));
            act(bench, Action::Enter);
        }
        Press::AsText(at, how) => {
            act(bench, Action::AsText);
            let Mode::Typing(mode) = &bench.state.mode else { return };
            let mut lines: Vec<String> = mode.buffer.text().lines().map(str::to_owned).collect();
            let at = usize::from(*at) % lines.len();
            match how % 4 {
                0 => lines.insert(at, lines[at].clone()),
                1 if 1 < lines.len() => drop(lines.remove(at)),
                2 => lines[at].push_str(" and #1"),
                _ => lines.reverse(),
            }
            typed(bench, &lines.join("\n"));
            act(bench, Action::Enter);
        }
        Press::Go(at) => {
            let at = usize::from(*at) % bench.state.journal.records().len();
            act(bench, Action::Timeline);
            if let Mode::Sheet(sheet) = &mut bench.state.mode {
                sheet.cursor = at.min(sheet.rows.len().saturating_sub(1));
            }
            act(bench, Action::Enter);
        }
        Press::Reopen => bench.state.journal = bench.reopened(),
    }
    while bench.state.mode != Mode::Browse {
        act(bench, Action::Back);
    }
    // A turn back beyond the goal leaves no plan to go on with.
    if bench.state.journal.session().plan.is_empty() {
        let first = Some(Seq(1));
        let entry = bench.state.journal.go(first, 0).unwrap();
        bench.written.push(entry);
        bench.state.look();
    }
}

fn holds(bench: &Bench, tools: &Tools) -> Result<(), TestCaseError> {
    let (state, plan) = (&bench.state, &bench.state.journal.session().plan);
    prop_assert_eq!(plan.walk().len(), plan.len(), "no orphan");
    prop_assert_eq!(plan.dependencies_first().len(), plan.len(), "acyclic");
    for task in plan.walk() {
        for need in plan.needs(task) {
            prop_assert!(plan.contains(need), "no dangling reference");
            prop_assert!(plan.feeds(need).contains(&task));
        }
        prop_assert!(plan.parts(task).iter().all(|part| plan.parent(*part) == Some(task)));
    }
    // What is kept up to date is what a look from the beginning gives.
    let running: BTreeSet<_> = state.live.keys().copied().collect();
    prop_assert_eq!(&state.survey, &survey(&state.journal, tools, &running));
    let mut lines = Lines::default();
    lines.build(plan, &state.survey, &state.ui.folded);
    prop_assert_eq!(&state.lines, &lines);
    Ok(())
}

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn whatever_is_pressed_the_plan_stays_a_plan_and_nothing_is_lost() {
    let config = ProptestConfig {
        cases: number("PLANTERN_MACHINE_CASES", 24),
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    };
    let steps = number("PLANTERN_MACHINE_STEPS", 40) as usize;
    let tools = Tools::default();
    let presses = proptest::collection::vec(press(), 1..steps);
    let ran = proptest::test_runner::TestRunner::new(config).run(&presses, |presses| {
        let mut bench = Bench::new();
        let effects = new_task(&mut bench.state, "goal with \"two words\"");
        bench.take(effects);
        for press in &presses {
            make(&mut bench, press);
            holds(&bench, &tools)?;
        }
        let live = &bench.state.journal;
        let read = bench.reopened();
        prop_assert_eq!(read.session(), live.session(), "reopened is live");
        prop_assert_eq!(read.head(), live.head());
        prop_assert_eq!(read.entries(), live.entries());
        // In the middle of a turn, where only a jump leads, redo goes on to the end of the turn.
        let turn = |seq: Seq| live.records()[seq.0 as usize].turn;
        let head = live.head();
        let middle =
            live.records().iter().any(|next| next.after == head && Some(next.turn) == head.map(turn));
        let before = live.session().clone();
        if live.undo_target().is_some_and(|to| to.is_some()) && !middle {
            act(&mut bench, Action::Undo);
            act(&mut bench, Action::Redo);
            prop_assert_eq!(bench.state.journal.session(), &before, "undo then redo");
        }
        Ok(())
    });
    ran.unwrap();
}
