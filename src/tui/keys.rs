//! Keys, clicks and pastes as messages. Pure: what is meant follows from the event, the mode and what was drawn.

use super::Hits;
use crate::workbench::{
    Action, Chord, Focus, Key, Message, Mode, Place, State, Stored, Weight, buffer::Typing, tokens,
    ui::FOLLOWS,
};
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// Lines that one notch of the wheel turns.
const NOTCH: i32 = 3;

/// What the event means now; `None` for what nobody waits for (a key let go, the mouse passing by).
pub fn message(event: &Event, state: &State, hits: &Hits) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => pressed(chord(key)?, state, hits),
        // A paste is text, wherever it lands; it never runs as keys.
        Event::Paste(text) => Some(Message::Typing(Typing::Insert(text.clone()))),
        Event::Mouse(mouse) => pointed(mouse, state, hits),
        Event::Resize(width, height) => Some(Message::Resized(*width, *height)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// The key with its modifiers; `None` for keys that have no name here (volume, caps lock).
fn chord(event: &KeyEvent) -> Option<Chord> {
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let key = match event.code {
        // Some terminals send `S-a` for `A`.
        KeyCode::Char(c) if shift && c.is_lowercase() => Key::Char(c.to_uppercase().next().unwrap_or(c)),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Tab if shift => Key::BackTab,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up if shift => Key::ShiftUp,
        KeyCode::Down if shift => Key::ShiftDown,
        KeyCode::Left if shift => Key::ShiftLeft,
        KeyCode::Right if shift => Key::ShiftRight,
        KeyCode::Home if shift => Key::ShiftHome,
        KeyCode::End if shift => Key::ShiftEnd,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    };
    let held = |modifier| event.modifiers.contains(modifier);
    Some(Chord { key, ctrl: held(KeyModifiers::CONTROL), alt: held(KeyModifiers::ALT) })
}

fn pressed(chord: Chord, state: &State, hits: &Hits) -> Option<Message> {
    let text = matches!(state.mode, Mode::Typing(_) | Mode::Palette(_));
    let palette = matches!(state.mode, Mode::Palette(_));
    if palette && let Some(action) = in_palette(chord) {
        return Some(Message::Action(action));
    }
    if text && let Some(message) = typed(chord) {
        return Some(message);
    }
    let action = match state.mode {
        Mode::Review => state.keymap.in_review(chord),
        _ => state.keymap.action(chord),
    };
    match action {
        // While a text is typed only the way out is left of the key map.
        Some(action) if !text || action == Action::Quit => Some(acted(action, state, hits)),
        _ => {
            let help = state.keymap.keys(Action::Help).first().cloned();
            let help = help.map_or_else(String::new, |key| format!(": {key} shows all keys"));
            let words = match text {
                true => format!("`{chord}` does nothing here: enter takes the text, esc goes back"),
                false => format!("`{chord}` is not bound{help}"),
            };
            Some(said(words))
        }
    }
}

fn said(words: impl Into<String>) -> Message {
    Message::Stored(Stored::Said(Weight::Info, words.into()))
}

/// Keys that move in the list below the typed words.
fn in_palette(chord: Chord) -> Option<Action> {
    Some(match (chord.key, chord.ctrl) {
        (Key::Up, _) | (Key::Char('p'), true) => Action::Up,
        (Key::Down, _) | (Key::Char('n'), true) => Action::Down,
        (Key::PageUp, _) => Action::PageUp,
        (Key::PageDown, _) => Action::PageDown,
        _ => return None,
    })
}

fn select(movement: Typing) -> Typing {
    Typing::Select(Box::new(movement))
}

/// Keys that edit a text, as in a shell.
fn typed(chord: Chord) -> Option<Message> {
    let Chord { key, ctrl, alt } = chord;
    Some(Message::Typing(match (key, ctrl, alt) {
        (Key::Enter, false, false) => return Some(Message::Action(Action::Enter)),
        (Key::Enter, ..) | (Key::Char('j'), true, false) => return Some(Message::Newline),
        (Key::Escape, ..) => return Some(Message::Action(Action::Back)),
        (Key::Char('w'), true, false) | (Key::Backspace, true, _) | (Key::Backspace, _, true) => {
            Typing::DeleteWord
        }
        (Key::Char('u'), true, false) => Typing::DeleteToStart,
        (Key::Backspace, ..) | (Key::Char('h'), true, false) => Typing::Backspace,
        (Key::Delete, ..) | (Key::Char('d'), true, false) => Typing::Delete,
        (Key::Char('b'), false, true) | (Key::Left, true, _) | (Key::Left, _, true) => Typing::WordLeft,
        (Key::Char('f'), false, true) | (Key::Right, true, _) | (Key::Right, _, true) => Typing::WordRight,
        (Key::ShiftLeft, true, _) | (Key::ShiftLeft, _, true) => select(Typing::WordLeft),
        (Key::ShiftRight, true, _) | (Key::ShiftRight, _, true) => select(Typing::WordRight),
        (Key::ShiftLeft, ..) => select(Typing::Left),
        (Key::ShiftRight, ..) => select(Typing::Right),
        (Key::ShiftUp, ..) => select(Typing::Up),
        (Key::ShiftDown, ..) => select(Typing::Down),
        (Key::ShiftHome, ..) => select(Typing::Start),
        (Key::ShiftEnd, ..) => select(Typing::End),
        (Key::Up, ..) | (Key::Char('p'), true, false) => Typing::Up,
        (Key::Down, ..) | (Key::Char('n'), true, false) => Typing::Down,
        (Key::Char('z'), false, true) => Typing::Undo,
        (Key::Char('Z'), false, true) => Typing::Redo,
        (Key::Char('a'), false, true) => Typing::SelectAll,
        (Key::Char('c'), false, true) => return Some(Message::Action(Action::Copy)),
        (Key::Char('o'), true, false) => return Some(Message::Action(Action::EditOutside)),
        (Key::Tab, ..) => Typing::Complete,
        (Key::Left, ..) | (Key::Char('b'), true, false) => Typing::Left,
        (Key::Right, ..) | (Key::Char('f'), true, false) => Typing::Right,
        (Key::Home, ..) | (Key::Char('a'), true, false) => Typing::Start,
        (Key::End, ..) | (Key::Char('e'), true, false) => Typing::End,
        // Both held together is how some keyboards write `@` or `{`.
        (Key::Char(c), ctrl, alt) if ctrl == alt && !c.is_control() => Typing::Insert(c.to_string()),
        _ => return None,
    }))
}

/// Scrolling stops where the text ends, which only the drawing knows; everything else is the workbench's.
fn acted(action: Action, state: &State, hits: &Hits) -> Message {
    let (now, place) = match (&state.mode, state.ui.focus) {
        (Mode::Help { scroll }, _) => (*scroll, Place::List),
        (Mode::Browse, Focus::Inspector) if !tokens::has_keys(state) => (state.ui.scroll, Place::Inspector),
        (Mode::Browse, Focus::Log) => (state.log_top().unwrap_or(FOLLOWS), Place::Log),
        _ => return Message::Action(action),
    };
    let page = (i32::from(state.ui.size.1) / 2).max(1);
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::First => i32::MIN,
        Action::Last => i32::MAX,
        _ => return Message::Action(action),
    };
    let moved = match place {
        Place::Log => scrolled_log(now, by, hits.log_end),
        _ => scrolled(now, by, hits.scroll_end),
    };
    match moved {
        Some(lines) => Message::Scroll(place, lines),
        // What is said stands in the log, which must not move under the eyes of who reads it.
        None if place == Place::Log => Message::Scroll(place, 0),
        None => said(if by < 0 { "this is the beginning" } else { "this is the end" }),
    }
}

/// How far to scroll so that the text moves by that much or to its end; `None` when it stands there.
fn scrolled(now: usize, by: i32, end: usize) -> Option<i32> {
    let shown = now.min(end);
    let wanted = shown.saturating_add_signed(by as isize).min(end);
    let lines = i32::try_from(wanted as i64 - now as i64).unwrap_or(i32::MAX);
    (wanted != shown).then_some(lines)
}

/// The same for the lower pane, which follows what comes once it is at its end.
fn scrolled_log(now: usize, by: i32, end: usize) -> Option<i32> {
    let lines = scrolled(now, by, end)?;
    let to = now.saturating_add_signed(lines as isize);
    Some(if to == end { (FOLLOWS - now.min(FOLLOWS)) as i32 } else { lines })
}

fn pointed(mouse: &MouseEvent, state: &State, hits: &Hits) -> Option<Message> {
    let (x, y) = (mouse.column, mouse.row);
    let by = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => return Some(Message::Click(hits.hit(x, y)?)),
        MouseEventKind::ScrollUp => -NOTCH,
        MouseEventKind::ScrollDown => NOTCH,
        _ => return None,
    };
    let place = hits.place(x, y)?;
    match (&state.mode, place) {
        (Mode::Browse, Place::Inspector) => {
            Some(Message::Scroll(place, scrolled(state.ui.scroll, by, hits.scroll_end)?))
        }
        (Mode::Browse, Place::Log) => {
            let now = state.log_top().unwrap_or(FOLLOWS);
            Some(Message::Scroll(place, scrolled_log(now, by, hits.log_end)?))
        }
        (Mode::Help { scroll }, _) => Some(Message::Scroll(place, scrolled(*scroll, by, hits.scroll_end)?)),
        _ => Some(Message::Scroll(place, by)),
    }
}

#[cfg(test)]
mod tests;
