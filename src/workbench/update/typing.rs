//! Modes that take text: begin, type, take.

use super::{amend, blame, browsing, cases, edits, files, history, onward, rework, verdicts, vote, whatif};
use crate::condition::completions;
use crate::workbench::{
    Action, Effect, Mode, State, Weight,
    buffer::{Buffer, Typing},
    mode::{Purpose, TypingMode},
};

pub(super) fn begin(state: &mut State, purpose: Purpose, buffer: Buffer) {
    state.mode = Mode::Typing(TypingMode { purpose, buffer });
}

/// Actions that begin with a text.
pub(super) fn open(state: &mut State, action: Action) -> Vec<Effect> {
    let (purpose, buffer) = match action {
        Action::New => (Purpose::NewTask, Buffer::default()),
        Action::Open => (Purpose::Open, Buffer::default()),
        Action::SaveAs => (Purpose::SaveAs, Buffer::default()),
        _ => (Purpose::Search, Buffer::of(state.ui.search.clone())),
    };
    begin(state, purpose, buffer);
    vec![]
}

/// A change of the text being typed.
pub(super) fn take(state: &mut State, typing: &Typing) -> Vec<Effect> {
    if *typing == Typing::Complete {
        return complete(state);
    }
    let buffer = match &mut state.mode {
        Mode::Typing(mode) => &mut mode.buffer,
        Mode::Palette(mode) => {
            mode.cursor = 0;
            &mut mode.buffer
        }
        // A paste where no text is taken must not run as keys.
        _ => {
            if matches!(typing, Typing::Insert(text) if 1 < text.chars().count()) {
                state.say(Weight::Warning, "nothing takes a paste here: n types a new task, e edits one");
            }
            return vec![];
        }
    };
    if !buffer.take(typing) {
        state.say(Weight::Warning, "the text would be longer than 1 MB: nothing was taken");
    }
    vec![]
}

/// Finishes the word before the cursor as far as it is clear, where words are known.
fn complete(state: &mut State) -> Vec<Effect> {
    let Mode::Typing(TypingMode {
        purpose: Purpose::Breakpoint(_) | Purpose::RunWhen | Purpose::Watches,
        buffer,
    }) = &mut state.mode
    else {
        state.say(Weight::Info, "tab completes nothing here: enter takes the text, esc goes back");
        return vec![];
    };
    let (length, found) = completions(buffer.halves().0);
    let Some(first) = found.first() else { return vec![] };
    let same = |at: usize| found.iter().all(|name| name.as_bytes().get(at) == first.as_bytes().get(at));
    let end = (length..first.len()).take_while(|at| same(*at)).count() + length;
    buffer.take(&Typing::Insert(first[length..end].to_owned()));
    vec![]
}

/// What was typed is refused: the text is in its box again, unless it says nothing, and what is wrong is said.
pub(super) fn refuse(state: &mut State, weight: Weight, why: impl Into<String>) -> Vec<Effect> {
    if let Some(typed) = state.typed.take().filter(|typed| !typed.buffer.text().trim().is_empty()) {
        state.mode = Mode::Typing(typed);
    }
    state.say(weight, why);
    vec![]
}

/// Enter in a mode that takes text.
pub(super) fn finish(state: &mut State) -> Vec<Effect> {
    let Mode::Typing(typed) = std::mem::take(&mut state.mode) else { return vec![] };
    let (purpose, text) = (typed.purpose.clone(), typed.buffer.text().to_owned());
    state.typed = Some(typed);
    match &purpose {
        Purpose::NewTask => files::new_task(state, &text),
        Purpose::EditText(_) | Purpose::Insert { .. } => edits::take_text(state, &purpose, &text),
        Purpose::Split(_)
        | Purpose::Merge(_)
        | Purpose::Check(_)
        | Purpose::Budget(_)
        | Purpose::Outline(_)
        | Purpose::Explain(_) => rework::take(state, &purpose, &text),
        Purpose::WriteCase => cases::take(state, &text),
        Purpose::Blame(task) => blame::take(state, *task, &text),
        Purpose::GoOn { task, call } => onward::take(state, *task, *call, &text),
        Purpose::Samples(of) => vote::take(state, of, &text),
        Purpose::Way(whatif, at) => whatif::take_text(state, (**whatif).clone(), *at, &text),
        Purpose::Prompt { task, purpose, key } => amend::take_prompt(state, *task, *purpose, key, &text),
        Purpose::Judge(tasks) => verdicts::take(state, tasks, &text),
        Purpose::Fork(_) | Purpose::NameBranch(_) => history::take_name(state, &purpose, &text),
        Purpose::Answer(task) => edits::take_answer(state, *task, &text),
        Purpose::Reason { task, expert } => edits::take_route(state, *task, expert, &text),
        Purpose::Breakpoint(_) | Purpose::RunWhen | Purpose::Watches => {
            super::breakpoints::take(state, &purpose, &text)
        }
        Purpose::Search => browsing::search(state, &text),
        Purpose::ReviewReason => super::review::take_reason(state, &text),
        Purpose::Open => named(state, &text).map(Effect::Open).into_iter().collect(),
        Purpose::SaveAs => {
            let title = state.journal.session().title.clone();
            let entries = state.journal.entries();
            named(state, &text).map(|path| Effect::SaveAs { path, title, entries }).into_iter().collect()
        }
    }
}

fn named(state: &mut State, path: &str) -> Option<String> {
    let path = path.trim().to_owned();
    if path.is_empty() {
        state.say(Weight::Warning, "no path was given: nothing was done");
        return None;
    }
    Some(path)
}
