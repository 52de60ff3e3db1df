//! `show`: presses keys in the real workbench without a terminal and prints the frame, as text or as a picture.

use super::{
    boot::{Boot, Trouble},
    cli, commands, desk,
    effects::now,
};
use crate::{
    engine::Which,
    headless::Ending,
    ids::Seq,
    tui::{self, Cache},
    workbench::{Effect, Message, SessionFile, State, Stored, Weight, state::Opened, update},
};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend};
use std::io::{Write, stdout};

/// Looks at a session: nothing is written, nobody is asked. A step that would ask says so.
pub(crate) fn show(boot: &Boot, asked: &cli::Show, theme: Option<&str>) -> Result<Ending, Trouble> {
    let journal = commands::files::opened(boot, &asked.session)?;
    let themes = desk::themes(theme.or(boot.config.theme.as_deref()))?;
    let mut state = boot.state();
    state.theme_names = themes.iter().map(|theme| theme.name.clone()).collect();
    let file = SessionFile::ReadOnly { file: asked.session.display().to_string(), why: String::new() };
    let opened = Opened { journal, file, warning: None };
    // No file is read besides this one, so no decisions of other sessions are waited for.
    let take = |state: &mut State, message: Message| {
        let effects = update(state, message, now());
        if effects.contains(&Effect::GatherReviews) {
            update(state, Message::Stored(Stored::Gathered(Box::default())), now());
        }
    };
    take(&mut state, Message::Resized(asked.size.0, asked.size.1));
    take(&mut state, Message::Stored(Stored::Opened(Box::new(opened))));
    for which in [Which::Language, Which::Embedding] {
        let words = "`show` asks nobody; open the session in the workbench to go on with it";
        state.models.insert(which, crate::engine::ModelState::Missing(words.to_owned()));
    }
    if let Some(at) = asked.at {
        let last = state.journal.records().len();
        update::time_travel::visit(&mut state, Seq(at)).map_err(|_| {
            Trouble::usage(format!("there is no event {at}: the session has {last}, counted from 0"))
        })?;
    }
    let (mut cache, mut terminal) = (
        Cache::default(),
        Terminal::new(TestBackend::new(asked.size.0, asked.size.1)).map_err(Trouble::usage)?,
    );
    let mut hits = tui::Hits::default();
    let mut draw = |state: &State, hits: &mut tui::Hits| -> Result<(), Trouble> {
        let theme = &themes[state.ui.theme.min(themes.len() - 1)];
        let drawn = terminal.draw(|frame| *hits = tui::draw(state, &mut cache, theme, frame));
        drawn.map(|_| ()).map_err(Trouble::usage)
    };
    draw(&state, &mut hits)?;
    for event in events(&asked.keys).map_err(Trouble::usage)? {
        if let Some(message) = tui::keys::message(&event, &state, &hits) {
            take(&mut state, message);
        }
        draw(&state, &mut hits)?;
    }
    if let Some(notice) = state.notice.as_ref().filter(|notice| notice.weight == Weight::Error) {
        super::complain(&notice.text);
    }
    let frame = terminal.backend().buffer();
    let picture = if asked.svg { tui::svg::picture(frame) } else { tui::svg::text(frame) };
    stdout().write_all(picture.as_bytes())?;
    Ok(Ending::Done)
}

/// What a script presses, and what it types in quotes, as the terminal would send it.
fn events(script: &str) -> Result<Vec<Event>, String> {
    let (mut events, mut rest) = (vec![], script.trim_start());
    while !rest.is_empty() {
        let typed = rest.strip_prefix('\'').filter(|after| !after.is_empty() && !after.starts_with(' '));
        rest = match typed {
            Some(after) => {
                let Some((text, after)) = after.split_once('\'') else {
                    return Err(format!("`{rest}` has no second quote: what is typed stands between two"));
                };
                events.push(Event::Paste(text.to_owned()));
                after
            }
            None => {
                let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                events.push(Event::Key(key(word)?));
                after
            }
        }
        .trim_start();
    }
    Ok(events)
}

/// A key of the script, as the terminal would send it.
fn key(word: &str) -> Result<KeyEvent, String> {
    use crate::workbench::{Chord, Key};
    let chord: Chord = word.parse()?;
    let code = match chord.key {
        Key::Char(c) => KeyCode::Char(c),
        Key::Enter => KeyCode::Enter,
        Key::Escape => KeyCode::Esc,
        Key::Tab => KeyCode::Tab,
        Key::BackTab => KeyCode::BackTab,
        Key::Backspace => KeyCode::Backspace,
        Key::Delete => KeyCode::Delete,
        Key::Up => KeyCode::Up,
        Key::Down => KeyCode::Down,
        Key::Left => KeyCode::Left,
        Key::Right => KeyCode::Right,
        Key::Home => KeyCode::Home,
        Key::End => KeyCode::End,
        Key::PageUp => KeyCode::PageUp,
        Key::PageDown => KeyCode::PageDown,
        Key::ShiftUp => KeyCode::Up,
        Key::ShiftDown => KeyCode::Down,
        Key::ShiftLeft => KeyCode::Left,
        Key::ShiftRight => KeyCode::Right,
        Key::ShiftHome => KeyCode::Home,
        Key::ShiftEnd => KeyCode::End,
        Key::F(n) => KeyCode::F(n),
    };
    let mut modifiers = KeyModifiers::NONE;
    let shifted =
        [Key::ShiftUp, Key::ShiftDown, Key::ShiftLeft, Key::ShiftRight, Key::ShiftHome, Key::ShiftEnd];
    modifiers.set(KeyModifiers::SHIFT, shifted.contains(&chord.key));
    modifiers.set(KeyModifiers::CONTROL, chord.ctrl);
    modifiers.set(KeyModifiers::ALT, chord.alt);
    Ok(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_presses_keys_and_types_what_is_in_quotes() {
        let key = |word: &str| Event::Key(super::key(word).unwrap());
        let text = |text: &str| Event::Paste(text.to_owned());
        let check =
            |script: &str, expected: &[Event]| assert_eq!(events(script).unwrap(), expected, "{script}");
        check("", &[]);
        check(" j  C-d enter ", &[key("j"), key("C-d"), key("enter")]);
        check("t C-u 'Ada Byron' enter", &[key("t"), key("C-u"), text("Ada Byron"), key("enter")]);
        check("' j '", &[key("'"), key("j"), key("'")]);
        assert!(events("t 'Ada").unwrap_err().contains("no second quote"));
        assert!(events("t hello").unwrap_err().contains("`hello` is no key"));
    }
}
