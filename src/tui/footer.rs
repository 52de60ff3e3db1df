//! The footer: the keys that matter where one is, as many as there is room for.

use super::{
    paper::{Paper, after},
    text::{Line, width},
    theme::Role,
};
use crate::workbench::{Action, Focus, Mode, State, Target, update::disabled};
use ratatui::layout::Rect;

/// The keys that matter here; `?` is always the last.
pub(super) fn footer(paper: &mut Paper<'_>, state: &State, area: Rect) {
    let hints = hints(state);
    let cells = |hint: &Hint| width(&hint.keys) + 1 + width(hint.title) + 2;
    let last = hints.last().map_or(0, cells);
    let mut x = 1;
    for (at, hint) in hints.iter().enumerate() {
        let room = usize::from(area.width).saturating_sub(x);
        if room + 2 < cells(hint) + if at + 1 < hints.len() { last } else { 0 } {
            continue;
        }
        let off = hint.target.is_some_and(|target| match target {
            Target::Act(action) => state.mode == Mode::Browse && disabled(state, action).is_some(),
            _ => false,
        });
        let (key, title) = if off { (Role::Disabled, Role::Disabled) } else { (Role::Key, Role::Dim) };
        let place = after(area, x);
        let place = Rect { width: place.width.min(cells(hint) as u16 - 2), ..place };
        paper.line(place, Line::of(key, &hint.keys).and(title, &format!(" {}", hint.title)));
        if let Some(target) = hint.target {
            paper.target(place, target);
        }
        x += cells(hint);
    }
}

struct Hint {
    keys: String,
    title: &'static str,
    target: Option<Target>,
}

fn act(state: &State, action: Action) -> Option<Hint> {
    let first = state.keymap.keys(action).first()?.clone();
    Some(Hint { keys: first, title: action.title(), target: Some(Target::Act(action)) })
}

fn fixed(keys: &str, title: &'static str, target: Option<Target>) -> Option<Hint> {
    Some(Hint { keys: keys.to_owned(), title, target })
}

fn hints(state: &State) -> Vec<Hint> {
    use Action as A;
    let act = |action: Action| act(state, action);
    let all = |actions: &[Action]| actions.iter().map(|action| act(*action)).collect();
    let back = || fixed("esc", "back", Some(Target::Act(A::Back)));
    let hints: Vec<Option<Hint>> = match &state.mode {
        Mode::Typing(_) => vec![
            fixed("enter", "take", None),
            back(),
            fixed("A-enter", "new line", None),
            fixed("C-w", "delete word", None),
            fixed("C-u", "delete to start", None),
        ],
        Mode::Palette(mode) => {
            vec![
                fixed("enter", "do it", Some(Target::Entry(mode.cursor))),
                fixed("up down", "choose", None),
                back(),
            ]
        }
        Mode::Reroute(mode) => {
            vec![fixed("enter", "take", Some(Target::Entry(mode.cursor))), act(A::Down), act(A::Up), back()]
        }
        Mode::Review => {
            let mut hints: Vec<Option<Hint>> = all(&REVIEW);
            hints.push(back());
            hints
        }
        Mode::Help { .. } => vec![act(A::Down), act(A::Up), act(A::PageDown), act(A::Last), back()],
        Mode::Home { cursor } => vec![
            fixed("enter", "open", Some(Target::Entry(*cursor))),
            act(A::New),
            act(A::Open),
            fixed("=", "compare", Some(Target::Act(A::Compare))),
            act(A::Down),
            act(A::Up),
            back(),
        ],
        Mode::Sheet(sheet) => {
            let mut hints: Vec<Option<Hint>> =
                sheet.keys.iter().map(|(keys, title)| fixed(keys, title, None)).collect();
            hints.extend([act(A::Down), act(A::Up), back()]);
            hints
        }
        Mode::Browse => {
            let mut hints: Vec<Option<Hint>> = all(browsing(state));
            hints.extend([act(A::Palette), act(A::Help)]);
            hints
        }
    };
    hints.into_iter().flatten().collect()
}

const REVIEW: [Action; 9] = [
    Action::ReviewAccept,
    Action::ReviewOverride,
    Action::ReviewBothFine,
    Action::ReviewSkip,
    Action::ReviewReason,
    Action::NextTab,
    Action::ReviewLearn,
    Action::ReviewBlind,
    Action::ReviewOrder,
];

/// What is likely to be wanted next, by where the focus is and what goes on.
fn browsing(state: &State) -> &'static [Action] {
    use Action as A;
    match state.ui.focus {
        Focus::Log => &[A::Up, A::Down, A::PageUp, A::First, A::Last, A::Back, A::ToggleLog, A::Pause],
        _ if state.journal.session().plan.is_empty() => {
            &[A::New, A::Home, A::Open, A::NextStrategy, A::NextTheme, A::Quit]
        }
        _ if !state.live.is_empty() => {
            &[A::Pause, A::Cancel, A::Enter, A::NextTab, A::ToggleLog, A::Undo, A::Edit, A::Quit]
        }
        Focus::Inspector => {
            &[A::NextTab, A::Back, A::Down, A::Up, A::Step, A::Edit, A::Reroute, A::Copy, A::Undo]
        }
        _ => &[
            A::Step,
            A::Continue,
            A::Enter,
            A::Edit,
            A::Reroute,
            A::Undo,
            A::InsertAfter,
            A::Delete,
            A::NextTab,
            A::New,
            A::Home,
            A::Quit,
        ],
    }
}
