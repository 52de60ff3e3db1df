//! What keys, clicks and pastes mean, mode by mode.

use super::*;
use crate::{
    engine::Tools,
    session::Settings,
    workbench::{
        Tab, Target,
        buffer::Buffer,
        mode::{PaletteMode, Purpose, TypingMode},
    },
};
use ratatui::layout::Rect;

fn state(mode: Mode) -> State {
    State { mode, ..State::new(Tools::default(), Settings::new("decomposed", "tag", "")) }
}

fn typing() -> Mode {
    Mode::Typing(TypingMode { purpose: Purpose::NewTask, buffer: Buffer::of("text") })
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

#[test]
fn keys_are_actions_while_browsing_and_text_while_typing() {
    use KeyModifiers as M;
    let check = |code: KeyCode, modifiers: M, browsing: Option<Action>, typed: Option<Typing>| {
        let event = key(code, modifiers);
        let found = message(&event, &state(Mode::Browse), &Hits::default());
        let said = |found: &Option<Message>| matches!(found, Some(Message::Stored(Stored::Said(..))));
        match browsing {
            Some(action) => assert_eq!(found, Some(Message::Action(action))),
            None => assert!(said(&found), "{event:?}: {found:?}"),
        }
        for mode in [typing(), Mode::Palette(PaletteMode::default())] {
            let found = message(&event, &state(mode), &Hits::default());
            match &typed {
                Some(typed) => assert_eq!(found, Some(Message::Typing(typed.clone()))),
                None => assert!(!matches!(found, Some(Message::Typing(_))), "{event:?}: {found:?}"),
            }
        }
    };
    let insert = |text: &str| Some(Typing::Insert(text.to_owned()));
    check(KeyCode::Char('s'), M::NONE, Some(Action::Step), insert("s"));
    check(KeyCode::Char('k'), M::NONE, Some(Action::Up), insert("k"));
    check(KeyCode::Char('G'), M::SHIFT, Some(Action::Last), insert("G"));
    check(KeyCode::Char('g'), M::SHIFT, Some(Action::Last), insert("G"));
    check(KeyCode::Char('é'), M::NONE, None, insert("é"));
    check(KeyCode::Char('@'), M::CONTROL | M::ALT, None, insert("@"));
    check(KeyCode::Char('w'), M::CONTROL, Some(Action::Watches), Some(Typing::DeleteWord));
    check(KeyCode::Char('u'), M::CONTROL, Some(Action::PageUp), Some(Typing::DeleteToStart));
    check(KeyCode::Char('b'), M::ALT, Some(Action::NewBreakpoint), Some(Typing::WordLeft));
    check(KeyCode::Char('f'), M::ALT, None, Some(Typing::WordRight));
    check(KeyCode::Left, M::NONE, Some(Action::Left), Some(Typing::Left));
    check(KeyCode::Right, M::CONTROL, None, Some(Typing::WordRight));
    check(KeyCode::Home, M::NONE, Some(Action::First), Some(Typing::Start));
    check(KeyCode::End, M::NONE, Some(Action::Last), Some(Typing::End));
    check(KeyCode::Backspace, M::NONE, None, Some(Typing::Backspace));
    check(KeyCode::Delete, M::NONE, Some(Action::DeleteAlone), Some(Typing::Delete));
    check(KeyCode::Tab, M::NONE, Some(Action::NextTab), Some(Typing::Complete));
    check(KeyCode::Tab, M::SHIFT, Some(Action::PreviousTab), None);
    check(KeyCode::F(5), M::NONE, None, None);
}

#[test]
fn keys_that_mean_something_else_while_typing() {
    use KeyModifiers as M;
    let check = |mode: Mode, code: KeyCode, modifiers: M, expected: Message| {
        assert_eq!(message(&key(code, modifiers), &state(mode), &Hits::default()), Some(expected));
    };
    let palette = || Mode::Palette(PaletteMode::default());
    check(typing(), KeyCode::Enter, M::NONE, Message::Action(Action::Enter));
    check(typing(), KeyCode::Enter, M::ALT, Message::Newline);
    check(typing(), KeyCode::Char('j'), M::CONTROL, Message::Newline);
    check(typing(), KeyCode::Esc, M::NONE, Message::Action(Action::Back));
    check(typing(), KeyCode::Char('c'), M::CONTROL, Message::Action(Action::Quit));
    check(palette(), KeyCode::Down, M::NONE, Message::Action(Action::Down));
    check(palette(), KeyCode::Char('n'), M::CONTROL, Message::Action(Action::Down));
    check(palette(), KeyCode::Char('p'), M::CONTROL, Message::Action(Action::Up));
    check(palette(), KeyCode::Enter, M::NONE, Message::Action(Action::Enter));
    check(Mode::Help { scroll: 0 }, KeyCode::Esc, M::NONE, Message::Action(Action::Back));
    check(Mode::Home { cursor: 0 }, KeyCode::Char('j'), M::NONE, Message::Action(Action::Down));
}

#[test]
fn an_unbound_key_says_so_with_the_key_of_the_help() {
    let mut state = state(Mode::Browse);
    state.keymap.remap("help", &["f1".to_owned()]).unwrap();
    let found = message(&key(KeyCode::Char('?'), KeyModifiers::NONE), &state, &Hits::default());
    assert_eq!(found, Some(said("`?` is not bound: f1 shows all keys")));
    let mut released = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE);
    released.kind = KeyEventKind::Release;
    assert_eq!(message(&Event::Key(released), &state, &Hits::default()), None);
}

#[test]
fn a_paste_is_one_text_in_every_mode() {
    for mode in [Mode::Browse, typing(), Mode::Palette(PaletteMode::default()), Mode::Help { scroll: 0 }] {
        let text = "q\ncd\x1b".to_owned();
        let found = message(&Event::Paste(text.clone()), &state(mode), &Hits::default());
        assert_eq!(found, Some(Message::Typing(Typing::Insert(text))));
    }
}

#[test]
fn scrolling_stops_at_the_end_and_says_so() {
    let check = |scroll: usize, action: &str, expected: Result<i32, &str>| {
        let mut state = state(Mode::Browse);
        state.ui.focus = Focus::Inspector;
        state.ui.scroll = scroll;
        let hits = Hits { scroll_end: 10, ..Hits::default() };
        let code = match action {
            "G" => KeyCode::Char('G'),
            "g" => KeyCode::Char('g'),
            "up" => KeyCode::Up,
            "pgdn" => KeyCode::PageDown,
            _ => KeyCode::Down,
        };
        let expected = match expected {
            Ok(lines) => Message::Scroll(Place::Inspector, lines),
            Err(words) => said(words),
        };
        assert_eq!(message(&key(code, KeyModifiers::NONE), &state, &hits), Some(expected));
    };
    check(0, "down", Ok(1));
    check(0, "up", Err("this is the beginning"));
    check(0, "G", Ok(10));
    check(0, "pgdn", Ok(10));
    check(10, "down", Err("this is the end"));
    check(1_000_000, "up", Ok(9 - 1_000_000));
    check(4, "g", Ok(-4));
}

#[test]
fn the_mouse_hits_what_was_drawn_last_and_the_wheel_turns_its_pane() {
    let hits = Hits {
        targets: vec![
            (Rect::new(0, 0, 20, 10), Target::Pane(Place::Inspector)),
            (Rect::new(2, 1, 4, 1), Target::Tab(Tab::Route)),
            (Rect::new(0, 9, 8, 1), Target::Act(Action::Help)),
        ],
        scroll_end: 2,
        ..Hits::default()
    };
    let check = |kind: MouseEventKind, column: u16, row: u16, expected: Option<Message>| {
        let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        assert_eq!(message(&Event::Mouse(mouse), &state(Mode::Browse), &hits), expected);
    };
    let left = MouseEventKind::Down(MouseButton::Left);
    check(left, 3, 1, Some(Message::Click(Target::Tab(Tab::Route))));
    check(left, 6, 1, Some(Message::Click(Target::Pane(Place::Inspector))));
    check(left, 7, 9, Some(Message::Click(Target::Act(Action::Help))));
    check(left, 30, 1, None);
    check(MouseEventKind::ScrollDown, 3, 5, Some(Message::Scroll(Place::Inspector, 2)));
    check(MouseEventKind::ScrollUp, 3, 5, None);
    check(MouseEventKind::ScrollDown, 1, 9, None);
    check(MouseEventKind::Moved, 3, 5, None);
    let resized = message(&Event::Resize(80, 24), &state(Mode::Browse), &hits);
    assert_eq!(resized, Some(Message::Resized(80, 24)));
}
