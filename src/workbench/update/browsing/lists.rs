//! What is on top of the panes: lists, texts, the help.

use crate::workbench::{
    Action, Effect, Mode, SessionFile, State, Weight,
    buffer::Buffer,
    mode::{Purpose, RerouteMode},
    update::{act_from_outside, review, sheets, typing},
};

/// How far an action moves the cursor of a list, in rows; `None` if it is for something else.
pub(in super::super) fn leap(state: &State, action: Action) -> Option<isize> {
    let page = (usize::from(state.ui.size.1) / 2).max(1) as isize;
    Some(match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        _ => return None,
    })
}

/// Actions while a list, a text or the help is on top.
pub(in super::super) fn in_list(state: &mut State, action: Action) -> Vec<Effect> {
    if let Mode::Sheet(_) = &state.mode {
        return sheets::act(state, action);
    }
    if let (Mode::Typing(mode), Action::EditOutside | Action::Copy) = (&state.mode, action) {
        let (text, selected) = (mode.buffer.text().to_owned(), mode.buffer.selected().to_owned());
        state.typed = Some(mode.clone());
        if action == Action::EditOutside {
            return vec![Effect::EditOutside(text)];
        }
        let text = if selected.is_empty() { text } else { selected };
        state.say(Weight::Info, format!("copied: {text}"));
        return vec![Effect::Copy(text)];
    }
    let length = match &state.mode {
        Mode::Reroute(mode) => mode.candidates.len(),
        Mode::Palette(mode) => mode.matches().len(),
        Mode::Home { .. } => state.sessions.len(),
        Mode::Help { .. } => 10_000,
        Mode::Typing(_) | Mode::Sheet(_) | Mode::Browse | Mode::Review => 1,
    };
    let Some(by) = leap(state, action) else { return on_entry(state, action) };
    let cursor = match &mut state.mode {
        Mode::Reroute(mode) => &mut mode.cursor,
        Mode::Palette(mode) => &mut mode.cursor,
        Mode::Home { cursor } => cursor,
        Mode::Help { scroll } => scroll,
        Mode::Typing(_) | Mode::Sheet(_) | Mode::Browse | Mode::Review => return vec![],
    };
    *cursor = cursor.saturating_add_signed(by).min(length.saturating_sub(1));
    vec![]
}

/// What else can be done in a list.
fn on_entry(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Enter => enter(state),
        Action::Compare if matches!(state.mode, Mode::Home { .. }) => {
            let Mode::Home { cursor } = &state.mode else { return vec![] };
            let path = state.sessions.get(*cursor).map(|session| session.path.clone());
            path.map(Effect::ReadOther).into_iter().collect()
        }
        Action::New | Action::Open if matches!(state.mode, Mode::Home { .. }) => {
            act_from_outside(state, action)
        }
        Action::Help if matches!(state.mode, Mode::Help { .. }) => {
            state.mode = Mode::Browse;
            vec![]
        }
        _ => {
            state.say(Weight::Info, format!("`{}` does nothing here: esc goes back", action.title()));
            vec![]
        }
    }
}

/// Takes the entry under the cursor.
pub(super) fn enter(state: &mut State) -> Vec<Effect> {
    match &state.mode {
        Mode::Typing(_) => typing::finish(state),
        Mode::Sheet(_) => sheets::enter(state),
        Mode::Reroute(RerouteMode { task, candidates, cursor }) => {
            let (task, expert) = (*task, candidates.get(*cursor).map(|candidate| candidate.expert.clone()));
            match expert {
                Some(expert) => typing::begin(state, Purpose::Reason { task, expert }, Buffer::default()),
                None => state.mode = Mode::Browse,
            }
            vec![]
        }
        Mode::Palette(mode) => match mode.matches().get(mode.cursor) {
            Some(action) => act_from_outside(state, *action),
            None => vec![],
        },
        Mode::Home { cursor } => match state.sessions.get(*cursor) {
            Some(session) if state.file == SessionFile::At(session.path.clone()) => {
                state.mode = Mode::Browse;
                state.say(Weight::Info, "this is the session that is open");
                vec![]
            }
            Some(session) => vec![Effect::OpenListed(session.path.clone())],
            None => vec![],
        },
        Mode::Review => review::act(state, Action::Enter),
        Mode::Help { .. } | Mode::Browse => {
            state.mode = Mode::Browse;
            vec![]
        }
    }
}
