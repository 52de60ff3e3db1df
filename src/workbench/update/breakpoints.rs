//! Breakpoints, watches and the grain of steps: set, listed, changed. They stand beside the history.

use super::{note, running, sheets, typing};
use crate::{
    session::{Aside, Breakpoint, StepGrain},
    workbench::{
        Action, Effect, Mode, Run, State, Weight,
        buffer::Buffer,
        debug::{name, read_breakpoint, read_watch, written, written_watch},
        mode::Purpose,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// Sets a breakpoint on the selected task, or takes it away.
pub(super) fn toggle(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let debugging = state.journal.debugging();
    let plain =
        |breakpoint: &&Breakpoint| breakpoint.task == Some(row.task) && breakpoint.condition.is_empty();
    let at = name(&state.journal.session().plan, row.task);
    if let Some(there) = debugging.breakpoints.iter().find(plain) {
        let id = there.id;
        state.say(Weight::Info, format!("breakpoint {id} at {at} is gone"));
        return note(state, Aside::Cleared { breakpoint: id });
    }
    let id = debugging.fresh();
    let breakpoint = Breakpoint { id, task: Some(row.task), condition: String::new(), on: true, log: false };
    state.say(Weight::Info, format!("breakpoint {id}: a run stops when {at} is next; B lists all"));
    note(state, Aside::Set { breakpoint })
}

/// Asks for the words of a breakpoint, a condition or the watches.
pub(super) fn ask(state: &mut State, action: Action) -> Vec<Effect> {
    let plan = &state.journal.session().plan;
    let (purpose, text) = match action {
        Action::RunWhen => (Purpose::RunWhen, state.debug.last_until.clone()),
        Action::Watches => {
            let all = state.journal.debugging().watches.iter().map(|watch| written_watch(plan, watch));
            (Purpose::Watches, all.collect::<Vec<_>>().join("\n"))
        }
        _ => (Purpose::Breakpoint(None), String::new()),
    };
    typing::begin(state, purpose, Buffer::of(text));
    vec![]
}

/// Takes what was typed; what can not be read is typed on.
pub(super) fn take(state: &mut State, purpose: &Purpose, text: &str) -> Vec<Effect> {
    let plan = &state.journal.session().plan;
    match purpose {
        Purpose::Breakpoint(old) => {
            let id = old.unwrap_or(state.journal.debugging().fresh());
            match read_breakpoint(plan, text, id) {
                Ok(breakpoint) => {
                    let words = written(plan, &breakpoint);
                    let effects = note(state, Aside::Set { breakpoint });
                    state.debug.fired.retain(|(fired, ..)| *fired != id);
                    match old {
                        // Begun in the list, which goes on.
                        Some(_) => {
                            list(state);
                            state.say(Weight::Info, format!("breakpoint {id}: {words}"));
                        }
                        None => state.say(Weight::Info, format!("breakpoint {id}: {words}; B lists all")),
                    }
                    effects
                }
                Err(mistake) => typing::refuse(state, Weight::Error, mistake.to_string()),
            }
        }
        Purpose::Watches => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let read: Result<Vec<_>, _> = lines.map(|line| read_watch(plan, line)).collect();
            match read {
                Ok(watches) => {
                    state.ui.tab = crate::workbench::Tab::Watch;
                    let n = watches.len();
                    state.say(Weight::Info, format!("{n} watched: the tab `watch` shows them"));
                    note(state, Aside::Watched { watches })
                }
                Err(mistake) => typing::refuse(state, Weight::Error, mistake.to_string()),
            }
        }
        _ => match crate::condition::Condition::new(text) {
            Ok(condition) => {
                state.debug.until = Some(condition.text().to_owned());
                state.debug.last_until = condition.text().to_owned();
                running::start(state, Run::When)
            }
            Err(mistake) => typing::refuse(state, Weight::Error, mistake.to_string()),
        },
    }
}

/// How far a step goes from here on.
pub(super) fn next_grain(state: &mut State) -> Vec<Effect> {
    let grain = state.journal.debugging().grain.next();
    let words = match grain {
        StepGrain::Phase => "s goes one phase now: routed, proposed, answering, committed, judged",
        StepGrain::Call => "s makes one call now",
        StepGrain::Task => "s goes to the end of the next sub-task now",
    };
    state.say(Weight::Info, words);
    note(state, Aside::Grained { grain })
}

/// The list of breakpoints.
pub(super) fn list(state: &mut State) -> Vec<Effect> {
    let plan = &state.journal.session().plan;
    let debugging = state.journal.debugging();
    let row = |breakpoint: &Breakpoint| {
        let hits = debugging.hits_of(breakpoint.id);
        let last = debugging.hits.iter().rev().find(|hit| hit.breakpoint == breakpoint.id && !hit.counted);
        let last = last.map_or_else(String::new, |hit| {
            let values = if hit.note.is_empty() { String::new() } else { format!(": {}", hit.note) };
            format!("{} {}{values}", name(plan, hit.task), hit.phase.word())
        });
        let on = if breakpoint.on { "◆ on" } else { "◇ off" };
        let tone = if breakpoint.on { Tone::Plain } else { Tone::Dim };
        let (id, words) = (breakpoint.id.to_string(), written(plan, breakpoint));
        Row::new(tone, [id, on.to_owned(), words, hits.to_string(), last])
    };
    let rows: Vec<Row> = debugging.breakpoints.iter().map(row).collect();
    let ids: Vec<u32> = debugging.breakpoints.iter().map(|breakpoint| breakpoint.id).collect();
    let head = match rows.len() {
        0 => {
            "none yet: a types one, as in `margin < 0.1 and not expert = \"person\"`; b in the tree sets one on a task"
        }
        1 => "1 breakpoint: number, state, where and when, times reached, where last",
        _ => "number, state, where and when, times reached, where last",
    };
    let cursor = match &state.mode {
        Mode::Sheet(sheet) => sheet.cursor.min(rows.len().saturating_sub(1)),
        _ => rows.len().saturating_sub(1),
    };
    let sheet = Sheet {
        kind: Kind::Breakpoints(ids),
        title: "Breakpoints".to_owned(),
        head: vec![(Tone::Strong, head.to_owned())],
        columns: vec![4, 6, 0, 5, 0],
        rows,
        cursor,
        below: vec![],
        keys: vec![("a", "new"), ("enter", "change"), ("space", "on / off"), ("d", "delete")],
    };
    sheets::show(state, sheet)
}

/// A key in the list.
pub(super) fn act(state: &mut State, action: Action, id: Option<u32>) -> Vec<Effect> {
    let there = id.and_then(|id| state.journal.debugging().breakpoint(id)).cloned();
    match (action, there) {
        (Action::InsertAfter, _) => {
            let fresh = state.journal.debugging().fresh();
            typing::begin(state, Purpose::Breakpoint(Some(fresh)), Buffer::default());
            vec![]
        }
        (Action::Enter | Action::Edit, Some(breakpoint)) => {
            let text = written(&state.journal.session().plan, &breakpoint);
            typing::begin(state, Purpose::Breakpoint(Some(breakpoint.id)), Buffer::of(text));
            vec![]
        }
        (Action::Fold, Some(breakpoint)) => {
            let effects =
                note(state, Aside::Set { breakpoint: Breakpoint { on: !breakpoint.on, ..breakpoint } });
            list(state);
            effects
        }
        (Action::Delete, Some(breakpoint)) => {
            let effects = note(state, Aside::Cleared { breakpoint: breakpoint.id });
            list(state);
            effects
        }
        _ => {
            state.say(Weight::Info, "there is none yet: a types one");
            vec![]
        }
    }
}
